"""What speaks against a whole row: a query that breaks off or instructs, a tool that it does not speak of."""

import re
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher

from apigen_assets.domain.call import Call
from apigen_assets.verification.grounding.arguments import Leaf, Status
from apigen_assets.verification.grounding.english import STOP, stem, word_set
from apigen_assets.verification.grounding.finding import Finding, Rule
from apigen_assets.verification.grounding.query import Query
from apigen_assets.verification.grounding.times import RELATIVE
from apigen_assets.verification.grounding.tool_view import ToolView

_FUNCTION_WORDS = word_set(
    """
    a an and are as at by for from in into is my of on or than that the to with
    """
)


def find_broken_query(leaves: list[Leaf], query: Query) -> Iterator[Finding]:
    """Arguments that are not stated, and a query that breaks off or says none of them."""
    missing = [
        leaf
        for leaf in leaves
        if not leaf.matched
        and leaf.status is Status.UNDECIDED
        and not leaf.is_default
        and not isinstance(leaf.value, bool)
        and leaf.why.endswith("not stated")
        and not leaf.parameter.casefold().endswith(("id", "_ids"))
    ]
    if not missing:
        return
    end = query.text.rstrip()
    place, value = missing[0].place, missing[0].value
    last = query.words[-1] if query.words else None
    if last is not None and last.end == len(end) and (last.text in _FUNCTION_WORDS or end.endswith(",")):
        yield Finding(Rule.BROKEN_QUERY, place, f"{value!r} is not in the query, which breaks off")
    elif len(missing) >= 2 and not any(leaf.matched for leaf in leaves) and not RELATIVE.search(query.text):
        yield Finding(Rule.BROKEN_QUERY, place, f"{value!r} is not in the query, nor is any other argument")


_ORDERS = re.compile(
    r"\s*(?:please\s+)?(?:use|call|invoke|run|execute)\s+(?:the\s+)?(?:function|tool|api|endpoint)\b"
    r"|\s*(?:write|generate|create|provide)\s+(?:a|an|one|some|\d+)\s+(?:\w+\s+)?(?:quer(?:y|ies)|question)\b"
)


def find_instruction(query: Query, tools: dict[str, ToolView]) -> Iterator[Finding]:
    """A query that names a function as code does, or tells a writer what to write."""
    for name in sorted(tools):
        if name not in query.raw:
            continue
        is_code = "_" in name or re.search(r"[a-z][A-Z]", name) is not None
        if is_code and re.search(rf"(?<![\w.]){re.escape(name)}(?![\w])", query.raw):
            yield Finding(Rule.INSTRUCTION, name, "the query names the function, as no user would")
            return
    if _ORDERS.match(query.text):
        yield Finding(Rule.INSTRUCTION, next(iter(sorted(tools)), ""), "the query is an instruction, not a request")


def find_description(query: Query, tools: dict[str, ToolView], calls: Sequence[Call]) -> Iterator[Finding]:
    """A query that is the description of the function called, word for word but for a few."""
    said = [word.text for word in query.words]
    if len(said) < 6:
        return
    for name in sorted({call.name for call in calls} & tools.keys()):
        own = tools[name].description_words
        if sum(map(tools[name].description_vocabulary.__contains__, said)) < 0.8 * len(said):
            continue
        run = SequenceMatcher(None, said, own, autojunk=False).find_longest_match().size
        if run >= 6 and run >= 0.8 * len(said):
            yield Finding(Rule.REPEATS_DESCRIPTION, name, "the query is the function's description, not a request")
            return


_ASKS = re.compile(
    r"^\s*(?:(?:hi|hey|hello|ok|okay|please|now|then|so)[,!.]?\s+)*"
    r"(?:(?:can|could|would|will) you\s+|i(?:'d| would) like to\s+|i (?:want|need|have) to\s+|let's\s+|let us\s+|"
    r"help me\s+)?(?:please\s+)?([a-z]{3,})\b"
)
"""The verb by which a query asks: `Could you please move ...`."""


def _asked_by_verb(query: Query, tools: dict[str, ToolView], calls: Sequence[Call]) -> tuple[str, str, str] | None:
    """The tool called, the one that is named by the query's verb, and the verb; null where they are one."""
    verb = _ASKS.match(query.text)
    if verb is None or verb[1] in STOP or len({call.name for call in calls}) != 1:
        return None
    name = calls[0].name
    spoken = stem(verb[1])
    if name not in tools or spoken in tools[name].stems:
        return None
    named = [other for other in sorted(tools) if other != name and tools[other].first_stem == spoken]
    return (name, named[0], verb[1]) if len(named) == 1 and named[0] not in {call.name for call in calls} else None


def _only_of(name: str, tools: dict[str, ToolView], query: Query) -> frozenset[str]:
    """Stems of the query that a tool says of itself, and no other one does."""
    own = tools[name].stems & query.stems
    for other, tool in tools.items():
        if other != name:
            own -= tool.stems
    return own


def find_wrong_tool(query: Query, tools: dict[str, ToolView], calls: Sequence[Call]) -> Iterator[Finding]:
    """A tool that nothing in the query speaks of, where another one offered is spoken of by name."""
    if len(tools) < 2:
        return
    if (better := _asked_by_verb(query, tools, calls)) is not None:
        yield Finding(Rule.WRONG_TOOL, better[0], f"the query asks to {better[2]}, as {better[1]} does")
        return
    called = {call.name for call in calls}
    for name in sorted(called & tools.keys()):
        if _only_of(name, tools, query):
            continue
        for other in sorted(set(tools) - called):
            own = _only_of(other, tools, query)
            if len(own) >= 2 and tools[other].name_stems & own:
                yield Finding(Rule.WRONG_TOOL, name, f"nothing in the query speaks of it, but of {other}")
                break
