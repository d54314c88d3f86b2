"""What accepted rows cost, by generator and stage."""

from pathlib import Path

import polars as pl
import pytest

from apigen_assets.cli.journal_costs import row_costs
from apigen_assets.orchestration.costs import cost_per_row
from resources.lake.lake import Lake


def test_costs_per_row_by_generator_and_stage(tmp_path: Path) -> None:
    lake = Lake(str(tmp_path))
    tables = {
        ("raw_candidates", "a"): 10,
        ("format_verified", "a"): 8,
        ("semantic_verified", "a"): 4,
        ("semantic_rejected", "a"): 2,
        ("raw_candidates", "b"): 5,
        ("semantic_rejected", "b"): 3,
    }
    for (asset, generator), rows in tables.items():
        for batch, count in (("x", rows - 1), ("y", 1)):
            frame = pl.DataFrame({"candidate_id": ["c"] * count, "votes": [None if asset[0] == "f" else "[]"] * count})
            lake.write(frame, lake.path(asset, {"api_batch": batch, "generator": generator}))
    spent = {("a", "generate"): 2.0, ("b", "generate"): 1.0, ("j", "judge"): 9.0, ("a", "document"): 100.0}
    costs = row_costs(spent, lake)
    assert list(costs) == ["a", "b"]
    # Nine rows were judged, six of them a's.
    assert costs["a"].judged == pytest.approx(6.0)
    assert costs["b"].judged == pytest.approx(3.0)
    assert costs["a"].per_row("raw_candidates") == pytest.approx(0.2)
    assert costs["a"].per_row("format_verified") == pytest.approx(0.25)
    assert costs["a"].per_row("semantic_verified") == pytest.approx(8.0 / 4)
    assert costs["b"].per_row("semantic_verified") is None
    assert row_costs(spent, Lake(str(tmp_path / "none"))) == {}


def test_figures_of_a_stage() -> None:
    assert cost_per_row(3.0, 4) == {"cost_usd_so_far": 3.0, "cost_usd_per_verified_row": 0.75}
    assert cost_per_row(3.0, 0) == {"cost_usd_so_far": 3.0}
