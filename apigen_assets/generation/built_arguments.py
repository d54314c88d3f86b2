"""Argument sets for one API from its own material: examples, permitted values, the accessibility call, its schema."""

import re
from collections.abc import Iterator

from apigen_assets.catalog.filters.example_values import example_arguments
from apigen_assets.domain.api import Api
from apigen_assets.files.canonical import dumps
from apigen_assets.files.json_types import JsonObject, JsonValue
from apigen_assets.tool_formats.json_schema import is_valid

_IN_TEXT = re.compile(
    r"(?:e\.g\.|for example|for instance|such as|like)[,:]?\s*[\"'`“(]?([\w./:@#+-]+(?: [A-Z][\w-]+)?)"
)
_PLACEHOLDERS = ("example", "1")
"""What `example_arguments` gives a string of which nothing is known."""
_WORDS = ("sunrise", "harbour", "violet", "maple", "lantern", "granite", "meadow", "compass", "juniper", "ember")
_OTHER: dict[JsonValue, tuple[JsonValue, ...]] = {
    "Paris": ("Lisbon", "Nairobi", "Osaka"),
    "US": ("DE", "JP", "BR"),
    "USD": ("EUR", "JPY", "CHF"),
    "en": ("fr", "es", "de"),
    "AAPL": ("MSFT", "NVDA", "SAP"),
    "2024-03-15": ("2024-06-21", "2025-01-09", "2023-11-30"),
    "2024-03-01": ("2024-06-03", "2025-01-06"),
    "red": ("teal", "amber"),
    "water": ("coffee", "forest", "copper"),
    "example.com": ("python.org", "openlibrary.org"),
    "10001": ("94105", "60614"),
    "Europe/Paris": ("Asia/Tokyo", "America/Chicago"),
    "The quick brown fox jumps over the lazy dog.": ("Our train leaves a little after noon.",),
}
"""Other values of the kind, for a second call."""


def built_arguments(api: Api) -> Iterator[JsonObject]:
    """Different argument sets, the most telling first; none where nothing valid can be made.

    Values come from the accessibility call that succeeded, from the schema's examples, defaults and permitted values,
    from examples in descriptions, and only then from formats and names.
    """
    seen: set[str] = set()
    for arguments in _candidates(api):
        text = dumps(arguments)
        if text not in seen and is_valid(arguments, api.parameters):
            seen.add(text)
            yield arguments


def _candidates(api: Api) -> Iterator[JsonObject]:
    properties: dict[str, JsonObject] = api.parameters.get("properties") or {}
    if api.probe is not None and api.probe.outcome == "ok" and api.probe.arguments:
        first = dict(api.probe.arguments)
    else:
        first = dict(example_arguments(api.parameters).arguments)
        for place, (name, value) in enumerate(first.items()):
            first[name] = _told(name, properties.get(name, {}), value, place)
    if not first and properties:
        # All parameters are optional, and a call without any shows nothing.
        name = next(iter(properties))
        first = {name: example_arguments({**api.parameters, "required": [name]}).arguments.get(name)}
    yield first
    others = {name: _others(value, properties.get(name, {})) for name, value in first.items()}
    for turn in range(6):
        changed = {
            name: others[name][turn % len(others[name])] if others[name] else value for name, value in first.items()
        }
        yield changed
        for name in first:
            if others[name]:
                yield {**first, name: others[name][turn % len(others[name])]}


def _told(name: str, schema: JsonObject, value: JsonValue, place: int) -> JsonValue:
    """The value with telling words in the places of placeholders, inside lists and objects too."""
    if isinstance(value, list):
        return [_told(name, _items(schema), inner, place + i) for i, inner in enumerate(value)]
    if isinstance(value, dict):
        parts = schema.get("properties") or {}
        return {key: _told(key, parts.get(key, {}), inner, place) for key, inner in value.items()}
    if value in _PLACEHOLDERS and isinstance(value, str):
        return _telling(name, schema, value, place)
    return value


def _telling(name: str, schema: JsonObject, placeholder: str, place: int) -> JsonValue:
    found = _IN_TEXT.search(str(schema.get("description", "")))
    for value in ((found[1],) if found else ()) + (_WORDS[(len(name) + place) % len(_WORDS)],):
        if is_valid(value, schema):
            return value
    return placeholder


def _others(value: JsonValue, schema: JsonObject) -> list[JsonValue]:
    """Other valid values of a parameter."""
    wanted: list[JsonValue] = [*(schema.get("examples") or ()), *(schema.get("enum") or ())]
    if isinstance(value, bool):
        wanted.append(not value)
    elif isinstance(value, int):
        wanted += [value + 1, value + 2, value * 2, value - 1]
    elif isinstance(value, float):
        wanted += [value * 2, value + 1.5, value / 2]
    elif isinstance(value, str) and not schema.get("enum"):
        wanted += [*_OTHER.get(value, ()), *_WORDS] if value in _OTHER or value in _WORDS else [value + "2"]
    elif isinstance(value, list) and value:
        wanted += (
            [value[:-1], value[::-1]] if len(value) > 1 else [[other] for other in _others(value[0], _items(schema))]
        )
    elif isinstance(value, dict):
        parts: dict[str, JsonObject] = schema.get("properties") or {}
        wanted += [{**value, key: other} for key in value for other in _others(value[key], parts.get(key, {}))[:2]]
    return [other for other in wanted if other != value and other is not None and is_valid(other, schema)]


def _items(schema: JsonObject) -> JsonObject:
    items = schema.get("items")
    return items if isinstance(items, dict) else {}
