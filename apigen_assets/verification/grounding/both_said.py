"""One of two choices that a query names together, where a third one means both: `open or closed` as `closed`."""

import re
from collections.abc import Iterator

from apigen_assets.verification.grounding.arguments import Leaf
from apigen_assets.verification.grounding.beside import mentions
from apigen_assets.verification.grounding.english import fold
from apigen_assets.verification.grounding.finding import Finding, Rule
from apigen_assets.verification.grounding.query import Query

_BOTH = frozenset({"all", "any", "both", "either", "everything", "mixed"})
_TOGETHER = re.compile(r"(?:\W+(?:\w+\W+){0,2})?(?:or|and|&|/)\W+(?:\w+\W+){0,2}|\s?/\s?")


def find_both_said(leaves: list[Leaf], query: Query) -> Iterator[Finding]:
    """Evidence against a choice beside which the query names another."""
    for leaf in leaves:
        if not isinstance(leaf.value, str) or not leaf.matched or not leaf.spans or leaf.in_list:
            continue
        members = leaf.slot.choices
        whole = next((member for member in members if fold(member) in _BOTH), None)
        if whole is None or leaf.value == whole or sum(one.parameter == leaf.parameter for one in leaves) > 1:
            continue
        for member in members:
            if member in (leaf.value, whole):
                continue
            for span in mentions(member, query):
                first, second = sorted((span, leaf.spans[0]))
                if first[1] <= second[0] and _TOGETHER.fullmatch(query.text[first[1] : second[0]]):
                    says = f"{leaf.value!r}, and the query says {member!r} beside it, which together are {whole!r}"
                    yield Finding(Rule.BOTH_SAID, leaf.place, says)
                    break
