"""What one judge answers to one item, and how it is read."""

import re
from collections.abc import Sequence
from enum import StrEnum
from typing import NamedTuple

from apigen_assets.completions.documents import objects_in
from apigen_assets.completions.reasoning import split_reasoning
from apigen_assets.domain.reason import Reason
from apigen_assets.files.json_types import JsonObject, JsonValue
from apigen_assets.verification.grounding.english import fold
from apigen_assets.verification.stages.judge_prompt import RULES

RULE_REASONS = (
    Reason.WRONG_ARGUMENTS,
    Reason.WRONG_FUNCTION,
    Reason.WRONG_CALL_COUNT,
    Reason.IRRELEVANT_RESULT,
    Reason.FAILED_RESULT,
)
"""The reason for each of the prompt's rules, in their order."""

MAX_THOUGHT = 600
"""Characters of a judge's reasoning that are kept."""


class JudgeAnswer(StrEnum):
    """How one judge answered."""

    PASS = "pass"
    FAIL = "fail"
    UNPARSEABLE = "unparseable"
    UNAVAILABLE = "unavailable"


class Vote(NamedTuple):
    """One judge's answer to one item."""

    answer: JudgeAnswer
    reason: Reason | None = None
    thought: str = ""
    score: float | None = None
    """The lowest score of a rule, where scores were asked for."""
    quotes: tuple[str, ...] = ()
    """Words that the judge says are the query's."""


def read_vote(text: str, threshold: float | None = None) -> Vote:
    """What a judge's answer says.

    Reads JSON objects wherever they stand (behind reasoning, in a fence, behind a preamble) and takes the verdict from
    `pass` or `passes`: yes/no in any case, or a boolean. Where several objects are verdicts the last one counts; where
    they disagree, or one contradicts itself (it passes and names a broken rule), none does. Keys that the prompt does
    not ask for are never looked at.

    Args:
        text: the completion.
        threshold: the least score of every rule with which an item passes; null: scores are not looked at.
    """
    verdicts = [said for said in map(_as_verdict, objects_in(text)) if said is not None]
    if not verdicts or len({passed for passed, _ in verdicts}) > 1:
        return Vote(JudgeAnswer.UNPARSEABLE, thought=split_reasoning(text).answer.strip()[:200])
    passed, said = verdicts[-1]
    thought = said.get("thought")
    thought = thought.strip()[:MAX_THOUGHT] if isinstance(thought, str) else ""
    thought = thought.encode("utf-8", "replace").decode()
    quotes = said.get("quotes")
    texts = tuple(quote for quote in quotes if isinstance(quote, str)) if isinstance(quotes, list) else ()
    rule = _rule_of(said)
    scores = _scores_of(said.get("scores")) if threshold is not None else []
    score = min(scores) if scores else None
    if passed and rule is not None:
        return Vote(JudgeAnswer.UNPARSEABLE, thought=f"passes and names rule {rule}: {thought}"[:200])
    if threshold is not None and score is not None and passed != (score >= threshold):
        if passed:
            return Vote(JudgeAnswer.FAIL, RULE_REASONS[scores.index(score)], thought, score, texts)
        return Vote(JudgeAnswer.UNPARSEABLE, thought=f"fails with a lowest score of {score:g}: {thought}"[:200])
    if passed:
        return Vote(JudgeAnswer.PASS, None, thought, score, texts)
    return Vote(JudgeAnswer.FAIL, RULE_REASONS[rule - 1] if rule else None, thought, score, texts)


def quotes_stand_in(quotes: Sequence[str], query: str) -> bool:
    """Whether what a judge quotes stands in the query, but for case, accents, quotation marks and spaces."""
    if not quotes:
        return True
    text = _plain(query)
    return all(_plain(quote) in text for quote in quotes)


def _plain(text: str) -> str:
    return re.sub(r"[\s'\"`.,;:?!…]+", " ", fold(text)).strip()


_YES = {"yes": True, "true": True, "pass": True, "passed": True}
_NO = {"no": False, "false": False, "fail": False, "failed": False}
_SAID = {**_YES, **_NO}


def _as_verdict(said: JsonObject) -> tuple[bool, JsonObject] | None:
    values = []
    for key, value in said.items():
        if key.strip().lower() in {"pass", "passes", "passed"}:
            if isinstance(value, bool):
                values.append(value)
            elif isinstance(value, str) and value.strip().strip(".").lower() in _SAID:
                values.append(_SAID[value.strip().strip(".").lower()])
            else:
                return None
    if not values or len(set(values)) > 1:
        return None
    return values[0], {key.strip().lower(): value for key, value in said.items()}


def _rule_of(said: JsonObject) -> int | None:
    rule = said.get("rule")
    if isinstance(rule, str) and rule.strip().isdecimal():
        rule = int(rule)
    return rule if isinstance(rule, int) and not isinstance(rule, bool) and 1 <= rule <= len(RULES) else None


def _scores_of(value: JsonValue) -> list[float]:
    """The scores of the rules in their order, from a list or from an object by the rules' numbers."""
    if isinstance(value, dict):
        value = [value.get(str(number)) for number in range(1, len(RULES) + 1)]
    if not isinstance(value, list) or len(value) != len(RULES):
        return []
    scores = [score for score in value if isinstance(score, int | float) and not isinstance(score, bool)]
    return [float(score) for score in scores] if len(scores) == len(RULES) else []
