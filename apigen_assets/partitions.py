"""The partition dimensions; Dagster allows two at most, so the query style stays a column."""

import dagster as dg

from resources.generators import generator_names

api_batches = dg.DynamicPartitionsDefinition(name="api_batch")
"""One key per dropped source (its slug), or per 100 APIs of a large one (`<slug>--001`, ...)."""

generators = dg.StaticPartitionsDefinition(generator_names())
"""One key per language model configured in generators.yaml."""

batch_by_generator = dg.MultiPartitionsDefinition({"api_batch": api_batches, "generator": generators})
