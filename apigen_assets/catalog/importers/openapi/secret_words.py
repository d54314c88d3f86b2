"""Words that tell a secret from data: names and descriptions, tested on the specifications of `docs/specifications.md`.

A secret proves to a server who calls. What a call is about is data although it is to be kept secret: the password of a
user that is created, the token that is revoked, the text that goes into a vault.
"""

import re
from dataclasses import dataclass, replace
from typing import Literal

from apigen_assets.domain.api import Holds, Place
from apigen_assets.files.json_types import JsonValue

Mark = Literal["secret", "password", "write-only"]
"""How a specification marks a field: by an extension (`x-ms-secret`), by `format: password`, by `writeOnly`."""


@dataclass(frozen=True)
class Field:
    """A parameter, or a field of a body at any depth, that may hold a text, or texts in a list or map."""

    name: str
    """On the wire; `auth[key]` in a form."""
    text: str = ""
    """Its description."""
    place: Place = Place.BODY
    mark: Mark | None = None
    in_proof: bool = False
    """The object it stands in, or one around that, is there to prove who calls (`proves`)."""
    holds: Holds = "text"
    """Of several texts the name is in the plural."""
    kept: bool = False
    """The operation is there to keep secrets for somebody (`keeps_secrets`), so that only names make one."""
    segment: str | None = None
    """Of a parameter of the path: the segment before it, where the path goes on behind it."""


_LIKELY = re.compile(
    r"key|token|secret|pass|pwd|auth|jwt|bearer|cookie|credential|creds|sess|sid|[cx]srf|signature|app_?id",
    re.IGNORECASE,
)
"""A part of every name that can be one of a secret without a mark."""
_NAMED = re.compile(
    r"(?:x_)?(?:(?:api|app|application|access|auth|secret|rapid_?api|(?:ocp_apim_)?subscription)_?key|"
    r"(?:api|app|access|auth|oauth|bearer|private|refresh|session|security|id|sas|jwt)_?token|"
    r"(?:api|app|client|consumer|oauth_?token|token)_?secret|(?:proxy_)?authorization|bearer|jwt|"
    r"(?:anti_?)?[cx]srf(?:_?token)?|o?auth_?signature)",
    re.IGNORECASE,
)
"""Names that are secrets whatever is said of them."""
_ENDS = re.compile(
    r"(?!.*(?:public|publishable))(?:.+_)?(?:api_?(?:key|token|secret|pass|password)|app_?(?:secret|token)|"
    r"(?:client|consumer|token)_?secret|secret_?(?:access_?)?key|(?:access|auth|oauth|bearer|refresh|sas|jwt)_?token|jwt|"
    r"proxy_authorization)",
    re.IGNORECASE,
)
"""Likewise, where a name also says whose key it is: `datadog_api_key`, `aws_secret_access_key`."""
_HEADER = re.compile(
    r"(?:x_)?(?:[a-z0-9]+_)?bearer|(?:.*_)?(?:auth(?:entication|orization)?|token|[a-z]+token|secret|pass(?:word)?|"
    r"cookie|signature|credentials?|(?:api|app|application|access|auth|account|client|license|sdk|secret|server|"
    r"subscription|user)_?key)",
    re.IGNORECASE,
)
"""Names of headers, which say who calls sooner than what the call is about: `X-Registry-Auth`, `X-Server-Token`."""
_OTHER_NAMES = re.compile(
    r"(?:.*_)?(?:activation|batch|captcha|chunk|client(?:_request)?|confirmation|consistency|continuation|creation|cursor|"
    r"device|fcm|apns|group|idempotency|invit\w*|lock|next|page|pagination|partition|public|publishable|push|"
    r"registration|request|reset|resume|skip|sort|sync|tag|upload|verification|version|work(?:_unit)?)_?(?:key|token)s?|"
    r"(?:.*_)?(?:public|publishable)_.*",
    re.IGNORECASE,
)
"""Names of keys and tokens that open nothing: of pages, of uploads, of requests that are made once only."""
_MAY_BE = re.compile(r".*(?:key|token|secret|auth|signature|app_?id)", re.IGNORECASE)
"""Names that are secrets where they are described so: `key` is as often the key of an issue."""
_NAMED_IN_PATH = re.compile(r"(?:api_?key|(?:api|access|auth|oauth|bearer|session)_?token|jwt)", re.IGNORECASE)
_IN_PATH = {"key", "token", "secret", "apikey", "api_key", "access_token", "auth_token", "appid"}
"""In a path most names with `key` in them are those of things that the call is about."""
_KEYED = re.compile(r"\w*(?:token|key|grant|invit|reset|verif|activat|confirm|share|download|upload)\w*", re.IGNORECASE)
"""Segments of a path after which a token is what the call is about: `/invitations/{token}/accept`."""

_CREDENTIAL = (
    r"(?:(?:api|access|auth|authentication|authorization|oauth(?: ?[12](?:\.0)?a?)?|bearer|security|developer|"
    r"consumer|user access|bot|subscription|personal access)"
    r"[\s_-]*(?:access[\s_-]*)?(?:key|token|secret|credential|signature)s?\b"
    r"|client[\s_-]*(?:access[\s_-]*token|key|secret|credential)s?\b|(?:app|application|login) tokens?\b"
    r"|value (?:for|of|to include in|to set as) (?:an?|the) (?:http )?authorization header\b"
    r"|your (?:unique )?(?:app|application|developer|secret)[\s_-]*(?:id|key|token)\b"
    r"|tokens? for (?:the )?authentication\b|(?:key|token)s? (?:used )?(?:for|to) authenticat"
    r"|token (?:was )?(?:got|issued|obtained|received|returned) (?:after|by|from|in|on|through|via|with) "
    r"(?:[\w/]+ ){0,5}?(?:authenticat|log-?in\b|/?sessions?\b))"
)
_FIRST = r"\W*(?:an? |the |your |[\w-]+ ){0,3}"
_SAID = re.compile(_CREDENTIAL, re.IGNORECASE)
_SAID_OUTSIDE = re.compile(_CREDENTIAL + r"|secret (?:access )?key (?:used|for|to)\b", re.IGNORECASE)
"""Likewise, outside of bodies, where a secret key would as well be what is set."""
_SAID_FIRST = re.compile(_FIRST + _CREDENTIAL, re.IGNORECASE)
_SAID_ALONE = re.compile(_FIRST + _CREDENTIAL + r"\W*", re.IGNORECASE)
_STORED = re.compile(r"\b(?:stored|saved|kept) (?:in )?encrypted|\bencrypted at rest\b", re.IGNORECASE)
"""A server that keeps a value encrypted proves with it who calls another one."""
_ABOUT = re.compile(
    r"^\W*(?:the |an? )?(?:(?:url|uri|link|flag|filter)\b|(?:arn|name|id|identifier|number)s? (?:of|for)\b)|"
    r"\b(?:search(?:ed|ing)? for|valid values|"
    r"identif(?:y|ies) (?:an? |the )?(?:\w+ )?\W?(?:device|object|request|session)|"
    r"(?:key|token|secret)s? (?:(?:that|which) (?:you want|should|is|are) )?to (?:be )?(?:activate|check|create|"
    r"deactivate|delete|disable|edit|enable|inspect|introspect|invalidate|log ?out|mark|remove|renew|resend|revoke|"
    r"rotate|show|update|validate|verify)\w*)",
    re.IGNORECASE,
)
"""Says that a key or token is what the call is about, or no key at all."""
_OTHER_KEYS = re.compile(
    r"\b(?:page|pagination|next|previous|continuation|cursor|sync|device|push|reset|invit\w*|verification|idempotency|"
    r"webhook|renew|revoke|rotate|delete|sort|group|upload|issue|flag|"
    r"(?:key|token) (?:id|name)|list of)\b",
    re.IGNORECASE,
)
_ASIDE = re.compile(
    r"\([^()]*\)|\b(?:on|in|at|from|under|via) (?:your|our|the|its)\b[^.,;]*|^\W*(?:an? )?(?:array|list|map|set) of\b",
    re.IGNORECASE,
)
"""Where a key is found says nothing of what it opens: `API key (see your account page)`."""
_MARKDOWN = re.compile(r"[`*]|\b__|__\b")
"""Marks of Markdown, which stand between words that belong together: "your API `secret`"."""
_SESSION = re.compile(r"(?:.*_)?(?:\w*sess(?:ion)?(?:_?id)?|sid|jwt|auth|token|csrf(?:_?token)?)", re.IGNORECASE)
"""Names of cookies by which a server knows who calls: `session`, `JSESSIONID`, `PHPSESSID`, `csrf_token`."""
_SECRET_WORD = re.compile(r"key|token|secret|credential|password|authenticat|authoriz", re.IGNORECASE)
_FEW_WORDS = 5

_PASSWORD = re.compile(r"(?:.*_)?(?:pass(?:word|wd|phrase)|pwd)", re.IGNORECASE)
_PROVES = re.compile(
    r"\bpass(?:word|phrase) (?:(?:\w+ ){0,3}?(?:for|to|when)|that (?:is|will be) used (?:for|to)) "
    r"(?:\w+ ){0,4}?(?:authenticat|connect)",
    re.IGNORECASE,
)
_IS_SET = re.compile(
    r"\b(?:new|desired|initial|temporary|chosen|current|old)\b|\buser's\b|"
    r"\b(?:of|for) (?:the|a|an|this|your) (?:\w+ )?(?:user|account|member|customer)\b",
    re.IGNORECASE,
)
"""A password that the call is about, not one that proves who calls."""
_PROOF = re.compile(r"(?:.*_)?(?:o?auth2?|basicauth|authentication|authorization|credentials?|creds)", re.IGNORECASE)
"""Names of objects that prove who calls: `auth`, `basic_auth`, `registryCredentials`."""
_POINTS = re.compile(r"(?:.*_)?(?:ref|reference|selector|secret)", re.IGNORECASE)
"""Names of objects that say where a secret lies: `secretKeyRef`, `passwordSecret: {name, key}`."""
_KEY = r"(?!.*(?:public|partition|sort|page|next)_)(?:.*_)?(?:secret|token|(?:api_?)?key"
_OF_SECRET = re.compile(_KEY + ")", re.IGNORECASE)
_CARRIES = re.compile(r".*credentials?|.*authorization.*", re.IGNORECASE)
"""Names that are secrets where nothing else is said of them first."""
_IN_PROOF = re.compile(_KEY + "|pass(?:word|wd|phrase|code)|pwd)", re.IGNORECASE)
_KEEPS = re.compile(
    r"(?:.*[-_])?(?:user|account|member|customer|employee|admin|subuser|secret|credential|(?:api)?key|password)s?|"
    r"(?:sign|log)[-_]?up|register|registration",
    re.IGNORECASE,
)
"""Last words of the paths of operations that keep a secret for somebody: `/users`, `/vaults/{id}/credentials`."""


def is_secret(field: Field) -> bool:
    """Whether a field is a secret, by what marks it, its name, its description and where it stands."""
    if field.mark is None and not _LIKELY.search(field.name):
        return False
    name = _snake(field.name)
    if field.kept:
        field = replace(field, mark=None, in_proof=False)
    elif field.holds == "map" and proves(name):
        return True
    name = name if field.holds == "text" else _singular(name)
    text = without_marks(field.text)[:300]
    first = _ASIDE.sub(" ", re.split(r"[.\n]\s", text)[0])
    is_about = bool(_ABOUT.search(first))
    is_other = is_about or bool(_OTHER_KEYS.search(first))
    said = _SAID if field.place is Place.BODY else _SAID_OUTSIDE
    is_said = bool(said.search(text)) and not is_other
    if field.place is Place.PATH:
        is_between = field.segment is not None and not _KEYED.fullmatch(field.segment)
        is_named = is_between and not is_other and bool(_NAMED_IN_PATH.fullmatch(name))
        return is_named or (is_said and name.lower() in _IN_PATH)
    if not _OTHER_NAMES.fullmatch(name):
        if field.place is Place.COOKIE and _SESSION.fullmatch(name):
            return not is_about
        if field.place is Place.HEADER and _HEADER.fullmatch(name):
            return bool(_NAMED.fullmatch(name)) or not is_other
    if field.mark is not None and _is_marked(field.mark, name, text, is_other):
        return True
    if field.in_proof and _IN_PROOF.fullmatch(name) and not is_other and not _IS_SET.search(first):
        return True
    if _PASSWORD.fullmatch(name) and not _ENDS.fullmatch(name):
        proves_it = _PROVES.search(first) or _STORED.search(text)
        return bool(proves_it) and not field.kept and not _IS_SET.search(first)
    if _NAMED.fullmatch(name) or _ENDS.fullmatch(name):
        if field.place is not Place.BODY:  # where hardly anything is about a key
            return not is_about
        says_little = len(text.split()) < _FEW_WORDS or bool(_SECRET_WORD.search(text))
        is_secret_of = name.lower().endswith("secret")  # with which a token is made or revoked
        return says_little and not (is_about if is_secret_of else is_other)
    if _STORED.search(text) and _MAY_BE.fullmatch(name) and not is_other and not _OTHER_NAMES.fullmatch(name):
        return True
    is_first = bool(_SAID_FIRST.match(text))
    if _MAY_BE.fullmatch(name):
        return is_said and (is_first or field.place is not Place.BODY)
    return is_said and is_first and bool(_CARRIES.fullmatch(name))


def _is_marked(mark: Mark, name: str, text: str, is_other: bool) -> bool:
    """Whether a mark makes a field a secret: formats and `writeOnly` stand beside names and texts of any kind too."""
    if is_other or _IS_SET.search(text) or _OTHER_NAMES.fullmatch(name):
        return False
    if mark == "secret" or _SAID_FIRST.match(text):
        return True
    if mark == "password":
        return bool(_OF_SECRET.fullmatch(name))
    return bool(_MAY_BE.fullmatch(name)) and bool(_SAID.search(text))


def is_secret_body(field: Field) -> bool:
    """Whether a body that is one text is a secret: it is said to be one and no more."""
    text = without_marks(field.text)
    return (
        field.holds == "text"
        and bool(_SAID_ALONE.fullmatch(text))
        and not _OTHER_KEYS.search(text)
        and not _IS_SET.search(text)
    )


def proves(name: str, around: bool = False) -> bool:
    """Whether an object of this name, in one that does or does not, is there to prove who calls."""
    snake = _snake(name)
    return bool(_PROOF.fullmatch(snake)) or (around and not _POINTS.fullmatch(snake))


def keeps_secrets(path: str) -> bool:
    """Whether what an operation is for is that its server keeps a secret: to create a user, to store a credential."""
    bare = re.sub(r"\.(?:json|xml)$", "", path.strip("/"))
    words = [segment for segment in bare.split("/") if "{" not in segment]
    return bool(words) and bool(_KEEPS.fullmatch(_snake(words[-1])))


def segment_before(path: str, name: str) -> str | None:
    """The segment before a parameter of a path where the path goes on behind it, or after a `?`; else null."""
    match = re.search(rf"([^/]*)/\{{{re.escape(name)}\}}/|\?.*\{{{re.escape(name)}\}}", path)
    return (match[1] or "") if match else None


def is_secret_variable(name: str, description: JsonValue) -> bool:
    """Whether a variable of a server's URL is a secret."""
    text = description if isinstance(description, str) else ""
    plain = bool(re.fullmatch(r"(.*[-_])?(token|secret|password|api[-_]?key|access[-_]?key)", name, re.IGNORECASE))
    return plain or bool(_NAMED.fullmatch(_snake(name))) or (bool(_MAY_BE.fullmatch(name)) and bool(_SAID.search(text)))


def without_marks(text: str) -> str:
    """A description without the marks of Markdown."""
    return _MARKDOWN.sub("", text)


def _snake(name: str) -> str:
    """`apiKey`, `APIKey` and `API-Key` as `api_Key` and `API_Key`."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|[-. ]", "_", name)


def _singular(name: str) -> str:
    return name[:-1] if name[-1:] in "sS" and name[-2:].lower() != "ss" else name
