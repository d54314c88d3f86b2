"""JSON Schema types of ToolBench parameters, whose own types are too coarse: a latitude is a NUMBER like a page."""

import json
import math
import re

from apigen_assets.catalog.descriptions import clean_description, words
from apigen_assets.files.json_types import JsonObject, JsonValue

_FRACTIONAL_WORDS = """
lat lon lng long latitude longitude lat1 lat2 lon1 lon2 price amount weight height mass length width depth radius
distance rate ratio percent percentage temperature temp speed velocity odds score rating volume area interest salary
income cost fee tax discount budget balance loan principal altitude elevation angle bmi value factor coefficient
threshold similarity confidence probability strike volatility sigma spot delta magnitude celsius fahrenheit calories
kcal waist neck hip km miles mile feet opacity alpha scale tip
"""
_WHOLE_WORDS = """
id ids page pages limit offset count counts size pagesize per year month day hour minute hours minutes days years
months week weeks number num no index skip start end top max_results results result from_year season round rank
position quantity qty port zip zipcode postcode code timestamp epoch unix date decade age players line lines words
characters chars sentences paragraphs digits seed steps items rows row columns column version level block chapter
verse isbn asin pid uid cid
"""
_FRACTIONAL = frozenset(_FRACTIONAL_WORDS.split())
_WHOLE = frozenset(_WHOLE_WORDS.split())
_WHOLE_ENDINGS = ("id", "page", "limit", "count", "year", "number", "size", "day", "month", "index", "num", "offset")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")


def parameter_schema(name: str, kind: str, description: str, example: object) -> JsonObject | None:
    """The schema of one parameter; None for a file, which cannot be given as JSON.

    ToolBench's `default` is the value that its web page shows, so it becomes an example, never a default.

    Args:
        name: as the server knows it.
        kind: ToolBench's type: STRING, NUMBER, BOOLEAN, ENUM, DATE (...), TIME (...), ARRAY, OBJECT, BINARY.
        description: as written.
        example: ToolBench's `default`, of any JSON type.
    """
    upper = kind.strip().upper()
    if upper.startswith(("BINARY", "FILE")):
        return None
    schema = _typed(name, upper, description, example)
    text = clean_description(description)
    if text:
        schema["description"] = text
    if example not in (None, "", [], {}) and "examples" not in schema:
        fitted = _fitted(example, str(schema["type"]))
        if fitted is not None:
            schema["examples"] = [fitted]
    return schema


def _typed(name: str, kind: str, description: str, example: object) -> JsonObject:
    if kind.startswith(("NUMBER", "INT", "FLOAT", "DOUBLE", "LONG")):
        return {"type": number_type(name, description, example, kind)}
    if kind.startswith("BOOL"):
        return {"type": "boolean" if example in (None, "") or _boolean(example) is not None else "string"}
    if kind.startswith(("ARRAY", "LIST", "OBJECT")):
        return _structure("object" if kind.startswith("OBJECT") else "array", example)
    if kind.startswith("DATE") and (example in (None, "") or _DATE.fullmatch(str(example))):
        return {"type": "string", "format": "date"}
    return {"type": "string"}


def number_type(name: str, description: str, example: object, kind: str = "NUMBER") -> str:
    """`integer` only where the example or the name says so; `string` where the example is not a number at all."""
    if kind.startswith(("INT", "LONG")):
        return "integer"
    number = _number(example)
    if example not in (None, "", [], {}) and number is None:
        return "string"
    if kind.startswith(("FLOAT", "DOUBLE")) or (isinstance(number, float) and not number.is_integer()):
        return "number"
    said = set(words(name)) | {name.lower()}
    if said & _FRACTIONAL:
        return "number"
    if said & _WHOLE or name.lower().endswith(_WHOLE_ENDINGS):
        return "integer"
    if re.search(r"\b(integer|whole number|number of|how many|maximum number)\b", description, re.IGNORECASE):
        return "integer"
    # an example such as 10 for an unknown word proves nothing: every integer is a number, not the reverse
    return "number"


def _structure(kind: str, example: object) -> JsonObject:
    """A list or object where the example is one; else text, which is how the broker sends it."""
    value = example
    if isinstance(example, str):
        try:
            value = json.loads(example)
        except (ValueError, RecursionError):
            return {"type": "string"}
    if kind == "array" and isinstance(value, list):
        return {"type": "array", **({"examples": [value]} if value else {})}
    if kind == "object" and isinstance(value, dict):
        return {"type": "object", **({"examples": [value]} if value else {})}
    return {"type": "string"}


def _fitted(value: object, kind: str) -> JsonValue:
    """The example as a value of the type; None where it is none."""
    if kind == "string":
        if isinstance(value, bool):
            return "true" if value else "false"
        return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    if kind == "boolean":
        return _boolean(value)
    number = _number(value)
    if number is None:
        return None
    if kind == "integer":
        return int(number) if float(number).is_integer() else None
    return number


def _number(value: object) -> int | float | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, str):
        text = value.strip()
        if not re.fullmatch(r"[+-]?\d{1,18}(\.\d+)?|[+-]?\.\d+|[+-]?\d+(\.\d+)?e[+-]?\d{1,2}", text, re.IGNORECASE):
            return None
        value = float(text) if re.search(r"[.e]", text, re.IGNORECASE) else int(text)
    if isinstance(value, int):
        return value if abs(value) < 10**18 else None
    return value if isinstance(value, float) and math.isfinite(value) else None


def _boolean(value: object) -> bool | None:
    if isinstance(value, bool):
        return value
    return {"true": True, "false": False, "1": True, "0": False, "yes": True, "no": False}.get(str(value).lower())
