"""Assets that leave the house. Nothing here starts by itself."""

from collections.abc import Iterable, Iterator
from typing import Any

import dagster as dg
import polars as pl

from apigen_assets.dataset.funnel import TABLES as FUNNEL_TABLES
from apigen_assets.dataset.funnel import markdown
from apigen_assets.files.json_types import JsonObject
from apigen_assets.orchestration.config import RunConfig
from apigen_assets.orchestration.shaping import shaped_by
from apigen_assets.partitions import ModelPartition, model_by_dataset
from apigen_assets.release.build import build_dataset
from apigen_assets.release.guards import GUARDED, GUARDED_OF_MODELS, failed_checks, guarding_checks, lineage
from apigen_assets.release.models import ModelError, scores, write_model
from apigen_assets.release.secrets.scan import Report, allowed_ids, known_secrets, scan, scan_everything
from apigen_assets.release.soundness import UnsoundRowsError
from apigen_assets.release.tree import Tree, read_manifest
from apigen_assets.settings import Settings
from apigen_assets.training.released import note_publication
from resources.hub.resource import HubError, HubProblem, HubResource, Publication
from resources.lake.io_manager import LakeIOManager
from resources.lake.lake import LakeError


class ReleaseConfig(RunConfig):
    """Where this release goes, where it differs from the settings."""

    repo: str = ""
    """`namespace/name`; empty: APIGEN_HUB_REPO."""
    version: str = ""
    """Tag for the release; empty: APIGEN_RELEASE_VERSION, or none."""
    local_only: bool = False
    """Write the local folder and publish nothing."""


NO_SECRETS = "no_secrets"
"""The check that is made after the local folder is written and before anything is published."""


@dg.asset(
    group_name="release",
    kinds={"huggingface", "parquet"},
    code_version="2",
    check_specs=[
        dg.AssetCheckSpec(
            NO_SECRETS,
            asset="huggingface_dataset",
            blocking=True,
            description="No secret stands in the lake, the journal, recordings, logs of runs or the release.",
        )
    ],
    metadata=shaped_by("release_title", "release_license", "release_rejects", "release_configs", "release_thoughts"),
    deps=FUNNEL_TABLES,
    pool="hub",
)
def huggingface_dataset(
    context: dg.AssetExecutionContext,
    config: ReleaseConfig,
    function_calling_dataset: pl.LazyFrame,
    lake: dg.ResourceParam[LakeIOManager],
    hub: HubResource,
    settings: dg.ResourceParam[Settings],
) -> Iterator[dg.AssetCheckResult | dg.MaterializeResult[None]]:
    """The release: shards, card and manifest in a local folder, published where a repository and HF_TOKEN are set."""
    _stop_at_checks(context.instance, GUARDED)
    repo, version = _target(config, settings)
    if repo and hub.has_token():
        _access(hub, repo, version)
    try:
        tree, provenance = build_dataset(
            settings, lake.lake, lineage(context.instance), dataset=function_calling_dataset
        )
    except UnsoundRowsError as error:
        raise _stop(str(error)) from None
    yield from _guard(scan_everything(settings, lake.lake, {"release of this run": tree.path}))
    loaded = _load(context, hub, tree)
    published = _publish(context, hub, tree, repo, version, settings.hub_private, "dataset")
    if published.get("revision"):
        note_publication(settings.release_dir, tree.content_hash, repo, published["revision"], version)
    rows = {
        f"{name}/{split}": split_info["rows"]
        for name, config_ in tree.manifest["configs"].items()
        for split, split_info in config_["splits"].items()
    }
    yield dg.MaterializeResult(
        metadata={
            "path": dg.MetadataValue.path(str(tree.path)),
            "written": tree.changed,
            "content_hash": tree.content_hash,
            "rows": dg.MetadataValue.json(rows),
            "loaded": loaded,
            "funnel": dg.MetadataValue.md(markdown(list(provenance.funnel))),
            "stand_in": provenance.stand_in,
            "card": dg.MetadataValue.md((tree.path / "README.md").read_text(encoding="utf-8").split("---", 2)[2]),
            **published,
        }
    )


@dg.asset(
    group_name="release",
    kinds={"huggingface"},
    code_version="1",
    partitions_def=model_by_dataset,
    deps=["xlam_checkpoints", "bfcl_scores"],
    check_specs=[
        dg.AssetCheckSpec(
            NO_SECRETS,
            asset="huggingface_models",
            blocking=True,
            description="No secret stands in the files that are published beside the weights.",
        )
    ],
    pool="hub",
)
def huggingface_models(
    context: dg.AssetExecutionContext,
    config: ReleaseConfig,
    lake: dg.ResourceParam[LakeIOManager],
    hub: HubResource,
    settings: dg.ResourceParam[Settings],
) -> Iterator[dg.AssetCheckResult | dg.MaterializeResult[None]]:
    """One trained model with its card and leaderboard scores, published where a repository and HF_TOKEN are set."""
    model, dataset = ModelPartition.of(context)
    _stop_at_checks(context.instance, GUARDED_OF_MODELS, context.partition_key)
    namespace = (settings.hub_repo or "").split("/")[0]
    repo = config.repo or (
        settings.hub_model_repo.format(namespace=namespace, model=model, dataset=dataset) if namespace else ""
    )
    version = config.version or settings.release_version
    repo = "" if config.local_only else repo
    if repo and hub.has_token():
        _access(hub, repo, version)
    try:
        table: pl.LazyFrame | None = lake.lake.scan("bfcl_scores")
    except LakeError:
        table = None
    card_scores = scores(table, model, dataset)
    manifest = read_manifest(settings.release_dir / "function-calling-dataset") or {}
    try:
        tree = write_model(
            (settings.release_dir / "models" / f"{model}-{dataset}").resolve(),
            (settings.checkpoints_dir / model / dataset).resolve(),
            card_scores,
            model=model,
            dataset=dataset,
            dataset_repo=settings.hub_repo,
            stand_in=bool(manifest.get("provenance", {}).get("stand_in")),
        )
    except ModelError as error:
        raise _stop(str(error)) from None
    secrets = known_secrets(settings, lake.lake)
    yield from _guard(scan({"release of this run": tree.path}, secrets, allowed_ids(settings.home)))
    published = _publish(context, hub, tree, repo, version, settings.hub_private, "model")
    yield dg.MaterializeResult(
        metadata={
            "path": dg.MetadataValue.path(str(tree.path)),
            "written": tree.changed,
            "content_hash": tree.content_hash,
            "scores": dg.MetadataValue.json({score.category: score.accuracy for score in card_scores}),
            "card": dg.MetadataValue.md((tree.path / "README.md").read_text(encoding="utf-8").split("---", 2)[2]),
            **published,
        }
    )


def _guard(report: Report) -> Iterator[dg.AssetCheckResult]:
    """The check's result, and the end of the run where something was found."""
    message = report.message()
    yield dg.AssetCheckResult(
        passed=not report.findings,
        check_name=NO_SECRETS,
        description=message,
        metadata={
            "texts": report.texts,
            "secrets": len(report.findings),
            "found": dg.MetadataValue.json([finding.sentence() for finding in report.findings]),
        },
    )
    if report.findings:
        raise _stop(f"not released: {message}")


def _target(config: ReleaseConfig, settings: Settings) -> tuple[str, str | None]:
    repo = "" if config.local_only else config.repo or settings.hub_repo or ""
    return repo, config.version or settings.release_version or None


def _stop_at_checks(instance: dg.DagsterInstance, assets: Iterable[str], partition: str | None = None) -> None:
    failed = failed_checks(instance, guarding_checks(assets), partition)
    if failed:
        raise _stop(
            "not released: these checks are not passed: " + "; ".join(failed) + ". Look at them in the UI, repair what "
            "they found and run them again."
        )


def _access(hub: HubResource, repo: str, version: str | None) -> None:
    """Find out before the work, not after it, that the token is of no use."""
    try:
        hub.check_access(repo, version)
    except HubError as error:
        raise _stop(str(error), error) from None


def _load(context: dg.AssetExecutionContext, hub: HubResource, tree: Tree) -> str:
    if not tree.changed:
        return "not read again: nothing changed"
    try:
        report = hub.load(str(tree.path))
    except HubError as error:
        if error.problem is HubProblem.BAD_REQUEST:  # datasets is not installed
            context.log.warning(f"not loaded: {error}")
            return str(error)
        raise _stop(f"the release does not load: {error}", error) from None
    return "load_dataset reads every config: " + ", ".join(f"{name} {rows:,}" for name, rows in report.rows.items())


def _publish(
    context: dg.AssetExecutionContext,
    hub: HubResource,
    tree: Tree,
    repo: str,
    version: str | None,
    private: bool,
    kind: Any,
) -> JsonObject:
    if not repo:
        why = "no repository is set (APIGEN_HUB_REPO)"
    elif not hub.has_token():
        why = "HF_TOKEN is not set"
    else:
        try:
            done = hub.publish(
                tree.path,
                repo,
                kind=kind,
                version=version,
                private=private,
                say=context.log.info,
            )
        except HubError as error:
            raise _stop(str(error), error) from None
        return _metadata(done)
    context.log.info(f"kept in {tree.path}, not published: {why}")
    return {"published": f"no: {why}"}


def _metadata(done: Publication) -> dict[str, Any]:
    return {
        "published": "a new commit" if done.committed else "the repository held this release already",
        "url": dg.MetadataValue.url(done.url),
        **({"revision_url": dg.MetadataValue.url(f"{done.url}/tree/{done.revision}")} if done.revision else {}),
        "revision": done.revision or "",
        "version": done.version or "",
        "verified": done.verified,
        "changes": dg.MetadataValue.md("```\n" + "\n".join(done.changes.lines()) + "\n```"),
        "notes": "; ".join(done.notes),
    }


def _stop(message: str, error: HubError | None = None) -> dg.Failure:
    # A retry helps only where the Hub could not be reached.
    again = error is not None and error.problem in {HubProblem.UNREACHABLE, HubProblem.DEADLINE, HubProblem.CRASHED}
    return dg.Failure(description=message, allow_retries=again)
