"""What lies in a folder of outputs: read, left out with a note, or refused with the file's name and what to do."""

import gzip
import json

import pytest
from typer.testing import CliRunner

from apigen_assets.cli.main import app
from apigen_assets.evaluation.answers import Failures, read
from apigen_assets.evaluation.output_entries import OutputsError

CALL = '[{"name": "f", "arguments": {"a": 1}}]'


def lines(path, *entries, ascii_only=True):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(entry, ensure_ascii=ascii_only) + "\n" for entry in entries), encoding="utf-8")
    return path


def multiple(number, result=CALL):
    return {"id": f"multiple_{number}", "result": result}


def test_files_of_two_models_are_refused_even_of_different_categories(tmp_path):
    lines(tmp_path / "a/non_live/BFCL_v4_multiple_result.json", multiple(0))
    lines(tmp_path / "b/live/BFCL_v4_live_simple_result.json", {"id": "live_simple_0-0-0", "result": CALL})
    with pytest.raises(OutputsError, match=r"a holds multiple; b holds live_simple.*name one folder"):
        read(tmp_path)


def test_an_empty_file_is_named(tmp_path):
    lines(tmp_path / "m/BFCL_v4_multiple_result.json", multiple(0))
    (tmp_path / "m/BFCL_v4_parallel_result.json").write_text("\n")
    with pytest.raises(OutputsError, match=r"BFCL_v4_parallel_result\.json is empty.*Generate parallel again"):
        read(tmp_path)


def test_an_empty_list_is_an_empty_file(tmp_path):
    lines(tmp_path / "m/BFCL_v4_multiple_result.json", multiple(0))
    (tmp_path / "m/BFCL_v4_parallel_result.json").write_text("[]")
    with pytest.raises(OutputsError, match=r"BFCL_v4_parallel_result\.json is empty"):
        read(tmp_path)


@pytest.mark.parametrize(
    ("name", "stored"),
    [
        ("BFCL_v4_multiple_result.json.gz", lambda text: gzip.compress(text.encode())),
        ("run.jsonl.gz", lambda text: gzip.compress(text.encode())),
        ("BFCL_v4_multiple_result.json", lambda text: text.encode("utf-8-sig")),
        ("BFCL_v4_multiple_result.json", lambda text: text.replace("\n", "\r\n").encode("utf-16")),
        ("BFCL_v4_multiple_result.json", lambda text: json.dumps(json.loads(text), indent=2).encode()),
        ("BFCL_v4_multiple_result.json", lambda text: json.dumps([json.loads(text)], indent=2).encode()),
    ],
    ids=["gz", "own gz", "BOM", "UTF-16", "indented", "list"],
)
def test_a_file_is_read_in_any_dress(tmp_path, name, stored):
    (tmp_path / name).write_bytes(stored(json.dumps(multiple(0)) + "\n"))
    (answer,) = read(tmp_path).answers
    assert (answer.id, answer.answer) == ("multiple_0", CALL)
    assert read(tmp_path / name).answers == [answer]


def test_several_indented_objects_keep_their_places(tmp_path):
    path = tmp_path / "BFCL_v4_multiple_result.json"
    text = "\n".join(json.dumps(multiple(number), indent=2) for number in (0, 1, 0))
    path.write_text(text)
    with pytest.raises(OutputsError, match=r"multiple_0: .*line 1 and .*line 9"):
        read(path)
    path.write_text(text[:-3])
    with pytest.raises(OutputsError, match="line 1 is not valid JSON"):
        read(path)


@pytest.mark.parametrize("content", [gzip.compress(b"x", mtime=0)[:9], b"\x1f\x8b", b"PK\x03\x04\xff\xfe\xfd"])
def test_what_is_no_text_is_named(tmp_path, content):
    path = tmp_path / "run.jsonl.gz"
    path.write_bytes(content)
    with pytest.raises(OutputsError, match=r"cannot read .*run\.jsonl\.gz"):
        read(path)
    path = tmp_path / "run.jsonl"
    path.write_bytes(content)
    with pytest.raises(OutputsError, match=r"run\.jsonl is not text in UTF-8|not valid JSON"):
        read(path)


def test_linked_folders_are_read_once(tmp_path):
    lines(tmp_path / "store/non_live/BFCL_v4_multiple_result.json", multiple(0))
    (tmp_path / "result").mkdir()
    (tmp_path / "result/m").symlink_to(tmp_path / "store")
    (tmp_path / "store/loop").symlink_to(tmp_path / "store")
    assert [answer.id for answer in read(tmp_path / "result").answers] == ["multiple_0"]


@pytest.mark.parametrize("name", ["BFCL_v4_parallel_result (1).json", "BFCL_v4_parallel_result.json.bak"])
def test_a_file_that_may_be_meant_is_said_not_to_be_read(tmp_path, name):
    lines(tmp_path / "m/BFCL_v4_multiple_result.json", multiple(0))
    lines(tmp_path / "m" / name, {"id": "parallel_0", "result": CALL})
    assert f"m/{name}: not read" in read(tmp_path).skipped[0]


def test_copies_of_a_notebook_are_left_out_with_a_note(tmp_path):
    lines(tmp_path / "m/BFCL_v4_multiple_result.json", multiple(0))
    lines(tmp_path / "m/.ipynb_checkpoints/BFCL_v4_multiple_result.json", multiple(1))
    found = read(tmp_path)
    assert [answer.id for answer in found.answers] == ["multiple_0"]
    assert ".ipynb_checkpoints" in found.skipped[0]


def test_own_lines_beside_official_files_are_said_not_to_be_read(tmp_path):
    lines(tmp_path / "m/BFCL_v4_multiple_result.json", multiple(0))
    lines(tmp_path / "m/run.jsonl", multiple(1))
    assert "m/run.jsonl: not read" in read(tmp_path).skipped[0]


def test_an_id_twice_is_named_with_both_places(tmp_path):
    path = lines(tmp_path / "BFCL_v4_multiple_result.json", multiple(0), multiple(1), multiple(0))
    with pytest.raises(OutputsError, match=r"multiple_0: .*line 1 and .*line 3"):
        read(path)


def test_a_line_separator_inside_a_text_does_not_end_the_line(tmp_path):
    path = lines(tmp_path / "BFCL_v4_multiple_result.json", multiple(0, "a\u2028b\u0085c"), ascii_only=False)
    assert read(path).answers[0].answer == "a\u2028b\u0085c"


def test_failed_rows_block_or_count_as_wrong(tmp_path):
    path = lines(tmp_path / "BFCL_v4_multiple_result.json", multiple(0), multiple(1, "CUDA out of memory."))
    with pytest.raises(OutputsError, match=r"(?s)1 of 2 entries.*multiple_1.*--failures wrong"):
        read(path)
    good, bad = read(path, Failures.WRONG).answers
    assert good.failure is None
    assert (bad.failure, bad.answer) == ("inference_error", None)
    lines(path, multiple(0, "Request timed out."))
    with pytest.raises(OutputsError, match="nothing to score"):
        read(path, Failures.WRONG)


def test_a_failure_in_a_conversation_blocks_nothing(tmp_path):
    path = lines(
        tmp_path / "BFCL_v4_multi_turn_base_result.json",
        {"id": "multi_turn_base_0", "result": [[[{"ls": "{}"}]]]},
        {"id": "multi_turn_base_1", "result": "Error during inference: boom", "traceback": "x"},
    )
    found = read(path)
    assert found.answers[1].failure == "inference_error"
    assert "1 entries hold failures" in found.skipped[0]


@pytest.mark.parametrize(
    ("entry", "answer"),
    [
        ({"result": "", "tool_calls": [{"name": "f", "arguments": "{}"}]}, [{"name": "f", "arguments": "{}"}]),
        ({"response": "", "tool_calls": []}, []),
        ({"response": "No.", "tool_calls": []}, "No."),
        ({"choices": [{"message": {"content": "x"}}]}, {"choices": [{"message": {"content": "x"}}]}),
        ({"message": {"content": "x"}}, {"content": "x"}),
        ({"result": None, "completion": "x"}, "x"),
    ],
)
def test_the_field_that_says_something_is_the_answer(tmp_path, entry, answer):
    path = lines(tmp_path / "BFCL_v4_multiple_result.json", {"id": "multiple_0", **entry})
    assert read(path).answers[0].answer == answer


def test_ids_that_v4_renumbered_are_matched_by_question(tmp_path):
    """Of V3's 18 relevance questions two are irrelevance in V4; its last ids say that a file is of V3."""
    ids = [f"live_relevance_{number}-{number}-0" for number in range(18)]
    path = lines(tmp_path / "m/BFCL_v3_live_relevance_result.json", *({"id": one, "result": one} for one in ids))
    by_id = {answer.id: answer for answer in read(path).answers}
    assert len(by_id) == 18
    assert by_id["live_relevance_13-13-0"].answer == "live_relevance_14-14-0"
    assert by_id["live_relevance_15-15-0"].answer == "live_relevance_17-17-0"
    moved = by_id["live_irrelevance_883-883-0"]
    assert (moved.category, moved.answer) == ("live_irrelevance", "live_relevance_15-15-0")
    v4 = lines(tmp_path / "w/BFCL_v4_live_relevance_result.json", *({"id": one, "result": one} for one in ids[:16]))
    assert {answer.id for answer in read(v4).answers} == set(ids[:16])


def test_wrong_options_say_so_before_anything_is_read(tmp_path):
    path = lines(tmp_path / "BFCL_v4_multiple_result.json", multiple(0))
    told = CliRunner().invoke(app, ["score", str(path), "--format", "hermez"])
    assert told.exit_code == 2
    assert "did you mean hermes?" in " ".join(told.output.split())
    told = CliRunner().invoke(app, ["score", str(path), "--out", str(tmp_path)])
    assert told.exit_code == 2
    assert "is a folder" in " ".join(told.output.replace("│", " ").split())
