"""What accepted rows cost, by generator and stage: the journal's prices over the lake's rows."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import polars as pl
from rich.table import Table

from resources.lake.lake import Lake

STAGES = ("raw_candidates", "format_verified", "execution_verified", "semantic_verified")
_JUDGED = ("semantic_verified", "semantic_rejected")


@dataclass
class RowCosts:
    """Of one generator: what its completions and the verdicts on its rows cost, and the rows of each stage."""

    written: float = 0.0
    judged: float = 0.0
    """Its share of what all judging cost, by the rows that judges saw."""
    rows: dict[str, int] = field(default_factory=dict)

    def per_row(self, stage: str) -> float | None:
        """USD for each row that a stage left; null where it left none."""
        cost = self.written + (self.judged if stage == STAGES[-1] else 0.0)
        return cost / self.rows[stage] if self.rows.get(stage) else None


def row_costs(spent: Mapping[tuple[str, str], float], lake: Lake) -> dict[str, RowCosts]:
    """The costs of every generator that has candidates.

    Args:
        spent: USD by generator and purpose, from the journal.
        lake: where the tables are.
    """
    rows = {stage: _rows(lake, [stage]) for stage in STAGES}
    judged = _rows(lake, _JUDGED, judged=True)
    judging = sum(cost for (_, purpose), cost in spent.items() if purpose == "judge")
    return {
        generator: RowCosts(
            spent.get((generator, "generate"), 0.0),
            judging * judged[generator] / judged.total() if judged.total() else 0.0,
            {stage: rows[stage][generator] for stage in STAGES},
        )
        for generator in sorted(rows[STAGES[0]])
    }


def judged_and_written(lake: Lake) -> tuple[int, int]:
    """Rows about which a judge was asked, and candidates, over the whole lake."""
    return _rows(lake, _JUDGED, judged=True).total(), _rows(lake, STAGES[:1]).total()


def costs_table(costs: Mapping[str, RowCosts]) -> Table:
    """Rows and USD per row, a line for each generator."""
    table = Table(title="USD per row, by the stage that left it")
    table.add_column("generator", overflow="fold")
    for name in ("writing", "judging", *(stage.removesuffix("_verified") for stage in STAGES)):
        table.add_column(name, justify="right")
    for generator, cost in costs.items():
        stages = (_said(cost, stage) for stage in STAGES)
        table.add_row(generator, f"{cost.written:.4f}", f"{cost.judged:.4f}", *stages)
    return table


def _said(cost: RowCosts, stage: str) -> str:
    each = cost.per_row(stage)
    return "no rows" if each is None else f"{each:.6f} ({cost.rows[stage]:,})"


def _rows(lake: Lake, assets: Iterable[str], judged: bool = False) -> Counter[str]:
    """Rows by generator; judged: only those that a judge was asked about."""
    counts: Counter[str] = Counter()
    for asset in assets:
        for path in lake.paths(asset):
            generator = next((part[10:] for part in path.parts if part.startswith("generator=")), None)
            if generator is not None:
                rows = lake.scan_paths([path])
                if judged and "votes" in rows.collect_schema():
                    rows = rows.filter(pl.col("votes").is_not_null())
                counts[generator] += int(rows.select(pl.len()).collect().item())
    return counts
