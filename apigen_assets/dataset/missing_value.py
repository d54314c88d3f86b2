"""Queries from which one needed value is gone, in the many ways in which people leave a value out.

No phrase may tell such a query from one that can be answered: a model would learn the phrase. So the value goes with
the words that lead to it, or is spoken of as people speak of what they think is known (`the city`).
"""

import json
import random
import re
from collections.abc import Iterator
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
_CUT_FIRST = 0.4
"""How often the value goes altogether where the sentence goes on without."""


class Gap(NamedTuple):
    """A query without the value of one argument."""

    query: str
    parameter: str
    key: str
    """The query with a mark where the value stood: equal for queries that differ in the value alone."""


def without_value(query: str, tool: JsonObject, arguments: JsonObject, chance: random.Random) -> Gap | None:
    """The query without the value of one required argument; null where unsure or where no sentence is left.

    A value qualifies when its parameter is required, has no default and no list of permitted values, its text stands
    in the query exactly once as a whole word while no other argument has the same text, and grounding does not find the
    value in the new query any more.
    """
    properties = tool["parameters"].get("properties", {})
    texts = [_text(value, query) for value in arguments.values()]
    names = [name for name in tool["parameters"].get("required", ()) if name in arguments]
    chance.shuffle(names)
    for name in names:
        schema, text = properties.get(name, {}), _text(arguments[name], query)
        if "default" in schema or "enum" in schema or text is None or texts.count(text) > 1:
            continue
        value = rf"[\"'“]?(?<![\w.,-]){re.escape(text)}[\"'”]?(?![\w]|,?\s?[\d'\"]|[.,]\d)"
        if len(re.findall(value, query)) != 1 or query.count(text) != 1:
            continue
        label = label_of(name, schema, random.Random(0)) if len(name) > 2 else ""
        forms = list(_forms(query, value, label, isinstance(arguments[name], int | float), chance))
        if chance.random() >= _CUT_FIRST:
            forms.reverse()
        for form in forms:
            if _is_sentence(form, query) and not _is_grounded(form, tool, arguments, name):
                return Gap(form, name, re.sub(value, "\0", query).casefold())
    return None


def _forms(query: str, value: str, label: str, number: bool, chance: random.Random) -> Iterator[str]:
    """The query without the value, in several ways; not all are sentences."""
    words = rf"(?:\s+(?:a|an|the|my|its|our))?(?:\s+{re.escape(label)})" if label else r"(?!)"
    unit = _UNIT if number else ""
    named = rf"(?:{words})?(?:\s+(?:of|is|=|set to|to))?\s*[=:]?\s*{value}{unit}"
    # Gone with what leads to it, where the sentence goes on without.
    cut = rf"(?:,|\s+(?:{_LEADS}))?{named}(?=\s*(?:[.,;?!]|$|\s(?:and|with|for|in|at|on|to)\b))"
    yield _tidy(re.sub(cut, "", query, flags=re.IGNORECASE))
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
    )


def _is_grounded(query: str, tool: JsonObject, arguments: JsonObject, name: str) -> bool:
    grounding = ground(query, [tool], [{"name": tool["name"], "arguments": arguments}])
    places = [status for place, status, _ in grounding.arguments if place.split(".", 1)[1].split("[")[0] == name]
    return any(status is Status.GROUNDED for status in places)


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
