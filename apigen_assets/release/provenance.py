"""Where the rows came from: funnel, generators, prompts, API sources, code, runs."""

import json
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import NamedTuple

import polars as pl

from apigen_assets.dataset.compose import Quotas, shortfall_of
from apigen_assets.dataset.funnel import FunnelRow, funnel
from apigen_assets.domain.standin import any_standin, is_standin
from apigen_assets.files.canonical import content_hash
from apigen_assets.files.json_types import JsonMapping, JsonObject
from apigen_assets.verification.stages.judge_prompt import PROMPT_VERSION
from resources.lake.lake import Lake, LakeError
from resources.llm.generators import Generator


class ModelSource(NamedTuple):
    """A language model that wrote or judged rows."""

    name: str
    model: str
    roles: str
    """`generator`, `judge` or both."""
    stand_in: bool


class ApiSource(NamedTuple):
    """One source of APIs, as it was imported."""

    name: str
    format: str
    license: str | None
    apis: int


@dataclass(frozen=True)
class Provenance:
    """How the rows of a release were made. Everything is what the tables say; nothing is assumed."""

    funnel: tuple[FunnelRow, ...] = ()
    models: tuple[ModelSource, ...] = ()
    prompts: tuple[tuple[str, int], ...] = ()
    """Prompt template (its name ends in the hash of its text) and the verified rows it gave."""
    sources: tuple[ApiSource, ...] = ()
    wanted: int = 0
    """Rows with calls that the composition was asked for."""
    shortfall: Mapping[str, int] = field(default_factory=dict)
    """Rows missing to that, by style and, where generators have shares, by generator."""
    compared: bool | None = None
    """Whether every row was compared with BFCL; null where no check of that is on record."""
    contaminated: Mapping[str, int] = field(default_factory=dict)
    """Verified rows left out for a match with BFCL, by kind of match."""
    ablations: Mapping[str, int] = field(default_factory=dict)
    """Rows of the two ablation data sets, where they were made."""
    judge_prompt: str | None = None
    """Hash of the judges' prompt."""
    catalog_hash: str | None = None
    """Hash of what models see of every API: id, name, description, parameters."""
    lineage: JsonMapping = field(default_factory=dict)
    """Code commit, and run id and versions of every asset that the release was made from."""

    @property
    def stand_in(self) -> bool:
        """Whether a stand-in wrote or judged any of the rows."""
        return any(model.stand_in for model in self.models) or any_standin(row.generator for row in self.funnel)

    def record(self) -> JsonObject:
        """As JSON for the manifest."""
        record = asdict(self)
        record["funnel"] = [row._asdict() for row in self.funnel]
        record["models"] = [model._asdict() for model in self.models]
        record["sources"] = [source._asdict() for source in self.sources]
        record["prompts"] = dict(self.prompts)
        return {**record, "stand_in": self.stand_in}


def gather(
    lake: Lake,
    configured: Mapping[str, Generator],
    judges: Sequence[str],
    lineage: JsonMapping,
    wanted: int = 0,
    quotas: Quotas | None = None,
) -> Provenance:
    """What the lake and the configuration say of how the rows were made; tables that are missing say nothing.

    Args:
        lake: the tables.
        configured: the language models by name.
        judges: names of the models that judge.
        lineage: code commit, asset versions and, as `compared_with_bfcl`, whether the rows were compared.
        wanted: rows with calls that the composition was asked for.
        quotas: what it was asked to keep to.
    """
    rows = tuple(funnel(lake))
    sources, catalog_hash = _sources(_table(lake, "filtered_api_catalog"))
    fates = _table(lake, "composition")
    contaminated = _table(lake, "contaminated_rows")
    return Provenance(
        wanted=0 if fates is None else wanted,
        shortfall={} if fates is None else shortfall_of(fates.collect(), wanted, quotas or Quotas()),
        compared=lineage.get("compared_with_bfcl"),
        contaminated={} if contaminated is None else _sorted_counts(contaminated.select("kind").collect()["kind"]),
        ablations=_heights(lake, ("plus_fail_semantic_dataset", "plus_fail_execution_dataset")),
        judge_prompt=PROMPT_VERSION if judges else None,
        funnel=rows,
        models=tuple(_models([row.generator for row in rows], configured, judges)),
        prompts=_prompts(_table(lake, "semantic_verified")),
        sources=sources,
        catalog_hash=catalog_hash,
        lineage=dict(lineage),
    )


def code_commit(folder: Path) -> str | None:
    """The git commit of the code, with `+changes` where files differ from it; null outside a checkout."""
    try:
        commit = _git(folder, "rev-parse", "HEAD")
        return commit + ("+changes" if _git(folder, "status", "--porcelain", "--untracked-files=no") else "")
    except (OSError, subprocess.SubprocessError):
        return None


def _git(folder: Path, *arguments: str) -> str:
    done = subprocess.run(
        ["git", "-C", str(folder), *arguments], capture_output=True, text=True, timeout=10, check=True
    )
    return done.stdout.strip()


def _table(lake: Lake, asset: str) -> pl.LazyFrame | None:
    try:
        return lake.scan(asset)
    except LakeError:
        return None


def _sorted_counts(column: pl.Series) -> dict[str, int]:
    return dict(sorted((str(name), int(count)) for name, count in column.value_counts().iter_rows()))


def _heights(lake: Lake, assets: Sequence[str]) -> dict[str, int]:
    tables = {name: _table(lake, name) for name in assets}
    return {name: int(table.select(pl.len()).collect().item()) for name, table in tables.items() if table is not None}


def _models(generators: Sequence[str], configured: Mapping[str, Generator], judges: Sequence[str]) -> list[ModelSource]:
    models = []
    for name in sorted({*generators, *judges}):
        known = configured.get(name)
        roles = [role for role, names in (("generator", generators), ("judge", judges)) if name in names]
        models.append(
            ModelSource(
                name=name,
                model=known.model if known else "no longer configured",
                roles=" and ".join(roles),
                stand_in=known.is_standin if known else is_standin(name),
            )
        )
    return models


def _prompts(verified: pl.LazyFrame | None) -> tuple[tuple[str, int], ...]:
    if verified is None:
        return ()
    counted = verified.group_by("prompt_id").len().sort("prompt_id").collect()
    return tuple((str(name), int(count)) for name, count in counted.iter_rows())


def _sources(catalog: pl.LazyFrame | None) -> tuple[tuple[ApiSource, ...], str | None]:
    if catalog is None:
        return (), None
    rows = catalog.select("api_id", "name", "description", "parameters", "source").sort("api_id").collect()
    counts: dict[tuple[str, str, str | None], int] = {}
    for text in rows["source"]:
        source = json.loads(text)
        key = (str(source.get("name", "")), str(source.get("format", "")), source.get("license"))
        counts[key] = counts.get(key, 0) + 1
    listed = sorted(counts.items(), key=lambda pair: (pair[0][0], pair[0][1], pair[0][2] or ""))
    shown = list(rows.select("api_id", "name", "description", "parameters").iter_rows())
    return tuple(ApiSource(*key, apis) for key, apis in listed), content_hash(shown, 64)
