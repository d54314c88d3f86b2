"""Two numbers that stand together in the query, given the other way round: a question, not a verdict."""

import re
from collections.abc import Iterator
from itertools import combinations

from apigen_assets.verification.grounding.arguments import Leaf
from apigen_assets.verification.grounding.english import content_stems, stem
from apigen_assets.verification.grounding.finding import Finding, Rule
from apigen_assets.verification.grounding.query import Query

_PAIRS = frozenset([
    ("x", "y"), ("left", "top"), ("row", "column"), ("row", "col"), ("lat", "lon"), ("lat", "lng"), ("r", "c"),
    ("latitude", "longitude"), ("ra", "dec"), ("real", "imaginary"), ("width", "height"), ("start", "end"),
    ("x1", "y1"), ("x2", "y2"), ("home_goals", "away_goals"),
])  # fmt: skip
"""Names of pairs that are written in this order: `(4, 5)`."""
_TOGETHER = re.compile(r"\s?[,;:/x\u00d7]\s?|\s?-\s?")
_OF = re.compile(r"\s(?:out\s)?of\s(?:a\s)?(?:possible\s)?|\s?/\s?")
_WHOLES = frozenset({"max", "maximum", "total", "out", "possible", "whole"})


def find_turned_pairs(leaves: list[Leaf], query: Query) -> Iterator[Finding]:
    """Numbers whose order, or the word right behind one of them, speaks for the other way round."""
    placed = [leaf for leaf in leaves if _is_placed(leaf)]
    for one, two in combinations(placed, 2):
        if one.call != two.call or one.value == two.value or one.spans[0] == two.spans[0]:
            continue
        earlier, later = (one, two) if one.spans[0] < two.spans[0] else (two, one)
        if one.parent == two.parent and (
            _against_names(earlier, later, query) or _part_and_whole(earlier, later, query)
        ):
            yield Finding(Rule.MAY_BE_SWAPPED, one.place, f"{_both(one, two)} stand the other way round in the query")
        elif not one.path and not two.path and _is_counted(later, earlier, query):
            yield Finding(Rule.MAY_BE_SWAPPED, later.place, f"{_both(later, earlier)} may be swapped")


def _is_placed(leaf: Leaf) -> bool:
    return leaf.is_number and leaf.matched and leaf.why == "stated" and len(set(leaf.spans)) == 1


def _both(one: Leaf, two: Leaf) -> str:
    return f"{one.value!r} and {two.place} = {two.value!r}"


def _against_names(earlier: Leaf, later: Leaf, query: Query) -> bool:
    """Whether a pair such as x and y stands close together as y and x."""
    names = later.key, earlier.key
    if names not in _PAIRS or (names == ("x", "y") and earlier.parent == ""):
        return False  # of x and y alone `swapped_order` tells
    return _TOGETHER.fullmatch(query.text[earlier.spans[0][1] : later.spans[0][0]]) is not None


def _part_and_whole(whole: Leaf, part: Leaf, query: Query) -> bool:
    """Whether `18 of 20` is given as 20 of 18: the number said first at the parameter that is about all."""
    if _WHOLES.isdisjoint(whole.key.split("_")) or not _WHOLES.isdisjoint(part.key.split("_")):
        return False
    return _OF.fullmatch(query.text[whole.spans[0][1] : part.spans[0][0]]) is not None


def _is_counted(leaf: Leaf, other: Leaf, query: Query) -> bool:
    """Whether the other's number stands right before the name of this parameter (`4 sets of 6`, given as 6 sets)."""
    end = other.spans[0][1]
    if other.is_default or leaf.spans[0][0] < end:
        return False
    behind = query.word_behind(end)
    if behind is None or query.text[end : behind.start].strip("- "):
        return False
    own, theirs = (content_stems(each.key.replace("_", " ")) for each in (leaf, other))
    return len(own) == 1 and stem(behind.text) in own - theirs and leaf.spans[0][0] >= behind.end
