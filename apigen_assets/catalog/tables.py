"""What must hold of the catalog's tables."""

import json
from typing import Literal

import polars as pl

from apigen_assets.catalog.importers.imported import INTERNAL_ERROR
from apigen_assets.domain.api import Api, RejectedApi
from apigen_assets.files.excerpt import counted


def catalog_apis(frame: pl.DataFrame) -> list[Api]:
    """The records of a catalog table."""
    return [Api.from_row(row) for row in frame.iter_rows(named=True)]


def reject(api: Api, step: Literal["documentation", "accessibility"], reason: str, detail: str) -> RejectedApi:
    """What a filter says of an API that it rejects, with the API in it."""
    return RejectedApi(
        source=api.source.name,
        file=api.source.file,
        original_name=api.source.original_name,
        step=step,
        reason=reason,
        detail=detail,
        api=api.model_dump(mode="json"),
    )


def catalog_faults(frame: pl.DataFrame) -> list[str]:
    """What is wrong with a catalog table, for people; an empty one is sound."""
    faults = []
    for column in ("api_id", "name"):
        again = frame.filter(~pl.col(column).is_first_distinct())[column]
        if again.len():
            faults.append(f"{counted(again.len(), 'API')} with the {column} of another, such as {again[0]}")
    for row in frame.iter_rows(named=True):
        try:
            Api.from_row(row)
        except ValueError as error:
            faults.append(f"{row['name']}: {str(error)[:200]}")
    return faults


def importer_faults(rejects: pl.DataFrame) -> list[str]:
    """Rejects for which an importer is to blame and not the source, for people."""
    own = rejects.filter(pl.col("reason") == INTERNAL_ERROR)
    return [
        f"{name or file}: {detail}"[:200] for file, name, detail in own.select("file", "original_name", "detail").rows()
    ]


def conservation_faults(before: pl.DataFrame, kept: pl.DataFrame, rejected: pl.DataFrame | None) -> list[str]:
    """Where in = kept + rejected does not hold, by API id."""
    ids = list(kept["api_id"])
    if rejected is not None:
        ids += [json.loads(api)["api_id"] for api in rejected["api"].drop_nulls()]
    faults = []
    lost = set(before["api_id"]) - set(ids)
    new = set(ids) - set(before["api_id"])
    if lost:
        faults.append(f"{counted(len(lost), 'API')} vanished: {', '.join(sorted(lost)[:5])}")
    if new:
        faults.append(f"{counted(len(new), 'API')} came from nowhere: {', '.join(sorted(new)[:5])}")
    if len(ids) != len(set(ids)):
        faults.append(f"{counted(len(ids) - len(set(ids)), 'API')} in both tables, or twice in one")
    return faults


def reasons_against(rejected: pl.DataFrame) -> list[str]:
    """Why APIs were rejected, one sentence per reason, the commonest first, each with its first API's detail.

    Args:
        rejected: rows of `RejectedApi.SCHEMA`, of any steps.
    """
    grouped = (
        rejected.group_by("step", "reason", maintain_order=True)
        .agg(pl.len().alias("count"), pl.col("original_name").first(), pl.col("detail").first())
        .sort("count", descending=True, maintain_order=True)
    )
    sentences = []
    for step, reason, count, name, detail in grouped.iter_rows():
        first = ": ".join(part for part in (name, detail) if part)
        example = f" (first {first})" if first else ""
        sentences.append(f"{counted(count, 'API')} rejected at {step} as {reason.replace('_', ' ')}{example}"[:300])
    return sentences
