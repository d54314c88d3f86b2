"""The assets and their checks, run as Dagster runs them."""

import json

import dagster as dg
import polars as pl
import pytest

from apigen_assets.domain.api import Api, PythonBinding, Source
from apigen_assets.domain.chat import Completion
from apigen_assets.domain.reason import Stage
from apigen_assets.domain.verdict import CHECKED_SCHEMA
from apigen_assets.partitions import api_batches, batch_by_generator
from apigen_assets.settings import settings
from apigen_assets.verification.stages import assets, checks
from apigen_assets.verification.stages.checks import nothing_vanished
from apigen_assets.verification.stages.format import check_format
from apigen_assets.verification.stages.stream import check_file, checked_by_chunk
from resources.executors import ExecutorsResource
from resources.lake.lake import Lake
from resources.lake.resource import LakeResource
from resources.llm.budget import Usage
from resources.llm.generators import generator_names
from tests.helpers.verification_rows import GOOD, SPEED, OpensScripted, call, candidate, frame, seed_rows


class FakeLlm(dg.ConfigurableResource):
    """Passes everything."""

    def complete(self, generator, requests, on_progress=None):
        return [Completion(key="k", status="ok", text='{"thought": "", "pass": "yes"}') for _ in requests]

    def usage(self, generator, purpose):
        return Usage()


ROWS = frame(
    candidate([call("final_velocity", **GOOD)]),
    candidate([call("final_velocity", **{**GOOD, "time": "10"})]),
    candidate([call("final_velocity", **{**GOOD, "time": 12})]),
    candidate(
        [call("other", x=1)],
        tools=(
            {
                **SPEED,
                "name": "other",
                "api_id": "gone",
                "parameters": {"type": "object", "properties": {"x": {"type": "integer"}}},
            },
        ),
    ),
)


@dg.asset(io_manager_key="lake", partitions_def=batch_by_generator)
def raw_candidates() -> pl.DataFrame:
    return ROWS


@dg.asset(io_manager_key="lake", partitions_def=api_batches)
def filtered_api_catalog() -> pl.DataFrame:
    source = Source(name="s", file="f", format="python", content_hash="h", original_name="f")
    binding = PythonBinding(module="m", function="final_velocity")
    return Api.frame([Api(**{**SPEED, "parameters": SPEED["parameters"]}, binding=binding, source=source)])


def test_the_three_stages_lose_nothing(tmp_path):
    instance = dg.DagsterInstance.ephemeral()
    instance.add_dynamic_partitions("api_batch", ["b"])
    resources = {
        "lake": LakeResource(root=str(tmp_path)),
        "executors": ExecutorsResource(python=OpensScripted()),
        "llm": FakeLlm(),
        "settings": settings(),
    }
    dg.materialize([filtered_api_catalog], partition_key="b", instance=instance, resources=resources)
    stages = [assets.format_check, assets.execution_check, assets.semantic_check]
    every = [
        checks.format_in_is_verified_plus_rejected,
        checks.execution_in_is_verified_plus_rejected,
        checks.semantic_in_is_verified_plus_rejected,
        checks.every_call_succeeded,
        checks.judges_tell_control_rows_apart,
    ]
    result = dg.materialize(
        [raw_candidates, filtered_api_catalog, *stages, *every],
        selection=dg.AssetSelection.all() - dg.AssetSelection.assets("filtered_api_catalog"),
        partition_key=dg.MultiPartitionKey({"api_batch": "b", "generator": generator_names()[0]}),
        instance=instance,
        resources=resources,
    )
    assert result.success
    checked = {one.check_name: one.passed for one in result.get_asset_check_evaluations()}
    # A judge that passes everything does not tell control rows apart; everything else holds.
    assert checked.pop("judges_tell_control_rows_apart") is False
    assert list(checked.values()) == [True] * 4
    lake = Lake(str(tmp_path))
    reasons = {
        stage: lake.scan(f"{stage}_rejected").collect()["reason"].to_list()
        for stage in ("format", "execution", "semantic")
    }
    assert reasons == {"format": ["wrong_type"], "execution": ["unavailable"], "semantic": ["ungrounded"]}
    kept = lake.scan("semantic_verified").collect()
    assert kept.height == 1
    assert kept.schema == CHECKED_SCHEMA
    assert kept["decision"].to_list() == ["undecided"]
    assert '"counts":false' in kept["votes"][0]
    metadata = result.asset_materializations_for_node("format_check")[1].metadata
    assert metadata["in"].value == 4
    assert metadata["rejected"].value == 1
    assert {"reasons", "samples", "reasons_plot"} <= set(metadata)


def test_a_lost_or_invented_row_is_found():
    checked = check_format(ROWS)
    verified, rejected = checked.filter("passed"), checked.filter(~pl.col("passed"))

    def faults(kept, out):
        return {name for name, count in nothing_vanished(ROWS, kept, out, Stage.FORMAT).items() if count}

    assert faults(verified, rejected) == set()
    assert faults(verified.tail(1), rejected) == {"lost", "difference_of_counts"}
    assert "in_both" in faults(pl.concat([verified, rejected]), rejected)
    stranger = verified.with_columns(pl.lit("stranger").alias("candidate_id")).head(1)
    assert "invented" in faults(pl.concat([verified, stranger]), rejected)
    assert faults(verified, rejected.with_columns(pl.lit("made_up").alias("reason"))) == {
        "rejected_without_reason_of_the_stage"
    }
    assert faults(verified, rejected.with_columns(pl.lit(None, dtype=pl.String).alias("reason"))) == {
        "rejected_without_reason_of_the_stage"
    }


def test_a_simulated_answer_never_counts_as_executed():
    good = check_format(ROWS).filter("passed").head(1)
    for outcome, passes in (("ok", True), ("unavailable", False)):
        row = good.with_columns(pl.lit(json.dumps([{"outcome": outcome}], separators=(",", ":"))).alias("execution"))
        assert checks.every_call_succeeded(row.lazy()).passed is passes


@pytest.mark.parametrize("rows", [0, 1, 10, 25])
def test_chunks_are_the_whole(tmp_path, rows):
    table = seed_rows().head(rows)
    whole = check_format(table) if rows else pl.DataFrame(schema=CHECKED_SCHEMA)
    assert checked_by_chunk(table.lazy(), check_format, chunk_rows=7).equals(whole)
    source, target = tmp_path / "in.parquet", tmp_path / "out.parquet"
    table.write_parquet(source)
    counts = check_file(source, check_format, target, chunk_rows=7)
    assert pl.read_parquet(target).equals(whole)
    assert sum(counts.values()) == rows


def test_a_check_that_fails_leaves_the_old_file(tmp_path):
    source, target = tmp_path / "in.parquet", tmp_path / "out.parquet"
    seed_rows().head(3).write_parquet(source)
    target.write_text("old")

    def breaks(frame):
        raise RuntimeError("broken")

    with pytest.raises(Exception, match="broken"):
        check_file(source, breaks, target)
    assert target.read_text() == "old"
    assert [one.name for one in tmp_path.iterdir() if one.name.endswith(".tmp")] == []
