"""What an operation wants as proof of who calls: from security schemes first, else told by a parameter's words."""

import re
from collections.abc import Callable

from apigen_assets.catalog.importers.openapi.references import ReferenceProblem, References
from apigen_assets.catalog.names import distinct
from apigen_assets.domain.api import Credential, Place
from apigen_assets.files.json_types import JsonMapping, JsonObject, JsonValue

_BY_NAME = re.compile(
    r"(x[-_]?)?(api[-_]?key|app[-_]?key|application[-_]?key|access[-_]?key|access[-_]?token|auth[-_]?token|auth[-_]?key|"
    r"api[-_]?token|api[-_]?secret|client[-_]?secret|secret[-_]?key|private[-_]?token|bearer[-_]?token|rapidapi[-_]?key|"
    r"(proxy[-_]?)?authorization|subscription[-_]?key|ocp[-_]apim[-_]subscription[-_]key)",
    re.IGNORECASE,
)
"""Names that are secrets whatever is said of them."""
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
_SECRET_WORD = re.compile(r"key|token|secret|credential|password", re.IGNORECASE)


class Security:
    """The security schemes of one document.

    Args:
        spec: the document.
        references: of it.
        slug: of the source; starts the names of the environment variables.
    """

    def __init__(self, spec: JsonMapping, references: References, slug: str) -> None:
        self._spec = spec
        self._slug = slug
        self._schemes = self._read(references)

    def credentials(self, operation: JsonMapping, warn: Callable[[str], None]) -> list[Credential]:
        """What the alternatives of the operation's security want; optional where one alternative is empty.

        Each scheme has a variable of its own, and says to which alternatives it belongs. Within one alternative several
        schemes for one header are the first of them, since a request has the header once. An alternative with a scheme
        that no variable can hold counts only where there is no other.
        """
        listed = _alternatives(operation["security"] if "security" in operation else self._spec.get("security"))
        ways = [way for way in listed if way]
        is_optional = len(ways) < len(listed)
        for name in dict.fromkeys(name for way in ways for name in way if name not in self._schemes):
            warn(f"security scheme {name[:60]!r} is not described, or of a kind that no variable can hold")
        known = [[name for name in way if name in self._schemes] for way in ways]
        complete = [way for way, held in zip(ways, known, strict=True) if len(way) == len(held)]
        belongs: dict[str, list[int]] = {}
        for at, way in enumerate(complete or known):
            places: set[tuple[Place, str]] = set()
            for name in way:
                scheme = self._schemes[name]
                place = (scheme.place, scheme.wire_name.lower())
                if place not in places:
                    places.add(place)
                    belongs.setdefault(name, []).append(at)
        return [
            self._schemes[name].model_copy(update={"alternatives": tuple(at), "optional": is_optional})
            for name, at in belongs.items()
        ]

    def of_parameter(
        self, wire: str, place: Place, required: bool, description: str, declared: list[Credential]
    ) -> Credential | None:
        """The credential that a parameter is, or null where it is data.

        Args:
            wire: its name.
            place: where it travels.
            required: as the document says.
            description: of the parameter.
            declared: what the operation's security wants; beside it the parameter may be left out.
        """
        for scheme in self._schemes.values():
            if scheme.place is place and scheme.wire_name.lower() == wire.lower() and place is not Place.PATH:
                return scheme.model_copy(update={"optional": True, "alternatives": ways_of(declared)})
        description = _MARKS.sub("", description)
        if not self._is_secret(wire, place, description) and (
            place is not Place.BODY or not self._stands_for_scheme(description)
        ):
            return None
        return credential_of(self._slug, place, wire, wire).model_copy(
            update={"optional": bool(declared) or not required, "alternatives": ways_of(declared)}
        )

    def _stands_for_scheme(self, description: str) -> bool:
        """Whether it says that it is what a scheme sends too: `your id, here or in the header X-Client-Id`."""
        return any(
            re.search(rf"(?<![\w-]){re.escape(scheme.wire_name)}(?![\w-])", description, re.IGNORECASE)
            for scheme in self._schemes.values()
            if re.search(r"[-_]", scheme.wire_name)  # `Authorization` and `key` are also words
        )

    @staticmethod
    def _is_secret(wire: str, place: Place, description: str) -> bool:
        text = description[:300]
        first = _ASIDE.sub(" ", re.split(r"[.\n]\s", text)[0])
        is_other = bool(_OTHER_KEYS.search(first))
        said = bool(_MAY_BE.fullmatch(wire)) and bool(_SAID.search(text)) and not is_other
        if place is Place.BODY:  # which often holds a key that the call is about
            named = bool(_BY_NAME.fullmatch(wire)) and not is_other and (not text or bool(_SECRET_WORD.search(text)))
            return named or (said and bool(_SAID_FIRST.match(text)))
        if place is Place.COOKIE and _SESSION.fullmatch(wire):
            return True
        if place is Place.PATH:
            return said and wire.lower() in _ALONE
        return said or bool(_BY_NAME.fullmatch(wire))

    def _read(self, references: References) -> dict[str, Credential]:
        if "swagger" in self._spec:
            schemes = self._spec.get("securityDefinitions")
        else:
            components = self._spec.get("components")
            schemes = components.get("securitySchemes") if isinstance(components, dict) else None
        out: dict[str, Credential] = {}
        variables: list[str] = []
        for name, raw in schemes.items() if isinstance(schemes, dict) else ():
            try:
                scheme, _ = references.follow(raw)
            except ReferenceProblem:
                continue
            credential = self._of_scheme(str(name), scheme if isinstance(scheme, dict) else {})
            if credential is None:
                continue
            # `api-key` and `api_key` are two schemes, whose secrets are not each other's
            variables = distinct([*variables, credential.variable])
            out[str(name)] = credential.model_copy(update={"variable": variables[-1]})
        return out

    def _of_scheme(self, name: str, scheme: JsonObject) -> Credential | None:
        kind, http = str(scheme.get("type", "")).lower(), str(scheme.get("scheme", "")).lower()
        place, wire, prefix = Place.HEADER, "Authorization", "Bearer "
        if kind == "apikey" and scheme.get("in") in {"query", "header", "cookie"}:
            place, wire, prefix = Place(scheme["in"]), str(scheme.get("name", "")), ""
        elif kind == "basic" or (kind == "http" and http == "basic"):
            prefix = "Basic "
        elif kind == "http" and http not in {"bearer", ""}:
            prefix = f"{str(scheme['scheme'])[:1].upper()}{str(scheme['scheme'])[1:]} "
        elif kind not in {"http", "oauth2", "openidconnect"}:
            return None
        return credential_of(self._slug, place, wire, name, prefix) if wire else None


def ways_of(declared: list[Credential]) -> tuple[int, ...]:
    """All alternatives of an operation, for a secret that is sent with every one of them."""
    return tuple(sorted({way for credential in declared for way in credential.alternatives})) or (0,)


def _alternatives(security: JsonValue) -> list[list[str]]:
    """The names of the schemes of each alternative; one that is written without its list counts as meant."""
    listed = security if isinstance(security, list) else [security]
    out = []
    for way in listed:
        if isinstance(way, dict):
            out.append([str(name) for name in way])
        elif isinstance(way, str):
            out.append([way])
    return out


def is_secret_name(name: str, description: JsonValue) -> bool:
    """Whether a variable of a server's URL is a secret."""
    text = description if isinstance(description, str) else ""
    plain = bool(re.fullmatch(r"(.*[-_])?(token|secret|password|api[-_]?key|access[-_]?key)", name, re.IGNORECASE))
    return plain or bool(_BY_NAME.fullmatch(name)) or (bool(_MAY_BE.fullmatch(name)) and bool(_SAID.search(text)))


def credential_of(slug: str, place: Place, wire: str, name: str, prefix: str = "") -> Credential:
    """A credential whose environment variable is named after the source and the scheme or parameter."""
    variable = re.sub(r"[^A-Z0-9]+", "_", f"{slug}_{name}".upper()).strip("_")
    return Credential(place=place, wire_name=wire, variable=variable, prefix=prefix)
