"""The leaderboard: honest figures beside published ones; kinds of errors; the assets as they run."""

import json
import shutil

import dagster as dg
import polars as pl
import pytest

from apigen_assets.evaluation import assets as evaluation_assets
from apigen_assets.evaluation import checks as evaluation_checks
from apigen_assets.evaluation.analysis import ErrorKind, ScoreRow, examples, kind_of, kinds_by_category, score_rows
from apigen_assets.evaluation.board import BOARD_SCHEMA, board_figure, board_markdown, deltas, leaderboard
from apigen_assets.evaluation.categories import COUNTS
from apigen_assets.evaluation.checks import failures_as_answers, incomplete
from apigen_assets.evaluation.published import ABLATION, PUBLISHED
from apigen_assets.evaluation.scores import score_answers
from apigen_assets.evaluation.truth_outputs import outputs
from apigen_assets.partitions import model_by_dataset
from apigen_assets.settings import settings
from resources.bfcl.records import BfclAnswer
from resources.bfcl.resource import BfclResource
from resources.lake.lake import Lake
from resources.lake.resource import LakeResource
from resources.llm.resource import LlmResource


@pytest.mark.parametrize(
    ("damage", "kind"),
    [
        ("wrong_name", ErrorKind.WRONG_NAME),
        ("missing_argument", ErrorKind.MISSING_ARGUMENT),
        ("unexpected_argument", ErrorKind.UNEXPECTED_ARGUMENT),
        ("extra_call", ErrorKind.WRONG_COUNT),
        ("no_call", ErrorKind.NOT_CALLED),
        ("prose", ErrorKind.UNREADABLE),
    ],
)
def test_each_damage_has_its_kind(env, truths, damage, kind):
    items = [one for one in truths if one["category"] == "multiple"]
    answers = [BfclAnswer(one["id"], one["category"], one["result"]) for one in outputs(items, "xlam", damage)]
    scores = score_answers(answers, env=env, form="xlam", require_calls=False)
    kinds = [kind_of(one) for one in scores.verdicts if not one["valid"]]
    assert kinds.count(kind) >= 0.9 * len(kinds)
    assert len(kinds) >= 100


def test_of_several_calls_the_closest_miss_names_the_kind(env, truths):
    items = [one for one in truths if one["category"] == "parallel"]
    answers = [
        BfclAnswer(one["id"], one["category"], one["result"]) for one in outputs(items, "xlam", "missing_argument")
    ]
    scores = score_answers(answers, env=env)
    kinds = {kind_of(one) for one in scores.verdicts if not one["valid"]}
    assert kinds <= {ErrorKind.MISSING_ARGUMENT, ErrorKind.WRONG_VALUE, ErrorKind.WRONG_TYPE}
    assert ErrorKind.MISSING_ARGUMENT in kinds


def table(env, truths, model="tiny", dataset="verified", damage=None, share=0.5):
    entries = outputs(truths, "xlam", damage, share)
    answers = [BfclAnswer(one["id"], one["category"], one["result"]) for one in entries]
    scores = score_answers(answers, env=env)
    return ScoreRow.frame(score_rows(scores, answers, model, dataset, sampled=False))


@pytest.fixture(scope="module")
def scored(env, truths):
    return pl.concat(
        [
            table(env, truths),
            table(env, truths, dataset="plus_fail_execution", damage="wrong_value"),
        ]
    )


def test_errors_by_category_add_up(scored):
    rows = scored.filter(dataset="plus_fail_execution")
    counted = kinds_by_category(rows)
    kinds = [name for name in counted.columns if name not in {"category", "total", "wrong"}]
    assert counted.select(pl.sum_horizontal(kinds)).to_series().to_list() == counted["wrong"].to_list()
    assert dict(counted.select("category", "total").iter_rows()) == COUNTS
    assert "wrong_value" in kinds
    shown = examples(rows)
    assert set(shown["kind"]) == set(kinds)
    assert shown["error"].null_count() == 0


def test_board_has_ours_with_counts_and_the_papers_with_sources(scored):
    board = leaderboard(scored)
    assert board.schema == BOARD_SCHEMA
    ours = board.filter(pl.col("model") == "tiny", pl.col("dataset") == "verified")
    row = ours.filter(measure="v1_ast_relevance").row(0, named=True)
    assert (row["items"], row["low"] < row["percent"] <= row["high"]) == (1390, True)
    assert ours.filter(measure="v1_overall").is_empty()
    assert board["source"].null_count() == 0
    assert board.filter(measure="v1_overall").height == len(PUBLISHED)
    assert "xLAM-7B (FC)" in board_markdown(board)
    assert board_figure(board).axes


def test_a_model_that_never_calls_has_no_irrelevance_on_the_board(env, truths):
    answers = [BfclAnswer(one["id"], one["category"], "no idea") for one in truths]
    scores = score_answers(answers, form="xlam", env=env, require_calls=False)
    assert scores.figures == []
    rows = ScoreRow.frame(score_rows(scores, answers, "tiny", "verified", sampled=False))
    measures = set(leaderboard(rows).filter(pl.col("model") == "tiny")["measure"])
    assert "irrelevance" not in measures
    assert "irrelevance_mean" not in measures
    assert "simple_python" in measures


def test_published_columns_recompute_the_published_overall():
    sizes = {"simple": 550, "multiple": 200, "parallel": 200, "parallel_multiple": 200, "relevance": 240}
    for one in PUBLISHED:
        if one.executable is None:
            assert one.ast_relevance is None
            continue
        correct = sum(round(getattr(one, name) * size / 100) for name, size in sizes.items())
        assert one.ast_relevance == pytest.approx(100 * correct / 1390)
        runs = zip(one.executable, (170, 50, 50, 40), strict=True)
        correct += sum(round(share * size / 100) for share, size in runs)
        # The board of 15 June rounds columns and overall on its own: a question or two of 1,700
        assert 100 * correct / 1700 == pytest.approx(one.overall, abs=0.13), one.model


def test_ablation_is_measured_against_the_same_questions(scored):
    changes = deltas(leaderboard(scored))
    row = changes.filter(measure="live").row(0, named=True)
    assert row["dataset"] == "plus_fail_execution"
    assert row["low"] < row["delta"] < row["high"] < 0
    assert row["paper"] is None
    assert {(one.model, one.delta) for one in ABLATION} >= {("xlam-7b", -5.94), ("xlam-1b", -12.17)}


def test_nothing_scored_yet_gives_the_published_board():
    empty = pl.DataFrame(schema=ScoreRow.SCHEMA)
    board = leaderboard(empty)
    assert board.filter(pl.col("source").str.starts_with("measured")).is_empty()
    assert deltas(board).is_empty()


def test_checks_see_what_is_missing_doubled_or_failed(scored):
    rows = scored.filter(dataset="verified")
    assert incomplete(rows) == {}
    assert incomplete(rows.filter(pl.col("id") != "multiple_7")) == {"multiple": "199 of 200"}
    assert "multiple" in incomplete(pl.concat([rows, rows.filter(pl.col("id") == "multiple_7")]))
    assert failures_as_answers(rows) == []
    broken = rows.with_columns(
        answer=pl.when(pl.col("id") == "irrelevance_3").then(pl.lit("Error code: 401 - x")).otherwise("answer")
    )
    assert failures_as_answers(broken) == ["irrelevance_3"]


@pytest.mark.slow
def test_assets_run_from_checkpoint_to_leaderboard(use_env, checkpoint, tmp_path, monkeypatch):
    """With a random model and a sample of the questions; a check says that training taught it nothing."""
    monkeypatch.setenv("APIGEN_BFCL_PER_CATEGORY", "1")
    settings.cache_clear()
    home = settings().checkpoints_dir / "tiny" / "verified"
    shutil.copytree(checkpoint, home)
    training = json.loads((home / "training.json").read_text())
    score = {"rows": 10, "readable": 10, "names": 0, "exact": 0, "accuracy": 0.0}
    training["heldout"] = {"untrained": {"seen": {"all": score}}, "trained": {"seen": {"all": score}}}
    (home / "training.json").write_text(json.dumps(training))

    @dg.asset(partitions_def=model_by_dataset)
    def xlam_checkpoints() -> None: ...

    key = dg.MultiPartitionKey({"model": "tiny", "dataset": "verified"})
    resources = {
        "lake": LakeResource(root=str(tmp_path / "lake")),
        "llm": LlmResource.from_settings(settings()),
        "bfcl": BfclResource.from_settings(settings()),
        "settings": settings(),
    }
    definitions = dg.Definitions(
        assets=[xlam_checkpoints, *dg.load_assets_from_modules([evaluation_assets])],
        asset_checks=dg.load_asset_checks_from_modules([evaluation_checks]),
        resources=resources,
        jobs=[
            dg.define_asset_job("scores", dg.AssetSelection.assets("bfcl_scores"), partitions_def=model_by_dataset),
            dg.define_asset_job("board", dg.AssetSelection.assets("leaderboard")),
        ],
    )
    with dg.DagsterInstance.ephemeral() as instance:
        result = definitions.resolve_job_def("scores").execute_in_process(partition_key=key, instance=instance)
        assert result.success
        passed = {one.check_name: one.passed for one in result.get_asset_check_evaluations()}
        assert passed == {
            "every_question_is_scored": True,
            "no_failure_counts_as_an_answer": True,
            "training_taught_something": False,
        }
        assert definitions.resolve_job_def("board").execute_in_process(instance=instance).success
    lake = Lake(str(tmp_path / "lake"))
    assert lake.scan("bfcl_scores").collect().height == 13
    board = lake.scan("leaderboard").collect()
    assert board.filter(pl.col("model") == "tiny", pl.col("measure") == "multiple").height == 1
