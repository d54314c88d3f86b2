"""Values that no word of the query could mean: a text, a second argument of one mention."""

import re
from collections.abc import Iterator

from apigen_assets.domain.tool import Tool
from apigen_assets.files.excerpt import cut
from apigen_assets.verification.grounding.arguments import Leaf, Status
from apigen_assets.verification.grounding.english import HUMP, STOP, content_stems, fold, same_word, stem, words_in
from apigen_assets.verification.grounding.finding import Finding, Rule
from apigen_assets.verification.grounding.query import Query
from apigen_assets.verification.grounding.times import is_relative

_ALIASES = ("a code", "may be an abbreviation", "a date or time that the query does not spell out")
"""What is said of values that some word of the query may stand for."""
_SHARES = re.compile(
    r"\b(?:both|each|either|same|equal(?:ly)?|identical|squared?|cubed?|cubic|sides?|sided|twice|double|again|itself|"
    r"unchanged|constant|respectively|all|every|also|too|regular|equilateral|by|per)\b"
)
"""Words by which one mention may state two arguments."""


def find_unnamed(leaves: list[Leaf], query: Query) -> Iterator[Finding]:
    """Evidence against values for which the query has no word left."""
    yield from _texts(leaves, query)
    yield from _shared(leaves, query)


def _texts(leaves: list[Leaf], query: Query) -> Iterator[Finding]:
    for leaf in leaves:
        if leaf.matched or leaf.optional or leaf.findings or leaf.status is not Status.UNDECIDED:
            continue
        if leaf.why == "in part stated" and _is_mostly_unsaid(str(leaf.value), query):
            yield Finding(Rule.UNSTATED_TEXT, leaf.place, f"most of {cut(str(leaf.value), 60)!r} is not in the query")
        if leaf.why not in _ALIASES or (leaf.why == _ALIASES[2] and is_relative(query.text)):
            continue
        spoken_of = _vocabulary(leaf.tool)
        free = [
            word.text
            for word in query.words
            if word.text not in STOP and not query.is_used(word.start, word.end) and stem(word.text) not in spoken_of
        ]
        if not free:
            yield Finding(Rule.UNSTATED_TEXT, leaf.place, f"no word of the query could mean {leaf.value!r}")


def _is_mostly_unsaid(value: str, query: Query) -> bool:
    """Whether the query has no more than a third of a longer text's words."""
    words = [word.text for word in words_in(fold(value)) if word.text not in STOP]
    said = sum(any(same_word(word, other.text) for other in query.words) for word in words)
    return len(words) >= 4 and said * 3 <= len(words)


def _shared(leaves: list[Leaf], query: Query) -> Iterator[Finding]:
    """Numbers of one call that stand in the query once, where nothing says that it is said of both."""
    # From one date to another is a number that is said of neither.
    if _SHARES.search(query.text) or len(query.moments) > 1:
        return
    numeric = [
        leaf
        for leaf in leaves
        if leaf.why == "stated" and not leaf.in_list and isinstance(leaf.value, int | float) and not leaf.is_default
    ]
    for leaf in numeric:
        fellows = [fellow for fellow in numeric if fellow.call == leaf.call and fellow.value == leaf.value]
        if len(fellows) > len(set(leaf.spans)):
            says = f"{leaf.value!r} stands for {' and '.join(fellow.parameter for fellow in fellows)}, and is said once"
            yield Finding(Rule.SAID_ONCE, leaf.place, says)
            return


def _vocabulary(tool: Tool) -> frozenset[str]:
    """Stems of all that a tool says of itself and of its parameters."""
    properties = tool.parameters.get("properties") or {}
    described = (str(schema.get("description") or "") for schema in properties.values() if isinstance(schema, dict))
    texts = (tool.name, tool.description, *properties, *described)
    return content_stems(re.sub(r"[_.-]", " ", HUMP.sub(" ", " ".join(texts))))
