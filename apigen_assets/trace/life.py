"""A row's life, gathered from the tables, the journal and the releases."""

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl
from upath import UPath

from apigen_assets.domain.reason import Stage
from apigen_assets.files.json_types import JsonObject
from resources.lake.lake import Lake, LakeError
from resources.llm.journal import journalled

TABLES = {
    "verified": "function_calling_dataset",
    "failed semantic added": "plus_fail_semantic_dataset",
    "failed execution added": "plus_fail_execution_dataset",
}


class UnknownRowError(LookupError):
    """No table holds the row or API; the message says what was looked for and where."""


@dataclass
class StageVerdict:
    """What one stage said of the row, with every column that the stage writes."""

    stage: str
    passed: bool
    columns: JsonObject


@dataclass
class RowLife:
    """What is on record of one row; what does not exist is null or empty."""

    candidate: JsonObject
    apis: list[JsonObject] = field(default_factory=list)
    """Catalog records of the APIs offered: source file and hash, texts before and after rewriting, probe."""
    request: JsonObject | None = None
    """The prompt as it was sent, with the examples shown in it."""
    completion: JsonObject | None = None
    """What came back: text, tokens, status."""
    verdicts: list[StageVerdict] = field(default_factory=list)
    fate: JsonObject | None = None
    """What composition did with it."""
    places: dict[str, JsonObject] = field(default_factory=dict)
    """Its id and split in each data set that holds it."""
    release: JsonObject | None = None
    """The local release that holds the data set, with repository and revision where it was published."""


def row_life(lake: Lake, journals: Path, releases: Path, row_id: str) -> RowLife:
    """Everything on record of a row.

    Args:
        lake: the tables.
        journals: folder with one journal per generator.
        releases: folder of local releases.
        row_id: a `candidate_id`, or the number of a row of the data set.

    Raises:
        UnknownRowError: no table holds it.
        LakeError: there is no table to look in.
    """
    if not lake.paths("raw_candidates"):
        lake.scan("raw_candidates")  # says which table to make
    asked = _dataset_row(lake, row_id) if row_id.isdecimal() and len(row_id) < 12 else None
    candidate_id = row_id if asked is None else str(asked["candidate_id"]).rsplit(":", 1)[-1]
    file = lake.file_with("raw_candidates", "candidate_id", candidate_id)
    candidate = None if file is None else _in_files(lake, [file], pl.col("candidate_id") == candidate_id)
    if candidate is None:
        raise UnknownRowError(
            f"no candidate {candidate_id!r} in {lake.root}: give a candidate_id, or the id of a row of the data set"
        )
    partition = {"api_batch": str(candidate["batch"]), "generator": str(candidate["generator"])}
    life = RowLife(candidate=candidate, verdicts=_verdicts(lake, candidate_id, partition))
    life.apis = _apis(lake, json.loads(candidate["tools"]))
    record = journalled(journals / str(candidate["generator"]), str(candidate["completion_key"]))
    if record is not None:
        life.request = record.get("request")
        life.completion = {name: value for name, value in record.items() if name != "request"}
    life.fate = _one(lake, "composition", pl.col("candidate_id") == candidate_id)
    for name, table in TABLES.items():
        place = _one(lake, table, (pl.col("candidate_id") == candidate_id) & ~pl.col("kind").is_in(_RELEVANCE))
        if place is not None:
            life.places[name] = {key: place[key] for key in ("id", "split", "kind", "category")}
    if asked is not None and asked["kind"] in _RELEVANCE:
        life.places["relevance row made from it"] = {key: asked[key] for key in ("id", "query", "split", "kind")}
    if life.places.keys() & {"verified", "relevance row made from it"}:
        life.release = _release(releases)
    return life


def api_life(lake: Lake, name: str) -> JsonObject:
    """What became of an API: where it stands in the catalog, and the rows that call it.

    Args:
        lake: the tables.
        name: its name in the catalog, its id, or its name in the source.

    Raises:
        UnknownRowError: no table of the catalog knows it.
    """
    named = (pl.col("name") == name) | (pl.col("api_id") == name)
    for table in ("filtered_api_catalog", "accessible_apis", "documented_apis", "api_catalog"):
        api = _one(lake, table, named)
        if api is not None:
            break
    else:
        table, api = _rejected_api(lake, name)
    life: JsonObject = {"reached": table, "api": _structured(api)}
    if "api_id" in api:
        life["verified"] = _rows_calling(lake, "semantic_verified", f'"api_id":"{api["api_id"]}"', str(api["name"]))
        life["released"] = _released_rows(lake, str(api["api_id"]))
    return life


_RELEVANCE = ["tool_removed", "argument_missing", "other_domain"]


def _dataset_row(lake: Lake, row_id: str) -> JsonObject:
    lake.scan("function_calling_dataset")
    row = _one(lake, "function_calling_dataset", pl.col("id") == int(row_id))
    if row is None:
        raise UnknownRowError(f"function_calling_dataset in {lake.root} has no row {row_id}: its ids begin at 0")
    return row


def _verdicts(lake: Lake, candidate_id: str, partition: Mapping[str, str]) -> list[StageVerdict]:
    shared = {"candidate_id", "generator", "batch", "query", "tools", "answers", "thought", "prompt_id"}
    shared |= {"completion_key", "raw_text", "parse_error", "repairs", "style"}
    verdicts = []
    for stage in Stage:
        for fate in ("verified", "rejected"):
            row = _one(lake, f"{stage}_{fate}", pl.col("candidate_id") == candidate_id, partition)
            if row is not None:
                columns = _structured({name: value for name, value in row.items() if name not in shared})
                verdicts.append(StageVerdict(stage.value, fate == "verified", columns))
    return verdicts


def _apis(lake: Lake, tools: list[JsonObject]) -> list[JsonObject]:
    ids = [str(tool.get("api_id", "")) for tool in tools]
    try:
        table = lake.scan("filtered_api_catalog").filter(pl.col("api_id").is_in(ids)).collect()
    except LakeError:
        return []
    by_id = {str(row["api_id"]): _structured(row) for row in table.iter_rows(named=True)}
    return [by_id[api_id] for api_id in ids if api_id in by_id]


def _release(releases: Path) -> JsonObject | None:
    try:
        manifest = json.loads((releases / "function-calling-dataset" / "release.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    names = ("content_hash", "repository", "revision", "version", "rows")
    return {name: manifest[name] for name in names if name in manifest}


def _rejected_api(lake: Lake, name: str) -> tuple[str, JsonObject]:
    for table in ("unimported_apis", "undocumented_apis", "inaccessible_apis"):
        api = _one(lake, table, pl.col("original_name") == name)
        if api is not None:
            return table, api
    raise UnknownRowError(
        f"no API {name!r} in the catalog of {lake.root}: give its name or id as `apigen sql` shows it"
    )


def _rows_calling(lake: Lake, table: str, offered: str, name: str) -> JsonObject:
    try:
        rows = lake.scan(table).filter(
            pl.col("tools").str.contains(offered, literal=True)
            & pl.col("answers").str.contains(f'"name":{json.dumps(name)}', literal=True)
        )
        table_ = rows.select("candidate_id", "generator", "style").collect()
    except LakeError:
        return {"rows": 0, "first": []}
    return {"rows": table_.height, "first": table_["candidate_id"].head(10).to_list()}


def _released_rows(lake: Lake, api_id: str) -> JsonObject:
    try:
        rows = lake.scan("function_calling_dataset").filter(
            pl.col("api_ids").str.contains(json.dumps(api_id), literal=True) & ~pl.col("kind").is_in(_RELEVANCE)
        )
        table = rows.select("id", "candidate_id").collect()
    except LakeError:
        return {"rows": 0, "first": []}
    return {"rows": table.height, "first": table["id"].head(10).to_list()}


def _one(lake: Lake, table: str, wanted: pl.Expr, partition: Mapping[str, str] | None = None) -> JsonObject | None:
    """The first row of a table, or of the one file of a partition."""
    paths = lake.paths(table) if partition is None else [lake.path(table, partition)]
    return _in_files(lake, [path for path in paths if partition is None or path.exists()], wanted)


def _in_files(lake: Lake, paths: Sequence[UPath], wanted: pl.Expr) -> JsonObject | None:
    if not paths:
        return None
    rows = lake.scan_paths(paths, in_ranges=True).filter(wanted).head(1).collect()
    return None if rows.is_empty() else rows.row(0, named=True)


def _structured(row: JsonObject) -> JsonObject:
    """The row with its JSON columns read."""
    out: JsonObject = {}
    for name, value in row.items():
        if isinstance(value, str) and value[:1] in "[{":
            with suppress(ValueError):
                value = json.loads(value)
        out[name] = value
    return out
