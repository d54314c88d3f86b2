"""Categories in which a model seems to have said one and the same thing throughout: most often a failure's text."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from apigen_assets.evaluation.categories import MULTI_TURN
from apigen_assets.files.excerpt import excerpt
from apigen_assets.files.json_types import JsonMapping
from resources.bfcl.records import BfclAnswer

THROUGHOUT = 0.95
"""One text in at least this share of a category's answers is said."""

OFTEN = 0.2
"""So it is from this share on where a refusal is right: part of a run may have failed."""

_FEWEST = 5
_VARYING = re.compile(r"\b[0-9a-f]{8,}(?:-[0-9a-f]+)*\b|\d+(?:\.\d+)?")
_NO_CALL = {"[]", '{"tool_calls": []}', '{"tool_calls":[]}', "<TOOLCALL>[]</TOOLCALL>", "[TOOL_CALLS][]"}
"""What forms have for "no call"; a model that knows it may well say it to every question."""


@dataclass(frozen=True)
class SameText:
    """One category answered alike."""

    category: str
    count: int
    total: int
    text: str
    """The text, shortened; empty where it is blank."""

    @property
    def throughout(self) -> bool:
        """Hardly any other answer is there."""
        return self.count >= THROUGHOUT * self.total

    def told(self) -> str:
        """The sentence that reports it."""
        what = f"are the same text, {self.text!r}" if self.text else "are blank"
        return f"{self.category}: {self.count} of {self.total} answers {what}"


def same_texts(answers: Sequence[BfclAnswer], verdicts: Mapping[str, JsonMapping]) -> list[SameText]:
    """The categories in which one text without a call (ids and numbers in it aside) or nothing is said throughout.

    Of the irrelevance categories also those in which it is said often.

    Args:
        answers: those of one model.
        verdicts: by id; a verdict's `decoded` says whether the answer holds a call.
    """
    by_category: dict[str, Counter[str]] = {}
    totals: Counter[str] = Counter()
    samples: dict[tuple[str, str], str] = {}
    for answer in answers:
        if answer.failure or answer.category in MULTI_TURN:
            continue
        totals[answer.category] += 1
        decoded = verdicts.get(answer.id, {}).get("decoded")
        if decoded or (decoded == [] and isinstance(answer.answer, list | dict)):
            continue
        text = answer.answer.strip() if isinstance(answer.answer, str) else excerpt(answer.answer or "")
        if text in _NO_CALL:
            continue
        key = _VARYING.sub("#", text)
        by_category.setdefault(answer.category, Counter())[key] += 1
        samples.setdefault((answer.category, key), text)
    same = []
    for category, counts in by_category.items():
        key, count = counts.most_common(1)[0]
        least = OFTEN if category.endswith("irrelevance") else THROUGHOUT
        if count >= _FEWEST and count >= least * totals[category]:
            same.append(SameText(category, count, totals[category], excerpt(samples[category, key], 80)))
    return same
