"""Assets of training: checkpoints by model and data set, and the ablation over seeds. Nothing here starts by itself."""

import json
import tempfile
from pathlib import Path
from typing import Any, NamedTuple

import dagster as dg
import polars as pl

from apigen_assets.domain.standin import any_standin
from apigen_assets.files.json_types import JsonObject
from apigen_assets.files.markdown import table
from apigen_assets.orchestration.metadata import figure
from apigen_assets.orchestration.retries import again_or_stop
from apigen_assets.partitions import ModelPartition, model_by_dataset
from apigen_assets.settings import Settings
from apigen_assets.training.ablation import (
    ABLATION_SCHEMA,
    AblationConfig,
    ablation_figure,
    ablation_markdown,
    ablation_row,
)
from apigen_assets.training.curves import curve_figure
from apigen_assets.training.examples import COLUMNS, RELEVANCE
from apigen_assets.training.model_card import accuracy_table
from apigen_assets.training.recipe import load_recipe
from apigen_assets.training.released import released_as
from resources.lake.io_manager import LakeIOManager
from resources.lake.lake import Lake, LakeError
from resources.trainer.resource import TrainerResource
from resources.trainer.trainer import Trainer, TrainingError, TrainingJob

TABLES = {
    "verified": "function_calling_dataset",
    "plus_fail_semantic": "plus_fail_semantic_dataset",
    "plus_fail_execution": "plus_fail_execution_dataset",
}
"""The table that each data set's rows are read from."""


def checkpoint_folder(settings: Settings, model: str, dataset: str) -> Path:
    """Where the checkpoint of a model and a data set stands."""
    return settings.checkpoints_dir.resolve() / model / dataset


@dg.asset(
    partitions_def=model_by_dataset,
    pool="gpu",
    group_name="training",
    kinds={"pytorch", "deepspeed", "huggingface"},
    code_version="1",
    deps=list(TABLES.values()),
)
def xlam_checkpoints(
    context: dg.AssetExecutionContext,
    lake: dg.ResourceParam[LakeIOManager],
    trainer: TrainerResource,
    settings: dg.ResourceParam[Settings],
) -> dg.MaterializeResult[None]:
    """A model trained on a data set by its recipe (paper, section 4), as a folder that transformers and vLLM load.

    The training program runs in processes of its own; its progress is in this run's log. A run that was
    killed goes on from its last good checkpoint when it is materialised again.
    """
    model, dataset = ModelPartition.of(context)
    out = checkpoint_folder(settings, model, dataset)
    _train(context, _Work(lake.lake, trainer.trainer(), settings), model, dataset, out, {})
    result = json.loads((out / "training.json").read_text(encoding="utf-8"))
    return dg.MaterializeResult(metadata=_metadata(result, out))


@dg.asset(
    io_manager_key="lake",
    pool="gpu",
    group_name="training",
    kinds={"pytorch", "polars"},
    code_version="1",
    deps=list(TABLES.values()),
)
def ablation_report(
    context: dg.AssetExecutionContext,
    config: AblationConfig,
    lake: dg.ResourceParam[LakeIOManager],
    trainer: TrainerResource,
    settings: dg.ResourceParam[Settings],
) -> dg.MaterializeResult[pl.DataFrame]:
    """The paper's ablation (Fig. 5) with a small model: each data set, several seeds, one held-out set.

    The launchpad takes another recipe than `tiny`, such as one that starts from a real base. Runs that are finished are
    not repeated, so an interrupted report goes on where it stopped.
    """
    work = _Work(lake.lake, trainer.trainer(), settings)
    rows = []
    for seed in config.seeds:
        for dataset in TABLES:
            out = settings.checkpoints_dir.resolve() / "ablation" / Path(config.model).stem / f"{dataset}-{seed}"
            changes = {**config.recipe_changes(), "seed": str(seed)}
            _train(context, work, config.model, dataset, out, changes, again=False)
            result = json.loads((out / "training.json").read_text(encoding="utf-8"))
            rows.append(ablation_row(dataset, seed, result))
            context.log.info(f"{dataset}, seed {seed}: {rows[-1]['all']:.1%}")
    order = pl.col("dataset").replace_strict({name: place for place, name in enumerate(TABLES)}, return_dtype=pl.Int64)
    frame = pl.DataFrame(rows, schema=ABLATION_SCHEMA, orient="row").sort(order, "seed")
    return dg.MaterializeResult(
        value=frame,
        metadata={
            "table": dg.MetadataValue.md(ablation_markdown(frame)),
            "plot": figure(ablation_figure(frame), "ablation"),
        },
    )


class _Work(NamedTuple):
    """What training needs beside the recipe."""

    lake: Lake
    trainer: Trainer
    settings: Settings


def _train(
    context: dg.AssetExecutionContext,
    work: _Work,
    model: str,
    dataset: str,
    out: Path,
    changes: dict[str, str],
    again: bool = True,
) -> None:
    with tempfile.TemporaryDirectory(prefix="rows-") as folder:
        rows, verified, lineage = (Path(folder) / name for name in ("rows.parquet", "verified.parquet", "lineage.json"))
        try:
            frame = work.lake.scan(TABLES[dataset])
            frame.sink_parquet(rows)
            if dataset != "verified":
                work.lake.scan(TABLES["verified"]).select(COLUMNS).sink_parquet(verified)
        except LakeError as error:
            raise dg.Failure(str(error), allow_retries=False) from None
        lineage.write_text(json.dumps(_lineage(context, work.settings, dataset, rows)), encoding="utf-8")
        job = TrainingJob(
            recipe=model,
            rows=rows,
            out=out,
            heldout_rows=verified if verified.exists() else None,
            tokenizer_rows=verified if verified.exists() else None,
            lineage=lineage,
            changes=changes,
        )
        if not again and _is_done(job):
            context.log.info(f"{out.name} is finished already")
            return
        try:
            work.trainer.run_followed(job, context)
        except TrainingError as error:
            raise again_or_stop(error, may_pass=error.again) from error


def _lineage(context: dg.AssetExecutionContext, settings: Settings, dataset: str, rows: Path) -> JsonObject:
    """What the model card says of the data: the released revision where these rows are the released ones."""
    frame = pl.scan_parquet(rows)
    generators = frame.select(pl.col("generator").unique().sort()).collect().to_series().drop_nulls().to_list()
    out: JsonObject = {
        "dataset": TABLES[dataset],
        "generators": generators,
        "run_id": context.run.run_id,
    }
    return out | (released_as(settings.release_dir, rows) if dataset == "verified" else {})


def _is_done(job: TrainingJob) -> bool:
    """Whether the folder holds the result of this very recipe on these very rows."""
    import hashlib

    from apigen_assets.training.changes import parse_changes

    try:
        result = json.loads((job.out / "training.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    recipe = load_recipe(job.recipe).updated(parse_changes([f"{key}={value}" for key, value in job.changes.items()]))
    digest = hashlib.sha256(job.rows.read_bytes()).hexdigest()
    same: bool = result["recipe"]["content_hash"] == recipe.content_hash() and result["rows_sha256"] == digest
    return same


def _metadata(result: dict[str, Any], out: Path) -> dict[str, Any]:
    trained, prepared, recipe = result["trained"], result["prepared"], result["recipe"]
    overall = result["heldout"]["trained"]["seen"].get("all")
    stand_in = any_standin(result["lineage"].get("generators", ()))
    metadata: dict[str, Any] = {
        "path": dg.MetadataValue.path(str(out)),
        "held_out_accuracy": dg.MetadataValue.md(
            ("*Stand-in data: the figures show that the machine works.*\n\n" if stand_in else "")
            + accuracy_table(result["heldout"])
        ),
        "loss": figure(curve_figure(trained["curve"], "loss"), "loss"),
        "learning_rate": figure(curve_figure(trained["curve"], "lr"), "learning rate"),
        "final_loss": trained["curve"][-1]["loss"],
        "steps": trained["steps"],
        "parameters": trained["parameters"],
        "tokens_per_second": round(trained["tokens_per_second"], 1),
        "training_seconds": round(trained["seconds"], 1),
        "peak_memory_gb": round(trained["peak_memory_bytes"] / 1e9, 2),
        "device": f"{result['plan']['processes']} x {result['device']['name']}",
        "rows_trained_on": prepared["train"]["rows"],
        "rows_too_long": prepared["left_out"]["too_long"],
        "relevance_share": round(prepared["train"]["by_group"].get(RELEVANCE, 0) / prepared["train"]["rows"], 4),
        "relevance_rows_left_out": prepared["left_out"]["relevance_above_share"],
        "styles_without_rows": ", ".join(prepared["missing"]) or "none",
        "recipe_hash": recipe["content_hash"],
        "rows_sha256": result["rows_sha256"],
        "samples": dg.MetadataValue.md(_samples(result["heldout"]["samples"])),
        "card": dg.MetadataValue.md((out / "README.md").read_text(encoding="utf-8").split("---", 2)[2]),
    }
    if overall:
        metadata["exact_match"] = round(overall["accuracy"], 4)
    if trained["mfu"] is not None:
        metadata["mfu"] = round(trained["mfu"], 4)
    if trained["resumed_from_step"]:
        metadata["resumed_from_step"] = trained["resumed_from_step"]
    return metadata


def _samples(written: list[JsonObject]) -> str:
    cells = [
        (
            f"{sample['group']} ({sample['split']})",
            *(sample[column] for column in ("query", "expected", "written")),
            "right" if sample["exact"] else "wrong",
        )
        for sample in written
    ]
    return table(("style", "query", "expected", "written", ""), cells)
