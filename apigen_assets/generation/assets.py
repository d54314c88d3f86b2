"""Assets of generation: the seed examples, and raw candidates per batch and generator (paper, section 3.1)."""

import json
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import dagster as dg
import polars as pl
from pydantic import Field

from apigen_assets.catalog.pinned_library import pin_library
from apigen_assets.domain.api import Api
from apigen_assets.domain.chat import EndpointError
from apigen_assets.domain.standin import is_standin
from apigen_assets.files.canonical import content_hash
from apigen_assets.generation.batches import PartitionBatches
from apigen_assets.generation.generate import generate
from apigen_assets.generation.generated import Generated
from apigen_assets.generation.library import Library
from apigen_assets.generation.own_seeds import SeedsError, read_all_seeds
from apigen_assets.generation.prompts import library_hash
from apigen_assets.generation.reached import Wanted
from apigen_assets.generation.rounds import RoundError, pool_of, read_other_rounds, read_pool, rows_of_round
from apigen_assets.generation.shown_examples import ShownExample
from apigen_assets.orchestration.automation import ONCE, ONCE_OR_WAITING
from apigen_assets.orchestration.config import RunConfig
from apigen_assets.orchestration.costs import COST_OF_CANDIDATES
from apigen_assets.orchestration.data_versions import content_version
from apigen_assets.orchestration.metadata import bar_plot, column_counts, counts_table, samples
from apigen_assets.orchestration.retries import again_or_stop
from apigen_assets.orchestration.shaping import shaped_by
from apigen_assets.partitions import BatchPartition, batch_by_generator
from apigen_assets.settings import Settings
from resources.lake.io_manager import LakeIOManager
from resources.llm.batch import BatchFileError
from resources.llm.batch_api import BatchApiError
from resources.llm.batch_notes import BatchNote
from resources.llm.generators import GeneratorsFileError, MissingKeyError, UnknownGeneratorError, generators
from resources.llm.journal import JournalError
from resources.llm.resource import LlmResource

GENERATION_VERSION = content_hash([library_hash(), "sampling 2", "parsing 3"], 12)
"""Changes with every prompt text, and with the rules of sampling and parsing."""
_MOST_PROBLEMS = 20
"""Seeds that are left out, shown with their reason."""


class RoundConfig(RunConfig):
    """Which round of generation a run is for."""

    round: int = 1
    """From 2 on prompts show verified rows of the round before (paper, section 3.1), and candidates are added to those
    of earlier rounds. A later round asks new prompts, which are paid for: it is never started by itself."""
    candidates: int = Field(default=0, ge=0)
    """Pairs to ask for in this run, per partition; 0: what APIGEN_CANDIDATES_PER_PARTITION and
    APIGEN_CANDIDATES_PER_API give. A larger number extends what was made: the same prompts come first."""


class PoolConfig(RunConfig):
    """What the pool of a later round consists of."""

    round: int = 2
    """The round that will show the rows: they are verified rows of the round before, and of no other, so that no row
    echoes for ever."""
    rows_per_api: int = 8
    """Most rows of the pool that call one API first."""


@dg.asset(
    group_name="generation",
    io_manager_key="lake",
    kinds={"polars", "parquet"},
    code_version="2",
    automation_condition=ONCE | dg.AutomationCondition.code_version_changed(),
    metadata=shaped_by("seeds"),
    description="Examples shown to the generators: the hand-written seeds of the built-in functions, and seeds of the "
    "user's own (`APIGEN_SEEDS`).",
)
def seed_examples(
    context: dg.AssetExecutionContext, settings: dg.ResourceParam[Settings]
) -> dg.MaterializeResult[pl.DataFrame]:
    """The pool that the example sampler draws from."""
    try:
        seeds = read_all_seeds(settings.seeds_source)
    except SeedsError as error:
        raise again_or_stop(error, may_pass=False) from error
    for problem in seeds.problems[:_MOST_PROBLEMS]:
        context.log.warning(problem)
    frame = ShownExample.frame(seeds.examples)
    return dg.MaterializeResult(
        value=frame,
        metadata={
            "examples": frame.height,
            "own": frame.filter(pl.col("origin").is_in(["own", "query"])).height,
            "own_rejected": len(seeds.problems),
            "problems": "; ".join(seeds.problems[:_MOST_PROBLEMS]) or "none",
            **_pool(frame),
        },
    )


@dg.asset(
    group_name="generation",
    io_manager_key="lake",
    kinds={"polars", "parquet"},
    code_version="1",
    ins={"semantic_verified": dg.AssetIn(metadata={"allow_missing_partitions": True})},
    description="Verified rows of one round, which the prompts of the next round show. `raw_candidates` of a later "
    "round reads this table; it is not an edge of the graph, since these rows were made from that asset's first round.",
)
def verified_examples(
    context: dg.AssetExecutionContext, config: PoolConfig, semantic_verified: pl.LazyFrame
) -> dg.MaterializeResult[pl.DataFrame]:
    """The pool of one later round."""
    rows = rows_of_round(semantic_verified, config.round - 1)
    frame = ShownExample.frame(pool_of(rows, config.rows_per_api)).with_columns(
        pl.lit(config.round, pl.Int64).alias("round")
    )
    if not frame.height:
        context.log.warning(f"round {config.round - 1} has no verified rows: round {config.round} would show none")
    return dg.MaterializeResult(
        value=frame,
        metadata={
            "round": config.round,
            "examples": frame.height,
            "verified_rows": rows.height,
            "read_by": dg.MetadataValue.asset(dg.AssetKey("raw_candidates")),
            **_pool(frame),
        },
    )


@dg.asset(
    group_name="generation",
    io_manager_key="lake",
    kinds={"openai", "polars"},
    code_version=GENERATION_VERSION,
    partitions_def=batch_by_generator,
    pool="llm",
    metadata=shaped_by(
        "seed", "candidates_per_partition", "candidates_per_api", "pairs_per_prompt", "languages", "verified_per_style"
    ),
    # A batch is generated once. Edits of what is above never spend money by themselves: materialise by hand for that.
    automation_condition=ONCE_OR_WAITING,
    description="Query-answer pairs as one language model wrote them for one batch of APIs, before any check; what "
    "could not be parsed is kept with the reason. A generator with `batch` in generators.yaml is asked through "
    "batches: until they have arrived the partition stays missing, with an observation of what it waits for.",
    output_required=False,
)
def raw_candidates(
    context: dg.AssetExecutionContext,
    filtered_api_catalog: pl.DataFrame,
    seed_examples: pl.DataFrame,
    llm: LlmResource,
    settings: dg.ResourceParam[Settings],
    lake: dg.ResourceParam[LakeIOManager],
    config: RoundConfig,
) -> Iterator[dg.MaterializeResult[pl.DataFrame] | dg.AssetObservation]:
    """Draw prompts, ask, parse. Answers are journalled: a repeated run asks only for what is missing."""
    batch, generator = BatchPartition.of(context)
    partition = {"api_batch": batch, "generator": generator}
    examples = [ShownExample.from_row(row) for row in seed_examples.iter_rows(named=True)]
    # No dependencies of the graph: the catalog of other batches is read as it was pinned, and rows of an earlier round
    # were made from this very asset.
    try:
        earlier = read_other_rounds(lake.lake, partition, config.round)
        examples += read_pool(lake.lake, config.round)
    except RoundError as error:
        raise again_or_stop(error, may_pass=False) from error
    library = None
    if filtered_api_catalog.height:
        pinned = pin_library(lake.lake, batch, filtered_api_catalog)
        library = Library(pinned.apis)
    waits: list[BatchNote] = []
    try:
        model = generators(settings).get(generator)
        target = config.candidates or settings.candidates(
            filtered_api_catalog.height, model is not None and model.is_standin
        )
        wanted = Wanted.of(lake.lake, partition, config.round, settings, filtered_api_catalog.height, library, target)
        batches = None
        if model is not None and model.batch:
            batches = PartitionBatches(settings.batches_dir, model, context.partition_key, llm.client())
            waits = batches.collect()
        if waits:
            yield from _waiting(context, waits, 0)
            return
        stream = batches.stream() if batches else None
        generated = generate(
            [Api.from_row(row) for row in filtered_api_catalog.iter_rows(named=True)],
            examples,
            generator,
            batch,
            target,
            stream or llm,
            settings.seed,
            settings.pairs_per_prompt,
            settings.languages,
            _progress(context, generator, batch),
            library=library,
            round_=config.round,
            structured=model is not None and model.structured,
            prompts=wanted.prompts if wanted else None,
        )
        if batches and stream and stream.lines:
            waits = batches.send(stream)
    except (EndpointError, JournalError, GeneratorsFileError, MissingKeyError, UnknownGeneratorError) as error:
        raise again_or_stop(error, may_pass=isinstance(error, EndpointError)) from error
    except (BatchApiError, BatchFileError) as error:
        raise again_or_stop(error, may_pass=isinstance(error, BatchApiError)) from error
    if waits:
        yield from _waiting(context, waits, generated.prompts)
        return
    if generated.ended == "endpoint":
        # The journal keeps what came; a partition that is only begun is not green.
        raise again_or_stop(EndpointError(generated.stopped or ""), may_pass=True)
    if generated.stopped is not None:
        context.log.warning(generated.stopped)
    rows = pl.concat([*earlier, generated.candidates]).sort("round", maintain_order=True)
    yield dg.MaterializeResult(
        value=rows,
        data_version=content_version(rows),
        metadata={
            "target": target,
            **(wanted.metadata() if wanted else {}),
            "round": config.round,
            "rows_of_other_rounds": sum(frame.height for frame in earlier),
            "library_version": library.version if library else "none",
            "library_apis": len(library) if library else 0,
            **_offered(generated.candidates, library),
            **_metadata(generated, llm, generator),
        },
    )


def _waiting(
    context: dg.AssetExecutionContext, waits: Sequence[BatchNote], answered: int
) -> Iterator[dg.AssetObservation]:
    """Say on the partition what it waits for; it is not materialised."""
    listed = "; ".join(f"{note.id} ({note.requests:,} requests, {note.state})" for note in waits)
    by_hand = [note for note in waits if note.by == "files"]
    if by_hand:
        listed += f": have {by_hand[0].exported} answered, then `apigen batch import`"
    said = f"waits for {'a batch' if len(waits) == 1 else f'{len(waits)} batches'}: {listed}"
    context.log.info(said)
    metadata: dict[str, Any] = {
        "state": said,
        "batches": ", ".join(note.id for note in waits),
        "requests": sum(note.requests for note in waits),
        "answered": answered,
        "submitted": dg.MetadataValue.timestamp(min(note.at for note in waits)),
        "files": ", ".join(note.exported for note in waits),
    }
    yield dg.AssetObservation("raw_candidates", partition=context.partition_key, metadata=metadata)


def _pool(frame: pl.DataFrame) -> dict[str, Any]:
    return {
        "styles": counts_table(column_counts(frame, "style"), "style"),
        "wordings": counts_table(column_counts(frame, "wording"), "wording"),
        "origins": counts_table(column_counts(frame, "origin"), "origin"),
        "samples": samples(frame, ["style", "wording", "query", "answers"]),
    }


def _offered(candidates: pl.DataFrame, library: Library | None) -> dict[str, Any]:
    """What the prompts offered: how many APIs, and how many prompts with several tools mix sources."""
    sources = dict(zip(library.ids, library.sources, strict=True)) if library else {}
    prompts = [{tool["api_id"] for tool in json.loads(text)} for text in candidates.unique("completion_key")["tools"]]
    several = [ids for ids in prompts if len(ids) > 1]
    mixed = sum(len({sources.get(api_id) for api_id in ids}) > 1 for ids in several)
    return {
        "apis_offered": len(set().union(*prompts)),
        "prompts_with_several_tools": len(several),
        "of_which_mix_sources": mixed,
    }


def _metadata(generated: Generated, llm: LlmResource, generator: str) -> dict[str, Any]:
    frame = generated.candidates
    usage = llm.usage(generator, "generate")
    cost = usage.cost + usage.cached_cost
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
        "ended": generated.ended or "done",
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
        COST_OF_CANDIDATES: round(cost, 6),
        **({"cost_usd_per_readable_row": round(cost / generated.readable, 6)} if generated.readable else {}),
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
