"""Somebody's query with other values: the words stay, each value is said in the place of the old one."""

import json
import random
import re
from itertools import pairwise

from apigen_assets.files.json_types import JsonMapping, JsonObject
from apigen_assets.tool_formats.api_queries import Pieces
from apigen_assets.tool_formats.said_values import say


def with_other_values(
    query: str, old: JsonMapping, new: JsonMapping, properties: JsonObject, rng: random.Random
) -> Pieces | None:
    """The query for other arguments of the same names; null where an old value cannot be found, or not only once.

    Args:
        query: the query.
        old: the arguments that it says.
        new: the arguments to say.
        properties: schemas of the parameters, each with a single type.
        rng: the source of chance.
    """
    if set(old) != set(new):
        return None
    places: list[tuple[int, int, str]] = []
    for name, value in old.items():
        if isinstance(value, bool) or value is None:
            if value != new[name]:
                return None
            continue
        text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        inner = re.escape(text[1:-1]) if isinstance(value, list) and "[" not in text[1:-1] else re.escape(text)
        matches = [*re.finditer(rf"(?<![\w.,-]){inner}(?![\w]|[.,]\d)", query)]
        if len(matches) != 1:
            return None
        other = new[name]
        if isinstance(other, str):
            written = other
        elif isinstance(other, list) and "[" not in text[1:-1]:
            written = json.dumps(other, ensure_ascii=False)[1:-1]
        else:
            written = say(other, name, properties.get(name, {}), rng)
        places.append((matches[0].start(), matches[0].end(), written))
    places.sort()
    if any(a[1] > b[0] for a, b in pairwise(places)):
        return None
    pieces: Pieces = []
    at = 0
    for start, end, text in places:
        pieces += [(query[at:start], False), (text, True)]
        at = end
    return [*pieces, (query[at:], False)]
