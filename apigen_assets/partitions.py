"""The partition dimensions; Dagster allows two at most, so the query style stays a column."""

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
