"""The IO manager that Dagster reads and writes the lake with."""

import dagster as dg
import polars as pl
from upath import UPath

from apigen_assets.domain.columns import description_of
from apigen_assets.files.markdown import frame_table
from resources.lake.errors import LakeError
from resources.lake.lake import Lake


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
        """Row count, columns with what they say, path, a preview, and the settings that shaped the table."""
        path = self._path_of(context)
        frame = self.lake.scan_paths([path], in_ranges=True)
        schema = frame.collect_schema()
        rows = int(frame.select(pl.len()).collect().item())
        table = context.asset_key.to_user_string()
        settings = (context.definition_metadata or {}).get("settings")
        return {
            **({"settings": settings} if isinstance(settings, dg.MetadataValue) else {}),
            "dagster/row_count": dg.MetadataValue.int(rows),
            "dagster/column_schema": dg.MetadataValue.table_schema(
                dg.TableSchema(
                    [dg.TableColumn(name, str(kind), description_of(table, name)) for name, kind in schema.items()]
                )
            ),
            "path": dg.MetadataValue.path(str(path)),
            "preview": dg.MetadataValue.md(frame_table(frame.head(5).collect(), width=60)),
        }

    def _path_of(self, context: dg.OutputContext) -> UPath:
        if context.has_asset_partitions:
            return next(iter(self._get_paths_for_partitions(context).values()))
        return self._get_path(context)

    @staticmethod
    def _as_asked(context: dg.InputContext, frame: pl.LazyFrame) -> pl.DataFrame | pl.LazyFrame:
        return frame if context.dagster_type.typing_type is pl.LazyFrame else frame.collect()
