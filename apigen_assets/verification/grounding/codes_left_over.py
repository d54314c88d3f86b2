"""Codes of a query that no argument takes, though a call has one built like them: `move EV-77; EV-78 can go`."""

import re
from collections.abc import Iterator

from apigen_assets.verification.grounding.arguments import Leaf
from apigen_assets.verification.grounding.english import HAS_DIGIT
from apigen_assets.verification.grounding.finding import Finding, Rule
from apigen_assets.verification.grounding.query import Query

_CODE = re.compile(r"[a-z]+(?:[-_#/.]\d|\d{3})[\w-]*|#\d+")
"""`H2` and `CO2` are none."""
_NOT_MEANT = re.compile(
    r"\b(?:not|no|without|except|unlike|instead of|rather than|than|leave|keep|ignore|skip)\s+(?:\w+\s+)?$"
)


def find_codes_left_over(leaves: list[Leaf], query: Query) -> Iterator[Finding]:
    """Evidence that a call is missing, or that a code stands for another one."""
    built: dict[str, Leaf] = {}
    for leaf in leaves:
        if isinstance(leaf.value, str) and leaf.why == "stated" and leaf.spans:
            text = query.text[slice(*leaf.spans[0])]
            if HAS_DIGIT.search(text):
                built.setdefault(_build(text), leaf)
    for start, end in query.codes if built else ():
        code = query.text[start:end].rstrip(".:!?")
        alike = built.get(_build(code)) if _CODE.fullmatch(code) and not query.is_used(start, end) else None
        if alike is None or any(moment.start <= start < moment.end for moment in query.moments):
            continue
        if not any(a <= start < b for a, b in query.quoted) and not _NOT_MEANT.search(query.text[:start]):
            says = f"no argument takes {code!r}, which is built like {alike.value!r}"
            yield Finding(Rule.CODE_LEFT_OVER, alike.place, says)
            return


def _build(code: str) -> str:
    """What a code is but for its digits."""
    return re.sub(r"\d+", "0", code)
