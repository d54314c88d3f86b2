"""JSON in one canonical spelling, so that equal values have equal text and equal hashes."""

import hashlib
import json

from apigen_assets.files.json_types import JsonObject, JsonValue


class StrictJsonError(ValueError):
    """Text that is not strict JSON; `kind` says in which way."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind


def dumps(value: object) -> str:
    """Canonical JSON text: sorted keys, no spaces, UTF-8 kept, NaN and infinities refused (ValueError)."""
    return _CANONICAL.encode(value)


_CANONICAL = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def loads_strict(text: str) -> JsonValue:
    """Parse strict JSON (RFC 8259 with unique names).

    Raises:
        StrictJsonError: with kind `not_json`, `duplicate_key`, `non_finite_number` or `too_deep`.
    """
    try:
        return _STRICT.decode(text)
    except StrictJsonError:
        raise
    except RecursionError:
        raise StrictJsonError("too_deep", "nested too deeply to be read") from None
    except ValueError as error:
        raise StrictJsonError("not_json", str(error)) from None


def read_strict_at(text: str, position: int) -> tuple[JsonValue, int]:
    """The strict JSON value that begins at a position of a text, and where it ends.

    Raises:
        StrictJsonError: as `loads_strict`.
    """
    try:
        return _STRICT.raw_decode(text, position)
    except StrictJsonError:
        raise
    except RecursionError:
        raise StrictJsonError("too_deep", "nested too deeply to be read") from None
    except ValueError as error:
        raise StrictJsonError("not_json", str(error)) from None


def plain_numbers(value: object) -> JsonValue:
    """The value with every float that is whole as an integer, at any depth: 2 and 2.0 are one number in JSON."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, dict):
        return {key: plain_numbers(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [plain_numbers(item) for item in value]
    return value


def wire_numbers(value: object) -> JsonValue:
    """The value with whole floats as the integers that they are, as far as a float tells integers apart.

    JSON Schema takes 2.0 for an integer; most servers and functions take only 2.
    """
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return int(value)
    if isinstance(value, dict):
        return {key: wire_numbers(part) for key, part in value.items()}
    if isinstance(value, list):
        return [wire_numbers(part) for part in value]
    return value


def content_hash(value: object, length: int = 16) -> str:
    """First `length` hex digits of the SHA-256 of the canonical JSON of `value`."""
    return hashlib.sha256(dumps(value).encode()).hexdigest()[:length]


def json_equal(left: object, right: object) -> bool:
    """Equality of JSON values at every depth: `1` and `1.0` are equal, `1` and `true` are not."""
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(json_equal, left, right))
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(json_equal(item, right[key]) for key, item in left.items())
    return bool(left == right)


def _unique(pairs: list[tuple[str, JsonValue]]) -> JsonObject:
    out = dict(pairs)
    if len(out) != len(pairs):
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                raise StrictJsonError("duplicate_key", f"the key {key!r} appears twice in one object")
            seen.add(key)
    return out


def _refuse_constant(name: str) -> JsonValue:
    raise StrictJsonError("non_finite_number", f"{name} is not a JSON number")


# One decoder for all texts: `json.loads` with hooks builds one per call.
_STRICT = json.JSONDecoder(object_pairs_hook=_unique, parse_constant=_refuse_constant)
