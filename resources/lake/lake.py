"""The lake: one Parquet file per asset partition, and the IO manager that Dagster reads and writes it with."""

import json
import os
import threading
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import dagster as dg
import duckdb
import polars as pl
from upath import UPath

from apigen_assets.files.atomic import write_text
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
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_name(f".{_FILE}.{os.getpid()}.{threading.get_ident()}.tmp")
        try:
            if isinstance(frame, pl.LazyFrame):
                frame.sink_parquet(str(temporary))
            else:
                frame.write_parquet(str(temporary))
            os.replace(str(temporary), str(path))
        except BaseException as error:
            temporary.unlink(missing_ok=True)
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
        """One lazy frame over the given files."""
        return pl.scan_parquet(
            [str(path) for path in paths],
            hive_partitioning=False,
            storage_options=self.storage_options or None,
        )

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
        for asset in self.assets():
            pattern = str(self.root / asset / "**" / _FILE).replace("'", "''")
            connection.execute(
                f"CREATE VIEW \"{asset}\" AS SELECT * FROM read_parquet('{pattern}', hive_partitioning=true)"
            )
        return connection

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


class LakeIOManager(dg.UPathIOManager):
    """Stores every asset partition as one Parquet file of the lake.

    An input annotated `pl.DataFrame` or `pl.LazyFrame` is one frame over all the partitions it maps to; with
    input metadata `{"allow_missing_partitions": True}` over those that exist.
    """

    extension = ""

    def __init__(self, lake: Lake) -> None:
        self.lake = lake
        super().__init__(base_path=lake.root)

    def get_path_for_partition(self, context: dg.InputContext | dg.OutputContext, path: UPath, partition: str) -> UPath:
        """`<asset>/<dimension>=<key>/.../data.parquet`."""
        definition = context.asset_partitions_def
        names = (
            sorted(part.name for part in definition.partitions_defs)
            if isinstance(definition, dg.MultiPartitionsDefinition)
            else [getattr(definition, "name", None) or "partition"]
        )
        keys = partition.split("/") if len(names) > 1 else [partition]
        return self.lake.path(context.asset_key.to_user_string(), dict(zip(names, keys, strict=True)))

    def _get_path(self, context: dg.InputContext | dg.OutputContext) -> UPath:
        return self.lake.path(context.asset_key.to_user_string())

    def dump_to_path(self, context: dg.OutputContext, obj: object, path: UPath) -> None:
        """Write a Polars frame."""
        if not isinstance(obj, pl.DataFrame | pl.LazyFrame):
            raise TypeError(f"{context.asset_key.to_user_string()} must give a Polars frame, not {type(obj)}")
        self.lake.write(obj, path)

    def load_from_path(self, context: dg.InputContext, path: UPath) -> pl.DataFrame | pl.LazyFrame:
        """Read one partition."""
        if not path.exists():
            raise FileNotFoundError(f"{path}: materialise {context.asset_key.to_user_string()} first")
        return self._as_asked(context, self.lake.scan_paths([path]))

    def load_partitions(self, context: dg.InputContext) -> pl.DataFrame | pl.LazyFrame:
        """One frame over all partitions of the input, in key order."""
        paths = self._get_paths_for_partitions(context)
        existing = [path for _, path in sorted(paths.items()) if path.exists()]
        missing = len(paths) - len(existing)
        name = context.asset_key.to_user_string()
        if missing and not (context.definition_metadata or {}).get("allow_missing_partitions"):
            gaps = [key for key, path in sorted(paths.items()) if not path.exists()]
            raise LakeError(f"{name}: partitions {', '.join(gaps[:5])} are not materialised ({missing} in all)")
        if not existing:
            raise LakeError(f"{name} has no materialised partition: materialise it first")
        if missing:
            context.log.warning(f"{name}: {missing} of {len(paths)} partitions do not exist yet and are left out")
        return self._as_asked(context, self.lake.scan_paths(existing))

    def get_metadata(self, context: dg.OutputContext, obj: object) -> dict[str, dg.MetadataValue]:
        """Row count, column schema, size on disk's path and a preview of the first rows."""
        path = self._path_of(context)
        frame = self.lake.scan_paths([path])
        schema = frame.collect_schema()
        rows = int(frame.select(pl.len()).collect().item())
        return {
            "dagster/row_count": dg.MetadataValue.int(rows),
            "dagster/column_schema": dg.MetadataValue.table_schema(
                dg.TableSchema([dg.TableColumn(name, str(kind)) for name, kind in schema.items()])
            ),
            "path": dg.MetadataValue.path(str(path)),
            "preview": dg.MetadataValue.md(_markdown(frame.head(5).collect())),
        }

    def _path_of(self, context: dg.OutputContext) -> UPath:
        if context.has_asset_partitions:
            return next(iter(self._get_paths_for_partitions(context).values()))
        return self._get_path(context)

    @staticmethod
    def _as_asked(context: dg.InputContext, frame: pl.LazyFrame) -> pl.DataFrame | pl.LazyFrame:
        return frame if context.dagster_type.typing_type is pl.LazyFrame else frame.collect()


class LakeResource(dg.ConfigurableIOManagerFactory):  # type: ignore[type-arg]
    """The lake as a Dagster resource: the IO manager `lake`, and `lake()` for reading by name."""

    root: str
    storage_options: dict[str, str] = {}

    def create_io_manager(self, context: dg.InitResourceContext) -> LakeIOManager:
        """The IO manager; fails here, before any step, when the lake is unusable."""
        return LakeIOManager(self.lake())

    def lake(self) -> Lake:
        """The lake itself."""
        return Lake(self.root, self.storage_options)


def _markdown(frame: pl.DataFrame, width: int = 60) -> str:
    def cell(value: object) -> str:
        text = "" if value is None else str(value)
        text = text if len(text) <= width else text[: width - 1] + "…"
        return text.replace("|", "\\|").replace("\n", " ").replace("`", "'")

    def line(cells: Iterable[str]) -> str:
        return "| " + " | ".join(cells) + " |"

    head = [line(frame.columns), line("---" for _ in frame.columns)]
    return "\n".join([*head, *(line(cell(value) for value in row) for row in frame.iter_rows())])
