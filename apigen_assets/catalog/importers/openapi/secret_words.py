"""Words that tell a secret from data: names and descriptions, tested on the specifications of `docs/specifications.md`.

A secret proves to a server who calls. What a call is about is data although it is to be kept secret: the password of a
user that is created, the token that is revoked, the text that goes into a vault.
"""

import re

from apigen_assets.domain.api import Place
from apigen_assets.files.json_types import JsonValue

_BY_NAME = re.compile(
    r"(x[-_]?)?(api[-_]?key|app[-_]?key|application[-_]?key|access[-_]?key|access[-_]?token|auth[-_]?token|auth[-_]?key|"
    r"api[-_]?token|api[-_]?secret|client[-_]?secret|secret[-_]?key|private[-_]?token|bearer[-_]?token|rapidapi[-_]?key|"
    r"(proxy[-_]?)?authorization|subscription[-_]?key|ocp[-_]apim[-_]subscription[-_]key)",
    re.IGNORECASE,
)
"""Names that are secrets whatever is said of them."""
_BY_END = re.compile(
    r"(?!.*(?:public|publishable))(?:.+_)?(?:api_?key|api_?token|api_?secret|app_?secret|client_?secret|consumer_?secret|"
    r"secret_?(?:access_?)?key|access_?token|bearer_?token)",
    re.IGNORECASE,
)
"""Likewise in bodies, where a name also says whose key it is: `datadog_api_key`, `aws_secret_access_key`."""
_HEADER = re.compile(r"x-(?:.*-)?auth(?:entication|orization)?(?:-(?:key|token))?", re.IGNORECASE)
"""Names of headers: `X-Registry-Auth`."""
_MAY_BE = re.compile(r".*(key|token|secret|auth|app_?id)", re.IGNORECASE)
"""Names that are secrets where they are described so: `key` is as often the key of an issue."""
_ALONE = {"key", "token", "secret", "apikey", "api_key", "access_token", "auth_token", "appid"}
"""In a path most names with `key` in them are those of things that the call is about."""
_CREDENTIAL = (
    r"(?:(?:api|access|auth|client|authentication|authorization|oauth(?: ?[12](?:\.0)?a?)?|bearer|security|developer|"
    r"consumer|user access|bot|subscription|personal access)"
    r"[\s_-]*(?:access[\s_-]*)?(?:key|token|secret|credential)s?\b"
    r"|your (?:unique )?(?:app|application|developer|secret)[\s_-]*(?:id|key|token)\b"
    r"|token for (?:the )?authentication\b|(?:key|token) (?:used )?(?:for|to) authenticat)"
)
_SAID = re.compile(_CREDENTIAL, re.IGNORECASE)
_SAID_FIRST = re.compile(rf"\W*(?:an? |the |your |\w+ ){{0,3}}{_CREDENTIAL}", re.IGNORECASE)
_SAID_ALONE = re.compile(rf"\W*(?:an? |the |your |\w+ ){{0,3}}{_CREDENTIAL}\W*", re.IGNORECASE)
_OTHER_KEYS = re.compile(
    r"\b(?:page|pagination|next|previous|continuation|cursor|sync|device|push|reset|invit\w*|verification|idempotency|"
    r"webhook|revoke|rotate|delete|sort|group|upload|issue|to create|to update|(?:key|token) (?:id|name)|list of)\b",
    re.IGNORECASE,
)
_ASIDE = re.compile(r"\([^()]*\)|\b(?:on|in|at|from|under|via) (?:your|our|the|its)\b[^.,;]*", re.IGNORECASE)
"""Where a key is found says nothing of what it opens: `API key (see your account page)`."""
_MARKS = re.compile(r"[`*]|\b__|__\b")
"""Marks of Markdown, which stand between words that belong together: "your API `secret`"."""
_SESSION = re.compile(
    r"(?:.*[-_.])?(?:\w*sess(?:ion)?(?:[-_]?id)?|sid|jwt|auth|token|csrf(?:[-_]?token)?)", re.IGNORECASE
)
"""Names of cookies by which a server knows who calls: `session`, `JSESSIONID`, `PHPSESSID`, `csrf_token`."""
_SECRET_WORD = re.compile(r"key|token|secret|credential|password|authorization", re.IGNORECASE)

_PASSWORD = re.compile(r"(?:.*_)?(?:pass(?:word|wd|phrase)|pwd)", re.IGNORECASE)
_PROVES = re.compile(
    r"\bpass(?:word|phrase) (?:\w+ ){0,3}?(?:for|to|when) (?:\w+ ){0,2}?(?:authenticat|connect)", re.IGNORECASE
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
_IN_PROOF = re.compile(
    r"(?!.*(?:public|partition|sort|page|next)_)(?:.*_)?(?:pass(?:word|wd|phrase|code)|pwd|secret|token|(?:api_?)?key)",
    re.IGNORECASE,
)
_KEEPS = re.compile(
    r"(?:.*[-_])?(?:user|account|member|customer|employee|admin|subuser|secret|credential|key|password)s?|"
    r"(?:sign|log)[-_]?up|register|registration",
    re.IGNORECASE,
)
"""Last words of the paths of operations that keep a secret for somebody: `/users`, `/vaults/{id}/credentials`."""


def is_secret(wire: str, place: Place, description: str) -> bool:
    """Whether a parameter, or a field of the body itself, is a secret by its name and description."""
    text = without_marks(description)[:300]
    first = _ASIDE.sub(" ", re.split(r"[.\n]\s", text)[0])
    is_other = bool(_OTHER_KEYS.search(first))
    said = bool(_MAY_BE.fullmatch(wire)) and bool(_SAID.search(text)) and not is_other
    if place is Place.BODY:  # which often holds a key that the call is about
        snake = _snake(wire)
        if _PASSWORD.fullmatch(snake):
            return bool(_PROVES.search(first)) and not _IS_SET.search(first)
        by_name = _BY_NAME.fullmatch(wire) or _BY_END.fullmatch(snake)
        named = bool(by_name) and not is_other and (not text or bool(_SECRET_WORD.search(text)))
        return named or (said and bool(_SAID_FIRST.match(text)))
    if place is Place.COOKIE and _SESSION.fullmatch(wire):
        return True
    if place is Place.HEADER and _HEADER.fullmatch(wire):
        return True
    if place is Place.PATH:
        return said and wire.lower() in _ALONE
    return said or bool(_BY_NAME.fullmatch(wire))


def is_nested_secret(wire: str, description: str, in_proof: bool) -> bool:
    """Whether a field inside an object of the body is a secret.

    Args:
        wire: its name.
        description: of the field.
        in_proof: the object, or one around it, is there to prove who calls (`proves`).
    """
    if is_secret(wire, Place.BODY, description):
        return True
    first = re.split(r"[.\n]\s", without_marks(description)[:300])[0]
    return (
        in_proof
        and bool(_IN_PROOF.fullmatch(_snake(wire)))
        and not (_OTHER_KEYS.search(first) or _IS_SET.search(first))
    )


def is_secret_body(description: str) -> bool:
    """Whether a body that is one text is a secret: it is said to be one and no more."""
    text = without_marks(description)
    return bool(_SAID_ALONE.fullmatch(text)) and not _OTHER_KEYS.search(text) and not _IS_SET.search(text)


def proves(name: str, around: bool = False) -> bool:
    """Whether an object of this name, in one that does or does not, is there to prove who calls."""
    snake = _snake(name)
    return bool(_PROOF.fullmatch(snake)) or (around and not _POINTS.fullmatch(snake))


def keeps_secrets(path: str) -> bool:
    """Whether what an operation is for is that its server keeps a secret: to create a user, to store a credential."""
    words = [segment for segment in path.strip("/").split("/") if "{" not in segment]
    return bool(words) and bool(_KEEPS.fullmatch(_snake(words[-1])))


def is_secret_variable(name: str, description: JsonValue) -> bool:
    """Whether a variable of a server's URL is a secret."""
    text = description if isinstance(description, str) else ""
    plain = bool(re.fullmatch(r"(.*[-_])?(token|secret|password|api[-_]?key|access[-_]?key)", name, re.IGNORECASE))
    return plain or bool(_BY_NAME.fullmatch(name)) or (bool(_MAY_BE.fullmatch(name)) and bool(_SAID.search(text)))


def without_marks(text: str) -> str:
    """A description without the marks of Markdown."""
    return _MARKS.sub("", text)


def _snake(name: str) -> str:
    """`apiKey`, `APIKey` and `API-Key` as `api_Key` and `API_Key`."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|[-. ]", "_", name)
