"""Assets of generation: the seed examples, and raw candidates per batch and generator (paper, section 3.1)."""

from collections.abc import Callable, Iterator
from typing import Any

import dagster as dg
import polars as pl

from apigen_assets.domain.api import Api
from apigen_assets.domain.chat import EndpointError
from apigen_assets.files.canonical import content_hash
from apigen_assets.functions.library import all_seeds
from apigen_assets.generation.generate import Generated, generate
from apigen_assets.generation.prompts import library_hash
from apigen_assets.generation.shown_examples import ShownExample, from_seeds, from_verified
from apigen_assets.orchestration.automation import ONCE
from apigen_assets.orchestration.metadata import bar_plot, column_counts, counts_table, samples
from apigen_assets.partitions import batch_by_generator
from apigen_assets.settings import settings
from resources.lake.lake import Lake, LakeError
from resources.llm.generators import GeneratorsFileError, MissingKeyError, UnknownGeneratorError, generators
from resources.llm.journal import JournalError
from resources.llm.resource import LlmResource

GROUP = "generation"
GENERATION_VERSION = content_hash([library_hash(), "sampling 1", "parsing 1"], 12)
"""Changes with every prompt text, and with the rules of sampling and parsing."""


class SeedConfig(dg.Config):
    """What the pool of examples consists of."""

    include_verified: bool = False
    """Add verified rows of earlier rounds, as the paper does; prompts then change, and new completions are paid for."""
    verified_limit: int = 2_000


@dg.asset(
    group_name=GROUP,
    io_manager_key="lake",
    kinds={"polars", "parquet"},
    code_version="1",
    automation_condition=ONCE | dg.AutomationCondition.code_version_changed(),
    description="Examples shown to the generators: the hand-written seeds of the built-in functions and, where asked "
    "for, verified rows of earlier rounds.",
)
def seed_examples(context: dg.AssetExecutionContext, config: SeedConfig) -> dg.Output[pl.DataFrame]:
    """The pool that the example sampler draws from."""
    examples = from_seeds(all_seeds())
    if config.include_verified:
        try:
            rows = (
                Lake(settings().lake_url).scan("semantic_verified").select("candidate_id", "query", "answers", "tools")
            )
            examples += from_verified(rows.bottom_k(config.verified_limit, by="candidate_id").collect())
        except LakeError as error:
            context.log.warning(f"no verified rows to add: {error}")
    frame = ShownExample.frame(examples)
    return dg.Output(
        frame,
        metadata={
            "examples": frame.height,
            "styles": counts_table(column_counts(frame, "style"), "style"),
            "origins": counts_table(column_counts(frame, "origin"), "origin"),
            "samples": samples(frame, ["style", "query", "answers"]),
        },
    )


@dg.asset(
    group_name=GROUP,
    io_manager_key="lake",
    kinds={"openai", "polars"},
    code_version=GENERATION_VERSION,
    partitions_def=batch_by_generator,
    pool="llm",
    # A batch is generated once. Edits of what is above never spend money by themselves: materialise by hand for that.
    automation_condition=ONCE,
    check_specs=[
        dg.AssetCheckSpec(
            "as_many_as_asked_for",
            asset="raw_candidates",
            partitions_def=batch_by_generator,
            description="The target number of candidates was reached; a token budget may stop before.",
        )
    ],
    description="Query-answer pairs as one language model wrote them for one batch of APIs, before any check; what "
    "could not be parsed is kept with the reason.",
)
def raw_candidates(
    context: dg.AssetExecutionContext,
    filtered_api_catalog: pl.DataFrame,
    seed_examples: pl.DataFrame,
    llm: LlmResource,
) -> Iterator[dg.Output[pl.DataFrame] | dg.AssetCheckResult]:
    """Draw prompts, ask, parse. Answers are journalled: a repeated run asks only for what is missing."""
    key = context.partition_key
    assert isinstance(key, dg.MultiPartitionKey)
    batch, generator = key.keys_by_dimension["api_batch"], key.keys_by_dimension["generator"]
    config = settings()
    try:
        known = generators(config).get(generator)
        target = config.candidates(filtered_api_catalog.height, known is not None and known.is_standin)
        made = generate(
            [Api.from_row(row) for row in filtered_api_catalog.iter_rows(named=True)],
            [ShownExample.from_row(row) for row in seed_examples.iter_rows(named=True)],
            generator,
            batch,
            target,
            llm,
            config.seed,
            config.pairs_per_prompt,
            config.languages,
            _progress(context, generator, batch),
        )
    except (EndpointError, JournalError, GeneratorsFileError, MissingKeyError, UnknownGeneratorError) as error:
        raise dg.Failure(description=str(error), allow_retries=isinstance(error, EndpointError)) from error
    if made.stopped is not None:
        context.log.warning(made.stopped)
    yield dg.Output(made.candidates, metadata=_metadata(made, llm, generator))
    yield dg.AssetCheckResult(
        passed=made.candidates.height >= target,
        severity=dg.AssetCheckSeverity.WARN,
        metadata={"target": target, "candidates": made.candidates.height},
        description=made.stopped or f"{made.candidates.height} candidates",
    )


def _metadata(made: Generated, llm: LlmResource, generator: str) -> dict[str, Any]:
    frame = made.candidates
    usage = llm.usage(generator, "generate")
    failed = frame.filter(pl.col("parse_error").is_not_null())
    reasons = column_counts(failed.with_columns(pl.col("parse_error").str.extract(r"^(\w+)")), "parse_error")
    wordings = frame.with_columns(pl.col("prompt_id").str.extract(r"/([a-z]+)").alias("wording"))
    return {
        "candidates": frame.height,
        "unparseable": failed.height,
        "parse_errors": counts_table(reasons),
        "styles": counts_table(column_counts(frame, "style"), "style"),
        "wordings": counts_table(column_counts(wordings, "wording"), "wording"),
        "styles_plot": bar_plot(column_counts(frame, "style"), f"candidates of {generator}, by style asked for"),
        "prompts": made.prompts,
        "asked": usage.asked,
        "from_journal": made.cached,
        "completions": counts_table(dict(made.statuses), "status"),
        "lists_among_other_text": made.isolated,
        "prompt_tokens": made.prompt_tokens,
        "completion_tokens": made.completion_tokens,
        "cost_usd": round(usage.cost, 4),
        "retries": usage.retries,
        "stand_in": generator.startswith("standin-"),
        "samples": samples(frame, ["style", "query", "answers", "parse_error"]),
    }


def _progress(context: dg.AssetExecutionContext, generator: str, batch: str) -> Callable[[int, int], None]:
    """Logs every tenth of the way."""
    shown = -1

    def show(done: int, target: int) -> None:
        nonlocal shown
        tenth = done * 10 // target
        if tenth > shown:
            shown = tenth
            context.log.info(f"{generator} on {batch}: {done} of {target} candidates")

    return show
