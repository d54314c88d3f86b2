"""Scores come from the official checker, item by item, or not at all."""

import json
import os
import random
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from apigen_assets.cli.main import app
from apigen_assets.evaluation import decoding, official
from apigen_assets.evaluation.categories import COUNTS, Tally, figures, official_id, wilson
from apigen_assets.evaluation.scores import score_answers
from apigen_assets.evaluation.truth_outputs import DAMAGES, outputs
from apigen_assets.settings import settings
from resources.bfcl import environment as bfcl
from resources.bfcl import questions, scoring
from resources.bfcl.process import BfclEnvironmentError
from resources.bfcl.records import BfclAnswer, IncompleteAnswersError

UNREACHABLE = {
    "parallel_multiple": 1,  # accepts an argument that the function does not have
    "live_simple": 2,  # accept only "" for an argument that must be a list
    "live_multiple": 3,  # ask for an argument the function does not have, or that no answer lists
    "simple_java": 3,  # accept lists and maps that no Java text converts to
}
"""Questions whose own accepted answers the checker does not accept, per category."""


def as_answers(entries):
    return [BfclAnswer(one["id"], one["category"], one["result"]) for one in entries]


def test_the_board_has_the_expected_questions(env):
    assert env.counts == COUNTS
    assert sum(env.counts.values()) == 3641
    assert env.versions["bfcl_eval"] == bfcl.VERSION


WRITTEN_FORMS = ("xlam", "json", "openai", "hermes", "python")


@pytest.mark.parametrize("form", WRITTEN_FORMS)
def test_accepted_answers_score_full_marks_where_the_checker_allows(env, truths, form):
    scores = score_answers(as_answers(outputs(truths, form)), env=env)
    assert scores.form == form
    lost = {name: tally.total - tally.correct for name, tally in scores.tallies.items() if tally.correct < tally.total}
    if form == "python":  # the official Java parser loses nested maps and quotes as well
        assert lost.pop("simple_java") <= 8
    else:
        assert lost.pop("simple_java") <= UNREACHABLE["simple_java"]
    assert lost == {name: lost_ for name, lost_ in UNREACHABLE.items() if name != "simple_java"}
    assert {one.name for one in scores.figures} == {"non_live", "live", "irrelevance_mean", "v1_ast_relevance"}


@pytest.mark.parametrize("damage", [one for one in DAMAGES if one not in {"extra_call", "swapped_calls"}])
def test_damage_costs_marks_in_the_damaged_items_only(env, truths, damage):
    items = [one for one in truths if one["category"] in {"multiple", "parallel", "simple_javascript"}]
    whole = {one["id"] for one in score_answers(as_answers(outputs(items, "json")), env=env).verdicts if one["valid"]}
    entries = outputs(items, "json", damage, share=0.3, seed=5)
    touched = {
        one["id"]
        for one, clean in zip(entries, outputs(items, "json"), strict=True)
        if one["result"] != clean["result"]
    }
    valid = {one["id"] for one in score_answers(as_answers(entries), env=env).verdicts if one["valid"]}
    assert whole - touched == valid - touched
    assert len(touched & valid) < 0.3 * len(touched)


def test_empty_answers_are_right_for_irrelevance_only(env, truths):
    empty = [BfclAnswer(one["id"], one["category"], "") for one in truths]
    scores = score_answers(empty, env=env)
    right = {name for name, tally in scores.tallies.items() if tally.correct}
    assert right == {"irrelevance", "live_irrelevance"}
    assert any("empty" in one for one in scores.warnings)


def test_never_calling_is_never_shown_as_full_marks(use_env, truths, layout, tmp_path):
    items = [one for one in truths if one["category"] in {"irrelevance", "multiple"}]
    root = layout([{"id": one["id"], "category": one["category"], "result": ""} for one in items])
    result = run("score", root, "--out", tmp_path / "s.json")
    assert result.exit_code == 0, result.output
    assert "100.00 %" not in result.output
    assert "says nothing" in result.output
    report = json.loads((tmp_path / "s.json").read_text())
    assert report["categories"]["irrelevance"]["accuracy"] is None
    assert report["categories"]["irrelevance"]["correct"] == 240
    assert report["warnings"]


def test_underscored_names_are_seen_and_scored_alike(env, truths):
    items = [one for one in truths if one["category"] == "simple_python"]
    entries = outputs(items, "openai")
    dotted = score_answers(as_answers(entries), env=env)
    for one in entries:
        one["result"] = [{name.replace(".", "_"): value for name, value in call.items()} for call in one["result"]]
    underscored = score_answers(as_answers(entries), env=env)
    assert not dotted.settings["underscore_to_dot"]
    assert underscored.settings["underscore_to_dot"]
    assert dotted.tallies == underscored.tallies
    told = score_answers(as_answers(entries), env=env, underscore_to_dot=False)
    assert told.tallies["simple_python"].correct < 300
    assert any("--underscore-to-dot" in one for one in told.warnings)


def test_the_leaderboards_setting_is_used_for_its_models(env, truths):
    items = [one for one in truths if one["category"] == "simple_python"]
    answers = as_answers(outputs(items, "json"))
    models = questions.known_models(env)
    assert models["gpt-4o-2024-11-20-FC"]["underscore_to_dot"]
    known = score_answers(answers, env=env, form="json", model_name="gpt-4o-2024-11-20-FC")
    assert known.settings["underscore_to_dot"]
    by_folder = score_answers(answers, env=env, model_name="Salesforce_xLAM-2-1b-fc-r")
    assert not by_folder.settings["underscore_to_dot"]
    assert "Salesforce_xLAM-2-1b-fc-r" in by_folder.settings["underscore_reason"]


def test_arithmetic_is_computed_and_code_never_run(env, tmp_path):
    bait = tmp_path / "bait"
    code = f"[f(a=1+len(open({str(bait)!r}, 'w').write('x')))]"
    answers = [BfclAnswer("simple_python_0", "simple_python", code)]
    answers.append(
        BfclAnswer("simple_python_1", "simple_python", "[math.factorial(number=2 + 3)]"),
    )
    ids = {"simple_python": ["simple_python_0", "simple_python_1"]}
    scored = official.score(answers, "python", ids=ids, env=env)
    assert [one["valid"] for one in scored.verdicts] == [False, True]
    assert scored.verdicts[0]["error_type"] == "ast_decoder:decoder_failed"
    assert not bait.exists()


def test_missing_doubled_and_unknown_ids_fail_with_their_list(env, truths):
    items = [one for one in truths if one["category"] == "live_parallel"]
    answers = as_answers(outputs(items, "json"))
    spoiled = [*answers[2:], answers[3], BfclAnswer("live_parallel_99-0-0", "live_parallel", "[]")]
    with pytest.raises(IncompleteAnswersError) as caught:
        official.score(spoiled, "json", env=env)
    assert caught.value.problems == {
        "missing": {"live_parallel": [answers[0].id, answers[1].id]},
        "doubled": {"live_parallel": [answers[3].id]},
        "unknown": {"live_parallel": ["live_parallel_99-0-0"]},
    }
    assert answers[0].id in str(caught.value)


def test_failures_to_ask_count_as_wrong_everywhere(env, truths):
    items = [one for one in truths if one["category"] in {"irrelevance", "live_parallel"}]
    answers = as_answers(outputs(items, "json"))
    broken = [BfclAnswer(one.id, one.category, failure="context_too_long", detail="9 of 8") for one in answers[:3]]
    scores = score_answers([*broken, *answers[3:]], env=env)
    assert scores.tallies["irrelevance"] == Tally(237, 240)
    (first,) = [one for one in scores.verdicts if one["id"] == broken[0].id]
    assert first["error_type"] == "generation:context_too_long"


def test_an_answer_that_kills_the_checker_costs_itself_only(env, truths, tmp_path):
    """A decoder dies on one marked answer, as a fault in the parser's C code would."""
    folder = tmp_path / "decoding"
    shutil.copytree(decoding.FOLDER, folder)
    registry = folder / "registry.py"
    deadly = "def decode(form: str, answer: JsonValue, tools: Sequence[JsonMapping] = ()) -> JsonValue:\n"
    assert deadly in registry.read_text()
    kill = f"{deadly}    import os\n\n    os._exit(139) if 'KILL' in str(answer) else None\n"
    registry.write_text(registry.read_text().replace(deadly, kill))
    items = [one for one in truths if one["category"] == "live_parallel"]
    answers = as_answers(outputs(items, "json"))
    clean = official.score(answers, "json", env=env)
    answers[4] = BfclAnswer(answers[4].id, answers[4].category, "KILL")
    scored = scoring.score(answers, "json", decoding=folder, env=env)
    assert [one["id"] for one in scored.verdicts] == [one.id for one in answers]
    assert scored.verdicts[4]["error_type"] == "checker:crash"
    others = [n for n in range(len(answers)) if n != 4]
    assert [scored.verdicts[n]["valid"] for n in others] == [clean.verdicts[n]["valid"] for n in others]


@given(st.recursive(st.none() | st.integers() | st.text(), lambda inner: st.lists(inner, max_size=3), max_leaves=5))
def test_official_ids_of_wild_input(value):
    official_id(value if isinstance(value, str | int) else str(value))


@given(st.integers(0, 500), st.integers(1, 500))
def test_wilson_holds_the_share_and_stays_in_bounds(correct, total):
    correct = min(correct, total)
    low, high = wilson(correct, total)
    assert 0 <= low <= correct / total <= high <= 1
    assert wilson(0, 0) == (0.0, 1.0)


def test_wilson_matches_the_published_example():
    # 95 % interval for 10 of 100 (Newcombe 1998, method 3, gives 5.52 % to 17.44 %)
    low, high = wilson(10, 100)
    assert (round(low, 4), round(high, 4)) == (0.0552, 0.1744)


def test_figures_follow_the_official_formulas():
    draw = random.Random(3)
    tallies = {name: Tally(draw.randint(0, total), total) for name, total in COUNTS.items()}
    share = {name: tally.accuracy for name, tally in tallies.items()}
    of = {one.name: one for one in figures(tallies)}
    simple = (share["simple_python"] + share["simple_java"] + share["simple_javascript"]) / 3
    assert of["non_live"].accuracy == pytest.approx(
        (simple + share["multiple"] + share["parallel"] + share["parallel_multiple"]) / 4
    )
    live = ["live_simple", "live_multiple", "live_parallel", "live_parallel_multiple"]
    assert of["live"].accuracy == pytest.approx(sum(tallies[one].correct for one in live) / 1351)
    assert of["v1_ast_relevance"].items == 1390
    for one in of.values():
        assert 0 <= one.low <= one.accuracy <= one.high <= 1


def test_no_figure_is_made_of_a_part():
    tallies = {name: Tally(0, total) for name, total in COUNTS.items()}
    tallies["multiple"] = Tally(0, 199)
    assert {one.name for one in figures(tallies)} == {"live", "irrelevance_mean"}
    assert figures({"simple_python": Tally(400, 400)}) == []


def run(*arguments):
    return CliRunner().invoke(app, [str(one) for one in arguments])


def test_command_scores_a_folder(use_env, truths, layout, tmp_path):
    items = [one for one in truths if one["category"] in {"simple_python", "irrelevance", "live_parallel"}]
    root = layout(outputs(items, "xlam", "wrong_value", 0.2))
    result = run("score", root, "--by", "category", "--out", tmp_path / "out" / "scores.json")
    assert result.exit_code == 0, result.output
    report = json.loads((tmp_path / "out" / "scores.json").read_text())
    assert list(report["categories"]) == ["simple_python", "irrelevance", "live_parallel"]
    for name, one in report["categories"].items():
        assert one["total"] == COUNTS[name]
        assert one["correct"] + len(one["failed"]) == one["total"]
        assert all(entry.startswith(name) for entry in one["failed"])
    assert report["versions"]["bfcl_eval"] == bfcl.VERSION
    assert "figures" not in result.output or "No figures over several categories" in result.output
    assert "overall" not in result.output.lower()


def test_v1_files_score_like_todays(use_env, truths, layout, tmp_path):
    items = [one for one in truths if one["category"] in {"simple_python", "irrelevance", "parallel"}]
    entries = outputs(items, "python", "missing_argument", 0.3)
    old = {"simple_python": "simple", "irrelevance": "relevance", "parallel": "parallel_function"}
    root = layout(entries, prefix="BFCL_v4")
    run("score", root, "--out", tmp_path / "new.json")
    for entry in entries:
        entry["id"] = old[entry["category"]] + "_" + entry["id"].rpartition("_")[2]
    v1 = layout(entries, model="v1", prefix="gorilla_openfunctions_v1_test", rename=old, folders=False) / "v1"
    result = run("score", v1, "--format", "python", "--out", tmp_path / "old.json")
    assert result.exit_code == 0, result.output
    new, then = (json.loads((tmp_path / name).read_text())["categories"] for name in ("new.json", "old.json"))
    assert new == then


def test_half_finished_files_are_refused_with_the_missing_ids(use_env, truths, layout, tmp_path):
    items = [one for one in truths if one["category"] == "irrelevance"]
    root = layout(outputs(items, "xlam")[:100])
    result = run("score", root, "--out", tmp_path / "scores.json")
    assert result.exit_code == 1
    assert "140 missing" in result.output
    assert "irrelevance_100" in result.output
    assert not (tmp_path / "scores.json").exists()


def test_a_stated_sample_is_scored_as_one(use_env, truths, tmp_path):
    items = [one for one in truths if one["category"] in {"simple_python", "irrelevance"}][::40]
    path = tmp_path / "run.jsonl"
    path.write_text("".join(json.dumps(one) + "\n" for one in outputs(items, "xlam")))
    (tmp_path / "ids").write_text("\n".join(one["id"] for one in items))
    assert run("score", path).exit_code == 1
    result = run("score", path, "--ids", tmp_path / "ids", "--out", tmp_path / "scores.json")
    assert result.exit_code == 0, result.output
    assert "sample of 400" in result.output
    assert "a sample was scored" in result.output
    assert json.loads((tmp_path / "scores.json").read_text())["figures"] == {}
    path.write_text("".join(json.dumps(one) + "\n" for one in outputs(items[1:], "xlam")))
    assert "1 missing" in run("score", path, "--ids", tmp_path / "ids").output
    (tmp_path / "ids").write_text("\n".join(one["id"] for one in items[3:]))
    assert "2 answers to questions outside the sample" in run("score", path, "--ids", tmp_path / "ids").output


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        ("Error during inference: Connection error.", "are not answers of a model"),
        ("Error code: 401 - Unauthorized", "are not answers of a model"),
        ("I am sorry, but I cannot help with that.", "holds a function call"),
    ],
)
@pytest.mark.parametrize("form", ["auto", "xlam"])
def test_no_model_never_means_full_marks_for_irrelevance(use_env, truths, layout, answer, message, form):
    items = [one for one in truths if one["category"] in {"irrelevance", "multiple"}]
    root = layout([{"id": one["id"], "category": one["category"], "result": answer} for one in items])
    result = run("score", root, "--format", form)
    assert result.exit_code == 1
    assert message in result.output
    assert "100.00 %" not in result.output


def test_prose_beside_calls_is_a_refusal_as_on_the_board(use_env, truths, layout, tmp_path):
    items = [one for one in truths if one["category"] in {"irrelevance", "multiple"}]
    entries = outputs(items, "xlam")
    for one in entries:
        if one["category"] == "irrelevance":
            one["result"] = "None of the functions fits."
    assert run("score", layout(entries), "--out", tmp_path / "s.json").exit_code == 0
    assert json.loads((tmp_path / "s.json").read_text())["categories"]["irrelevance"]["correct"] == 240


def test_a_missing_interpreter_says_what_to_do(monkeypatch, tmp_path, layout):
    monkeypatch.setenv("APIGEN_BFCL_PYTHON", str(tmp_path / "nowhere"))
    settings.cache_clear()
    try:
        result = run("bfcl-install")
        assert result.exit_code == 3
        assert "APIGEN_BFCL_PYTHON" in result.output
        monkeypatch.setenv("APIGEN_BFCL_PYTHON", sys.executable)
        settings.cache_clear()
        result = run("bfcl-install")
        assert result.exit_code == 3
        assert "bfcl-eval==" in result.output
    finally:
        settings.cache_clear()


def test_two_processes_make_one_environment(tmp_path, monkeypatch):
    """Both get a working environment, it is made once, and a half-made one is not used."""
    made = []

    def create(folder):
        made.append(folder)
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True)
        (folder / bfcl._MARKER).write_text(json.dumps({"packages": list(bfcl.PACKAGES), "info": {}}))

    monkeypatch.setattr(bfcl, "_create", create)
    target = tmp_path / "bfcl-env"
    target.mkdir()
    (target / "half").write_text("made")
    (tmp_path / f".bfcl-env.new-{os.getpid()}x").mkdir()
    with ThreadPoolExecutor(2) as pool:
        first, second = pool.map(lambda _: bfcl.install(target), range(2))
    assert first == second
    assert len(made) == 1
    assert first.exists()
    assert not (target / "half").exists()
    assert sorted(one.name for one in tmp_path.iterdir()) == [".bfcl-env.lock", "bfcl-env"]


def test_an_interrupted_installation_leaves_nothing_in_place(tmp_path, monkeypatch):
    def create(folder):
        folder.mkdir()
        raise KeyboardInterrupt

    monkeypatch.setattr(bfcl, "_create", create)
    with pytest.raises(KeyboardInterrupt):
        bfcl.install(tmp_path / "bfcl-env")
    assert [one.name for one in tmp_path.iterdir()] == [".bfcl-env.lock"]


def test_no_index_says_what_to_do(tmp_path, monkeypatch):
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple")
    monkeypatch.setenv("PIP_RETRIES", "0")
    with pytest.raises(BfclEnvironmentError, match="APIGEN_BFCL_PYTHON"):
        bfcl.install(tmp_path / "bfcl-env")
    assert not (tmp_path / "bfcl-env").exists()


def test_a_python_without_wheels_is_told_so(monkeypatch):
    monkeypatch.setattr(sys, "version_info", _Version())
    monkeypatch.setenv("PATH", "")
    with pytest.raises(BfclEnvironmentError, match=r"needs Python 3\.10, 3\.11 or 3\.12"):
        bfcl._base_python()


class _Version(tuple[int, ...]):
    """A version_info of Python 3.14."""

    __slots__ = ()
    major, minor = 3, 14

    def __new__(cls):
        return super().__new__(cls, (3, 14, 0))


def test_questions_are_as_put_to_a_model(env):
    (java, *_) = questions.questions(["simple_java"], env=env)
    assert java["question"][0]["role"] == "user"
    parameters = java["functions"][0]["parameters"]["properties"]
    assert {one["type"] for one in parameters.values()} == {"string"}
    assert "Java 8 SDK syntax" in java["functions"][0]["description"]
    with pytest.raises(ValueError, match="unknown categories nonsense"):
        questions.questions(["nonsense"], env=env)
