"""JSON text for columns of type JSON (`Json()` in `datasets`), so that no number changes when it is read.

`datasets` decodes such columns with pandas' reader, which adds up digits in double precision: of `0.0266` it makes
`0.026600000000000002`, and an integer of more than 64 bits is an error for the whole table. A number that it would
change is written in another spelling of the same value (`26.6e-3`), which every reader takes for what it is.
"""

import json
import math
from collections.abc import Iterator
from decimal import Decimal

from apigen_assets.files.json_types import JsonValue

_LARGEST, _SMALLEST = 2**64 - 1, -(2**63)
_DECIMALS = 15
"""Digits behind the point that the reader looks at."""
_TENTHS = tuple(float(f"1e-{places}") for places in range(_DECIMALS + 1))


class UnwritableNumberError(ValueError):
    """A number that no spelling brings through the reader; the message names it."""


def json_column_text(value: object) -> str:
    """JSON text of a value, keys in their order, UTF-8 kept.

    Raises:
        UnwritableNumberError: a number has no spelling that is read back as itself.
        ValueError: a number is not finite.
    """
    text = json.dumps(value, ensure_ascii=False, allow_nan=False)
    return text if not _has_numbers(value) else _text(value)


def read_number(text: str) -> float:
    """A number with a point or an exponent as pandas' JSON reader computes it.

    Source: `decode_numeric` and `createDouble` of pandas' ujson, version 2.0 to 2.3.
    """
    digits, _, exponent = text.lower().partition("e")
    sign = -1.0 if digits.startswith("-") else 1.0
    whole, _, fraction = digits.lstrip("-").partition(".")
    fraction = fraction[:_DECIMALS]
    behind = 0.0
    for digit in fraction:
        behind = behind * 10.0 + float(digit)
    value = (float(int(whole)) + behind * _TENTHS[len(fraction)]) * sign
    return value * math.pow(10.0, float(exponent)) if exponent else value


def _has_numbers(value: object) -> bool:
    stack: list[JsonValue] = [value]
    while stack:
        item = stack.pop()
        if isinstance(item, dict):
            stack.extend(item.values())
        elif isinstance(item, list):
            stack.extend(item)
        elif isinstance(item, float) or (isinstance(item, int) and not isinstance(item, bool)):
            return True
    return False


def _text(value: JsonValue) -> str:
    if isinstance(value, dict):
        return (
            "{" + ", ".join(f"{json.dumps(str(key), ensure_ascii=False)}: {_text(value[key])}" for key in value) + "}"
        )
    if isinstance(value, list):
        return "[" + ", ".join(map(_text, value)) + "]"
    if isinstance(value, bool) or not isinstance(value, int | float):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, int):
        if not _SMALLEST <= value <= _LARGEST:
            raise UnwritableNumberError(f"the integer {value} has more than 64 bits")
        return str(value)
    return next(_exact(value))


def _exact(value: float) -> Iterator[str]:
    """Spellings that are read as `value`, the usual one first.

    Raises:
        UnwritableNumberError: there is none.
    """
    usual = repr(value)
    if read_number(usual) == value:
        yield usual
    sign, digits, exponent = Decimal(usual).as_tuple()
    assert isinstance(exponent, int)
    minus = "-" if sign else ""
    for zeros in range(max(1, 19 - len(digits))):
        written = "".join(map(str, digits)) + "0" * zeros
        for whole in range(min(len(written), 19) + 1):
            power = exponent - zeros + len(written) - whole
            if len(written) - whole > _DECIMALS or abs(power) > 300:
                continue
            fraction = f".{written[whole:]}" if whole < len(written) else ""
            text = f"{minus}{written[:whole].lstrip('0') or '0'}{fraction}" + (f"e{power}" if power else "")
            if ("." in text or "e" in text) and read_number(text) == value == float(text):
                yield text
    raise UnwritableNumberError(f"the number {usual} is changed by the reader of JSON columns in every spelling")
