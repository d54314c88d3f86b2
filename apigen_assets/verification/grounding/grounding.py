"""Grounding of one row: match every argument with the query, then collect what speaks against the call.

Evidence, not verdicts. A finding says which rule it comes from; the row is rejected only by findings of rules that were
measured to be right (`strength`). Every other finding is told to the judge as a question.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from apigen_assets.domain.call import Call
from apigen_assets.domain.reason import Reason
from apigen_assets.domain.tool import Tool
from apigen_assets.files.json_types import JsonValue
from apigen_assets.verification.grounding.absent import judge_absent
from apigen_assets.verification.grounding.altered_texts import find_altered_texts
from apigen_assets.verification.grounding.arguments import Leaf, Status, as_call, as_tool, leaves_of
from apigen_assets.verification.grounding.both_said import find_both_said
from apigen_assets.verification.grounding.codes_left_over import find_codes_left_over
from apigen_assets.verification.grounding.corrections import find_corrections
from apigen_assets.verification.grounding.day_periods import find_other_part_of_day
from apigen_assets.verification.grounding.digits_alone import find_digits_misread
from apigen_assets.verification.grounding.enumerations import find_enumerations_cut
from apigen_assets.verification.grounding.finding import Finding
from apigen_assets.verification.grounding.left_over import find_left_over
from apigen_assets.verification.grounding.match import match_leaf
from apigen_assets.verification.grounding.named_otherwise import find_named_otherwise
from apigen_assets.verification.grounding.omitted import find_omitted
from apigen_assets.verification.grounding.other_measures import find_other_measures
from apigen_assets.verification.grounding.query import Query
from apigen_assets.verification.grounding.strength import precision_of, rejects
from apigen_assets.verification.grounding.swapped import find_misplaced
from apigen_assets.verification.grounding.tool_view import ToolView
from apigen_assets.verification.grounding.turned_pairs import find_turned_pairs
from apigen_assets.verification.grounding.unasked import find_unasked
from apigen_assets.verification.grounding.unasked_calls import find_unasked_calls
from apigen_assets.verification.grounding.units import judge_quantity
from apigen_assets.verification.grounding.unnamed import find_unnamed
from apigen_assets.verification.grounding.whole import (
    find_broken_query,
    find_description,
    find_instruction,
    find_wrong_tool,
)
from apigen_assets.verification.grounding.wrong_parameter import find_wrong_parameter

_ORDER = {str: 0, bool: 2, int: 1, float: 1}


class Grounding(NamedTuple):
    """What grounding says of a row."""

    status: Status
    """`ungrounded` where a finding rejects the row, `undecided` where something stays open, else `grounded`."""
    findings: tuple[Finding, ...] = ()
    """All evidence against the row, the surest first."""
    arguments: tuple[tuple[str, Status, str], ...] = ()
    """Per value its place (`1.rate`, `0.points[2].x`), its status and why."""
    english: bool = True
    """Whether rules that read words applied."""

    @property
    def rejection(self) -> tuple[Reason, str] | None:
        """Reason and detail of the surest finding that rejects; null where none does."""
        for finding in self.findings:
            if rejects(finding.rule):
                return finding.rule.reason, finding.detail
        return None

    @property
    def questions(self) -> tuple[Finding, ...]:
        """The findings that do not reject by themselves."""
        return tuple(finding for finding in self.findings if not rejects(finding.rule))


def ground(
    query: str,
    tools: Sequence[ToolView | Tool | Mapping[str, JsonValue]],
    calls: Sequence[Call | Mapping[str, JsonValue]],
    language: str | None = None,
) -> Grounding:
    """Trace every argument value of a row's calls to its query.

    Args:
        query: the query.
        tools: the tools offered, as views, as records or as the objects of a table's column.
        calls: calls that passed the format check, likewise.
        language: ISO 639-1 code of the query's language, where it is stated; null: it is detected.
    """
    made = [as_call(call) for call in calls]
    by_name = {tool.name: tool for tool in map(as_tool, tools)}
    text = Query(query, language=language)
    if not text.english and language is None:
        text = Query(query, frozenset().union(*(tool.name_words for tool in by_name.values())))
    leaves = [
        leaf for i, call in enumerate(made) if call.name in by_name for leaf in leaves_of(i, call, by_name[call.name])
    ]
    # Texts first, the longest first: a number inside a quoted text is part of it.
    order = sorted(
        leaves,
        key=lambda leaf: (_ORDER.get(type(leaf.value), 3), -len(leaf.value) if isinstance(leaf.value, str) else 0),
    )
    for leaf in order:
        match_leaf(leaf, text)
    for leaf in order:
        if leaf.matched:
            judge_quantity(leaf, text)
        else:
            judge_absent(leaf, text, leaves)
    found = [finding for leaf in leaves for finding in leaf.findings]
    found += find_misplaced(leaves, text)
    found += find_omitted(leaves, text, by_name, made)
    found += find_wrong_parameter(leaves, text)
    found += find_left_over(leaves, text, by_name, made)
    found += find_turned_pairs(leaves, text)
    found += find_corrections(leaves, text)
    found += find_unasked(leaves, text)
    found += find_unasked_calls(leaves, text, by_name, made)
    found += find_unnamed(leaves, text)
    found += find_other_part_of_day(leaves, text)
    found += find_digits_misread(leaves, text)
    found += find_enumerations_cut(leaves, text)
    found += find_other_measures(leaves, text)
    found += find_altered_texts(leaves, text)
    found += find_codes_left_over(leaves, text)
    found += find_both_said(leaves, text)
    found += find_named_otherwise(leaves, text, by_name, made)
    found += find_broken_query(leaves, text)
    found += find_instruction(text, by_name)
    found += find_description(text, by_name, made)
    found += find_wrong_tool(text, by_name, made)
    findings = _applicable(found, text, leaves)
    if any(rejects(finding.rule) for finding in findings):
        status = Status.UNGROUNDED
    elif findings or any(leaf.status is not Status.GROUNDED for leaf in leaves):
        status = Status.UNDECIDED
    else:
        status = Status.GROUNDED
    arguments = tuple((leaf.place, leaf.status, leaf.why) for leaf in leaves)
    return Grounding(status, findings, arguments, text.english)


def _applicable(found: list[Finding], text: Query, leaves: list[Leaf]) -> tuple[Finding, ...]:
    """The findings of rules that apply to the query's language, the surest first, each once."""
    kept = [finding for finding in dict.fromkeys(found) if text.english or finding.rule.any_language]
    if len(kept) < len(found):
        against = {finding.place for finding in kept}
        for leaf in leaves:
            if leaf.status is Status.UNGROUNDED and leaf.place not in against:
                leaf.say(Status.UNDECIDED, f"{leaf.why} (not English)")
    return tuple(sorted(kept, key=lambda finding: -precision_of(finding.rule)))


__all__ = ["Grounding", "Status", "ground"]
