"""Which of an operation's arguments are secrets: they become credentials, and are taken out of what is offered."""

from collections.abc import Callable
from dataclasses import replace

from apigen_assets.catalog.importers.openapi.arguments import Argument, body_parameter
from apigen_assets.catalog.importers.openapi.components import Components
from apigen_assets.catalog.importers.openapi.nested_secrets import NestedSecrets
from apigen_assets.catalog.importers.openapi.parameters import ParameterError
from apigen_assets.catalog.importers.openapi.secret_ways import MAX_SECRETS
from apigen_assets.catalog.importers.openapi.secret_words import Field, is_secret_body, keeps_secrets, segment_before
from apigen_assets.catalog.importers.openapi.security import Security
from apigen_assets.domain.api import BodyStep, Credential, Place


class OperationSecrets:
    """Tells the secrets of one document's operations.

    Args:
        components: the document's schemas.
        security: its schemes.
        warn: called with a sentence for each thing that is wrong but not fatal.
    """

    def __init__(self, components: Components, security: Security, warn: Callable[[str], None]) -> None:
        self._security = security
        self._warn = warn
        self._nested = NestedSecrets(components, security.is_nested)
        self._kept = NestedSecrets(components, security.is_nested, keeps=True)

    def parameter(self, path: str, argument: Argument, declared: list[Credential]) -> Credential | None:
        """The credential that a parameter outside the body is, or null where it is data."""
        place, wire = argument.sent.place, argument.sent.wire_name
        field = self._nested.field(wire, argument.part)
        if field is None and place is Place.HEADER and argument.part.get("type") != "boolean":  # also a number as a key
            text = argument.part.get("description")
            field = Field(wire, text if isinstance(text, str) else "")
        if field is None:
            return None
        field = replace(field, place=place, segment=segment_before(path, wire) if place is Place.PATH else None)
        return self._security.of_parameter(field, argument.sent, argument.required, declared)

    def without_nested(self, argument: Argument) -> Argument:
        """A parameter outside the body without the secrets inside it, which are not sent.

        Raises:
            ParameterError: it cannot be sent without them.
        """
        part, inside = self._nested.taken_out(argument.part, argument.sent.wire_name)
        for secret in inside:
            message = (
                f"{secret.name!r} inside the parameter {argument.sent.wire_name!r} is a secret, which is sent in bodies"
            )
            if secret.required and argument.required:
                raise ParameterError("unsupported_parameter", f"{message} only")
            self._warn(f"{message} only, and is left out")
        return replace(argument, part=part)

    def taken_out(
        self, body: list[Argument], path: str, declared: list[Credential], credentials: list[Credential]
    ) -> list[Argument]:
        """The body's arguments without those that are secrets, and without the secrets inside them.

        Args:
            body: the arguments.
            path: of the operation.
            declared: the credentials of its schemes.
            credentials: takes those of the body.
        """
        nested = self._kept if keeps_secrets(path) else self._nested
        kept: list[Argument] = []
        below: list[Credential] = []
        for argument in body:
            wire = argument.sent.wire_name
            field = nested.field(wire, argument.part)
            secret = None
            if field is not None and not argument.whole:
                secret = self._security.of_parameter(field, argument.sent, argument.required, declared)
            elif field is not None and is_secret_body(field) and not keeps_secrets(path):
                secret = self._security.of_body(argument.required, declared)
            if secret is not None:
                if all(known.place is not Place.BODY or known.wire_name != wire for known in credentials):
                    credentials.append(secret)
                continue
            part, inside = nested.taken_out(argument.part, "" if argument.whole else wire)
            is_made = bool(inside) and not argument.whole and nested.is_emptied(part)
            for found in inside:
                own = () if argument.whole else (BodyStep(name=wire, made=is_made),)
                required = found.required and (argument.required or not is_made)
                credential = self._security.of_nested(replace(found, required=required), (*own, *found.steps), declared)
                is_plain = not is_made or argument.sent == body_parameter(wire)
                below.append(credential if is_plain else credential.model_copy(update={"field": argument.sent}))
            if not is_made:
                kept.append(replace(argument, part=part))
        if len(below) > MAX_SECRETS:
            self._warn(f"of {len(below)} places for secrets inside the body {MAX_SECRETS} are filled")
        credentials += sorted(below, key=lambda credential: len(credential.steps))[:MAX_SECRETS]
        return kept
