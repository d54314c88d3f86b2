"""Checks of generation: as many candidates as were asked for, some of them readable, and none vanished."""

from collections import Counter

import dagster as dg
import polars as pl

from apigen_assets.files.excerpt import counted
from apigen_assets.generation.generated import cause_of
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
    if settings.verified_per_style is not None:
        return dg.AssetCheckResult(
            passed=True,
            metadata={"most": target, "candidates": candidates},
            description=f"{counted(candidates, 'candidate')}; verified rows are the goal: see `missing_before`",
        )
    return dg.AssetCheckResult(
        passed=candidates >= target,
        severity=dg.AssetCheckSeverity.WARN,
        metadata={"target": target, "candidates": candidates},
        description=counted(candidates, "candidate")
        if candidates >= target
        else f"{candidates} of {target} candidates: `stopped` on raw_candidates says why",
    )


@dg.asset_check(
    asset="raw_candidates",
    partitions_def=batch_by_generator,
    blocking=True,
    description="Where there are candidates, some can be read: none means a wrong setting, and the cause is named.",
)
def some_can_be_read(context: dg.AssetCheckExecutionContext, raw_candidates: pl.LazyFrame) -> dg.AssetCheckResult:
    """Readable candidates, and the commonest reason where there is none."""
    codes = raw_candidates.select(pl.col("parse_error").str.extract(r"^(\w+)").alias("code")).collect()["code"]
    readable = int(codes.is_null().sum())
    counts = Counter(codes.drop_nulls().to_list())
    cause = None if readable or not counts else cause_of(counts)
    return dg.AssetCheckResult(
        passed=cause is None,
        metadata={"candidates": len(codes), "readable": readable, **dict(counts.most_common())},
        description=cause or f"{readable} of {len(codes)} candidates can be read",
    )


@dg.asset_check(
    asset="raw_candidates",
    partitions_def=batch_by_generator,
    description="Every pair that a completion holds is a candidate, repeats another, or is beyond its share or the "
    "target; every completion has a candidate.",
)
def every_pair_is_accounted_for(
    context: dg.AssetCheckExecutionContext, raw_candidates: pl.LazyFrame
) -> dg.AssetCheckResult:
    """The account that generating kept, beside the table that it wrote."""
    wanted = dg.AssetRecordsFilter(dg.AssetKey("raw_candidates"), asset_partitions=[context.partition_key])
    records = context.instance.fetch_materializations(wanted, limit=1).records
    written = records[0].asset_materialization if records else None
    account = written.metadata.get("account") if written is not None else None
    kept = account.value if account is not None and isinstance(account.value, dict) else None
    round_ = written.metadata.get("round") if written is not None else None
    if round_ is not None:
        raw_candidates = raw_candidates.filter(pl.col("round").fill_null(1) == round_.value)
    rows = _height(raw_candidates)
    if kept is None:
        return dg.AssetCheckResult(
            passed=True, metadata={"candidates": rows}, description="written before accounts were kept"
        )
    passed = kept.get("unaccounted") == 0 and kept.get("candidates") == rows
    return dg.AssetCheckResult(
        passed=passed,
        metadata={str(name): int(count) for name, count in kept.items()} | {"rows": rows},
        description=f"{kept.get('pairs_found')} pairs of {kept.get('completions')} completions, "
        + ("all accounted for" if passed else f"{kept.get('unaccounted')} unaccounted, {rows} rows in the table"),
    )


def _height(frame: pl.LazyFrame) -> int:
    return int(frame.select(pl.len()).collect().item())
