"""Evaluates the automation conditions of all assets: what lies downstream of a new batch runs by itself."""

import dagster as dg

automation = dg.AutomationConditionSensorDefinition(
    "automation",
    target=dg.AssetSelection.all(),
    default_status=dg.DefaultSensorStatus.RUNNING,
    minimum_interval_seconds=5,
    description="Runs what is missing or older than its inputs, where a blocking check did not fail.",
)
"""The only automation sensor. Dagster's own default one ships stopped and would run everything twice."""
