"""Which checks stand in the way of a release, and which runs made what is released."""

from collections.abc import Iterable
from typing import Any

import dagster as dg
from dagster import AssetCheckKey, AssetCheckSeverity, AssetKey, DagsterInstance

from apigen_assets.dataset import checks as dataset_checks

GUARDED = ("function_calling_dataset", "relevance_rows")
"""The assets whose checks guard the release."""


def failed_checks(instance: DagsterInstance, keys: Iterable[AssetCheckKey]) -> list[str]:
    """Checks whose latest run failed or broke off; checks that only warn do not count."""
    failed = []
    for key in sorted(keys, key=str):
        record = instance.get_latest_asset_check_evaluation_record(key)
        if record is not None and _stands_in_the_way(record):
            failed.append(f"{key.asset_key.to_user_string()}: {key.name}")
    return failed


def _stands_in_the_way(record: Any) -> bool:
    evaluation = record.evaluation
    return evaluation is not None and not evaluation.passed and evaluation.severity == AssetCheckSeverity.ERROR


def guarding_checks() -> list[AssetCheckKey]:
    """The checks of the data set's room that guard the release."""
    wanted = {AssetKey(name) for name in GUARDED}
    loaded = dg.load_asset_checks_from_modules([dataset_checks])
    return [key for checks in loaded for key in checks.check_keys if key.asset_key in wanted]


def versions(instance: DagsterInstance, names: Iterable[str] = GUARDED) -> dict[str, dict[str, str | None]]:
    """Run id, code version and data version of the latest materialisation of each asset."""
    found: dict[str, dict[str, str | None]] = {}
    for name in names:
        event = instance.get_latest_materialization_event(dg.AssetKey(name))
        if event is None:
            continue
        materialization = event.asset_materialization
        tags = dict(materialization.tags or {}) if materialization is not None else {}
        found[name] = {
            "run_id": event.run_id,
            "code_version": tags.get("dagster/code_version"),
            "data_version": tags.get("dagster/data_version"),
        }
    return found
