"""What the query says and no argument takes."""

import re
from collections.abc import Iterator, Sequence

from apigen_assets.domain.call import Call
from apigen_assets.verification.grounding.arguments import Leaf, Status, is_described_default
from apigen_assets.verification.grounding.beside import SIGN_CODES, left_numbers, mentions, near_cues
from apigen_assets.verification.grounding.english import GROUP_OF, STOP, content_stems, fold, stem, word_set, words_in
from apigen_assets.verification.grounding.finding import Finding, Rule
from apigen_assets.verification.grounding.number import Number
from apigen_assets.verification.grounding.number_words import ORDINALS
from apigen_assets.verification.grounding.omitted_elements import find_omitted_elements
from apigen_assets.verification.grounding.quantities import same_kind
from apigen_assets.verification.grounding.query import Query, Span
from apigen_assets.verification.grounding.tool_view import ParameterView, ToolView

Tools = dict[str, ToolView]
Calls = Sequence[Call]

_GOALS = frozenset({"to", "target", "destination", "new", "final", "per", "output", "result"})


def find_omitted(leaves: list[Leaf], query: Query, tools: Tools, calls: Calls) -> Iterator[Finding]:
    """Values of the query that belong to an argument, and that the calls leave out."""
    # Words that any of the called tools uses of itself say nothing about a choice.
    of_tools = frozenset().union(*(tools[call.name].vocabulary for call in calls if call.name in tools))
    left = left_numbers(query)
    for i, call in enumerate(calls):
        tool = tools.get(call.name)
        if tool is None:
            continue
        at_default = {leaf.parameter for leaf in leaves if leaf.call == i and leaf.is_default and not leaf.matched}
        for name, parameter in tool.parameters.items():
            if name not in call.arguments or name in at_default:
                yield from _omitted(i, parameter, tool, leaves, query, tools, calls, of_tools, left)
    if left:
        yield from _taken_twice(leaves, query, left)
    yield from find_omitted_elements(leaves, query)
    yield from _confused_choice(leaves, query)


def _omitted(
    i: int,
    parameter: ParameterView,
    tool: ToolView,
    leaves: list[Leaf],
    query: Query,
    tools: Tools,
    calls: Calls,
    of_tools: frozenset[str],
    left: list[Number],
) -> Iterator[Finding]:
    """What the query says of one parameter that a call leaves out or leaves at its default."""
    name, schema = parameter.name, parameter.schema
    place = f"{i}.{name}"
    if schema.get("type") == "boolean" and schema.get("default") is False:
        elsewhere = any(name in call.arguments for call in calls if call is not calls[i])
        if not elsewhere:
            if _asked_for(name, tools, calls, query):
                yield Finding(Rule.OMITTED_FLAG, place, "false, though the query asks for it by name")
            return
    if parameter.is_numeric:
        # What is left over belongs first to an argument that says something else.
        contradicted = any(leaf.status is Status.UNGROUNDED for leaf in leaves if leaf.call == i)
        # Who asks by number does not ask by an id.
        is_id = _ID.search(name) is not None
        if sum(call.name == tool.name for call in calls) == 1 and not contradicted and not is_id:
            taken = {leaf.parameter for leaf in leaves if leaf.call == i and leaf.matched and leaf.spans}
            # A number that is not said may be what the one left over was meant to be.
            sure = not any(
                leaf.call == i
                and leaf.is_number
                and not leaf.is_default
                and (not leaf.matched or leaf.why == "implied")
                for leaf in leaves
            )
            yield from _omitted_number(place, parameter, tool, query, taken, sure, left)
        else:
            yield from _shared(place, i, tool.name, name, leaves, query, of_tools)
        return
    if _currency_differs(parameter, query):
        yield Finding(Rule.MAY_BE_OMITTED, place, "left out, though the query says another currency")
        return
    yield from _shared(place, i, tool.name, name, leaves, query, of_tools)
    default = schema.get("default")
    for member in parameter.choices:
        if member == default or content_stems(member) & of_tools or is_described_default(member, parameter):
            continue
        if any(not query.is_used(*span) for span in mentions(str(default), query)):
            continue
        if any(not query.is_used(*span) and not _is_of_date(span, query) for span in mentions(member, query)):
            rule = Rule.OMITTED_CHOICE if _is_meant(member, parameter, query) else Rule.MAY_BE_OMITTED
            yield Finding(rule, place, f"left out, though the query says {member!r}")
            return


def _shared(
    place: str, i: int, function: str, name: str, leaves: list[Leaf], query: Query, of_tools: frozenset[str]
) -> Iterator[Finding]:
    """A value that the query says of all calls of a function, and that a call leaves out."""
    shared = _shared_by_siblings(leaves, i, function, name, query)
    if shared is not None and not content_stems(str(shared.value)) & of_tools:
        says = f"left out, though the query says {shared.value!r} for all calls ({shared.place})"
        yield Finding(Rule.OMITTED_SHARED, place, says)


def _is_of_date(span: Span, query: Query) -> bool:
    """Whether a word is part of a date (`the first of May`)."""
    return any(moment.start <= span[0] < moment.end for moment in query.moments)


_ID = re.compile(r"(?:^|_)ids?$|[a-z]Id$")


def _is_meant(member: str, parameter: ParameterView, query: Query) -> bool:
    """Whether a word that names a value is no everyday word: several words, a unit or the like, or a cue beside."""
    words = words_in(fold(member))
    if len(words) != 1 or words[0].text in GROUP_OF:
        return True
    return bool(parameter.stems & query.stems)


def _omitted_number(
    place: str,
    parameter: ParameterView,
    tool: ToolView,
    query: Query,
    taken: set[str],
    sure: bool,
    left: list[Number],
) -> Iterator[Finding]:
    """What the numbers left over say of one numeric parameter."""
    schema, own = parameter.schema, parameter.stems
    # A word that another parameter's name has as well does not say which of both is left out.
    rivals = frozenset().union(
        *(
            other.stems
            for other in tool.parameters.values()
            if other is not parameter and other.is_numeric and other.name not in taken
        )
    )
    # The other parameters have their values: a word of the name is enough, even a shared one.
    counted = _counted(parameter, tool) if left else frozenset()
    cues = (tool.cues[parameter.name] - _OF_ORDER) | own if left else own
    for number in left:
        if schema.get("default") in number.values or not _could_be(number, parameter):
            continue
        if is_described_default(number.values[0], parameter) or is_described_default(number.digits, parameter):
            continue
        said = query.text[number.start : number.end].strip()
        near = near_cues(query, (number.start, number.end)) if number.digits else _touching(query, number)
        if near & cues and not rivals & near:
            rule = Rule.OMITTED_NUMBER if sure else Rule.NUMBER_LEFT_OVER
            yield Finding(rule, place, f"left out, though the query says {said}")
            return
        if near & counted:
            yield Finding(Rule.NUMBER_LEFT_OVER, place, f"left out, though the query says {said}")
            return
    for before, word in query.counted_words if len(own) == 1 and not rivals & own else ():
        if stem(word.text) not in own or query.is_used(before.start, before.end):
            continue
        if ORDINALS[before.text] != schema.get("default") and word.start - before.end == 1:
            says = f"left out, though the query says {before.text} {word.text}"
            yield Finding(Rule.OMITTED_NUMBER, place, says)
            return
    for match in _NONE_OF.finditer(query.text) if schema.get("default") not in (None, 0) and not rivals & own else ():
        if stem(match[1]) in own:
            yield Finding(Rule.OMITTED_NUMBER, place, f"left out, though the query says {match[0]}")
            return
    fitting = [number for number in left if number.digits and _could_be(number, parameter)]
    if fitting and not any(schema.get("default") in number.values for number in fitting):
        said = query.text[fitting[0].start : fitting[0].end].strip()
        yield Finding(Rule.NUMBER_LEFT_OVER, place, f"left out, and no argument takes {said}, which the query says")


def _counted(parameter: ParameterView, tool: ToolView) -> frozenset[str]:
    """Stem of what a parameter is the number of, by its description, where it is the only one of its tool."""
    said = {name: match[1] for name, view in tool.parameters.items() if (match := _COUNTS.match(view.described))}
    own = said.pop(parameter.name, None)
    return content_stems(own) if own and own not in said.values() else frozenset()


_OF_ORDER = content_stems("first last next previous")
"""`Last year.` describes a parameter, and `the last two days` does not speak of it."""
_COUNTS = re.compile(r"(?:(?:the\s+)?(?:number|count|quantity)\s+of|how many)\s+([a-z]+)")
_NONE_OF = re.compile(r"\b(?:no|without(?: an?y?)?|zero)\s+([a-z]+)\b")


def _currency_differs(parameter: ParameterView, query: Query) -> bool:
    """Whether the query has the sign of another currency than the one that a parameter has by default."""
    default = parameter.schema.get("default")
    if "currency" not in parameter.folded or not isinstance(default, str) or len(default) != 3:
        return False
    signs = [codes for sign, codes in SIGN_CODES.items() if sign in query.text]
    return bool(signs) and not any(fold(default) in codes.split() for codes in signs)


def _touching(query: Query, number: Number) -> frozenset[str]:
    """Stems of the words directly beside a number in words: `two sets of` counts sets and nothing else."""
    before = [word for word in query.words if word.end <= number.start][-1:]
    after = [word for word in query.words if word.start >= number.end][:2]
    return frozenset(stem(word.text) for word in before + after)


def _could_be(number: Number, parameter: ParameterView) -> bool:
    schema = parameter.schema
    low, high = schema.get("minimum"), schema.get("maximum")
    value = number.values[0]
    if schema.get("type") == "integer" and value != int(value):
        return False
    if (isinstance(low, int | float) and value < low) or (isinstance(high, int | float) and value > high):
        return False
    return not (number.measure and parameter.unit) or same_kind(number.measure, parameter.unit)


_FLAG_VERBS = word_set("need needs include with use has allow show enable require add want is")
_DENIED = re.compile(r"(?:\b(?:no|not|without|never|don't|do not|non|anti|counter)[\s-]+(?:\w+\s+){0,2}|\w-)$")


def _asked_for(flag: str, tools: Tools, calls: Calls, query: Query) -> bool:
    """Whether the query has the words of a flag's name, undenied, where no called tool uses them otherwise."""
    words = words_in(fold(flag.replace("_", " ")))
    if len(words) > 1 and words[0].text in _FLAG_VERBS:
        words = words[1:]
    if not words or any(word.text in STOP for word in words):
        return False
    for call in calls:
        tool = tools.get(call.name)
        if tool is None:
            continue
        rest = " ".join(name for name in tool.names if name != flag)
        used = content_stems(f"{tool.name} {rest}".replace("_", " ")) | tool.first_sentence
        if used & {stem(word.text) for word in words}:
            return False
    return any(
        not query.is_used(*span)
        and not any(a <= span[0] and span[1] <= b for a, b in query.quoted)
        and not _DENIED.search(query.text[: span[0]])
        and not re.match(r"\s*(?:=|is|set to|:)?\s*(?:false|no|off)\b", query.text[span[1] :])
        for span in query.find_words(words)
    )


def _shared_by_siblings(leaves: list[Leaf], call: int, function: str, parameter: str, query: Query) -> Leaf | None:
    """A sibling's value that the query states in a sentence of its own, before anything else of either call."""
    siblings = [
        leaf
        for leaf in leaves
        if leaf.call != call and leaf.parameter == parameter and leaf.tool.name == function and not leaf.is_default
    ]
    own = [leaf.spans[0] for leaf in leaves if leaf.call == call and leaf.matched and leaf.spans] if siblings else []
    for leaf in siblings if own else ():
        others = [
            fellow.spans[0]
            for fellow in leaves
            if fellow.call == leaf.call and fellow is not leaf and fellow.matched and fellow.spans
        ]
        stated = leaf.matched and leaf.why == "stated" and leaf.spans and not isinstance(leaf.value, bool)
        if not (stated and others and leaf.spans[0] < min(own) and leaf.spans[0] < min(others)):
            continue
        if re.search(r"[.:;?!]\s", query.text[leaf.spans[0][1] : min(*own, *others)[0]]):
            return leaf
    return None


def _taken_twice(leaves: list[Leaf], query: Query, unused: list[Number]) -> Iterator[Finding]:
    """A number of the query that nobody takes, while an argument shares another's or rests on an implied one."""
    said = query.text[unused[0].start : unused[0].end].strip()
    numeric = [leaf for leaf in leaves if leaf.matched and leaf.spans and leaf.is_number]
    beside = frozenset().union(*(near_cues(query, (number.start, number.end)) for number in unused))
    for leaf in numeric:
        if leaf.why == "implied" and leaf.cues & beside:
            yield Finding(Rule.TAKEN_TWICE, leaf.place, f"{leaf.value!r} is not stated, though the query says {said}")
        fellows = [fellow for fellow in numeric if fellow.call == leaf.call and fellow.value == leaf.value]
        if len(fellows) > len(set(leaf.spans)) and leaf.why == "stated" and not leaf.in_list:
            says = f"{leaf.value!r} stands for two arguments, though the query says {said}"
            yield Finding(Rule.TAKEN_TWICE, leaf.place, says)


def _confused_choice(leaves: list[Leaf], query: Query) -> Iterator[Finding]:
    """Two arguments that take one mention of a choice, while the query names another that nobody takes."""
    chosen = [leaf for leaf in leaves if leaf.matched and isinstance(leaf.value, str) and leaf.slot.choices]
    for leaf in chosen:
        rivals = [
            rival
            for rival in chosen
            if rival is not leaf and rival.value == leaf.value and rival.slot.choices == leaf.slot.choices
        ]
        goal = not leaf.argument.parts.isdisjoint(_GOALS)
        start = leaf.spans[0][0] if goal and leaf.spans else 0
        of_number = re.search(r"\d[\s-]?$", query.text[max(0, start - 3) : start]) is not None
        if not (rivals and len(set(leaf.spans)) == 1) and not (goal and of_number):
            continue
        for member in leaf.slot.choices:
            free = [span for span in mentions(member, query) if not query.is_used(*span)]
            if member != leaf.value and free:
                says = f"{leaf.value!r}, though the query also says {member!r}"
                yield Finding(Rule.CONFUSED_CHOICE, leaf.place, says)
                break
