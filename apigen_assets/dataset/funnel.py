"""The funnel per generator: candidates, failures by stage, verified, pass rate (paper, Table 1)."""

from typing import NamedTuple

import polars as pl

from apigen_assets.files.markdown import grid
from resources.lake.lake import Lake, LakeError

_REASONS_SCHEMA = pl.Schema({"generator": pl.String, "stage": pl.String, "reason": pl.String, "count": pl.UInt32})
STAGES = ("format", "execution", "semantic")
TABLES = ("raw_candidates", "semantic_verified", *(f"{stage}_rejected" for stage in STAGES))
"""The tables that a funnel is read from."""


class FunnelRow(NamedTuple):
    """One generator's way through the stages."""

    generator: str
    candidates: int
    failed_format: int
    failed_execution: int
    failed_semantic: int
    verified: int
    undecided: int = 0
    """Rows with open questions that no judge settled, wherever they are: verified if such rows are kept, else not."""

    @property
    def pass_rate(self) -> float:
        """Verified rows as a share of the candidates."""
        return self.verified / self.candidates if self.candidates else 0.0


def funnel(lake: Lake) -> list[FunnelRow]:
    """One row per generator that has candidates, in alphabetical order."""
    counts = {"raw_candidates": _count(lake, "raw_candidates"), "semantic_verified": _count(lake, "semantic_verified")}
    counts |= {stage: _count(lake, f"{stage}_rejected") for stage in STAGES}
    undecided = _undecided(lake)
    return [
        FunnelRow(
            generator=name,
            candidates=counts["raw_candidates"][name],
            failed_format=counts["format"].get(name, 0),
            failed_execution=counts["execution"].get(name, 0),
            failed_semantic=counts["semantic"].get(name, 0),
            verified=counts["semantic_verified"].get(name, 0),
            undecided=undecided.get(name, 0),
        )
        for name in sorted(counts["raw_candidates"])
    ]


def reasons(lake: Lake) -> pl.DataFrame:
    """Rejected candidates by generator, stage and reason: columns `generator, stage, reason, count`."""
    frames = []
    for stage in STAGES:
        try:
            frames.append(lake.scan(f"{stage}_rejected").select("generator", "stage", "reason"))
        except LakeError:
            continue
    if not frames:
        return pl.DataFrame(
            schema={"generator": pl.String, "stage": pl.String, "reason": pl.String, "count": pl.UInt32}
        )
    grouped = pl.concat(frames).group_by("generator", "stage", "reason").agg(pl.len().alias("count"))
    return grouped.sort("generator", "stage", "count", descending=[False, False, True]).collect()


def markdown(rows: list[FunnelRow]) -> str:
    """The funnel as a markdown table shaped like the paper's Table 1."""
    columns = ("candidates", "failed format", "failed execution", "failed semantic", "verified", "pass rate")
    cells = [
        (
            row.generator,
            *(f"{count:,}" for count in (row.candidates, row.failed_format, row.failed_execution)),
            *(f"{count:,}" for count in (row.failed_semantic, row.verified)),
            f"{row.pass_rate:.1%}",
        )
        for row in rows
    ]
    return grid(("generator", *columns), cells, right=columns)


def _undecided(lake: Lake) -> dict[str, int]:
    """Undecided rows by generator, kept or not; tables of earlier versions have none."""
    out: dict[str, int] = {}
    for asset in ("semantic_verified", "semantic_rejected"):
        try:
            frame = lake.scan(asset)
        except LakeError:
            continue
        if "decision" in frame.collect_schema():
            grouped = frame.filter(pl.col("decision") == "undecided").group_by("generator").len().collect()
            for name, count in grouped.iter_rows():
                out[str(name)] = out.get(str(name), 0) + int(count)
    return out


def _count(lake: Lake, asset: str) -> dict[str, int]:
    try:
        frame = lake.scan(asset)
    except LakeError:
        return {}
    return {str(name): int(count) for name, count in frame.group_by("generator").len().collect().iter_rows()}
