"""What a query says of the very thing that an argument is, where the argument has something else."""

import re
from collections.abc import Iterator, Sequence

from apigen_assets.domain.call import Call
from apigen_assets.domain.tool import Tool
from apigen_assets.verification.grounding.arguments import Leaf
from apigen_assets.verification.grounding.beside import left_numbers
from apigen_assets.verification.grounding.english import STOP, content_stems, fold, kind_of, stem, words_in
from apigen_assets.verification.grounding.finding import Finding, Rule
from apigen_assets.verification.grounding.number import Number
from apigen_assets.verification.grounding.query import Query

_WHOLE = re.compile(r"\b(?:both|each|all|every|either)\b")
_OF_ID = re.compile(r"^(.+?)_?(?:id|code|number|ref|reference|key)s?$")


def find_named_otherwise(
    leaves: list[Leaf], query: Query, tools: dict[str, Tool], calls: Sequence[Call]
) -> Iterator[Finding]:
    """Numbers counted by their own noun, money by its own name, a code that only another function takes."""
    yield from _counted_otherwise(leaves, query)
    yield from _other_money(leaves, query)
    yield from _flags_of_all(leaves, query)
    yield from _codes_of_others(query, tools, calls)


def _counted_otherwise(leaves: list[Leaf], query: Query) -> Iterator[Finding]:
    """`an eight-question quiz` for `questions` = 30, where the 30 are seats."""
    left: list[Number] | None = None
    for leaf in leaves:
        if isinstance(leaf.value, bool) or not isinstance(leaf.value, int | float) or leaf.in_list or not leaf.spans:
            continue
        if sum(fellow.parameter == leaf.parameter and fellow.tool.name == leaf.tool.name for fellow in leaves) > 1:
            continue
        own = content_stems(fold(leaf.name).replace("_", " "))
        if _noun_behind(leaf.spans[0][1], query) in own:
            continue
        left = left_numbers(query) if left is None else left
        for number in left:
            if leaf.value not in number.values and _noun_behind(number.end, query) in own:
                said = query.text[number.start : number.end].strip()
                yield Finding(
                    Rule.MAY_BE_OTHER_NUMBER, leaf.place, f"{leaf.value!r}, though the query says {said} of it"
                )
                break


def _noun_behind(end: int, query: Query) -> str:
    """The stem of the word that follows a place directly; empty where none does."""
    word = next((word for word in query.words if word.start >= end), None)
    if word is None or word.text in STOP or query.text[end : word.start].strip(" -"):
        return ""
    return stem(word.text)


def _other_money(leaves: list[Leaf], query: Query) -> Iterator[Finding]:
    """A currency where the name right behind the amount of the same call is another one's."""
    for leaf in leaves:
        if not isinstance(leaf.value, str) or kind_of(fold(leaf.value)) != "currency":
            continue
        if "currency" not in f"{fold(leaf.parameter)} {fold(str(leaf.schema.get('description') or ''))}":
            continue
        fellows = [fellow for fellow in leaves if fellow.call == leaf.call]
        if sum(isinstance(each.value, str) and kind_of(fold(each.value)) == "currency" for each in fellows) > 1:
            continue  # from one into another
        amounts = [each for each in fellows if isinstance(each.value, int | float) and len(set(each.spans)) == 1]
        for amount in amounts:
            behind = _MONEY.match(query.text, amount.spans[0][1])
            if behind and fold(leaf.value) != _NATIONS[behind["nation"]]:
                yield Finding(Rule.OTHER_CHOICE, leaf.place, f"{leaf.value!r}, not {behind[0].strip()!r}")


_NATIONS = {
    "canadian": "cad", "australian": "aud", "us": "usd", "u.s.": "usd", "american": "usd", "hong kong": "hkd",
    "singapore": "sgd", "new zealand": "nzd", "mexican": "mxn", "swiss": "chf", "norwegian": "nok", "danish": "dkk",
    "swedish": "sek", "czech": "czk", "british": "gbp", "indian": "inr",
}  # fmt: skip
_MONEY = re.compile(
    rf"\s?(?P<nation>{'|'.join(map(re.escape, _NATIONS))})\s"
    r"(?:dollars?|pesos?|francs?|kron(?:er|or|e|a)|crowns?|koruna|pounds?|rupees?)\b"
)
"""`Canadian dollars`: a currency that only both words name."""


def _flags_of_all(leaves: list[Leaf], query: Query) -> Iterator[Finding]:
    """A flag that one call has and its fellow has not, where the query says it of both."""
    if not _WHOLE.search(query.text):
        return
    for leaf in leaves:
        if not isinstance(leaf.value, bool) or leaf.is_default:
            continue
        fellows = {fellow.call for fellow in leaves if fellow.tool.name == leaf.tool.name}
        have = {fellow.call for fellow in leaves if fellow.tool.name == leaf.tool.name and fellow.name == leaf.name}
        for call in sorted(fellows - have):
            said = _WHOLE.search(query.text)
            says = f"left out, though call {leaf.call} has it and the query says {said[0] if said else ''!r}"
            yield Finding(Rule.OMITTED_SHARED, f"{call}.{leaf.parameter}", says)


def _codes_of_others(query: Query, tools: dict[str, Tool], calls: Sequence[Call]) -> Iterator[Finding]:
    """A code after the noun of an id that no function called has, and another one offered needs."""
    called = {call.name for call in calls}
    if len(called) != 1 or len(tools) < 2:
        return
    free = [span for span in query.codes if not query.is_used(*span) and re.search(r"\d", query.text[slice(*span)])]
    if not free:
        return
    taken = {name for call in calls for name in call.arguments}
    for other, tool in sorted(tools.items()):
        for wanted in tool.parameters.get("required") or () if other not in called else ():
            noun = _OF_ID.match(fold(wanted))
            if noun is None or wanted in taken:
                continue
            stems = content_stems(noun[1].replace("_", " "))
            for start, end in free:
                before = [word for word in words_in(query.text[max(0, start - 24) : start]) if word.text not in STOP]
                if before and stem(before[-1].text) in stems:
                    said = query.text[start:end]
                    says = f"no argument takes {said!r}, which {other} has an argument for"
                    yield Finding(Rule.WRONG_TOOL, calls[0].name, says)
                    return
