"""One line per source of APIs: what it holds, what became of it, what to do."""

import polars as pl

from apigen_assets.catalog.batches import BatchKey
from apigen_assets.catalog.names import BUILTIN
from apigen_assets.catalog.tables import reasons_against
from resources.lake.lake import Lake, LakeError

REJECTS = ("unimported_apis", "undocumented_apis", "inaccessible_apis")
TABLES = ("api_catalog", "filtered_api_catalog", *REJECTS, "raw_candidates", "semantic_verified")
"""The tables that the lines are read from."""

SOURCES_SCHEMA = pl.Schema(
    {
        "source": pl.String,
        "state": pl.String,
        "found": pl.Int64,
        "usable": pl.Int64,
        "rejected": pl.Int64,
        "reasons": pl.String,
        "candidates": pl.Int64,
        "verified": pl.Int64,
        "what_to_do": pl.String,
    }
)


def sources(lake: Lake, present: set[str], problems: dict[str, str]) -> pl.DataFrame:
    """The table of sources, in alphabetical order.

    Args:
        lake: the tables.
        present: slugs of what lies in the watched folder now.
        problems: entries of the folder that cannot be a source, by file name, with the reason.

    Returns:
        `SOURCES_SCHEMA`: one row per source that was ever imported, and one per entry that cannot be one.
    """
    counts = {table: _by_source(lake, table) for table in TABLES}
    rejected = _rejected(lake)
    names = sorted({name for table in ("api_catalog", *REJECTS) for name in counts[table]} | present)
    rows = []
    for name in names:
        reasons = reasons_against(rejected.filter(pl.col("source") == name))
        rejects = sum(counts[table].get(name, 0) for table in REJECTS)
        usable = counts["filtered_api_catalog"].get(name, 0)
        state = _state(name, present, counts)
        rows.append(
            {
                "source": name,
                "state": state,
                "found": counts["api_catalog"].get(name, 0) + counts["unimported_apis"].get(name, 0),
                "usable": usable,
                "rejected": rejects,
                "reasons": ". ".join(reasons[:5]),
                "candidates": counts["raw_candidates"].get(name, 0),
                "verified": counts["semantic_verified"].get(name, 0),
                "what_to_do": _what_to_do(state, name, reasons),
            }
        )
    rows += [
        {
            "source": name,
            "state": "left out",
            **dict.fromkeys(("found", "usable", "rejected", "candidates", "verified"), 0),
            "reasons": reason,
            "what_to_do": f"{name}: {reason}",
        }
        for name, reason in sorted(problems.items())
    ]
    return pl.DataFrame(rows, schema=SOURCES_SCHEMA, orient="row")


def _state(name: str, present: set[str], counts: dict[str, dict[str, int]]) -> str:
    if name != BUILTIN and name not in present:
        return "removed"
    if name not in counts["api_catalog"] and not any(name in counts[table] for table in REJECTS):
        return "waiting for its import"
    if not counts["filtered_api_catalog"].get(name):
        return "no usable API"
    if not counts["semantic_verified"].get(name):
        return "no verified row yet"
    return "in use"


def _what_to_do(state: str, name: str, reasons: list[str]) -> str:
    match state:
        case "removed":
            return "nothing: its tables stay in the lake; drop the file again to use it"
        case "waiting for its import":
            return "wait, or materialise `api_catalog` for it"
        case "no usable API":
            why = reasons[0] if reasons else "it holds no API"
            return f"mend the source and drop it again: {why}"
        case "no verified row yet":
            return f"materialise `raw_candidates` of {name}, or see on the stages' `rejected` tables why no row is left"
        case _:
            return "nothing"


def _by_source(lake: Lake, table: str) -> dict[str, int]:
    """Rows per source, summed over its batches, also 0 where a partition was made and is empty."""
    totals: dict[str, int] = {}
    for path in lake.paths(table):
        batch = next(part.partition("=")[2] for part in path.parts if part.startswith("api_batch="))
        rows = int(lake.scan_paths([path], in_ranges=True).select(pl.len()).collect().item())
        slug = BatchKey.parse(batch).slug
        totals[slug] = totals.get(slug, 0) + rows
    return totals


def _rejected(lake: Lake) -> pl.DataFrame:
    columns = ["source", "step", "reason", "original_name", "detail"]
    frames = []
    for table in REJECTS:
        try:
            frames.append(lake.scan(table).select(columns).collect())
        except LakeError:
            continue
    return pl.concat(frames) if frames else pl.DataFrame(schema=dict.fromkeys(columns, pl.String))
