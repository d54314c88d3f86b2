"""The local release of what the lake holds."""

from pathlib import Path

import polars as pl

from apigen_assets.dataset.compose import quotas_of
from apigen_assets.dataset.funnel import STAGES
from apigen_assets.files.json_types import JsonMapping
from apigen_assets.release.configs import configs, json_lines
from apigen_assets.release.dataset_card import dataset_card, facts
from apigen_assets.release.provenance import Provenance, gather
from apigen_assets.release.soundness import check_rows
from apigen_assets.release.tree import Tree, write_tree
from apigen_assets.settings import Settings
from resources.lake.lake import Lake, LakeError
from resources.llm.generators import generators, judge_names


def dataset_folder(config: Settings) -> Path:
    """Where the local release of the data set stands."""
    return (config.release_dir / "function-calling-dataset").resolve()


def build_dataset(
    config: Settings, lake: Lake, lineage: JsonMapping, dataset: pl.LazyFrame | None = None
) -> tuple[Tree, Provenance]:
    """Write the release tree of the lake's data set; nothing is written where it holds this release already.

    Args:
        config: title, licence, folder, whether to release rejects.
        lake: the tables.
        lineage: code commit, asset versions and whether the rows were compared with BFCL (`release.checks.lineage`).
        dataset: the rows; by default the lake's `function_calling_dataset`.

    Raises:
        resources.lake.lake.LakeError: there is no data set.
        UnsoundRowsError: its rows may not be released.
    """
    rows = lake.scan("function_calling_dataset") if dataset is None else dataset
    check_rows(rows)
    provenance = gather(lake, generators(config), _judges(config), lineage, config.dataset_size, quotas_of(config))
    rejects = _rejects(lake) if config.release_rejects else ()
    parts = configs(rows, rejects, config.release_configs, config.release_thoughts)
    exports = json_lines(rows, config.release_configs)
    card_facts = facts(
        rows,
        config.release_title,
        config.release_license,
        provenance,
        {part.name: part.about for part in parts} | {export.name: export.about for export in exports},
        ("en", *config.languages),
        config.hub_repo,
    )
    tree = write_tree(
        dataset_folder(config), parts, lambda infos: dataset_card(card_facts, infos), provenance.record(), exports
    )
    return tree, provenance


def _rejects(lake: Lake) -> list[pl.LazyFrame]:
    tables = []
    for stage in STAGES:
        try:
            tables.append(lake.scan(f"{stage}_rejected"))
        except LakeError:
            continue
    return tables


def _judges(config: Settings) -> list[str]:
    try:
        return judge_names(config)
    except LookupError:
        return []
