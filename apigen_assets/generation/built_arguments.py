"""Argument sets for one API from its own material: examples, permitted values, the accessibility call, its schema."""

import random
import re
from collections.abc import Iterator, Mapping

from apigen_assets.catalog.filters.example_values import example_arguments
from apigen_assets.domain.api import Api
from apigen_assets.files.canonical import dumps, plain_numbers
from apigen_assets.files.json_types import JsonMapping, JsonObject, JsonValue
from apigen_assets.tool_formats.filler_text import is_filler
from apigen_assets.tool_formats.json_schema import is_valid
from apigen_assets.tool_formats.plumbing import is_plumbing
from resources.local.standin.values import ValueMaker

_IN_TEXT = re.compile(
    r"(?:e\.g\.|for example|for instance|such as|like)[,:]?\s*[\"'`“(]?([\w./:@#+-]+(?: [A-Z][\w-]+)?)"
)
_PLACEHOLDER = re.compile(r"1|exam?p?l?e?x*|ex?")
"""What `example_arguments` gives a string of which nothing is known, at the length that the schema asks for."""
_WORDS = ("sunrise", "harbour", "violet", "maple", "lantern", "granite", "meadow", "compass", "juniper", "ember")
_GENERIC = ("query", "q", "search", "term", "keyword", "word", "text", "name", "start", "end")
"""Names of parameters for which `example_arguments` has a word that may not fit what is described."""
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
_MADE_UP = 12
"""Argument sets that are made up of types, limits and patterns, where documentation gives none that is valid."""


def has_several_calls(parameters: JsonMapping) -> bool:
    """Whether two calls with different arguments are possible at all: parallel ones have to differ."""
    properties = parameters.get("properties") or {}
    required = set(parameters.get("required") or ())
    return any(name not in required or not _is_fixed(schema) for name, schema in properties.items())


def built_arguments(api: Api) -> Iterator[JsonObject]:
    """Different argument sets, the most telling first; none where nothing valid can be made.

    Values come from the accessibility call that succeeded, from the schema's examples, defaults and permitted values,
    from examples in descriptions, then from formats and names, and last from types, limits and patterns.
    """
    seen: set[str] = set()
    for arguments in _candidates(api):
        text = dumps(arguments)
        if text not in seen and is_valid(arguments, api.parameters):
            seen.add(text)
            yield arguments


def _candidates(api: Api) -> Iterator[JsonObject]:
    properties: dict[str, JsonObject] = {
        name: schema if isinstance(schema, dict) else {}
        for name, schema in (api.parameters.get("properties") or {}).items()
    }
    parameters = {**api.parameters, "properties": properties}
    if api.probe is not None and api.probe.outcome == "ok" and api.probe.arguments:
        first = dict(api.probe.arguments)
    else:
        first = _documented(api.api_id, parameters, properties)
    required = set(parameters.get("required") or ())
    for name in [name for name in first if name not in required]:
        if is_plumbing(name, properties.get(name, {})) or is_filler(first[name]):
            del first[name]
    asked = next((name for name, schema in properties.items() if not is_plumbing(name, schema)), None)
    if not first and asked is not None:
        # All parameters are optional, and a call without any shows nothing.
        first = _documented(api.api_id, {**parameters, "required": [asked]}, {asked: properties[asked]})
        first = {asked: first.get(asked)}
    yield first
    others = {name: _others(value, properties.get(name, {}), name) for name, value in first.items()}
    for turn in range(6):
        changed = {
            name: others[name][turn % len(others[name])] if others[name] else value for name, value in first.items()
        }
        yield changed
        for name in first:
            if others[name]:
                yield {**first, name: others[name][turn % len(others[name])]}
    for turn in range(_MADE_UP):
        yield ValueMaker(random.Random(f"{api.api_id}|{turn}")).arguments(parameters, optional_share=0)


def _documented(seed: str, parameters: JsonObject, properties: Mapping[str, JsonObject]) -> JsonObject:
    """Arguments as the documentation has them; where it says nothing, of the form and size that it speaks of."""
    known = example_arguments({**parameters, "properties": properties})
    first = dict(known.arguments)
    for place, (name, value) in enumerate(first.items()):
        first[name] = _told(name, properties[name], value, place)
    made = ValueMaker(random.Random(seed)).arguments({**parameters, "properties": properties}, optional_share=0)
    for name, value in first.items():
        schema = properties[name]
        if name not in known.guessed and not is_filler(value):
            continue
        other = plain_numbers(made.get(name))
        if is_filler(other):
            bare = {key: part for key, part in schema.items() if key not in ("examples", "example", "default")}
            other = ValueMaker(random.Random(seed)).value(name, bare)
        elif name.lower() in _GENERIC and schema.get("description"):
            # What such a parameter takes is said beside it: `query`, the place whose weather is wanted.
            other = ValueMaker(random.Random(seed)).value(str(schema["description"])[:60], schema)
        bare_value = is_filler(value) or _is_bare(name, value, known.arguments[name])
        if other is not None and bare_value and is_valid(other, schema):
            first[name] = other
    _set_apart(first, properties)
    return first


def _set_apart(arguments: JsonObject, properties: Mapping[str, JsonObject]) -> None:
    """Parameters with the same permitted values get different ones: nobody converts miles to miles."""
    taken: dict[str, list[JsonValue]] = {}
    for name in arguments:
        members = properties.get(name, {}).get("enum")
        if not isinstance(members, list):
            continue
        before = taken.setdefault(dumps(members), [])
        if arguments[name] in before:
            arguments[name] = next((one for one in members if one not in before), arguments[name])
        before.append(arguments[name])


def _is_bare(name: str, value: JsonValue, guess: JsonValue) -> bool:
    """Whether a guess says nothing of its parameter: a placeholder, a number, a list of them, a word for any text."""
    if isinstance(value, list | dict | int | float) and not isinstance(value, bool):
        return True
    if not isinstance(value, str):
        return False
    placeholder = isinstance(guess, str) and _PLACEHOLDER.fullmatch(guess) is not None
    return (placeholder and (value == guess or value.split()[0] in _WORDS)) or name.lower() in _GENERIC


def _is_fixed(schema: object) -> bool:
    """Whether a schema permits one value alone."""
    return isinstance(schema, dict) and ("const" in schema or len(schema.get("enum") or (0, 0)) == 1)


def _told(name: str, schema: JsonObject, value: JsonValue, place: int) -> JsonValue:
    """The value with telling words in the places of placeholders, inside lists and objects too."""
    if isinstance(value, list):
        return [_told(name, _items(schema), inner, place + i) for i, inner in enumerate(value)]
    if isinstance(value, dict):
        return {key: _told(key, _part(schema, key), inner, place) for key, inner in value.items()}
    if isinstance(value, str) and _PLACEHOLDER.fullmatch(value):
        return _telling(name, schema, value, place)
    return value


def _telling(name: str, schema: JsonObject, placeholder: str, place: int) -> JsonValue:
    found = _IN_TEXT.search(str(schema.get("description", "")))
    start = (len(name) + place) % len(_WORDS)
    words = " ".join(_WORDS[(start + turn) % len(_WORDS)] for turn in range(1 + len(placeholder) // 5))
    for value in (
        *((found[1].rstrip("."),) if found else ()),
        _WORDS[start],
        words[: max(1, len(placeholder))].strip(),
        words,
    ):
        if is_valid(value, schema):
            return value
    return placeholder


def _of_the_kind(value: str, schema: JsonObject, name: str) -> list[JsonValue]:
    """Other texts for a parameter; none for a code whose form is not known, which any change could break."""
    made = [ValueMaker(random.Random(f"{value}|{turn}")).value(name, schema) for turn in range(3)]
    if any(character.isdigit() for character in value):
        return [text for text in made if isinstance(text, str) and _shape(text) == _shape(value)]
    words = value.split()
    return [*made, " ".join(reversed(words)), " ".join(words[1:] + words[:1])]


def _shape(text: str) -> str:
    return re.sub(r"[^\W\d_]+", "a", re.sub(r"\d", "0", text))


def _others(value: JsonValue, schema: JsonObject, name: str = "") -> list[JsonValue]:
    """Other valid values of a parameter."""
    wanted: list[JsonValue] = [*(schema.get("examples") or ()), *(schema.get("enum") or ())]
    if isinstance(value, bool):
        wanted.append(not value)
    elif isinstance(value, int):
        wanted += [value + 1, value + 2, value * 2, value - 1]
    elif isinstance(value, float):
        wanted += [value * 2, value + 1.5, value / 2]
    elif isinstance(value, str) and not schema.get("enum"):
        known = value in _OTHER or value in _WORDS
        wanted += [*_OTHER.get(value, ()), *_WORDS] if known else _of_the_kind(value, schema, name)
    elif isinstance(value, list) and value:
        wanted += [[other, *value[1:]] for other in _others(value[0], _items(schema), name)[:4]]
        wanted += [value[:-1], value[::-1]] if len(value) > 1 else []
    elif isinstance(value, dict):
        wanted += [{**value, key: other} for key in value for other in _others(value[key], _part(schema, key), key)[:2]]
    return [
        other
        for other in wanted
        if other != value and other is not None and not is_filler(other) and is_valid(other, schema)
    ]


def _items(schema: JsonObject) -> JsonObject:
    items = schema.get("items")
    return items if isinstance(items, dict) else {}


def _part(schema: JsonObject, key: str) -> JsonObject:
    part = (schema.get("properties") or {}).get(key)
    return part if isinstance(part, dict) else {}
