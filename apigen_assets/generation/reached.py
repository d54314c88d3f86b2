"""What generation has reached of a goal in verified rows, from the lake, and the prompts that the rest takes."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from apigen_assets.domain.style import Style
from apigen_assets.generation.library import Library
from apigen_assets.generation.rounds import CANDIDATES, rows_of_round
from apigen_assets.generation.target import Yield, missing, prompts_wanted, yields
from apigen_assets.settings import Settings
from resources.lake.lake import Lake

_VERIFIED = "semantic_verified"
_DECIDED = ("format_rejected", "execution_rejected", "semantic_rejected", _VERIFIED)


@dataclass(frozen=True)
class Wanted:
    """A goal in verified rows, what is reached of it, and the prompts that this takes."""

    goal: int
    so_far: dict[str, Yield]
    prompts: dict[str, int]

    @classmethod
    def of(
        cls,
        lake: Lake,
        partition: Mapping[str, str],
        round_: int,
        settings: Settings,
        apis: int,
        library: Library | None,
        most: int,
    ) -> "Wanted | None":
        """Null where the settings name no goal, or there is nothing to ask about."""
        if settings.verified_per_style is None or library is None:
            return None
        goal = -(-settings.verified_per_style * apis // max(apis, len(library)))
        so_far, decided = partition_yield(lake, partition, round_)
        asked = {style: reached.prompts for style, reached in so_far.items()}
        if any(asked.values()) and not decided:
            # What is not judged yet may be what is missing: the same is asked again, which costs nothing.
            return cls(goal, so_far, asked)
        elsewhere = {} if any(asked.values()) else generator_yield(lake, partition)
        pairs = settings.pairs_per_prompt
        return cls(goal, so_far, prompts_wanted(goal, pairs, so_far, elsewhere, -(-most // pairs)))

    def metadata(self) -> dict[str, Any]:
        """For the asset."""
        further = {style: count - self.so_far[style].prompts for style, count in self.prompts.items()}
        return {
            "verified_wanted_per_style": self.goal,
            "verified_before": {style: reached.verified for style, reached in self.so_far.items()},
            "missing_before": missing(self.goal, self.so_far),
            "further_prompts": further,
        }


def partition_yield(lake: Lake, partition: Mapping[str, str], round_: int) -> tuple[dict[str, Yield], bool]:
    """What became of a partition's prompts, and whether every candidate of it has been verified or rejected.

    Read from tables below the one that this is for, as they are now: they are no inputs of it, since they were made
    from it.
    """
    candidates = _rows(lake, CANDIDATES, partition, round_)
    verified = _rows(lake, _VERIFIED, partition, round_)
    decided = {
        candidate for asset in _DECIDED for candidate in _rows(lake, asset, partition, round_)["candidate_id"].to_list()
    }
    known = verified.filter(pl.col("candidate_id").is_in(candidates["candidate_id"].implode()))
    return yields(candidates, known), set(candidates["candidate_id"].to_list()) <= decided


def generator_yield(lake: Lake, partition: Mapping[str, str]) -> dict[str, Yield]:
    """What became of the prompts of the same generator for other batches."""
    total: dict[str, Yield] = {style: Yield() for style in Style}
    mine = lake.path(CANDIDATES, partition)
    for path in lake.paths(CANDIDATES):
        keys = dict(part.split("=", 1) for part in path.parts if "=" in part)
        if path == mine or keys.get("generator") != partition["generator"]:
            continue
        there, complete = partition_yield(lake, keys, 1)
        if complete:
            total = {
                style: Yield(total[style].prompts + there[style].prompts, total[style].verified + there[style].verified)
                for style in Style
            }
    return total


def _rows(lake: Lake, asset: str, partition: Mapping[str, str], round_: int) -> pl.DataFrame:
    path = lake.path(asset, partition)
    columns = ["candidate_id", "style", "prompt_id", "completion_key"]
    if not path.exists():
        return pl.DataFrame(schema=dict.fromkeys(columns, pl.String))
    return rows_of_round(lake.scan_paths([path]), round_).select(columns)
