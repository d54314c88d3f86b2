"""Arguments for one polite call: what the documentation gives, and plausible values where it gives nothing."""

from dataclasses import dataclass

from apigen_assets.catalog.descriptions import words
from apigen_assets.files.json_types import JsonObject, JsonValue
from apigen_assets.tool_formats.json_schema import is_valid, unrolled

_BY_FORMAT = {
    "date": "2024-03-15",
    "date-time": "2024-03-15T12:00:00Z",
    "time": "12:00:00",
    "email": "jane.doe@example.com",
    "uri": "https://example.com",
    "url": "https://example.com",
    "uuid": "123e4567-e89b-12d3-a456-426614174000",
    "ipv4": "93.184.215.14",
}
_BY_WORD: JsonObject = {
    "latitude": 48.85,
    "lat": 48.85,
    "longitude": 2.35,
    "lon": 2.35,
    "lng": 2.35,
    "city": "Paris",
    "country": "US",
    "countrycode": "US",
    "currency": "USD",
    "base": "USD",
    "language": "en",
    "lang": "en",
    "locale": "en",
    "date": "2024-03-15",
    "start": "2024-03-01",
    "end": "2024-03-15",
    "year": 2023,
    "month": 3,
    "day": 15,
    "hour": 12,
    "symbol": "AAPL",
    "ticker": "AAPL",
    "email": "jane.doe@example.com",
    "url": "https://example.com",
    "domain": "example.com",
    "ip": "93.184.215.14",
    "zip": "10001",
    "postcode": "10001",
    "timezone": "Europe/Paris",
    "color": "red",
    "page": 1,
    "limit": 10,
    "query": "water",
    "search": "water",
    "word": "water",
    "text": "The quick brown fox jumps over the lazy dog.",
    "name": "Paris",
}
_DEEPEST = 8
"""Levels of lists and objects within each other that values are made up for."""


@dataclass(frozen=True)
class ProbeArguments:
    """Arguments of a probe; `guessed` names the required ones that the documentation gives no value for."""

    arguments: JsonObject
    guessed: tuple[str, ...]


def example_arguments(parameters: JsonObject) -> ProbeArguments:
    """One value for every required parameter, and for optional ones that have an example.

    A parameter's first example is taken, then its default, then its first allowed value; only then is a value
    made up from its format, name and type.
    """
    arguments: JsonObject = {}
    guessed = []
    parameters = unrolled(parameters)
    required = set(parameters.get("required", []))
    for name, schema in parameters.get("properties", {}).items():
        schema = schema if isinstance(schema, dict) else {}
        known, value = _documented(schema)
        if known and (name in required or "examples" in schema):
            arguments[name] = value
        elif name in required:
            arguments[name] = _plausible(name, schema)
            guessed.append(name)
    return ProbeArguments(arguments, tuple(guessed))


def _documented(schema: JsonObject) -> tuple[bool, JsonValue]:
    for value in [*schema.get("examples", []), *([schema["default"]] if "default" in schema else [])]:
        if is_valid(value, schema):
            return True, value
    for value in schema.get("enum", []):
        if value is not None:
            return True, value
    return ("const" in schema), schema.get("const")


def _plausible(name: str, schema: JsonObject, level: int = 0) -> JsonValue:
    name_words = words(name)
    for value in (
        _BY_FORMAT.get(str(schema.get("format"))),
        *(_BY_WORD.get(word) for word in [name.lower(), *reversed(name_words)]),
    ):
        if value is None:
            continue
        for form in (value, str(value)):
            if is_valid(form, schema):
                return form
    kind = schema.get("type")
    kinds = kind if isinstance(kind, list) else [kind]
    if "integer" in kinds or "number" in kinds:
        return _number(schema, "integer" in kinds)
    if "string" in kinds:
        text = "1" if name_words and name_words[-1] in {"id", "ids", "number", "code"} else "example"
        fewest = int(schema.get("minLength", 0))
        return text.ljust(fewest, "x")[: int(schema.get("maxLength", max(100, fewest)))]
    if "boolean" in kinds:
        return True
    if level < _DEEPEST:
        if "array" in kinds:
            item = schema.get("items", {})
            parts = schema.get("prefixItems")
            if isinstance(parts, list):
                return [_plausible(name, part, level + 1) for part in parts]
            return [_plausible(name, item, level + 1) for _ in range(max(1, min(3, int(schema.get("minItems", 1)))))]
        if "object" in kinds and isinstance(schema.get("properties"), dict):
            needed = schema.get("required", [])
            return {key: _plausible(key, schema["properties"][key], level + 1) for key in needed}
        for choice in schema.get("anyOf", []):
            if choice != {"type": "null"}:
                return _plausible(name, choice, level + 1)
    return {} if "object" in kinds else [] if "array" in kinds else "example"


def _number(schema: JsonObject, whole: bool) -> int | float:
    low = schema.get("minimum", schema.get("exclusiveMinimum"))
    high = schema.get("maximum", schema.get("exclusiveMaximum"))
    for value in (1, 2, 10, low, (low + 1) if low is not None else None, high):
        if value is not None and is_valid(value, schema):
            return int(value) if whole else float(value)
    return 1
