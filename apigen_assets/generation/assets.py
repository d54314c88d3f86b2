"""Assets of generation: the seed examples, and raw candidates per batch and generator (paper, section 3.1)."""

from collections.abc import Callable
from typing import Any

import dagster as dg
import polars as pl

from apigen_assets.domain.api import Api
from apigen_assets.domain.chat import EndpointError
from apigen_assets.domain.standin import is_standin
from apigen_assets.files.canonical import content_hash
from apigen_assets.functions.library import all_seeds
from apigen_assets.generation.generate import generate
from apigen_assets.generation.generated import Generated
from apigen_assets.generation.prompts import library_hash
from apigen_assets.generation.shown_examples import ShownExample, from_seeds, from_verified
from apigen_assets.orchestration.automation import ONCE
from apigen_assets.orchestration.data_versions import content_version
from apigen_assets.orchestration.metadata import bar_plot, column_counts, counts_table, samples
from apigen_assets.orchestration.retries import again_or_stop
from apigen_assets.orchestration.shaping import shaped_by
from apigen_assets.partitions import BatchPartition, batch_by_generator
from apigen_assets.settings import Settings
from resources.lake.io_manager import LakeIOManager
from resources.lake.lake import LakeError
from resources.llm.generators import GeneratorsFileError, MissingKeyError, UnknownGeneratorError, generators
from resources.llm.journal import JournalError
from resources.llm.resource import LlmResource

GENERATION_VERSION = content_hash([library_hash(), "sampling 1", "parsing 2"], 12)
"""Changes with every prompt text, and with the rules of sampling and parsing."""


class SeedConfig(dg.Config):
    """What the pool of examples consists of."""

    include_verified: bool = False
    """Add verified rows of earlier rounds, as the paper does; prompts then change, and new completions are paid for."""
    verified_limit: int = 2_000


@dg.asset(
    group_name="generation",
    io_manager_key="lake",
    kinds={"polars", "parquet"},
    code_version="1",
    automation_condition=ONCE | dg.AutomationCondition.code_version_changed(),
    description="Examples shown to the generators: the hand-written seeds of the built-in functions and, where asked "
    "for, verified rows of earlier rounds.",
)
def seed_examples(
    context: dg.AssetExecutionContext, config: SeedConfig, lake: dg.ResourceParam[LakeIOManager]
) -> dg.MaterializeResult[pl.DataFrame]:
    """The pool that the example sampler draws from."""
    examples = from_seeds(all_seeds())
    if config.include_verified:
        # No dependency of the graph: rows of an earlier round are made from these very examples.
        try:
            rows = lake.lake.scan("semantic_verified").select("candidate_id", "query", "answers", "tools")
            examples += from_verified(rows.bottom_k(config.verified_limit, by="candidate_id").collect())
        except LakeError as error:
            context.log.warning(f"no verified rows to add: {error}")
    frame = ShownExample.frame(examples)
    return dg.MaterializeResult(
        value=frame,
        metadata={
            "examples": frame.height,
            "styles": counts_table(column_counts(frame, "style"), "style"),
            "origins": counts_table(column_counts(frame, "origin"), "origin"),
            "samples": samples(frame, ["style", "query", "answers"]),
        },
    )


@dg.asset(
    group_name="generation",
    io_manager_key="lake",
    kinds={"openai", "polars"},
    code_version=GENERATION_VERSION,
    partitions_def=batch_by_generator,
    pool="llm",
    metadata=shaped_by("seed", "candidates_per_partition", "candidates_per_api", "pairs_per_prompt", "languages"),
    # A batch is generated once. Edits of what is above never spend money by themselves: materialise by hand for that.
    automation_condition=ONCE,
    description="Query-answer pairs as one language model wrote them for one batch of APIs, before any check; what "
    "could not be parsed is kept with the reason.",
)
def raw_candidates(
    context: dg.AssetExecutionContext,
    filtered_api_catalog: pl.DataFrame,
    seed_examples: pl.DataFrame,
    llm: LlmResource,
    settings: dg.ResourceParam[Settings],
) -> dg.MaterializeResult[pl.DataFrame]:
    """Draw prompts, ask, parse. Answers are journalled: a repeated run asks only for what is missing."""
    batch, generator = BatchPartition.of(context)
    try:
        model = generators(settings).get(generator)
        target = settings.candidates(filtered_api_catalog.height, model is not None and model.is_standin)
        generated = generate(
            [Api.from_row(row) for row in filtered_api_catalog.iter_rows(named=True)],
            [ShownExample.from_row(row) for row in seed_examples.iter_rows(named=True)],
            generator,
            batch,
            target,
            llm,
            settings.seed,
            settings.pairs_per_prompt,
            settings.languages,
            _progress(context, generator, batch),
        )
    except (EndpointError, JournalError, GeneratorsFileError, MissingKeyError, UnknownGeneratorError) as error:
        raise again_or_stop(error, may_pass=isinstance(error, EndpointError)) from error
    if generated.failed:
        # The journal keeps what came; a partition that is only begun is not green.
        raise again_or_stop(EndpointError(generated.stopped or ""), may_pass=True)
    if generated.stopped is not None:
        context.log.warning(generated.stopped)
    return dg.MaterializeResult(
        value=generated.candidates,
        data_version=content_version(generated.candidates),
        metadata={"target": target, **_metadata(generated, llm, generator)},
    )


def _metadata(generated: Generated, llm: LlmResource, generator: str) -> dict[str, Any]:
    frame = generated.candidates
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
        "styles_plot": bar_plot(column_counts(frame, "style"), f"candidates of {generator}, by style"),
        "stopped": generated.stopped or "no: the target was reached, or there was nothing left to ask",
        "prompts": generated.prompts,
        "asked": usage.asked,
        "from_journal": generated.cached,
        "completions": counts_table(dict(generated.statuses), "status"),
        "lists_among_other_text": generated.isolated,
        "repairs": counts_table(dict(generated.repairs), "repair"),
        "relabelled": generated.relabelled,
        "account": generated.account(),
        **({"likely_cause": cause} if (cause := generated.likely_cause()) else {}),
        "prompt_tokens": generated.prompt_tokens,
        "completion_tokens": generated.completion_tokens,
        "cost_usd": round(usage.cost, 4),
        "retries": usage.retries,
        "stand_in": is_standin(generator),
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
