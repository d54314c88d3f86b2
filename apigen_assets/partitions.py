"""The partition dimensions; Dagster allows two at most, so the query style stays a column."""

from typing import NamedTuple

import dagster as dg

from apigen_assets.training.recipe import recipe_names
from resources.llm.generators import generator_names

api_batches = dg.DynamicPartitionsDefinition(name="api_batch")
"""One key per dropped source (its slug), or per 100 APIs of a large one (`<slug>--001`, ...)."""

generators = dg.StaticPartitionsDefinition(generator_names())
"""One key per language model configured in generators.yaml."""

batch_by_generator = dg.MultiPartitionsDefinition({"api_batch": api_batches, "generator": generators})

models = dg.StaticPartitionsDefinition(recipe_names())
"""One key per training recipe."""

datasets = dg.StaticPartitionsDefinition(["verified", "plus_fail_semantic", "plus_fail_execution"])
"""The data set and its two ablations (paper, Fig. 5)."""

model_by_dataset = dg.MultiPartitionsDefinition({"dataset": datasets, "model": models})

ALL_THAT_EXISTS = {"allow_missing_partitions": True}
"""Metadata of an input: one table over the partitions that were made, however few."""

_Context = dg.AssetExecutionContext | dg.AssetCheckExecutionContext


class BatchPartition(NamedTuple):
    """One batch of APIs and the generator that writes for it."""

    batch: str
    generator: str

    @classmethod
    def of(cls, context: _Context) -> "BatchPartition":
        """The partition of a run."""
        keys = _keys(context, batch_by_generator)
        return cls(keys["api_batch"], keys["generator"])


class ModelPartition(NamedTuple):
    """One model and the data set that it is trained on."""

    model: str
    dataset: str

    @classmethod
    def of(cls, context: _Context) -> "ModelPartition":
        """The partition of a run."""
        keys = _keys(context, model_by_dataset)
        return cls(keys["model"], keys["dataset"])


def _keys(context: _Context, definition: dg.MultiPartitionsDefinition) -> dict[str, str]:
    key = context.partition_key
    if not isinstance(key, dg.MultiPartitionKey):
        key = definition.get_partition_key_from_str(key)
    return dict(key.keys_by_dimension)
