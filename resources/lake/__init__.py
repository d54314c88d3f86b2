"""Tables: one Parquet file per asset partition, read by Polars and DuckDB."""
