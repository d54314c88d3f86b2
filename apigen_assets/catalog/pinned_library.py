"""The whole filtered catalog as one batch of APIs saw it when it was first drawn from.

Prompts of a batch offer APIs of other sources too. So that a source which comes or goes later changes nothing that was
drawn, the library is kept under a version, and a batch keeps the version it began with as long as its own APIs stay.

Three tables of the lake hold it: `api_library` (the APIs of one batch, by the hash of their content, so that versions
share them), `api_library_versions` (which contents a version consists of), `api_library_pins` (the version of a batch).
"""

import contextlib
import hashlib
from collections.abc import Iterator, Mapping
from typing import NamedTuple

import polars as pl

from apigen_assets.domain.api import Api, Binding, binding_of
from apigen_assets.files.canonical import content_hash
from resources.lake.lake import Lake, LakeError

CATALOG = "filtered_api_catalog"
_PARTS, _VERSIONS, _PINS = "api_library", "api_library_versions", "api_library_pins"


class Pinned(NamedTuple):
    """The library of one batch."""

    version: str
    apis: pl.DataFrame
    """Rows of `Api.SCHEMA`, the batch's own among them."""
    new: bool
    """The batch was pinned just now."""


def library_version(apis: pl.DataFrame) -> str:
    """Changes with what a model sees of any API, and with nothing else; the order does not matter."""
    digest = hashlib.sha256()
    for row in apis.select("api_id", "name", "description", "parameters").sort("api_id").iter_rows():
        digest.update("\0".join(map(str, row)).encode("utf-8", "surrogatepass") + b"\n")
    return digest.hexdigest()[:16]


def pin_library(lake: Lake, batch: str, own: pl.DataFrame, keep: bool = True) -> Pinned:
    """The library that a batch draws from; pinned to the catalog of now where its own APIs are new or were changed.

    Args:
        lake: where catalog and pins are.
        batch: the batch's partition key.
        own: the batch's APIs, rows of `Api.SCHEMA`.
        keep: false only looks, for what a run would do.

    Raises:
        LakeError: a table cannot be written.
    """
    pinned = _pinned(lake, batch, own)
    if pinned is not None:
        return pinned
    parts = [
        lake.scan_paths([path]).collect() for path in lake.paths(CATALOG) if f"api_batch={batch}" not in path.parts
    ]
    parts = [part for part in [own, *parts] if part.height]
    apis = _together(parts)
    version = library_version(apis)
    if keep:
        _keep(lake, batch, own, parts, version)
    return Pinned(version, apis, True)


def _keep(lake: Lake, batch: str, own: pl.DataFrame, parts: list[pl.DataFrame], version: str) -> None:
    contents = []
    for part in parts:
        content = _content(part)
        contents.append(content)
        path = lake.path(_PARTS, {"content": content})
        if not path.exists():
            lake.write(part, path)
    path = lake.path(_VERSIONS, {"version": version})
    if not path.exists():
        # In one order, whichever batch is pinned first: worlds that run in another order keep the same bytes.
        manifest = {"version": [version] * len(contents), "content": sorted(contents)}
        lake.write(pl.DataFrame(manifest, schema=_VERSION_SCHEMA), path)
    pins = lake.path(_PINS, {"api_batch": batch})
    row = pl.DataFrame({"api_batch": [batch], "own_content": [_content(own)], "version": [version]})
    lake.write(pl.concat([lake.scan_paths([pins]).collect(), row]) if pins.exists() else row, pins)


class LibraryBindings(Mapping[str, Binding]):
    """How to call the APIs that a batch's rows may call: its own, and those of other batches where one is asked for.

    An API of another batch is called as the catalog has it now, and as it was pinned where it has gone.

    Args:
        own: the batch's bindings by API id.
        lake: where catalog and pins are.
        batch: the batch's partition key.
    """

    def __init__(self, own: Mapping[str, Binding], lake: Lake, batch: str) -> None:
        self._own = dict(own)
        self._lake = lake
        self._batch = batch
        self._others: dict[str, str] | None = None

    def __getitem__(self, api_id: str) -> Binding:
        if api_id not in self._own:
            if self._others is None:
                self._others = self._read()
            self._own[api_id] = binding_of(self._others[api_id])
        return self._own[api_id]

    def __iter__(self) -> Iterator[str]:
        return iter(self._own)

    def __len__(self) -> int:
        return len(self._own)

    def _read(self) -> dict[str, str]:
        others: dict[str, str] = {}
        pins = self._lake.path(_PINS, {"api_batch": self._batch})
        if pins.exists():
            for version in self._lake.scan_paths([pins]).collect()["version"]:
                others.update(_read_version(self._lake, version).select("api_id", "binding").iter_rows())
        with contextlib.suppress(
            LakeError
        ):  # where nothing is in the catalog any more, what was pinned is all there is
            others.update(self._lake.scan(CATALOG).select("api_id", "binding").collect().iter_rows())
        return others


_VERSION_SCHEMA = pl.Schema({"version": pl.String, "content": pl.String})


def _pinned(lake: Lake, batch: str, own: pl.DataFrame) -> Pinned | None:
    path = lake.path(_PINS, {"api_batch": batch})
    if not path.exists():
        return None
    pins = lake.scan_paths([path]).filter(pl.col("own_content") == _content(own)).collect()
    if not pins.height:
        return None
    version = str(pins["version"][-1])
    return Pinned(version, _read_version(lake, version), False)


def _read_version(lake: Lake, version: str) -> pl.DataFrame:
    manifest = lake.scan_paths([lake.path(_VERSIONS, {"version": version})]).collect()
    return _together([lake.scan_paths([lake.path(_PARTS, {"content": one})]).collect() for one in manifest["content"]])


def _together(parts: list[pl.DataFrame]) -> pl.DataFrame:
    if not parts:
        return Api.frame([])
    # Whichever batch comes first, the library is the same: where two have one API, its text decides.
    every = pl.concat([part.select(Api.SCHEMA.names()) for part in parts]).sort("api_id", "description", "binding")
    return every.unique("api_id", keep="first", maintain_order=True)


def _content(part: pl.DataFrame) -> str:
    """Hash of everything a table says of its APIs but what came of the probe."""
    columns = [name for name in Api.SCHEMA if name != "probe"]
    return content_hash(sorted(part.select(columns).rows()))
