"""Finding and reading stored outputs; refusing what no honest figure can come from."""

import json

import pytest

from apigen_assets.evaluation.answers import read
from apigen_assets.evaluation.failures import inference_error
from apigen_assets.evaluation.form_detection import check_form, detect_form
from apigen_assets.evaluation.output_entries import OutputsError
from resources.bfcl.records import BfclAnswer

CALL = json.dumps({"tool_calls": [{"name": "f", "arguments": {"a": 1}}]})


def lines(path, *entries):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(one) + "\n" for one in entries))
    return path


def test_official_layout_is_found_in_sub_folders(tmp_path):
    lines(tmp_path / "m/non_live/BFCL_v4_multiple_result.json", {"id": "multiple_0", "result": CALL})
    lines(tmp_path / "m/live/BFCL_v4_live_simple_result.json", {"id": "live_simple_0-0-0", "result": CALL})
    lines(tmp_path / "m/multi_turn/BFCL_v4_multi_turn_base_result.json", {"id": "multi_turn_base_0", "result": []})
    found = read(tmp_path)
    lines(tmp_path / "m/agentic/BFCL_v4_memory_kv_result.json", {"id": "memory_kv_0", "result": []})
    found = read(tmp_path)
    assert {(one.id, one.category) for one in found.answers} == {
        ("multiple_0", "multiple"),
        ("live_simple_0-0-0", "live_simple"),
        ("multi_turn_base_0", "multi_turn_base"),
    }
    assert found.model_folder == "m"
    assert len(found.skipped) == 1
    assert "memory_kv" in found.skipped[0]


@pytest.mark.parametrize(
    ("name", "entry", "expected"),
    [
        ("gorilla_openfunctions_v1_test_simple_result.json", {"idx": 3, "result": CALL}, "simple_python_3"),
        ("gorilla_openfunctions_v1_test_relevance_result.json", {"id": 3, "result": CALL}, "irrelevance_3"),
        (
            "gorilla_openfunctions_v1_test_parallel_multiple_function_result.json",
            {"id": "parallel_multiple_function_9", "result": CALL},
            "parallel_multiple_9",
        ),
        ("gorilla_openfunctions_v1_test_java_result.json", {"id": "java_9", "result": CALL}, "simple_java_9"),
        ("BFCL_v3_javascript_result.json", {"id": "javascript_4", "result": CALL}, "simple_javascript_4"),
        ("BFCL_v2_live_relevance_result.json", {"id": "live_relevance_4-4-0", "result": CALL}, "live_relevance_4-4-0"),
        ("BFCL_v4_simple_python_result.json", {"id": "simple_python_4", "result": CALL}, "simple_python_4"),
    ],
)
def test_names_of_earlier_versions_become_official_ones(tmp_path, name, entry, expected):
    lines(tmp_path / "sub" / name, entry)
    (answer,) = read(tmp_path).answers
    assert answer.id == expected
    assert expected.startswith(answer.category)
    (again,) = read(tmp_path / "sub" / name).answers
    assert again == answer


def test_own_json_lines(tmp_path):
    path = lines(
        tmp_path / "run.jsonl",
        {"id": "simple_python_1", "category": "simple_python", "result": CALL},
        {"id": "irrelevance_2", "failure": "context_too_long", "detail": "700 tokens of 512"},
    )
    answers = read(path).answers
    assert answers[1] == BfclAnswer("irrelevance_2", "irrelevance", None, "context_too_long", "700 tokens of 512")
    assert read(tmp_path).answers == answers


def test_a_json_list_is_read_as_well(tmp_path):
    path = tmp_path / "BFCL_v3_simple_result.json"
    path.write_text(json.dumps([{"id": "simple_0", "result": CALL}]))
    assert read(path).answers[0].id == "simple_python_0"


def test_a_half_written_line_is_named(tmp_path):
    path = lines(tmp_path / "BFCL_v4_multiple_result.json", {"id": "multiple_0", "result": CALL})
    path.write_text(path.read_text() + '{"id": "multiple_1", "resu')
    with pytest.raises(OutputsError, match=r"line 2 is not valid JSON .*half-written"):
        read(tmp_path)


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ({"result": CALL}, "no id"),
        ({"id": "multiple_0"}, "no answer"),
        ({"id": "simple_python_0", "result": CALL}, "question of simple_python, but the file is named for multiple"),
        ({"id": "multiple", "result": CALL}, "is not the id of a question"),
        ({"id": True, "result": CALL}, "no id"),
        ("some text", "an entry is a JSON object"),
    ],
)
def test_entries_that_are_none_are_named_with_their_place(tmp_path, entry, message):
    lines(tmp_path / "BFCL_v4_multiple_result.json", entry)
    with pytest.raises(OutputsError, match=message) as caught:
        read(tmp_path)
    assert "line 1" in str(caught.value)


def test_two_models_are_not_mixed(tmp_path):
    for model in ("a", "b"):
        lines(tmp_path / model / "BFCL_v4_multiple_result.json", {"id": "multiple_0", "result": CALL})
    with pytest.raises(OutputsError, match=r"One score is for one model: name one folder of a, b"):
        read(tmp_path)


@pytest.mark.parametrize(
    "name", ["BFCL_v4_multi_turn_composite_result.json", "gorilla_openfunctions_v1_test_rest_result.json"]
)
def test_only_other_categories_is_an_error(tmp_path, name):
    lines(tmp_path / name, {"id": 0, "result": ""})
    with pytest.raises(OutputsError, match="single-turn"):
        read(tmp_path)


def test_nothing_there(tmp_path):
    with pytest.raises(OutputsError, match="does not exist"):
        read(tmp_path / "no")
    with pytest.raises(OutputsError, match="holds no result files"):
        read(tmp_path)


@pytest.mark.parametrize(
    "entry",
    [
        {"result": "Error during inference: Connection error."},
        {"result": "Error during inference: x", "traceback": "Traceback ..."},
        {"result": "openai.AuthenticationError: Error code: 401 - {...}"},
        {"result": "Error code: 401 - {'error': {'message': 'Incorrect API key provided'}}"},
        {"result": "401 Unauthorized"},
        {"result": "HTTP 503 Service Unavailable"},
        {"result": '{"error": {"message": "Incorrect API key provided", "code": 401}}'},
        {"result": {"error": {"message": "invalid key"}}},
        {"result": '{"detail": "Unauthorized"}'},
        {"result": '{"object": "error", "message": "too long", "code": 400}'},
        {"result": "<html><head><title>502 Bad Gateway</title></head></html>"},
        {"result": "Traceback (most recent call last):\n  File ..."},
        {"result": "ConnectionError: HTTPConnectionPool(host='x', port=80): Max retries exceeded"},
        {"result": "Connection refused"},
        {"result": "[Errno 111] Connection refused"},
        {"result": "Unauthorized"},
        {"result": "Request timed out."},
        {"result": "", "error": "dead"},
    ],
)
def test_failures_stored_as_answers_are_seen(tmp_path, entry):
    path = lines(
        tmp_path / "BFCL_v4_irrelevance_result.json",
        {"id": "irrelevance_0", "result": CALL},
        {"id": "irrelevance_1", **entry},
    )
    with pytest.raises(OutputsError, match=r"1 of 2 entries are not answers of a model:\s+irrelevance_1"):
        read(path)


@pytest.mark.parametrize(
    "answer",
    [
        "",
        "[]",
        CALL,
        "I am sorry, I cannot connect to the internet.",
        "An error in your request: the city is missing.",
        "500 km is the distance.",
        "There are 404 rooms.",
        '{"error": "no suitable function"}',
        "[raise_ValueError(x=1)]",
        "handle_error(code=500)",
        "[TimeoutError.handle(x=1)]",
        "Forbidden City is in Beijing; none of the functions answers questions about it, so I make no call here.",
        None,
        [],
    ],
)
def test_what_a_model_may_say_is_no_failure(answer):
    assert inference_error({"id": "x", "result": answer}, answer) is None


def answers(*values, category="multiple"):
    return [BfclAnswer(f"{category}_{n}", category, value) for n, value in enumerate(values)]


@pytest.mark.parametrize(
    ("values", "form"),
    [
        ([CALL, '{"tool_calls": []}'], "xlam"),
        (['[{"name": "f", "arguments": {}}]', "[]", "no"], "json"),
        (["[f(a=1)]", "no"], "python"),
        ([[{"f": "{}"}], "I cannot."], "openai"),
        (['[{"type": "function", "function": {"name": "f", "arguments": "{}"}}]', "[]"], "openai"),
        (['<tool_call>\n{"name": "f", "arguments": {}}\n</tool_call>', "no"], "hermes"),
    ],
)
def test_the_form_is_detected(values, form):
    assert detect_form(answers(*values)).form == form
    assert check_form(answers(*values), form).form == form


def test_prose_alone_is_refused_with_samples():
    with pytest.raises(OutputsError, match=r"(?s)none of 2 answers holds a function call.*multiple_0: Hello"):
        detect_form(answers("Hello there", "I cannot"))
    with pytest.raises(OutputsError, match="the form 'python'"):
        check_form(answers("Hello there", "I cannot"), "python")


def test_a_wrong_form_is_refused():
    with pytest.raises(OutputsError, match="none of 1 answers"):
        check_form(answers(CALL), "python")


def test_empty_answers_are_scored_with_a_warning():
    assert "every answer is empty" in detect_form(answers("", "[]", None)).warnings[0]
