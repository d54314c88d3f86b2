"""The whole filtered catalog as the samplers see it, pinned by a version."""

import json
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache

import polars as pl

from apigen_assets.catalog.pinned_library import library_version
from apigen_assets.domain.api import Api
from apigen_assets.generation.similarity import terms_of

_KEPT = 4_096
"""Records kept of those read from a table; a library of 16,000 APIs is cheaper as text."""


class Library:
    """APIs in the order of their ids, each a record when asked for.

    Args:
        table: rows of `Api.SCHEMA`; of several with one id or one name the first counts.
    """

    def __init__(self, table: pl.DataFrame) -> None:
        table = (
            table.unique("api_id", keep="first", maintain_order=True)
            .sort("api_id")
            .unique("name", keep="first", maintain_order=True)
        )
        self._table = table.select(name for name in Api.SCHEMA if name in table.columns)
        self.ids: list[str] = table["api_id"].to_list()
        self.names: list[str] = table["name"].to_list()
        self.sources: list[str] = [_source_name(text) for text in table["source"]]
        self.version = library_version(table)
        self._record = lru_cache(maxsize=_KEPT)(self._read)

    @classmethod
    def of(cls, apis: Iterable[Api]) -> "Library":
        """A library of records at hand."""
        return cls(Api.frame(apis))

    def __len__(self) -> int:
        return len(self.ids)

    def api(self, place: int) -> Api:
        """The record at a place."""
        return self._record(place)

    def terms(self) -> Iterator[dict[str, int]]:
        """Per API, the weighted words by which it is like others."""
        columns = ("name", "description", "parameters")
        for name, description, parameters in self._table.select(columns).iter_rows():
            yield terms_of(name, description, json.loads(parameters).get("properties") or {})

    def without(self, ids: Iterable[str], names: Iterable[str]) -> list[int]:
        """The places of the APIs that have none of the ids and none of the names."""
        ids, names = set(ids), set(names)
        return [
            place
            for place, (api_id, name) in enumerate(zip(self.ids, self.names, strict=True))
            if api_id not in ids and name not in names
        ]

    def without_table(self, ids: Iterable[str]) -> pl.DataFrame:
        """Rows of `Api.SCHEMA` of the APIs that have none of the ids."""
        return self._table.filter(~pl.col("api_id").is_in(list(ids)))

    def _read(self, place: int) -> Api:
        return Api.from_row(self._table.row(place, named=True))


def source_of(apis: Sequence[Api]) -> list[str]:
    """Names of the sources."""
    return [api.source.name for api in apis]


def _source_name(text: str) -> str:
    return str(json.loads(text)["name"])
