"""Results of functions as JSON text.

| Python | JSON |
|---|---|
| None, bool, int, float, str, list, tuple, dict | as `json` writes them; tuples and named tuples are arrays |
| dict keys | strings; int, float, bool and None keys become strings; other keys have no form |
| dataclass, pydantic model | object of its fields |
| set, frozenset | array, sorted by the elements' JSON text |
| date, datetime, time | ISO 8601 string |
| timedelta | seconds as a number |
| Decimal, Fraction, UUID, path, IP address | its string |
| Enum | its value |
| range, deque, dict views | array |
| coroutine that an asynchronous function gives | what it gives when it is awaited |
| numpy scalar or array, pandas Series (anything with `tolist`) | number or nested arrays |
| object of a class of the module or its packages | object of its public attributes, else of its properties |
| NaN, infinities, bytes, complex, generators, functions, other objects | none: `unserialisable` |
"""

import collections
import dataclasses
import datetime
import decimal
import enum
import fractions
import ipaddress
import json
import pathlib
import types
import uuid

from resources.python.json_types import JsonValue
from resources.python.objects import shown

_TEXTUAL = (
    decimal.Decimal,
    fractions.Fraction,
    uuid.UUID,
    pathlib.PurePath,
    ipaddress.IPv4Address,
    ipaddress.IPv6Address,
    ipaddress.IPv4Network,
    ipaddress.IPv6Network,
)
_SEQUENCES: tuple[type[JsonValue], ...] = (
    range,
    collections.deque,
    type({}.keys()),
    type({}.values()),
    type({}.items()),
)


class Unserialisable(Exception):
    """The value has no JSON form; the message says which part."""


def encode(value: object) -> str:
    """JSON text of a result: compact, UTF-8 kept, keys in the order the function gave them.

    Raises:
        Unserialisable: when a part of it has no form in the table above.
    """
    try:
        text = _encode(value)
        text.encode()
    except Unserialisable:
        raise
    except UnicodeEncodeError:
        raise Unserialisable("a string with a lone surrogate is not Unicode text") from None
    except RecursionError:
        raise Unserialisable("nested too deeply") from None
    except (TypeError, ValueError) as error:
        raise Unserialisable(str(error)[:300]) from None
    return text


def _default(value: object) -> JsonValue:
    if isinstance(value, set | frozenset):
        return sorted(value, key=_encode)
    if isinstance(value, datetime.date | datetime.time):
        return value.isoformat()
    if isinstance(value, datetime.timedelta):
        return value.total_seconds()
    if isinstance(value, _TEXTUAL):
        return str(value)
    if isinstance(value, enum.Enum):
        return value.value
    if isinstance(value, _SEQUENCES):
        return [*value]
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
    if isinstance(value, types.CoroutineType):
        value.close()
        raise Unserialisable("a coroutine inside the result")
    for method, options in (("model_dump", {"mode": "json"}), ("tolist", {})):
        convert = getattr(value, method, None)
        if callable(convert) and not isinstance(value, type):
            return convert(**options)
    attributes = shown(value)
    if attributes is not None:
        return attributes
    raise Unserialisable(f"a value of type {type(value).__qualname__} has no JSON form")


_encode = json.JSONEncoder(default=_default, allow_nan=False, ensure_ascii=False, separators=(",", ":")).encode
