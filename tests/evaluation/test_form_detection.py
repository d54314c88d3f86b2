"""A form is taken by coverage; what cannot be read is refused with the reason, never scored in silence."""

import json

import pytest

from apigen_assets.evaluation.form_detection import check_form, detect_form
from apigen_assets.evaluation.output_entries import OutputsError
from apigen_assets.evaluation.scores import score_answers
from apigen_assets.evaluation.truth_outputs import outputs
from resources.bfcl.records import BfclAnswer

JSON = '[{"name": "f", "arguments": {"a": 1}}]'
LLAMA = '{"name": "f", "parameters": {"a": 1}}'


def answers(*values, category="multiple"):
    return [BfclAnswer(f"{category}_{number}", category, value) for number, value in enumerate(values)]


def as_answers(entries):
    return [BfclAnswer(entry["id"], entry["category"], entry["result"]) for entry in entries]


def test_a_stray_readable_answer_changes_nothing():
    strange = [f"CALL f WITH {number}" for number in range(999)]
    for values in (strange, [*strange, JSON]):
        with pytest.raises(OutputsError, match=r"(?s)of (999|1000) answers.*commonest others.*CALL f WITH"):
            detect_form(answers(*values))
    assert detect_form(answers(JSON, *["[f(a=1)]"] * 999)).form == "python"


def test_the_refusal_says_what_each_form_reads():
    values = [*[JSON] * 30, *["[f(a=1)]"] * 20, *["Action: f | a=1"] * 50]
    with pytest.raises(OutputsError) as caught:
        detect_form(answers(*values))
    assert "json 30 (30.0 %)" in str(caught.value)
    assert "python 20 (20.0 %)" in str(caught.value)
    assert "--allow-unreadable" in str(caught.value)


def test_unreadable_answers_can_be_allowed_without_irrelevance(env, truths):
    items = [item for item in truths if item["category"] in {"live_parallel", "irrelevance"}]
    entries = outputs(items, "json")
    for place, entry in enumerate(entries):
        if entry["category"] == "live_parallel" and place % 4:
            entry["result"] = entry["result"].replace('"name"', '"tool"')
    with pytest.raises(OutputsError):
        score_answers(as_answers(entries), env=env)
    scores = score_answers(as_answers(entries), env=env, allow_unreadable=True)
    assert set(scores.withheld) == {"irrelevance"}
    assert scores.report()["categories"]["irrelevance"]["accuracy"] is None
    assert scores.tallies["live_parallel"].correct == 4


def test_the_leaderboards_own_handler_comes_first_whatever_reads_more(env, truths):
    values = [*[LLAMA] * 6, *[LLAMA.replace("1", "true")] * 4]
    assert detect_form(answers(*values), own="llama").form == "llama"
    assert detect_form(answers(*[JSON] * 3, *["[f(a=1)]"] * 7), own="json").form == "json"
    items = [item for item in truths if item["category"] == "live_parallel"]
    known = score_answers(
        as_answers(outputs(items, "parameters")), env=env, model_name="meta-llama_Llama-3.1-8B-Instruct-FC"
    )
    assert known.form == "llama"


def test_what_the_leaderboards_own_handler_cannot_read_is_refused_with_the_way_out():
    values = answers(*["[f(a=1)]"] * 20)
    with pytest.raises(
        OutputsError, match=r"(?s)'json', which the leaderboard's own.*--format python reads most"
    ) as told:
        detect_form(values, own="json")
    assert "not the board's" in str(told.value)
    named = check_form(values, "python", own="json")
    assert "reads json, in which 0 of 20" in named.warnings[0]


def test_thoughts_before_the_calls_are_no_calls_to_a_handler_that_does_not_cut_them_off():
    values = answers(*["<think>hm</think>[f(a=1)]"] * 9)
    with pytest.raises(OutputsError, match=r"(?s)none of 9 .*'python', which.*--format python reads most"):
        detect_form(values, own="python")
    told = check_form(values, "python", own="python")
    assert told.thinking
    assert "cut off" in told.warnings[0]


def test_tool_calls_as_json_text_are_none_to_the_handler_of_an_api_model():
    values = answers(*['[{"f": "{\\"a\\": 1}"}]'] * 9)
    assert detect_form(values).form == "openai"
    with pytest.raises(OutputsError, match="'openai', which the leaderboard's own"):
        detect_form(values, own="openai")
    assert "on the board holds no call" in check_form(values, "openai", own="openai").warnings[0]
    structures = answers(*[[{"f": '{"a": 1}'}]] * 9)
    assert detect_form(structures, own="openai").quoted is False


def test_a_category_whose_calls_are_divided_oddly_is_said():
    lines = f"{JSON[1:-1]}\n{JSON[1:-1]}"
    detected = detect_form([*answers(*[JSON] * 90), *answers(*[lines] * 9, category="parallel")])
    assert detected.form == "json"
    (warning,) = detected.warnings
    assert warning.startswith("parallel: 9 of 9 answers look like calls and are none as json")


def test_the_form_that_flatters_does_not_win():
    """xLAM's decoder takes `{"name", "parameters"}` for a call without arguments."""
    listed = json.dumps([json.loads(LLAMA)])
    assert detect_form(answers(*[listed] * 9, JSON)).form == "llama"


def test_two_forms_in_one_file_are_said():
    detected = detect_form(answers(*[JSON] * 70, *["[f(a=1)]"] * 30))
    assert detected.form == "json"
    assert "two forms are mixed" in detected.warnings[0]
    assert "30 of the rest would as python" in detected.warnings[0]


def test_prose_in_irrelevance_is_what_a_model_should_say():
    prose = answers(*["None of the functions fits."] * 9, category="irrelevance")
    assert detect_form([*answers(JSON), *prose]).form == "json"
    called = answers(JSON, category="live_irrelevance")
    alone = detect_form([*prose, *called])
    assert alone.form == "json"
    assert "nothing shows" in alone.warnings[0]
    strange = answers(*["CALL f(a)<x>"] * 9, category="live_irrelevance")
    with pytest.raises(OutputsError):
        detect_form([*prose, *called, *strange])


def test_a_form_told_is_held_to_the_same_rule():
    assert check_form(answers(*[JSON] * 9, "no"), "json").form == "json"
    with pytest.raises(OutputsError, match=r"(?s)only 1 of 10.*--format json reads most of them"):
        check_form(answers(*[JSON] * 9, "[f(a=1)]"), "python")


def test_a_model_asked_here_keeps_its_form_however_weak():
    weak = answers(JSON, *["rambling"] * 99)
    assert check_form(weak, "json", known=True).readable == {"json": 1}


@pytest.mark.parametrize(
    "text",
    ["Le service est indisponible ({})", "", "request 5f3a9c1e2b{} cannot be served"],
    ids=["text", "blank", "id"],
)
def test_one_text_throughout_irrelevance_is_not_counted_as_right(env, truths, text):
    items = [item for item in truths if item["category"] in {"live_parallel", "irrelevance"}]
    entries = outputs(items, "json")
    for number, entry in enumerate(entries):
        if entry["category"] == "irrelevance":
            entry["result"] = text.format(number)
    scores = score_answers(as_answers(entries), env=env)
    assert "irrelevance" in scores.withheld
    assert any("240 of 240 answers" in warning for warning in scores.warnings)
    for entry in entries:
        if entry["category"] == "irrelevance":
            entry["result"] = "[]"
    assert not score_answers(as_answers(entries), env=env).withheld


def test_one_text_in_part_of_irrelevance_is_said(env, truths):
    items = [item for item in truths if item["category"] in {"live_parallel", "irrelevance"}]
    entries = outputs(items, "json")
    for number, entry in enumerate(entries):
        if entry["category"] == "irrelevance":
            entry["result"] = "Nope." if number % 3 else f"Nothing here computes {entry['id']}."
    scores = score_answers(as_answers(entries), env=env)
    assert not scores.withheld
    assert any("160 of 240 answers are the same text, 'Nope.'" in warning for warning in scores.warnings)


def test_calls_that_name_no_offered_function_are_said(env, truths):
    items = [item for item in truths if item["category"] == "live_parallel"]
    entries = outputs(items, "json")
    for entry in entries:
        entry["result"] = entry["result"].replace('"name": "', '"name": "functions.')
    scores = score_answers(as_answers(entries), env=env)
    assert scores.tallies["live_parallel"].correct == 0
    assert any("name no function that was offered" in one and "functions." in one for one in scores.warnings)
