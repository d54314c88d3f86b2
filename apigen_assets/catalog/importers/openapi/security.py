"""What an operation wants as proof of who calls: from security schemes first, else told by a parameter's words."""

import re
from collections.abc import Callable
from dataclasses import replace

from apigen_assets.catalog.importers.openapi.references import ReferenceProblem, References
from apigen_assets.catalog.importers.openapi.secret_ways import NestedSecret
from apigen_assets.catalog.importers.openapi.secret_words import Field, is_secret, proves, without_marks
from apigen_assets.catalog.names import distinct
from apigen_assets.domain.api import BodyStep, Credential, Place, RestParameter
from apigen_assets.files.json_types import JsonMapping, JsonObject, JsonValue


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
        self._nested_variables: dict[str, str] = {}

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

    def of_scheme(self, place: Place, wire: str, declared: list[Credential]) -> Credential | None:
        """The credential of the scheme that sends its key where a parameter of the operation stands."""
        for scheme in self._schemes.values():
            if scheme.place is place and scheme.wire_name.lower() == wire.lower() and place is not Place.PATH:
                return scheme.model_copy(update={"optional": True, "alternatives": ways_of(declared)})
        return None

    def of_parameter(
        self, field: Field, sent: RestParameter, required: bool, declared: list[Credential]
    ) -> Credential | None:
        """The credential that a parameter is, or null where it is data.

        Args:
            field: what the document says of it.
            sent: how it is written.
            required: as the document says.
            declared: what the operation's security wants; beside it the parameter may be left out.
        """
        wire, place = sent.wire_name, sent.place
        if place is Place.BODY:  # `auth[key]` in a form
            *around, own = re.findall(r"[^\[\].]+", wire) or [wire]
            field = replace(field, name=own, in_proof=field.in_proof or any(map(proves, around)))
        if not (self.is_nested(field) if place is Place.BODY else is_secret(field)):
            return None
        is_plain = sent == RestParameter(place=place, wire_name=wire)
        return credential_of(self._slug, place, wire, wire).model_copy(
            update={
                "optional": bool(declared) or not required,
                "alternatives": ways_of(declared),
                "field": None if is_plain else sent,
                "holds": field.holds,
            }
        )

    def of_body(self, required: bool, declared: list[Credential]) -> Credential:
        """The credential that a whole body is."""
        return credential_of(self._slug, Place.BODY, "", "body").model_copy(
            update={"optional": not required, "alternatives": ways_of(declared)}
        )

    def of_nested(self, secret: NestedSecret, steps: tuple[BodyStep, ...], declared: list[Credential]) -> Credential:
        """The credential that a field inside the body is; its variable is named after the way to it.

        Args:
            secret: the field.
            steps: the way to it from the body itself.
            declared: what the operation's security wants.
        """
        way = "_".join([*(step.name for step in steps if step.name not in ("", "[]", "*")), secret.name])
        credential = credential_of(self._slug, Place.BODY, secret.name, way)
        if way not in self._nested_variables:
            taken = {*self._nested_variables.values(), *(scheme.variable for scheme in self._schemes.values())}
            variable = credential.variable
            self._nested_variables[way] = distinct([*taken, variable])[-1] if variable in taken else variable
        return credential.model_copy(
            update={
                "variable": self._nested_variables[way],
                "optional": not secret.required,
                "alternatives": ways_of(declared),
                "steps": steps,
                "tests": secret.tests,
                "holds": secret.holds,
            }
        )

    def is_nested(self, field: Field) -> bool:
        """Whether a field of a body, at any depth, is a secret (`secret_words`)."""
        return is_secret(field) or self.stands_for_scheme(field.text)

    def stands_for_scheme(self, description: str) -> bool:
        """Whether it says that it is what a scheme sends too: `your id, here or in the header X-Client-Id`."""
        description = without_marks(description)
        return any(
            re.search(rf"(?<![\w-]){re.escape(scheme.wire_name)}(?![\w-])", description, re.IGNORECASE)
            for scheme in self._schemes.values()
            if re.search(r"[-_]", scheme.wire_name)  # `Authorization` and `key` are also words
        )

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


def credential_of(slug: str, place: Place, wire: str, name: str, prefix: str = "") -> Credential:
    """A credential whose environment variable is named after the source and the scheme or parameter."""
    variable = re.sub(r"[^A-Z0-9]+", "_", f"{slug}_{name}".upper()).strip("_")
    return Credential(place=place, wire_name=wire, variable=variable, prefix=prefix)
