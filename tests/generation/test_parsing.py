"""From text to pairs: nothing is dropped, one bad pair costs itself."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apigen_assets.domain.candidate import Candidate
from apigen_assets.domain.chat import Completion
from apigen_assets.domain.reason import Stage
from apigen_assets.domain.style import Style
from apigen_assets.generation.parsing import Parsed, parse_completion
from apigen_assets.verification.stages.format import parse_failure

PAIR = {"query": "What is 2 + 3?", "answers": [{"name": "add", "arguments": {"a": 2, "b": 3}}]}
OTHER = {"query": "And 4 } + ] 5?", "answers": [{"name": "add", "arguments": {"a": 4, "b": 5}}], "thought": "easy"}
GOOD = json.dumps([PAIR, OTHER])


def parse(text: str, status: str = "ok") -> Parsed:
    return parse_completion(Completion(key="k", status=status, text=text))


def codes(parsed: Parsed) -> list[str]:
    return [(pair.error or "ok").split(":")[0] for pair in parsed.pairs]


@pytest.mark.parametrize(
    ("text", "isolated"),
    [
        (GOOD, False),
        (f"  \n{GOOD}\n", False),
        (f"<think>some [{{ drafts</think>{GOOD}", False),
        (json.dumps({"pairs": [PAIR, OTHER]}), False),
        (f"```json\n{GOOD}\n```", True),
        (f"Here are the pairs [as asked]:\n{GOOD}\nHope it helps! [1]", True),
    ],
)
def test_every_pair_of_a_completion_is_used(text: str, isolated: bool) -> None:
    parsed = parse(text)
    assert [pair.query for pair in parsed.pairs] == [PAIR["query"], OTHER["query"]]
    assert parsed.pairs[0].answers == PAIR["answers"]
    assert parsed.pairs[1].thought == "easy"
    assert parsed.isolated is isolated


@pytest.mark.parametrize(
    ("broken", "code"),
    [
        ('{"query": "a", "answers": [{"name": "f", "arguments": {"x": NaN}}]}', "non_finite_number"),
        ('{"query": "a", "answers": [{"name": "f", "arguments": {"x": 1, "x": 2}}]}', "duplicate_key"),
        ('{"query": "a", "answers": [{"name": "f", "arguments": {"x": 1 2}}]}', "not_json"),
        ('{"query": "a", "answers": [{"name": "f", "arguments": {"x": }}]}', "not_json"),
        ('{"query": "a", "answers": [{"name": "f", "arguments:"x"}]}', "not_json"),
        ('{"query": "a"}', "missing_field"),
        ('{"answers": []}', "missing_field"),
        ('{"query": 5, "answers": []}', "missing_field"),
        ('{"query": "a", "answers": 5}', "malformed_call"),
        ('{"query": "a", "answers": "add two and three"}', "malformed_call"),
        ('{"query": "a", "answers": [{"name": "f", "arguments": {"x": 1e999}}]}', "non_finite_number"),
        ('{"query": "a\\ud800", "answers": []}', "not_json"),
    ],
)
def test_a_broken_pair_costs_itself_and_not_its_neighbours(broken: str, code: str) -> None:
    parsed = parse(f"[{json.dumps(PAIR)}, {broken}, {json.dumps(OTHER)}]")
    assert codes(parsed)[0] == "ok"
    assert codes(parsed)[-1] == "ok"
    assert parsed.pairs[-1].query == OTHER["query"]
    assert codes(parsed)[1:-1] == [code]
    assert parsed.pairs[1].raw


def test_a_truncated_completion_keeps_its_whole_pairs() -> None:
    parsed = parse(GOOD[:-20], "length")
    assert codes(parsed) == ["ok", "truncated"]
    assert parsed.pairs[1].raw
    assert codes(parse(GOOD[:-26])) == ["ok", "not_json"]
    assert codes(parse(GOOD[:-20])) == ["ok", "ok"], "the model ended by itself: only brackets are missing"
    assert codes(parse(GOOD, "length")) == ["ok", "ok"]


@pytest.mark.parametrize(
    ("text", "status", "code"),
    [
        ("", "empty", "no_answer"),
        ("  \n", "ok", "no_answer"),
        ("I cannot do that.", "refused", "no_answer"),
        ("HTTP 500", "error", "no_answer"),
        ("Sorry, no.", "ok", "not_json"),
        ("[]", "ok", "not_json"),
        ("null", "ok", "not_json"),
        ("[1, 2]", "ok", "not_json"),
        ('"text"', "ok", "not_json"),
        ("[" * 100_000, "ok", "too_deep"),
        ('[{"query": ' + "[" * 50_000, "ok", "too_deep"),
    ],
)
def test_a_completion_without_pairs_is_one_candidate_with_the_reason(text: str, status: str, code: str) -> None:
    parsed = parse(text, status)
    assert set(codes(parsed)) == {code}
    assert len(parsed.pairs) == 1


def test_the_codes_are_reasons_of_the_format_stage() -> None:
    for text, status in (("", "empty"), ("x", "ok"), ('[{"query": 1}]', "ok"), ("[{", "length"), ("[{}]", "ok")):
        for pair in parse(text, status).pairs:
            assert pair.error is not None
            reason, _ = parse_failure(pair.error, pair.raw)
            assert reason.stage is Stage.FORMAT
            assert reason.value == pair.error.split(":")[0]


_WILD = st.one_of(
    st.text(),
    st.text("[]{}\",:\\ \n'query answers null 1e9 -.NaN", max_size=80),
    st.builds(lambda a, b: GOOD[: a % len(GOOD)] + b + GOOD[a % len(GOOD) :], st.integers(0), st.text(max_size=5)),
    st.builds(lambda a, b: GOOD[: a % len(GOOD)] + GOOD[b % len(GOOD) :], st.integers(0), st.integers(0)),
)


@given(_WILD, st.sampled_from(["ok", "length", "refused", "empty", "error"]))
def test_wild_text_always_gives_candidates_a_table_can_hold(text: str, status: str) -> None:
    text = text.encode("utf-8", "replace").decode()
    parsed = parse(text, status)
    assert parsed.pairs
    for pair in parsed.pairs:
        assert (pair.answers is None) == (pair.error is not None)
        row = Candidate(
            candidate_id="c",
            generator="g",
            batch="b",
            style=Style.SIMPLE,
            query=pair.query,
            tools=[],
            answers=pair.answers,
            thought=pair.thought,
            prompt_id="p",
            completion_key="k",
            raw_text=pair.raw,
            parse_error=pair.error,
        )
        assert Candidate.frame([row]).height == 1


def test_beyond_a_completions_share_what_cannot_be_read_goes_first_and_copies_next() -> None:
    pairs = [{"query": f"Pair {i}?", "answers": [{"name": "f", "arguments": {"x": i}}]} for i in range(4)]
    pairs.insert(1, {"query": "No answers"})
    completion = Completion(key="0" * 64, status="ok", text=json.dumps(pairs))
    for most, kept in ((2, ["Pair 1?", "Pair 2?"]), (3, ["Pair 1?", "Pair 2?", "Pair 3?"])):
        parsed = parse_completion(completion, ["f"], most, lambda pair: pair.query == "Pair 0?")
        assert [pair.query for pair in parsed.pairs] == kept
        assert parsed.over_share == 5 - most
    parsed = parse_completion(completion, ["f"], 4, lambda pair: pair.query == "Pair 0?")
    assert [pair.query for pair in parsed.pairs] == ["Pair 0?", "Pair 1?", "Pair 2?", "Pair 3?"]
