"""The repository tree of a trained model: its files, its card with scores, evaluation results, a manifest."""

import json
import os
import re
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import polars as pl
import yaml

from apigen_assets.dataset.compose import ABLATION_RULE
from apigen_assets.domain.standin import any_standin
from apigen_assets.files.canonical import content_hash
from apigen_assets.files.folders import staged
from apigen_assets.files.json_types import JsonMapping, JsonObject
from apigen_assets.files.markdown import grid
from apigen_assets.release.shards import file_sha256
from apigen_assets.release.tree import FORMAT, MANIFEST, Tree, complete, read_manifest, same, write_manifest
from resources.bfcl.environment import VERSION

BFCL_DATASET = "gorilla-llm/Berkeley-Function-Calling-Leaderboard"
"""The leaderboard's data set on the Hub, which evaluation results refer to."""

_ABLATIONS = {
    f"plus_fail_{stage}": f"Trained on the data set with the rows that failed the {stage} check added back (paper, "
    "Fig. 5): it shows what that check is worth, and is not meant for use."
    for stage in ("semantic", "execution")
}

_KEPT = (".safetensors", ".json", ".jinja", ".txt", ".model", ".yaml", ".md")
_WEIGHTS = (".safetensors",)


class ModelError(ValueError):
    """A checkpoint that cannot be released; the message says why and what to do."""


class PublishedScore(NamedTuple):
    """Accuracy on one leaderboard category."""

    category: str
    accuracy: float
    """0 to 1."""
    questions: int
    sampled: bool


def scores(table: pl.LazyFrame | None, model: str, dataset: str) -> list[PublishedScore]:
    """Accuracy per category of one model, from rows with a verdict per question; none where there is no such table."""
    if table is None:
        return []
    names = table.collect_schema().names()
    if not {"model", "dataset", "category", "valid"} <= set(names):
        return []
    rows = table.filter((pl.col("model") == model) & (pl.col("dataset") == dataset))
    sampled = pl.col("sampled").any() if "sampled" in names else pl.lit(False)
    grouped = (
        rows.group_by("category")
        .agg(
            pl.col("valid").cast(pl.Float64).mean().alias("accuracy"),
            pl.len().alias("questions"),
            sampled.alias("sampled"),
        )
        .sort("category")
    )
    return [PublishedScore(str(c), float(a), int(n), bool(s)) for c, a, n, s in grouped.collect().iter_rows()]


def write_model(
    target: Path,
    checkpoint: Path,
    found: Sequence[PublishedScore],
    *,
    model: str,
    dataset: str,
    dataset_repo: str | None = None,
    stand_in: bool = False,
) -> Tree:
    """Write the release of a checkpoint to `target`, in place of what stands there.

    Weights are linked, not copied, where the file system allows it.

    Args:
        target: the folder; it is replaced whole.
        checkpoint: a folder that `AutoModelForCausalLM` reads.
        found: leaderboard accuracies; a category asked in part is told as a sample in the card only.
        model: name of the recipe.
        dataset: name of the training set.
        dataset_repo: the data set's repository, where it is published.
        stand_in: rows of the training set were made by stand-ins.

    Raises:
        ModelError: there is no complete checkpoint.
    """
    files = checkpoint_files(checkpoint)
    with staged(target) as staging:
        for name, path in files.items():
            if name != "README.md":
                _link(path, staging / name)
        stand_in = stand_in or _trained_on_stand_ins(checkpoint)
        card = _card(files.get("README.md"), found, model, dataset, dataset_repo, stand_in)
        (staging / "README.md").write_text(card, encoding="utf-8")
        entries = eval_results(found, stand_in)
        if entries:
            (staging / ".eval_results").mkdir()
            text = yaml.safe_dump(entries, sort_keys=False, allow_unicode=True)
            (staging / ".eval_results" / "bfcl.yaml").write_text(text, encoding="utf-8")
        # The card has a hash of its own: scores may be added to a version, other files may not change in it.
        hashes = {name: file_sha256(path) for name, path in files.items() if name != "README.md"}
        manifest: JsonObject = {
            "format": FORMAT,
            "kind": "model",
            "content_hash": content_hash(hashes, 64),
            "card_hash": content_hash([card, entries], 64),
            "provenance": {"model": model, "dataset": dataset, "dataset_repo": dataset_repo, "stand_in": stand_in},
        }
        write_manifest(staging, manifest)
        old = read_manifest(target)
        if old is not None and same(old, manifest) and complete(target, old):
            shutil.rmtree(staging)
            return Tree(target, old, False)
    return Tree(target, manifest, True)


def checkpoint_files(checkpoint: Path) -> dict[str, Path]:
    """The files of a checkpoint that are released, by path in the repository: no pickles, no optimizer states.

    Raises:
        ModelError: the folder does not exist, or lacks config or weights.
    """
    files = {
        path.relative_to(checkpoint).as_posix(): path
        for path in sorted(checkpoint.rglob("*"))
        if path.is_file() and path.suffix in _KEPT and not _private(path.relative_to(checkpoint))
    }
    missing = [name for name in ("config.json",) if name not in files]
    if not any(name.endswith(_WEIGHTS) and "/" not in name for name in files):
        missing.append("*.safetensors")
    if missing:
        raise ModelError(
            f"{checkpoint} is not a complete checkpoint ({', '.join(missing)} is missing): train the model first "
            "(asset xlam_checkpoints)"
        )
    files.pop(MANIFEST, None)
    return files


def eval_results(found: Sequence[PublishedScore], stand_in: bool) -> list[JsonObject]:
    """The entries of `.eval_results/bfcl.yaml`, in the Hub's form; categories asked in part are left out."""
    from huggingface_hub import EvalResultEntry, eval_result_entries_to_yaml

    notes = f"single-turn, official checker (bfcl-eval {VERSION}), run by the publisher"
    if stand_in:
        notes += "; the model was trained on rows of rule-based stand-ins"
    return eval_result_entries_to_yaml(
        [
            EvalResultEntry(
                dataset_id=BFCL_DATASET, task_id=score.category, value=round(100 * score.accuracy, 2), notes=notes
            )
            for score in found
            if not score.sampled
        ]
    )


def _card(
    written: Path | None, shown: Sequence[PublishedScore], model: str, dataset: str, repo: str | None, stand_in: bool
) -> str:
    text = written.read_text(encoding="utf-8") if written is not None else ""
    head, body = split_card(text)
    head.setdefault("library_name", "transformers")
    head.setdefault("pipeline_tag", "text-generation")
    head.setdefault("tags", ["function-calling", "tool-use", "apigen"])
    if repo is not None:
        head["datasets"] = [repo]
    whole = [score for score in shown if not score.sampled]
    if whole:
        index = head.setdefault("model-index", [{"name": model, "results": []}])
        index[0].setdefault("results", []).extend(_index_result(score) for score in whole)
    if not body.strip():
        body = f"# {model}\n\nA function-calling model, trained on the data set `{dataset}`.\n"
    if stand_in and "stand-in" not in body:
        body = (
            "> **Trained on stand-in data.** Rule-based stand-ins made the rows, not language models: no figure here "
            "tells how well a model trained on real data would do.\n\n" + body
        )
    if dataset in _ABLATIONS:
        body = body.rstrip() + f"\n\n## Ablation\n\n{_ABLATIONS[dataset]} Size rule: {ABLATION_RULE}.\n"
    if shown:
        body = body.rstrip() + "\n\n" + _score_table(shown, stand_in) + "\n"
    return "---\n" + yaml.safe_dump(head, sort_keys=False, allow_unicode=True) + "---\n\n" + body.lstrip()


def split_card(text: str) -> tuple[JsonObject, str]:
    """Front matter and body of a card; a card without readable front matter has an empty one."""
    match = re.match(r"---\n(.*?)\n---\n?(.*)", text, re.DOTALL)
    if match is None:
        return {}, text
    try:
        head = yaml.safe_load(match[1])
    except yaml.YAMLError:
        return {}, match[2]
    return (head if isinstance(head, dict) else {}), match[2]


def _index_result(score: PublishedScore) -> JsonObject:
    return {
        "task": {"type": "text-generation", "name": "Function calling"},
        "dataset": {"type": BFCL_DATASET, "name": "BFCL", "config": score.category},
        "metrics": [
            {"type": "accuracy", "name": f"BFCL {score.category}", "value": round(100 * score.accuracy, 2)},
        ],
    }


def _score_table(shown: Sequence[PublishedScore], stand_in: bool) -> str:
    lines = [
        "## BFCL, single-turn" + (" (stand-in data)" if stand_in else ""),
        "",
        "Official checker; run by the publisher.",
        "",
    ]
    rows = [
        (score.category, f"{score.accuracy:.2%}", f"{score.questions:,}{' (a sample)' if score.sampled else ''}")
        for score in shown
    ]
    return "\n".join([*lines, grid(("category", "accuracy", "questions"), rows, right=("accuracy",))])


def _trained_on_stand_ins(checkpoint: Path) -> bool:
    try:
        result: JsonMapping = json.loads((checkpoint / "training.json").read_text(encoding="utf-8"))
        names = (result.get("lineage") or {}).get("generators") or ()
    except (OSError, ValueError, AttributeError):
        return False
    return any_standin(names)


def _private(path: Path) -> bool:
    return any(part.startswith((".", "global_step", "checkpoint-")) for part in path.parts) or path.name == MANIFEST


def _link(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.link(source, target)
    except OSError:  # another file system, or one without links
        shutil.copyfile(source, target)
