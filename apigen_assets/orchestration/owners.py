"""Who looks after an asset: one team per group of the graph."""

import dagster as dg

_TEAMS = {
    "catalog": "team:api-catalog",
    "generation": "team:data",
    "verification": "team:data",
    "dataset": "team:data",
    "release": "team:data",
    "training": "team:models",
    "evaluation": "team:models",
}


def with_owner(spec: dg.AssetSpec) -> dg.AssetSpec:
    """The spec with the owner of its group, where it has none of its own."""
    team = _TEAMS.get(spec.group_name or "")
    return spec if spec.owners or team is None else spec.replace_attributes(owners=[team])
