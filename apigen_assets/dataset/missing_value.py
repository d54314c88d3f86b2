"""Queries from which one needed value is gone, in the many ways in which people leave a value out.

No phrase may tell such a query from one that can be answered: a model would learn the phrase. So the value goes with
the words that lead to it, or is spoken of as people speak of what they think is known (`the city`).
"""

import json
import random
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from apigen_assets.files.json_types import JsonMapping, JsonObject
from apigen_assets.tool_formats.api_phrases import label_of
from apigen_assets.verification.grounding.grounding import Status, ground

_DETERMINERS = ("the", "a")
"""Those that stand in nearly every query; any rarer one gives the gap away."""
_LEADS = (
    "with|for|of|in|at|on|using|given|where|from|to|by|into|around|about|after|before|over|under|through|near|against|"
    "is|are|and|plus|as|like|per|than|until|since|within"
)
_FEWEST_WORDS = 3
_DANGLING = re.compile(rf"(?:\b(?:{_LEADS}|the|a|an|my|its|or)\b|[=:,(\-])\s*(?=[.,;?!)]|$)", re.IGNORECASE)
_UNIT = (
    r"(?:\s?(?:%|°\s?[CF]?|percent|degrees|hours?|minutes?|seconds?|days?|months?|years?"
    rf"|(?!(?:{_LEADS})\b)[A-Za-zµ]{{1,3}}[²³23]?(?:/[A-Za-z]{{1,3}})?)(?![\w/]))?"
)
_NOTHING_SAME = re.compile(r"\bthe same(?:\s*[.,;?!]|\s+and\b|\s*$)", re.IGNORECASE)
"""What `the same with 5` comes to without its value."""
_CUT_FIRST = 0.6
"""How often the value goes altogether where the sentence goes on without."""


class Gap(NamedTuple):
    """A query without the value of one argument of every call."""

    query: str
    parameters: tuple[tuple[str, str], ...]
    """Tool and parameter whose value is gone, once for each call."""
    key: str
    """The query with marks where the values stood: equal for queries that differ in these values alone."""


class _Value(NamedTuple):
    """How a query says the value of one argument."""

    place: int
    name: str
    text: str
    pattern: str
    label: str
    is_number: bool


def without_values(
    query: str, tools: Mapping[str, JsonObject], calls: Sequence[JsonObject], chance: random.Random
) -> Gap | None:
    """The query without one required value of every call, so that none can be made; null where unsure.

    A value qualifies when its parameter is required, has no default and no list of permitted values, its text stands
    in the query exactly once as a whole word while no other argument has the same text (the same parameter of every
    call may share it), and grounding finds none of the values in the new query. Something that people would send must
    be left.

    Args:
        query: the query.
        tools: the called tools by name.
        calls: the calls that answer it.
        chance: the source of chance.
    """
    texts = [(name, _text(value, query)) for call in calls for name, value in call["arguments"].items()]
    gone: list[_Value] = []
    text = key = query
    for place, call in enumerate(calls):
        taken = {value.name for value in gone}
        values = [
            value for value in _values(place, call, tools[call["name"]], query, texts, chance) if value not in gone
        ]
        if any(
            (name, _text(value, query)) in {(one.name, one.text) for one in gone}
            for name, value in call["arguments"].items()
        ):
            continue  # shared with a call before, and gone with it
        # The calls of one tool lose the same parameter, as people leave one thing out of all they ask.
        for value in sorted(values, key=lambda one: one.name not in taken):
            without = _without(text, value, tools[call["name"]], call["arguments"], chance)
            if without is not None:
                text, key = without, re.sub(value.pattern, "\0", key)
                gone.append(value)
                break
        else:
            return None
    names = {(value.place, value.name) for value in gone}
    if not gone or _any_grounded(text, tools, calls, names):
        return None
    return Gap(text, tuple((calls[value.place]["name"], value.name) for value in gone), key.casefold())


def _values(
    place: int,
    call: JsonObject,
    tool: JsonObject,
    query: str,
    texts: Sequence[tuple[str, str | None]],
    chance: random.Random,
) -> list[_Value]:
    """The values of a call that can be taken out, in any order."""
    properties = tool["parameters"].get("properties", {})
    names = [name for name in tool["parameters"].get("required", ()) if name in call["arguments"]]
    chance.shuffle(names)
    out = []
    for name in names:
        schema, text = properties.get(name, {}), _text(call["arguments"][name], query)
        if "default" in schema or "enum" in schema or text is None:
            continue
        if {other for other, said in texts if said == text} != {name}:
            continue
        pattern = rf"[\"'“]?(?<![\w.,-]){re.escape(text)}[\"'”]?(?![\w]|,?\s?[\d'\"]|[.,]\d)"
        if len(re.findall(pattern, query)) != 1:
            continue
        label = label_of(name, schema, random.Random(0)) if len(name) > 2 else ""
        out.append(_Value(place, name, text, pattern, label, isinstance(call["arguments"][name], int | float)))
    return out


def _without(query: str, value: _Value, tool: JsonObject, arguments: JsonObject, chance: random.Random) -> str | None:
    forms = list(_forms(query, value.pattern, value.label, value.is_number, chance))
    if chance.random() >= _CUT_FIRST:
        forms.reverse()
    for form in forms:
        if _is_sentence(form, query) and not _any_grounded(
            form, {tool["name"]: tool}, [{"name": tool["name"], "arguments": arguments}], {(0, value.name)}
        ):
            return form
    return None


def _forms(query: str, value: str, label: str, number: bool, chance: random.Random) -> Iterator[str]:
    """The query without the value, in several ways; not all are sentences."""
    words = rf"(?:\s+(?:a|an|the|my|its|our))?(?:\s+{re.escape(label)})" if label else r"(?!)"
    unit = _UNIT if number else ""
    named = rf"(?:{words})?(?:\s+(?:of|is|=|set to|to))?\s*[=:]?\s*{value}{unit}"
    # First of several: what leads to it leads to the next one.
    labelled = rf"{words}(?:\s+(?:of|is|=|set to|to))?\s*[=:]?\s*{value}{unit}"
    first = rf"(\s(?:with|for|using|given|where)|[:,]){labelled}(?:,|\s+and)(?=\s)"
    led = re.sub(first, r"\1", query, count=1, flags=re.IGNORECASE)
    # Else gone with what leads to it, where the sentence goes on without.
    cut = rf"(?:,|\s+(?:{_LEADS}))?{named}(?=\s*(?:[.,;?!]|$|\s(?:and|with|for|in|at|on|to)\b))"
    yield _tidy(led if led != query else re.sub(cut, "", query, flags=re.IGNORECASE))
    if label:
        for determiner in chance.sample(_DETERMINERS, 2):
            said = f"{determiner} {label}" if determiner != "a" else f"{'an' if label[0] in 'aeiou' else 'a'} {label}"
            yield _tidy(
                re.sub(rf"(?:{words})?(?:\s+(?:of|is|=|set to))?\s*{value}{unit}", f" {said}", query, flags=re.I)
            )


def _tidy(text: str) -> str:
    before = ""
    while text != before:
        before = text
        text = re.sub(r"\s+", " ", text)
        text = re.sub(r"\s+([.,;?!)])", r"\1", text)
        text = re.sub(r"([,;:])(?=[,;:.?!])", "", text)
        text = re.sub(r"\(\s*\)|\[\s*\]|([\"'])\s*\1", "", text)
        text = _DANGLING.sub("", text)
        text = re.sub(r"^\s*[,;:.]\s*", "", text).strip()
    return text[:1].upper() + text[1:] if before and before[0].isupper() else text


def _is_sentence(text: str, query: str) -> bool:
    """Whether something is left that people would send: some words, nothing open, and less than before."""
    pairs = (("(", ")"), ("[", "]"), ("{", "}"))
    return (
        text != query
        and len(re.findall(r"[^\W\d_]{2,}", text)) >= _FEWEST_WORDS
        and all(text.count(one) - text.count(other) == query.count(one) - query.count(other) for one, other in pairs)
        and text.count('"') % 2 == query.count('"') % 2
        and not _NOTHING_SAME.search(text)
    )


def _any_grounded(
    query: str, tools: Mapping[str, JsonObject], calls: Sequence[JsonObject], gone: set[tuple[int, str]]
) -> bool:
    """Whether the query still says one of the values, by call and parameter."""
    for place, status, _ in ground(query, list(tools.values()), list(calls)).arguments:
        call, name = place.split(".", 1)
        if status is Status.GROUNDED and (int(call), name.split("[")[0]) in gone:
            return True
    return False


def missing_label(tool: JsonMapping, name: str) -> str:
    """What a person would be asked for: the parameter in words, and what its description says."""
    schema = tool["parameters"]["properties"][name]
    words = name.replace("_", " ")
    return f"{words} ({str(schema.get('description') or words).rstrip('. ')})"


def _text(value: object, query: str) -> str | None:
    """How a query says a value that can be taken out; null for one that has no text of its own."""
    if (
        isinstance(value, list)
        and value
        and not any(isinstance(one, bool | list | dict) or one is None for one in value)
    ):
        listed = ", ".join(map(str, value))
        quoted = ", ".join(f"'{one}'" for one in value)
        said = (json.dumps(value, ensure_ascii=False), f"[{listed}]", quoted, listed)
        return next((text for text in said if len(value) > 1 and text in query), None)
    if isinstance(value, bool) or value is None or isinstance(value, list | dict):
        return None
    return str(value) if str(value).strip() else None
