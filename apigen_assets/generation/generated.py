"""What came of generating for one batch: candidates, counts, and what became of every completion."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Literal

import polars as pl

from apigen_assets.generation.parsing import Parsed

_CAUSES = {
    "truncated": "completions are cut at the token limit: raise `max_tokens` of the generator in generators.yaml",
    "no_answer": "the endpoint gave no answer that can be used; the candidates' `parse_error` has its words",
    "not_json": "the model writes something else than JSON pairs: see `raw_text`, and try `structured: true` in "
    "generators.yaml where the endpoint supports `response_format`",
    "missing_field": "the model writes other keys than `query` and `answers`: see `raw_text`",
    "malformed_call": "the model writes `answers` that are not lists of calls: see `raw_text`",
    "ambiguous": "the model contradicts itself within a completion: see `raw_text`, and try a lower temperature",
}


@dataclass
class Generated:
    """The candidates of one partition and how they came about."""

    candidates: pl.DataFrame
    prompts: int = 0
    cached: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    isolated: int = 0
    """Completions whose pairs stood among other text."""
    statuses: Counter[str] = field(default_factory=Counter)
    repairs: Counter[str] = field(default_factory=Counter)
    """Pairs by what had to be forgiven to read them."""
    reasons: Counter[str] = field(default_factory=Counter)
    """Pairs and completions that could not be read, by code."""
    first_words: dict[str, str] = field(default_factory=dict)
    """By code, what the first pair or completion of it said."""
    readable: int = 0
    """Pairs that were read."""
    relabelled: int = 0
    """Pairs of another style than asked for: they have the style they have."""
    duplicates: int = 0
    """Pairs that repeat one of the same completion."""
    over_share: int = 0
    """Pairs beyond a completion's share of the target."""
    beyond_target: int = 0
    """Pairs that came when the target was met."""
    silent: int = 0
    """Completions that gave neither a pair nor a reason: always 0, or something vanished."""
    waiting: int = 0
    """Prompts whose answers will come with a batch."""
    stopped: str | None = None
    """Why fewer than the target were written, where something stopped the run."""
    ended: Literal["", "budget", "endpoint", "unreadable", "short", "waiting"] = ""
    """What stopped it: nothing; a budget; the endpoint; nothing readable; completions with fewer pairs than asked; a
    batch that is waited for."""

    def count(self, parsed: Parsed) -> None:
        """Take one completion into the counts."""
        self.isolated += parsed.isolated
        self.duplicates += parsed.duplicates
        self.over_share += parsed.over_share
        self.silent += not parsed.pairs
        for pair in parsed.pairs:
            if pair.error is None:
                self.readable += 1
                self.repairs.update(pair.repairs)
            else:
                code = pair.error.partition(":")[0]
                self.reasons[code] += 1
                self.first_words.setdefault(code, pair.error)

    def account(self) -> dict[str, int]:
        """Every pair found and where it went; `unaccounted` is 0, or something vanished."""
        found = self.readable + sum(self.reasons.values()) + self.duplicates + self.over_share
        went = self.candidates.height + self.duplicates + self.over_share + self.beyond_target
        return {
            "completions": self.prompts,
            "pairs_found": found,
            "candidates": self.candidates.height,
            "duplicates": self.duplicates,
            "over_share": self.over_share,
            "beyond_target": self.beyond_target,
            "unaccounted": abs(found - went) + self.silent,
        }

    def likely_cause(self) -> str | None:
        """Why no pair could be read, most likely; null where some could."""
        if self.readable or not self.reasons:
            return None
        code = max(self.reasons.items(), key=lambda item: (item[1], item[0]))[0]
        return f"{cause_of(self.reasons)}. The first: {self.first_words.get(code, code)}"


def cause_of(reasons: Counter[str]) -> str:
    """The likeliest cause of nothing being readable, from the reasons by code."""
    code, count = max(reasons.items(), key=lambda item: (item[1], item[0]))
    said = _CAUSES.get(code, f"most are {code}: see `parse_error` and `raw_text`")
    return f"nothing that was written can be read ({count} of {sum(reasons.values())}: {code}): {said}"
