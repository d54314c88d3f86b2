"""The mutation suite, and that its report falls when a check is broken on purpose."""

import polars as pl
import pytest

from apigen_assets.verification.grounding import Grounding, Status
from apigen_assets.verification.mutation.calibration import CALIBRATION_SCHEMA, calibrate
from apigen_assets.verification.mutation.checks import MIN_ARGUMENT_RECALL, MIN_ARGUMENT_RECALL_ALONE, suite_figures
from apigen_assets.verification.mutation.fault import FAULTS
from apigen_assets.verification.mutation.suite import MUTANT_SCHEMA, REPORT_SCHEMA, make_mutants, run_suite
from apigen_assets.verification.stages import format as format_module
from apigen_assets.verification.stages import semantic
from apigen_assets.verification.stages.execution import ExecutionOptions, check_execution
from apigen_assets.verification.stages.format import check_format
from tests.helpers.verification_rows import FakeChat, InProcess, seed_bindings, seed_rows


def good():
    return seed_rows().gather_every(4)


def run_calls(frame):
    return check_execution(frame, seed_bindings(), InProcess(), ExecutionOptions(metamorphic_share=0))


@pytest.fixture(scope="module")
def mutants():
    return make_mutants(good())


@pytest.fixture(scope="module")
def report(mutants):
    return run_suite(good(), mutants, run_calls)


def test_every_fault_is_derived_somewhere(mutants):
    assert mutants.schema == MUTANT_SCHEMA
    rare = set(FAULTS) - set(mutants["fault"].unique())
    assert rare <= set(make_mutants(seed_rows(), faults=sorted(rare))["fault"])
    assert mutants["candidate_id"].n_unique() == mutants.height


def test_equal_seeds_give_equal_mutants(mutants):
    assert make_mutants(good()).equals(mutants)
    assert not make_mutants(good(), seed=1).equals(mutants)


def test_a_mutant_differs_from_its_row(mutants):
    joined = mutants.join(good(), left_on="source_id", right_on="candidate_id", suffix="_good")
    same = joined.filter(
        (pl.col("answers") == pl.col("answers_good"))
        & (pl.col("query") == pl.col("query_good"))
        & (pl.col("tools") == pl.col("tools_good"))
    )
    assert same["fault"].to_list() == []


def test_no_format_or_execution_damage_is_kept_and_good_rows_pass(report):
    figures = suite_figures(report.table)
    assert figures["format_and_execution_damage_kept"] == 0
    assert figures["good_rows_rejected"] <= 0.005
    assert figures["argument_recall_alone"] >= MIN_ARGUMENT_RECALL_ALONE
    assert figures["argument_recall"] >= MIN_ARGUMENT_RECALL
    assert report.table.schema == REPORT_SCHEMA


def test_an_unknown_fault_is_named():
    with pytest.raises(ValueError, match="no_such"):
        make_mutants(good(), faults=["no_such"])


@pytest.mark.parametrize(
    "broken",
    ["types", "tools", "style", "execution", "grounding"],
)
def test_a_broken_check_shows_in_the_report(broken, mutants, report, monkeypatch):
    if broken == "types":
        monkeypatch.setattr(format_module, "compile_schema", lambda schema: lambda value: None)
    elif broken == "tools":
        monkeypatch.setattr(format_module.FormatChecker, "_call", lambda self, call, tools: None)
    elif broken == "style":
        monkeypatch.setattr(format_module, "style_of", lambda tools, calls: _Any())
    elif broken == "grounding":
        monkeypatch.setattr(semantic, "ground", lambda *_: Grounding(Status.UNDECIDED))
    hurt = {
        "types": ["wrong_type", "number_as_text", "not_in_enum"],
        "tools": ["unknown_function", "unknown_argument", "missing_argument"],
        "style": ["call_missing"],
        "execution": ["unknown_api"],
        "grounding": ["off_by_one", "wrong_entity", "wrong_date"],
    }[broken]
    some = mutants.filter(pl.col("fault").is_in(hurt))

    def kept(frame):
        return frame.with_columns(pl.lit(True).alias("passed"), pl.lit(None, dtype=pl.String).alias("reason"))

    execute = kept if broken in {"execution", "types", "tools"} else run_calls
    if broken in {"types", "tools"}:
        monkeypatch.setattr(semantic, "ground", lambda *_: Grounding(Status.UNDECIDED))
    now = run_suite(good(), some, execute).table
    before = dict(report.table.select("fault", "recall").iter_rows())
    fell = [
        fault for fault, recall in now.select("fault", "recall").iter_rows() if fault in hurt and recall < before[fault]
    ]
    assert sorted(fell) == sorted(set(hurt) & set(now["fault"]))


class _Any:
    def __ne__(self, other):
        return False


def test_calibration_counts_each_judge_alone(mutants):
    right = run_calls(check_format(good().head(4)))
    wrong = mutants.filter(pl.col("fault") == "off_by_one").head(4)
    wrong = run_calls(check_format(wrong.select(good().columns))).join(
        wrong.select("candidate_id", "family"), on="candidate_id"
    )
    ids = set(wrong["query"]) | {"-"}

    def answer(generator, request):
        if generator == "strict":
            return '{"pass": "no", "thought": "x"}'
        return '{"pass": "yes", "thought": ""}'

    table = calibrate(right, wrong, FakeChat(answer), ["strict", "lenient"])
    assert table.schema == CALIBRATION_SCHEMA
    whole = {row["judge"]: row for row in table.filter(pl.col("family") == "all").iter_rows(named=True)}
    assert whole["strict"]["recall"] == 1
    assert whole["strict"]["precision"] == pytest.approx(wrong.height / (wrong.height + right.height))
    assert whole["lenient"]["recall"] == 0
    assert whole["lenient"]["precision"] is None
    assert ids
