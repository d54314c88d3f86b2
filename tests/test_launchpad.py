"""What a person may set for a run says in the launchpad what it does and what it is by default."""

import pytest

from apigen_assets.definitions import defs


def fields():
    graph = defs.resolve_asset_graph().assets_defs
    return {
        f"{definition.node_def.name}.{name}": field
        for definition in graph
        if definition.is_executable and getattr(definition.node_def, "config_schema", None) is not None
        for name, field in getattr(definition.node_def.config_schema.config_type, "fields", {}).items()
    }


# Sorted: every test process has to see the same order.
FIELDS = dict(sorted(fields().items()))


def test_there_is_something_to_set():
    assets = {place.partition(".")[0] for place in FIELDS}
    assert assets >= {"raw_candidates", "huggingface_dataset", "bfcl_scores", "row_trace"}


@pytest.mark.parametrize("place", FIELDS)
def test_a_field_has_help_and_a_default(place):
    field = FIELDS[place]
    assert field.description and len(field.description) > 20
    assert field.default_provided or not field.is_required
