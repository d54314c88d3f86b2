"""The lake: one Parquet file per asset partition."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import duckdb
import polars as pl
from upath import UPath

from apigen_assets.files.atomic import whole_path, write_text
from resources.lake.errors import LakeError
from resources.lake.remote import RemoteFiles

__all__ = ["SCHEMA_VERSION", "Lake", "LakeError"]

SCHEMA_VERSION = 1
"""Version of the table layouts; raise it when a reader of today cannot read what was written before."""

_FILE, _MARKER = "data.parquet", "_lake.json"


class Lake:
    """Tables as Parquet files under `root`: `<root>/<asset>/[<dimension>=<key>/...]data.parquet`.

    A reader gets one frame over any number of partitions. Writes are atomic: a temporary file and a rename on
    a local disk, one put on an object store.

    Args:
        root: a folder, or a URL such as `s3://bucket/prefix`.
        storage_options: credentials and endpoint of the object store; what they leave out comes from the environment
            (see `files.object_store.store_options`).

    Raises:
        LakeError: the lake was written by a newer version of this program, or the store does not answer.
    """

    def __init__(self, root: str, storage_options: Mapping[str, str] | None = None) -> None:
        self._remote = None if "://" not in root else RemoteFiles(root, storage_options)
        self.root = UPath(root) if self._remote is None else self._remote.root
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
        try:
            with whole_path(Path(str(path))) if self._remote is None else self._remote.whole(path) as temporary:
                if isinstance(frame, pl.LazyFrame):
                    frame.sink_parquet(temporary)
                else:
                    frame.write_parquet(temporary)
        except LakeError:
            raise
        except BaseException as error:
            if isinstance(error, OSError) or "os error" in str(error):
                raise LakeError(
                    f"cannot write {path}: {error}. The partition written before is untouched. "
                    "Free disk space or set APIGEN_LAKE to another disk, then run it again."
                ) from error
            raise

    def scan(self, asset: str, partition: Mapping[str, str] | None = None, *, in_ranges: bool = False) -> pl.LazyFrame:
        """One lazy frame over every partition of the asset, or over those that match `partition`.

        Args:
            asset: its name.
            partition: dimensions to select by.
            in_ranges: see `scan_paths`.

        Raises:
            LakeError: nothing of the asset was materialised.
        """
        wanted = {f"{dimension}={key}" for dimension, key in (partition or {}).items()}
        paths = [path for path in self.paths(asset) if wanted <= set(path.parts)]
        if not paths:
            which = f" for {dict(partition)}" if partition else ""
            raise LakeError(f"{asset} has no table in {self.root}{which}: materialise it first")
        return self.scan_paths(paths, in_ranges=in_ranges)

    def file_with(self, asset: str, column: str, value: str) -> UPath | None:
        """The first file of the asset with a row that has the value there; of all files that one column is read."""
        paths = self.paths(asset)
        if not paths:
            return None
        places, options = ([str(path) for path in paths], None) if self._remote is None else self._remote.places(paths)
        found = (
            pl.scan_parquet(
                places,
                hive_partitioning=False,
                storage_options=options,
                include_file_paths=_FILE,
                extra_columns="ignore",
            )
            .select(column, _FILE)
            .filter(pl.col(column) == value)
            .head(1)
            .collect()
        )
        return None if found.is_empty() else paths[places.index(found[_FILE][0])]

    def scan_paths(self, paths: Sequence[UPath], *, in_ranges: bool = False) -> pl.LazyFrame:
        """One lazy frame over the given files; a column that one of them lacks is null in its rows.

        Args:
            paths: the files.
            in_ranges: fetch from an object store only what is read, and not whole files first: for looking something
                up, where it does no harm that a file may be replaced meanwhile.

        Raises:
            LakeError: one is not a table (any more): the message names it.
        """
        places, options = [str(path) for path in paths], None
        if self._remote is not None:
            places, options = self._remote.places(paths) if in_ranges else (self._remote.copies(paths), None)
        frames = [pl.scan_parquet(place, hive_partitioning=False, storage_options=options) for place in places]
        schemas = [self._schema(path, frame) for path, frame in zip(paths, frames, strict=True)]
        if len({tuple(schema.items()) for schema in schemas}) > 1:
            # An earlier version wrote some of them.
            return pl.concat(frames, how="diagonal_relaxed")
        return pl.scan_parquet(places, hive_partitioning=False, storage_options=options)

    @staticmethod
    def _schema(path: UPath, frame: pl.LazyFrame) -> pl.Schema:
        try:
            return frame.collect_schema()
        except FileNotFoundError:
            raise LakeError(f"{path} is gone: materialise its asset again, or restore the file from a backup") from None
        except (pl.exceptions.PolarsError, OSError) as error:
            said = (str(error).splitlines() or [""])[0]
            raise LakeError(
                f"{path} is damaged and no Parquet file ({said}): delete it and materialise its asset again, or "
                "restore it from a backup; what models answered is in the journal and is not asked for again"
            ) from None

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
        if self._remote is not None:
            # DuckDB reads object stores through the same file system, with the same credentials, as everything else.
            connection.register_filesystem(self.root.fs)
        for asset in self.assets():
            pattern = self._address(self.root / asset / "**" / _FILE).replace("'", "''")
            name = asset.replace('"', '""')
            connection.execute(
                f'CREATE VIEW "{name}" AS SELECT * '
                f"FROM read_parquet('{pattern}', hive_partitioning=true, union_by_name=true)"
            )
        return connection

    def _address(self, path: UPath) -> str:
        return str(path) if self._remote is None else f"{self.root.protocol}://{path.path.lstrip('/')}"

    def sql(self, query: str) -> pl.DataFrame:
        """The result of a DuckDB query over the views, as a frame."""
        with self.connect() as connection:
            frame: pl.DataFrame = connection.sql(query).pl()
            return frame

    def _check_version(self) -> None:
        marker, text = self.root / _MARKER, self._marker()
        if text is None:
            return
        try:
            version = int(json.loads(text)["schema_version"])
        except (ValueError, KeyError, TypeError) as error:
            raise LakeError(
                f"{marker} is damaged ({error}): restore it, or move the lake away and run again"
            ) from error
        if version > SCHEMA_VERSION:
            raise LakeError(
                f"the lake {self.root} has schema version {version}; this program knows versions up to "
                f"{SCHEMA_VERSION}. Update the program, or set APIGEN_LAKE to another folder. Nothing was changed."
            )

    def _marker(self) -> bytes | None:
        marker = self.root / _MARKER
        if self._remote is not None:
            return self._remote.read(marker)
        return Path(str(marker)).read_bytes() if marker.exists() else None

    def _mark_version(self) -> None:
        if self._marker() is not None:
            return
        marker = self.root / _MARKER
        text = json.dumps({"schema_version": SCHEMA_VERSION})
        if self._remote is None:
            write_text(Path(str(marker)), text)
        elif not self._remote.create(marker, text.encode()):
            self._check_version()  # somebody else was first, perhaps a newer program
