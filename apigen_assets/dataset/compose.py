"""Which verified rows make the data set: exact de-duplication, quotas by style, one order by seed."""

from collections.abc import Mapping
from typing import NamedTuple

import duckdb
import polars as pl

from apigen_assets.generation.candidate import Style

EVEN_SHARES: Mapping[str, float] = {style.value: 1 / len(Style) for style in Style}
"""The paper does not publish its shares of the styles; even ones are the neutral choice."""


class Composition(NamedTuple):
    """The chosen rows and what was left out, with the reason."""

    rows: pl.DataFrame
    """CHECKED_SCHEMA, in the order of the data set."""
    duplicates: int
    over_quota: dict[str, int]
    """Verified rows not taken, by style."""
    shortfall: dict[str, int]
    """Rows missing to the target, by style."""


def compose(verified: pl.LazyFrame, size: int, seed: int, shares: Mapping[str, float] = EVEN_SHARES) -> Composition:
    """Choose at most `size` rows by style quotas, as a pure function of the verified rows and the seed.

    Rows with the same query (case and spaces aside) and the same calls are one; the first in the seeded order
    stays. A style with fewer rows than its quota is reported as a shortfall and not filled from another.

    Raises:
        ValueError: the shares are negative or do not sum to 1.
    """
    if abs(sum(shares.values()) - 1) > 1e-6 or min(shares.values()) < 0:
        raise ValueError(f"style shares must be non-negative and sum to 1, not {dict(shares)}")
    columns = verified.collect_schema().names()
    with duckdb.connect(":memory:") as connection:
        _rank(connection, verified, seed)
        unique = dict(connection.execute("SELECT style, count(*) FROM ranked GROUP BY style").fetchall())
        [(total,)] = connection.execute("SELECT count(*) FROM verified").fetchall()
        quotas = {style: int(size * share) for style, share in shares.items()}
        connection.register("quotas", pl.DataFrame({"style": list(quotas), "quota": list(quotas.values())}))
        rows: pl.DataFrame = connection.sql(
            f"""
            SELECT {", ".join(f"verified.{name}" for name in columns)}
            FROM verified JOIN ranked USING (candidate_id) JOIN quotas ON quotas.style = ranked.style
            WHERE ranked.place <= quotas.quota ORDER BY ranked.draw, candidate_id
            """
        ).pl()
    taken = {style: min(unique.get(style, 0), quota) for style, quota in quotas.items()}
    return Composition(
        rows=rows.select(columns),
        duplicates=total - sum(unique.values()),
        over_quota={style: count - taken.get(style, 0) for style, count in sorted(unique.items())},
        shortfall={style: quota - taken[style] for style, quota in quotas.items()},
    )


def unique_rows(frame: pl.LazyFrame, seed: int) -> pl.DataFrame:
    """All rows without exact copies, in the seeded order; the columns are those of the frame."""
    columns = frame.collect_schema().names()
    with duckdb.connect(":memory:") as connection:
        _rank(connection, frame, seed)
        rows: pl.DataFrame = connection.sql(
            f"""
            SELECT {", ".join(f"verified.{name}" for name in columns)}
            FROM verified JOIN ranked USING (candidate_id) ORDER BY ranked.draw, candidate_id
            """
        ).pl()
    return rows.select(columns)


def _rank(connection: duckdb.DuckDBPyConnection, frame: pl.LazyFrame, seed: int) -> None:
    """Register the frame as `verified`, and make `ranked`: one row per distinct pair, with its place in its style."""
    connection.register("verified", frame.collect())
    connection.execute(
        """
        CREATE TABLE ranked AS
        SELECT candidate_id, style, draw,
               row_number() OVER (PARTITION BY style ORDER BY draw, candidate_id) AS place
        FROM (
            SELECT candidate_id, style, md5($1 || candidate_id) AS draw,
                   row_number() OVER (
                       PARTITION BY lower(trim(regexp_replace(query, '\\s+', ' ', 'g'))), answers
                       ORDER BY md5($1 || candidate_id), candidate_id
                   ) AS copy
            FROM verified
        ) WHERE copy = 1
        """,
        [str(seed)],
    )
