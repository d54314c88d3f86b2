"""Which checks stand in the way of a release, and which runs made what is released."""

from collections.abc import Iterable
from typing import Any

import dagster as dg
from dagster import AssetCheckEvaluation, AssetCheckKey, AssetCheckSeverity, AssetKey, DagsterInstance
from dagster._core.event_api import PartitionKeyFilter

from apigen_assets.dataset import checks as dataset_checks
from apigen_assets.evaluation import checks as evaluation_checks
from apigen_assets.files.json_types import JsonObject
from apigen_assets.orchestration.home import PROJECT
from apigen_assets.partitions import api_batches, batch_by_generator
from apigen_assets.release.provenance import code_commit
from apigen_assets.training import checks as training_checks
from apigen_assets.verification.stages import checks as stage_checks

GUARDED = (
    "function_calling_dataset",
    "relevance_rows",
    "composition",
    "semantic_verified",
    "execution_verified",
    "format_verified",
)
"""The assets whose checks guard the release of the data set: what is released, and that nothing vanished on the way."""

TRACED = ("function_calling_dataset", "relevance_rows", "composition")
"""The assets whose runs and versions a release names."""

GUARDED_OF_MODELS = ("xlam_checkpoints", "bfcl_scores")
"""The assets whose checks guard the release of a model, of the model's partition."""


def failed_checks(instance: DagsterInstance, keys: Iterable[AssetCheckKey], partition: str | None = None) -> list[str]:
    """Checks that stand in the way, each with the reason; checks that only warn do not.

    A check stands in the way where its latest run failed, broke off or has not ended, and where it was not run on
    what its asset holds now. An asset that no run materialised has nothing to be checked.

    Args:
        instance: where runs and checks are recorded.
        keys: the checks.
        partition: of a partitioned asset, the one partition that counts; null for all that there are.
    """
    failing = []
    for key in sorted(keys, key=str):
        partitions = [partition] if partition is not None else _partitions(instance, key.asset_key)
        for each in partitions or (None,):
            reason = _reason(instance, key, each)
            if reason is not None:
                place = f", partition {each}" if partition is None and each is not None else ""
                failing.append(f"{key.asset_key.to_user_string()}: {key.name} ({reason}{place})")
    return failing


def _partitions(instance: DagsterInstance, asset: AssetKey) -> list[str]:
    """The partitions of a stage's asset that were made, of batches that there still are; none without partitions."""
    partitions = instance.get_materialized_partitions(asset)
    batches = set(instance.get_dynamic_partitions(str(api_batches.name)))
    return sorted(key for key in partitions if _batch(key) in batches)


def _batch(partition: str) -> str:
    return batch_by_generator.get_partition_key_from_str(partition).keys_by_dimension["api_batch"]


def _reason(instance: DagsterInstance, key: AssetCheckKey, partition: str | None) -> str | None:
    record = _latest(instance, key, partition)
    events = instance.fetch_materializations(
        dg.AssetRecordsFilter(asset_key=key.asset_key, asset_partitions=None if partition is None else [partition]),
        limit=1,
    ).records
    if record is None:
        return "not run" if events else None
    evaluation = record.evaluation
    if not isinstance(evaluation, AssetCheckEvaluation):  # planned, and never done
        return "broke off, or has not ended"
    if not evaluation.passed and evaluation.severity == AssetCheckSeverity.ERROR:
        return "failed"
    target = evaluation.target_materialization_data
    if events and events[0].run_id != record.run_id and (target is None or target.storage_id != events[0].storage_id):
        return "not run since the asset was made again"
    return None


def _latest(instance: DagsterInstance, key: AssetCheckKey, partition: str | None) -> Any:
    if partition is None:
        return instance.get_latest_asset_check_evaluation_record(key)
    return instance.event_log_storage.get_latest_asset_check_execution_by_key(
        [key], PartitionKeyFilter(key=partition)
    ).get(key)


def guarding_checks(assets: Iterable[str] = GUARDED) -> list[AssetCheckKey]:
    """The checks of these assets."""
    wanted = {AssetKey(name) for name in assets}
    loaded = dg.load_asset_checks_from_modules([dataset_checks, stage_checks, training_checks, evaluation_checks])
    return [key for checks in loaded for key in checks.check_keys if key.asset_key in wanted]


def lineage(instance: DagsterInstance) -> JsonObject:
    """What is on record of how the rows were made: code commit, runs and versions, the comparison with BFCL."""
    return {
        "code_commit": code_commit(PROJECT),
        "assets": versions(instance),
        "compared_with_bfcl": compared_with_bfcl(instance),
    }


def compared_with_bfcl(instance: DagsterInstance) -> bool | None:
    """Whether the latest run of `is_decontaminated` had the leaderboard's questions; null where it has not run."""
    record = _latest(instance, AssetCheckKey(AssetKey("function_calling_dataset"), "is_decontaminated"), None)
    evaluation = None if record is None else record.evaluation
    if not isinstance(evaluation, AssetCheckEvaluation) or "compared" not in evaluation.metadata:
        return None
    return bool(evaluation.metadata["compared"].value)


def versions(instance: DagsterInstance, names: Iterable[str] = TRACED) -> dict[str, dict[str, str | None]]:
    """Run id, code version and data version of the latest materialisation of each asset."""
    by_asset: dict[str, dict[str, str | None]] = {}
    for name in names:
        event = instance.get_latest_materialization_event(dg.AssetKey(name))
        if event is None:
            continue
        materialization = event.asset_materialization
        tags = dict(materialization.tags or {}) if materialization is not None else {}
        by_asset[name] = {
            "run_id": event.run_id,
            "code_version": tags.get("dagster/code_version"),
            "data_version": tags.get("dagster/data_version"),
        }
    return by_asset
