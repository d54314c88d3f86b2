"""Checks of generation: as many candidates as were asked for."""

import dagster as dg
import polars as pl

from apigen_assets.partitions import BatchPartition, batch_by_generator
from apigen_assets.settings import Settings
from resources.llm.generators import generators


@dg.asset_check(
    asset="raw_candidates",
    partitions_def=batch_by_generator,
    additional_ins={"filtered_api_catalog": dg.AssetIn()},
    description="The target number of candidates was reached; a token budget may stop before.",
)
def as_many_as_asked_for(
    context: dg.AssetCheckExecutionContext,
    raw_candidates: pl.LazyFrame,
    filtered_api_catalog: pl.LazyFrame,
    settings: dg.ResourceParam[Settings],
) -> dg.AssetCheckResult:
    """Candidates beside the target of this many APIs."""
    generator = BatchPartition.of(context).generator
    model = generators(settings).get(generator)
    apis, candidates = _height(filtered_api_catalog), _height(raw_candidates)
    target = settings.candidates(apis, model is not None and model.is_standin)
    return dg.AssetCheckResult(
        passed=candidates >= target,
        severity=dg.AssetCheckSeverity.WARN,
        metadata={"target": target, "candidates": candidates},
        description=f"{candidates} candidates"
        if candidates >= target
        else f"{candidates} of {target} candidates: `stopped` on raw_candidates says why",
    )


def _height(frame: pl.LazyFrame) -> int:
    return int(frame.select(pl.len()).collect().item())
