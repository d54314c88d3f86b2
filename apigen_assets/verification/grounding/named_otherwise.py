"""What a query says of the very thing that an argument is, where the argument has something else."""

import re
from collections.abc import Iterator, Sequence
from functools import cache

from apigen_assets.domain.call import Call
from apigen_assets.verification.grounding.arguments import Leaf
from apigen_assets.verification.grounding.beside import left_numbers
from apigen_assets.verification.grounding.english import HAS_DIGIT, STOP, content_stems, fold, stem, words_in
from apigen_assets.verification.grounding.finding import Finding, Rule
from apigen_assets.verification.grounding.number import Number
from apigen_assets.verification.grounding.query import Query
from apigen_assets.verification.grounding.tool_view import ToolView

_WHOLE = re.compile(r"\b(?:both|each|all|every|either)\b")
_SOURCE_NAMES = frozenset({"from", "source", "base"})
_OF_ID = re.compile(r"^(.+?)_?(?:id|code|number|ref|reference|key)s?$")


def find_named_otherwise(
    leaves: list[Leaf], query: Query, tools: dict[str, ToolView], calls: Sequence[Call]
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
        if not leaf.is_number or leaf.in_list or not leaf.spans:
            continue
        left = left_numbers(query) if left is None else left
        if not left:
            return
        if sum(fellow.parameter == leaf.parameter and fellow.tool.name == leaf.tool.name for fellow in leaves) > 1:
            continue
        own = content_stems(leaf.slot.folded.replace("_", " "))
        if _noun_behind(leaf.spans[0][1], query) in own:
            continue
        for number in left:
            if leaf.value not in number.values and _noun_behind(number.end, query) in own:
                said = query.text[number.start : number.end].strip()
                yield Finding(
                    Rule.MAY_BE_OTHER_NUMBER, leaf.place, f"{leaf.value!r}, though the query says {said} of it"
                )
                break


def _noun_behind(end: int, query: Query) -> str:
    """The stem of the word that follows a place directly; empty where none does."""
    word = query.word_behind(end)
    if word is None or word.text in STOP or query.text[end : word.start].strip(" -"):
        return ""
    return stem(word.text)


def _other_money(leaves: list[Leaf], query: Query) -> Iterator[Finding]:
    """A currency where the name right behind the amount of the same call is another one's."""
    for leaf in filter(_is_currency, leaves):
        fellows = [fellow for fellow in leaves if fellow.call == leaf.call]
        currencies = [fellow for fellow in fellows if _is_currency(fellow)]
        if len(currencies) > 1 and leaf.argument.parts.isdisjoint(_SOURCE_NAMES):
            continue  # of two, one is what the amount is changed into
        amounts = [each for each in fellows if isinstance(each.value, int | float) and len(set(each.spans)) == 1]
        for amount in amounts:
            named = _named_money(amount.spans[0][1], query)
            if named and len(currencies) > 1:
                if any(fold(other.value) == named[1] for other in currencies if other is not leaf):
                    says = f"{leaf.value!r}, and the amount is in {named[0]!r}, which another argument has"
                    yield Finding(Rule.MAY_BE_SWAPPED, leaf.place, says)
            elif named and fold(leaf.value) != named[1]:
                yield Finding(Rule.OTHER_CHOICE, leaf.place, f"{leaf.value!r} where the query says {named[0]!r}")


_MONEY = re.compile(r"\s?((?:[a-z.]+\s){1,2}[a-z]+)\b")
"""The words behind an amount that may be a currency's full name; one word (`dollars`) is several countries'."""


@cache
def _codes_by_name() -> dict[str, str]:
    """ISO 4217 codes by the English names of currencies, singular and plural (`canadian dollars`), from the CLDR."""
    from babel.numbers import get_currency_name, list_currencies

    codes = {"american dollar": "usd", "american dollars": "usd", "u.s. dollars": "usd"}
    for code in sorted(list_currencies("en")):
        for count in (1, 2):
            codes.setdefault(get_currency_name(code, count, locale="en").casefold(), code.casefold())
    return codes


def _is_currency(leaf: Leaf) -> bool:
    if not isinstance(leaf.value, str) or not ("currency" in leaf.argument.folded or "currency" in leaf.slot.described):
        return False
    return fold(leaf.value) in _codes_by_name().values()


def _named_money(end: int, query: Query) -> tuple[str, str] | None:
    """The full name of a currency right behind a place, and its code; null where none stands there."""
    behind = _MONEY.match(query.text, end)
    words = behind[1].split() if behind else []
    names = (" ".join(words[:count]) for count in (3, 2) if len(words) >= count)
    return next(((name, _codes_by_name()[name]) for name in names if name in _codes_by_name()), None)


def _flags_of_all(leaves: list[Leaf], query: Query) -> Iterator[Finding]:
    """A flag that one call has and its fellow has not, where the query says it of both."""
    flags = [leaf for leaf in leaves if isinstance(leaf.value, bool) and not leaf.is_default]
    whole = _WHOLE.search(query.text) if flags else None
    if whole is None:
        return
    for leaf in flags:
        fellows = {fellow.call for fellow in leaves if fellow.tool.name == leaf.tool.name}
        have = {fellow.call for fellow in leaves if fellow.tool.name == leaf.tool.name and fellow.name == leaf.name}
        for call in sorted(fellows - have):
            says = f"left out, though call {leaf.call} has it and the query says {whole[0]!r}"
            yield Finding(Rule.OMITTED_SHARED, f"{call}.{leaf.parameter}", says)


def _codes_of_others(query: Query, tools: dict[str, ToolView], calls: Sequence[Call]) -> Iterator[Finding]:
    """A code after the noun of an id that no function called has, and another one offered needs."""
    called = {call.name for call in calls}
    if len(called) != 1 or len(tools) < 2:
        return
    taken = {name for call in calls for name in call.arguments}
    wanted = [
        (other, content_stems(noun[1].replace("_", " ")))
        for other, tool in sorted(tools.items())
        if other not in called
        for name in tool.required
        if name not in taken and (noun := _OF_ID.match(fold(name)))
    ]
    if not wanted:
        return
    free = [span for span in query.codes if not query.is_used(*span) and HAS_DIGIT.search(query.text[slice(*span)])]
    for other, stems in wanted:
        for start, end in free:
            before = [word for word in words_in(query.text[max(0, start - 24) : start]) if word.text not in STOP]
            if before and stem(before[-1].text) in stems:
                said = query.text[start:end]
                says = f"no argument takes {said!r}, for which {other} has one"
                yield Finding(Rule.WRONG_TOOL, calls[0].name, says)
                return
