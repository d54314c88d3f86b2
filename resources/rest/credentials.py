"""The secrets that are added to the parts of a request."""

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from apigen_assets.domain.api import Credential, Place, RestBinding, RestParameter
from apigen_assets.domain.outcome import Outcome
from apigen_assets.files.json_types import JsonValue
from resources.rest.body_secrets import put_inside
from resources.rest.parts import RequestParts, RequestRefusedError


@dataclass
class Proof:
    """The secrets that were added to a request."""

    secrets: list[str] = field(default_factory=list)
    headers: set[str] = field(default_factory=set)
    """Lower-case names of the headers that hold one."""
    in_body: bool = False


def add_credentials(binding: RestBinding, parts: RequestParts, environment: Mapping[str, str]) -> Proof:
    """Adds the secrets of one way to prove who calls, the optional ones of it where they are there.

    Raises:
        RequestRefusedError: no way has all it needs, or an object of the body is sent that holds a secret which is not
            there.
    """
    values = {
        credential.variable: environment.get(credential.variable, "").strip() for credential in binding.credentials
    }
    inside = [
        credential
        for credential in binding.credentials
        if credential.place is Place.BODY and (credential.inside or binding.whole_body is not None)
    ]
    outside = [credential for credential in binding.credentials if credential not in inside]
    way = _way(outside, values)
    proof = Proof()
    for credential in outside:
        secret = values[credential.variable]
        if not secret or way not in credential.alternatives:
            continue
        text: JsonValue = _held(credential, secret)
        if isinstance(text, str):
            text = _with_prefix(credential, secret)
            proof.secrets += [secret] if secret in text else [secret, text.removeprefix(credential.prefix)]
        else:
            proof.secrets += _texts(text)
        sent = credential.field or RestParameter(place=credential.place, wire_name=credential.wire_name)
        if credential.place is Place.BODY and not credential.wire_name:
            parts.whole = (sent, text)
        else:
            parts.put(sent, text)
        if credential.place is Place.HEADER:
            proof.headers.add(credential.wire_name.lower())
        elif credential.place is Place.COOKIE:
            proof.headers.add("cookie")
        elif credential.place is Place.BODY:
            proof.in_body = True
    wanted = [credential for credential in inside if way is None or way in credential.alternatives]
    if wanted:
        _add_inside(wanted, parts, values, proof)
    return proof


def _add_inside(wanted: list[Credential], parts: RequestParts, values: Mapping[str, str], proof: Proof) -> None:
    """Adds the secrets that stand in objects of the body, where those objects are sent."""
    body = parts.body()
    missing = []
    for credential in wanted:
        if not put_inside(body, credential, None):
            continue
        secret = _held(credential, values[credential.variable])
        if secret:
            put_inside(body, credential, secret)
            proof.secrets += _texts(secret)
            proof.in_body = True
        elif not credential.optional:
            missing.append(credential.variable)
    if missing:
        names = " and ".join(dict.fromkeys(missing))
        raise RequestRefusedError(Outcome.AUTH, f"the environment variable {names} is not set; no call was made")
    written = {credential.steps[0].name: credential.field for credential in wanted if credential.steps}
    parts.replace_body(body, {name: field for name, field in written.items() if field is not None})


def _way(credentials: list[Credential], values: Mapping[str, str]) -> int | None:
    """The first way whose secrets are all there, sooner one that proves something; null where none is known.

    Only one is sent: servers refuse a request that proves twice who calls (RFC 6750, section 2), or take another
    identity than the one that is meant.

    Raises:
        RequestRefusedError: no way has all it needs.
    """
    ways = {
        way: [item for item in credentials if way in item.alternatives]
        for item in credentials
        for way in item.alternatives
    }
    missing: list[list[str]] = []
    complete: list[int] = []
    for way, wanted in sorted(ways.items()):
        missing.append([item.variable for item in wanted if not item.optional and not values[item.variable]])
        if not missing[-1]:
            complete.append(way)
    if complete:
        return next((way for way in complete if any(values[item.variable] for item in ways[way])), complete[0])
    if not missing:
        return None
    names = " or ".join(dict.fromkeys(" and ".join(variables) for variables in missing[:4]))
    raise RequestRefusedError(Outcome.AUTH, f"the environment variable {names} is not set; no call was made")


def _held(credential: Credential, text: str) -> JsonValue:
    """What a variable holds, as the server takes it; empty where it is not set.

    Raises:
        RequestRefusedError: `auth`, where several secrets are wanted and the variable holds something else.
    """
    if not text or credential.holds == "text":
        return text
    is_list = credential.holds == "list"
    if is_list and not text.startswith("["):
        return [text]
    try:
        value = json.loads(text)
    except ValueError:
        value = None
    if not isinstance(value, list if is_list else dict) or not value or not all(map(_is_text, _texts(value))):
        kind = 'a JSON list of texts, such as ["..."]' if is_list else 'a JSON object of texts, such as {"name": "..."}'
        raise RequestRefusedError(
            Outcome.AUTH, f"the environment variable {credential.variable} has to hold {kind}; no call was made"
        )
    return value


def _texts(secret: JsonValue) -> list[str]:
    """The single secrets of one that a credential holds."""
    return list(secret.values()) if isinstance(secret, dict) else secret if isinstance(secret, list) else [secret]


def _is_text(value: object) -> bool:
    return isinstance(value, str) and value != ""


def _with_prefix(credential: Credential, secret: str) -> str:
    """The secret as it is sent: `user:password` is encoded for Basic; a secret that brings its scheme keeps it."""
    scheme, space, _ = secret.partition(" ")
    if not credential.prefix or (space and scheme.lower() in {"basic", "bearer", "token", "digest", "apikey"}):
        return secret
    if credential.prefix == "Basic " and ":" in secret:
        return "Basic " + base64.b64encode(secret.encode()).decode()
    return credential.prefix + secret
