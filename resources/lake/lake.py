"""The lake: one Parquet file per asset partition."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import duckdb
import polars as pl
from upath import UPath

from apigen_assets.files.atomic import whole_path, write_text
from apigen_assets.files.json_types import JsonMapping

SCHEMA_VERSION = 1
"""Version of the table layouts; raise it when a reader of today cannot read what was written before."""

_FILE = "data.parquet"


class LakeError(Exception):
    """The lake cannot be used as asked; the message says which part and what to do."""


class Lake:
    """Tables as Parquet files under `root`: `<root>/<asset>/[<dimension>=<key>/...]data.parquet`.

    A reader gets one frame over any number of partitions. Writes are atomic: a temporary file and a rename on
    a local disk, one put on an object store.

    Args:
        root: a folder, or a URL that fsspec and Polars both know, such as `s3://bucket/prefix`.
        storage_options: credentials and endpoint for the object store, as Polars and fsspec take them.

    Raises:
        LakeError: the lake was written by a newer version of this program.
    """

    def __init__(self, root: str, storage_options: JsonMapping | None = None) -> None:
        self.root = UPath(root, **(storage_options or {}))
        self.storage_options = dict(storage_options or {})
        self._local = self.root.protocol in {"", "file"}
        self._check_version()

    def path(self, asset: str, partition: Mapping[str, str] | None = None) -> UPath:
        """The file of one asset partition; dimensions are in alphabetical order."""
        path: UPath = self.root / asset
        for dimension, key in sorted((partition or {}).items()):
            path = path / f"{dimension}={key}"
        return path / _FILE

    def paths(self, asset: str) -> list[UPath]:
        """The files of every partition that exists, in path order."""
        folder = self.root / asset
        return sorted(folder.glob(f"**/{_FILE}"), key=str) if folder.exists() else []

    def write(self, frame: pl.DataFrame | pl.LazyFrame, path: UPath) -> None:
        """Write one partition whole or not at all; a lazy frame is streamed."""
        self._mark_version()
        if not self._local:
            with path.open("wb") as file:
                (frame.collect() if isinstance(frame, pl.LazyFrame) else frame).write_parquet(file)
            return
        try:
            with whole_path(Path(str(path))) as temporary:
                if isinstance(frame, pl.LazyFrame):
                    frame.sink_parquet(temporary)
                else:
                    frame.write_parquet(temporary)
        except BaseException as error:
            if isinstance(error, OSError) or "os error" in str(error):
                raise LakeError(
                    f"cannot write {path}: {error}. The partition written before is untouched. "
                    "Free disk space or set APIGEN_LAKE to another disk, then run it again."
                ) from error
            raise

    def scan(self, asset: str, partition: Mapping[str, str] | None = None) -> pl.LazyFrame:
        """One lazy frame over every partition of the asset, or over those that match `partition`.

        Raises:
            LakeError: nothing of the asset was materialised.
        """
        wanted = {f"{dimension}={key}" for dimension, key in (partition or {}).items()}
        paths = [path for path in self.paths(asset) if wanted <= set(path.parts)]
        if not paths:
            which = f" for {dict(partition)}" if partition else ""
            raise LakeError(f"{asset} has no table in {self.root}{which}: materialise it first")
        return self.scan_paths(paths)

    def scan_paths(self, paths: Sequence[UPath]) -> pl.LazyFrame:
        """One lazy frame over the given files; a column that one of them lacks is null in its rows."""
        options = self.storage_options or None
        frames = [pl.scan_parquet(str(path), hive_partitioning=False, storage_options=options) for path in paths]
        if len({tuple(frame.collect_schema().items()) for frame in frames}) > 1:
            # An earlier version wrote some of them.
            return pl.concat(frames, how="diagonal_relaxed")
        return pl.scan_parquet([str(path) for path in paths], hive_partitioning=False, storage_options=options)

    def assets(self) -> list[str]:
        """Names of the assets that have a table, in alphabetical order."""
        if not self.root.exists():
            return []
        return sorted({path.relative_to(self.root).parts[0] for path in self.root.glob(f"**/{_FILE}")})

    def connect(self) -> duckdb.DuckDBPyConnection:
        """A DuckDB database in memory with one view per asset; no file, so no lock.

        An asset's partition dimensions are columns of its view where the table does not have them itself.
        """
        connection = duckdb.connect(":memory:")
        if not self._local:
            # DuckDB reads object stores through the same file system, with the same credentials, as everything else.
            connection.register_filesystem(self.root.fs)
        for asset in self.assets():
            pattern = self._address(self.root / asset / "**" / _FILE).replace("'", "''")
            connection.execute(
                f'CREATE VIEW "{asset}" AS SELECT * '
                f"FROM read_parquet('{pattern}', hive_partitioning=true, union_by_name=true)"
            )
        return connection

    def _address(self, path: UPath) -> str:
        return str(path) if self._local else f"{self.root.protocol}://{path.path.lstrip('/')}"

    def sql(self, query: str) -> pl.DataFrame:
        """The result of a DuckDB query over the views, as a frame."""
        with self.connect() as connection:
            frame: pl.DataFrame = connection.sql(query).pl()
            return frame

    def _check_version(self) -> None:
        marker = self.root / "_lake.json"
        if not marker.exists():
            return
        try:
            version = int(json.loads(marker.read_text())["schema_version"])
        except (ValueError, KeyError, TypeError) as error:
            raise LakeError(
                f"{marker} is damaged ({error}): restore it, or move the lake away and run again"
            ) from error
        if version > SCHEMA_VERSION:
            raise LakeError(
                f"the lake {self.root} has schema version {version}; this program knows versions up to "
                f"{SCHEMA_VERSION}. Update the program, or set APIGEN_LAKE to another folder. Nothing was changed."
            )

    def _mark_version(self) -> None:
        marker = self.root / "_lake.json"
        if marker.exists():
            return
        text = json.dumps({"schema_version": SCHEMA_VERSION})
        if self._local:
            write_text(Path(str(marker)), text)
        else:
            self.root.mkdir(parents=True, exist_ok=True)
            marker.write_text(text)
