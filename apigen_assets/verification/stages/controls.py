"""Control items: rows known to be good or bad, mixed into what a judge is asked about.

A judge that says yes to everything, or no to everything, shows on them; its votes then do not count.
"""

import json
import re
from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

from apigen_assets.domain.chat import ChatModel
from apigen_assets.files.canonical import content_hash
from apigen_assets.files.json_types import JsonObject
from apigen_assets.verification.corpus.corpus import labelled_pairs
from apigen_assets.verification.grounding import Rule, Status, ground
from apigen_assets.verification.stages.judge import Item, JudgeOptions, judge_items
from apigen_assets.verification.stages.vote import JudgeAnswer

MIN_SHARE = 0.5
"""Good items to pass and bad ones to catch, each as a share, for a judge's votes to count."""

_PLAINLY_WRONG = frozenset({Rule.DIGITS_DIFFER, Rule.OTHER_NUMBER, Rule.CODE_DIFFERS, Rule.ELEMENT_DIFFERS})
"""Damage that anybody sees who compares a call with its query."""


class Control(NamedTuple):
    """One judge on the control items of one partition."""

    judge: str
    good: int
    passed: int
    """Good items that it passed."""
    bad: int
    caught: int
    """Bad items that it did not pass."""
    answered: int
    """Items to which it gave a readable answer."""
    unreadable: int = 0
    """Items to which it gave answers that could not be read: in other words, or against themselves."""

    @property
    def counts(self) -> bool:
        """Whether the judge's votes count. A judge that cannot be asked is not judged by its silence."""
        if not self.answered and not self.unreadable:
            return True
        return self.passed >= MIN_SHARE * self.good and self.caught >= MIN_SHARE * self.bad

    @property
    def says(self) -> str:
        """How the judge did, as a sentence."""
        asked = self.good + self.bad
        if not self.answered and not self.unreadable:
            return f"{self.judge}: could not be asked about any of {asked} control rows; rows wait as undecided"
        said = (
            f"{self.judge}: passed {self.passed} of {self.good} control rows known to be good, "
            f"caught {self.caught} of {self.bad} known to be bad"
        )
        if self.unreadable:
            said += f", and {self.unreadable} of {asked} answers could not be read"
        return said if self.counts else f"{said}: its votes do not count"

    def to_json(self) -> JsonObject:
        """For metadata."""
        return {**self._asdict(), "counts": self.counts, "says": self.says}


@cache
def control_items() -> tuple[tuple[Item, bool], ...]:
    """Every item that can serve as a control, with whether it is good: plain English ones from the packaged corpus."""
    out = []
    rows = labelled_pairs().select("candidate_id", "query", "tools", "answers", "truth", "language")
    for key, query, tools_text, answers, truth, language in rows.iter_rows():
        if answers is None or language != "en":
            continue
        tools, calls = json.loads(tools_text), json.loads(answers)
        if not all({"name", "arguments"} == call.keys() for call in calls):
            continue
        found = ground(query, tools, calls)
        plain = all(status is Status.GROUNDED and why in {"stated", "default"} for _, status, why in found.arguments)
        wrong = bool(found.findings) and found.findings[0].rule in _PLAINLY_WRONG
        if (truth == "good" and plain and _in_digits(query, calls) and not found.findings) or (
            truth == "bad" and wrong
        ):
            results: list[JsonObject] = [{"name": call["name"], "outcome": "ok", "result": None} for call in calls]
            out.append((Item(f"control-{key}", query, tools, calls, results), truth == "good"))
    return tuple(out)


def _in_digits(query: str, calls: Sequence[JsonObject]) -> bool:
    """Whether every number of the calls stands in the query as it is written in them, separators aside."""
    said = set(re.findall(r"-?\d+(?:\.\d+)?", re.sub(r"(?<=\d),(?=\d{3})", "", query)))
    numbers = re.findall(r"(?<![\w.-])-?\d+(?:\.\d+)?(?![\w.-])", json.dumps([call["arguments"] for call in calls]))
    return all(number in said or number.removesuffix(".0") in said for number in numbers)


def drawn_controls(count: int, partition: str, seed: int) -> list[tuple[Item, bool]]:
    """`count` control items, half of them good; another partition draws others."""

    def of(good: bool) -> list[tuple[Item, bool]]:
        items = [entry for entry in control_items() if entry[1] is good]
        return sorted(items, key=lambda entry: content_hash([seed, partition, entry[0].candidate_id]))

    return [*of(True)[: count - count // 2], *of(False)[: count // 2]]


def ask_controls(chat: ChatModel, judges: Sequence[str], options: JudgeOptions, partition: str) -> list[Control]:
    """Every judge on the control items of a partition."""
    drawn = drawn_controls(options.controls, partition, options.seed)
    votes = judge_items([item for item, _ in drawn], chat, judges, options)
    out = []
    for judge in dict.fromkeys(judges):
        answers = [(vote[judge].answer, good) for vote, (_, good) in zip(votes, drawn, strict=True)]
        readable = [answer for answer, _ in answers if answer in (JudgeAnswer.PASS, JudgeAnswer.FAIL)]
        out.append(
            Control(
                judge=judge,
                good=sum(good for _, good in answers),
                passed=sum(good and answer is JudgeAnswer.PASS for answer, good in answers),
                bad=sum(not good for _, good in answers),
                caught=sum(not good and answer is not JudgeAnswer.PASS for answer, good in answers),
                answered=len(readable),
                unreadable=sum(answer is JudgeAnswer.UNPARSEABLE for answer, _ in answers),
            )
        )
    return out
