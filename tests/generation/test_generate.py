"""Generation end to end: through HTTP and the journal, extended, interrupted, limited."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Generator, Iterable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from apigen_assets.catalog.importers.python_modules import import_python_package
from apigen_assets.domain.api import Api
from apigen_assets.domain.candidate import Candidate
from apigen_assets.domain.chat import BudgetError, ChatRequest, Completion
from apigen_assets.functions.library import all_seeds
from apigen_assets.generation.generate import generate
from apigen_assets.generation.shown_examples import ShownExample, from_seeds, from_verified
from apigen_assets.verification.stages.format import check_format
from resources.llm.client import ChatClient
from resources.llm.generators import generators
from resources.llm.journal import Journal
from tests.helpers.paths import ROOT


@pytest.fixture(scope="module")
def apis() -> list[Api]:
    return list(import_python_package("apigen_assets.functions", "builtin", only_with="SEEDS").apis)[:40]


class Counting:
    """A model that writes `per_completion` pairs, or whatever `write` says."""

    def __init__(self, per_completion: int = 5, limit: int | None = None) -> None:
        self.per_completion = per_completion
        self.limit = limit
        self.asked = 0

    def stream(self, generator: str, requests: Iterable[ChatRequest]) -> Generator[Completion, None, None]:
        for request in requests:
            if self.limit is not None and self.asked >= self.limit:
                raise BudgetError("no more tokens")
            self.asked += 1
            key = json.dumps([generator, request.messages[1]["content"]])
            pairs = [{"query": f"q{i}", "answers": []} for i in range(self.per_completion)]
            yield Completion(key=key, status="ok", text=json.dumps(pairs))


def test_the_target_is_met_exactly_and_a_larger_one_extends_it(apis: list[Api]) -> None:
    frames = {
        target: generate(apis, all_seeds(), "g", "b", target, Counting()).candidates for target in (0, 1, 7, 50, 123)
    }
    for target, frame in frames.items():
        assert frame.height == target
        assert frame.schema == Candidate.SCHEMA
        assert frame.equals(frames[123].head(target))
    assert frames[123]["candidate_id"].n_unique() == 123


def test_short_completions_are_made_up_for_by_further_prompts_within_bounds(apis: list[Api]) -> None:
    report = generate(apis, [], "g", "b", 60, Counting(3))
    assert report.candidates.height == 60
    assert report.prompts == 20
    report = generate(apis, [], "g", "b", 60, Counting(1))
    assert report.candidates.height == report.prompts < 60
    assert report.stopped is not None
    assert "fewer pairs" in report.stopped


class ReadsAhead(Counting):
    """A model whose client takes every request before it gives an answer, as one with many slots does."""

    def stream(self, generator: str, requests: Iterable[ChatRequest]) -> Generator[Completion, None, None]:
        for answer in list(super().stream(generator, requests)):
            pairs = json.loads(answer.text)
            calls = [{"name": "f", "arguments": {}}] * (1 + len(answer.key) % 2)
            text = json.dumps([{**pair, "answers": calls} for pair in pairs])
            yield answer.model_copy(update={"text": text})


class AnswersAtOnce(ReadsAhead):
    """The same model, asked one request at a time."""

    def stream(self, generator: str, requests: Iterable[ChatRequest]) -> Generator[Completion, None, None]:
        for request in requests:
            yield from super().stream(generator, [request])


def test_what_makes_up_for_a_shortfall_does_not_depend_on_how_fast_answers_come(apis: list[Api]) -> None:
    """Pairs make one call or two, whatever was asked for, so that styles fall short and are asked for again."""
    for target in (60, 120, 250):
        slow, fast = (generate(apis, all_seeds(), "g", "b", target, model(3)) for model in (ReadsAhead, AnswersAtOnce))
        assert slow.prompts == fast.prompts > target // 5
        assert slow.candidates.equals(fast.candidates)


def test_a_budget_keeps_what_was_paid_and_says_why_it_stopped(apis: list[Api]) -> None:
    report = generate(apis, [], "g", "b", 60, Counting(limit=4))
    assert report.candidates.height == 20
    assert report.stopped == "no more tokens"
    assert report.candidates.equals(generate(apis, [], "g", "b", 20, Counting()).candidates)


def test_a_pair_that_repeats_its_prompt_is_kept_and_rejected_as_a_copy(apis: list[Api]) -> None:
    class Echo(Counting):
        def stream(self, generator: str, requests: Iterable[ChatRequest]) -> Generator[Completion, None, None]:
            for request in requests:
                shown = request.messages[1]["content"].split("# Examples\n")[1].split("\n\n#")[0]
                yield Completion(key=json.dumps([generator, shown]), status="ok", text=shown)

    rows = generate(apis, all_seeds(), "g", "b", 5, Echo()).candidates
    assert rows.height == 5
    assert rows["answers"].null_count() == 0
    assert check_format(rows)["reason"].to_list() == ["copied_example"] * 5


class Nulls(Counting):
    """Fills in every parameter of the first function, with null where nobody said anything."""

    def stream(self, generator: str, requests: Iterable[ChatRequest]) -> Generator[Completion, None, None]:
        for request in requests:
            said = {"number": 3.14159, "digits": None, "unheard_of": None}
            pair = {"query": "Round 3.14159.", "answers": [{"name": "round_it", "arguments": said}]}
            yield Completion(key=request.messages[1]["content"], status="ok", text=json.dumps([pair]))


@pytest.mark.parametrize(
    ("digits", "required", "left"),
    [
        ({"type": "integer"}, ["number"], {"number": 3.14159}),
        ({"type": ["integer", "null"]}, ["number"], {"number": 3.14159, "digits": None}),
        ({"type": "integer"}, ["number", "digits"], {"number": 3.14159, "digits": None}),
    ],
)
def test_null_for_what_nobody_said_is_left_out(apis: list[Api], digits: Any, required: list[str], left: Any) -> None:
    properties = {"number": {"type": "number"}, "digits": digits}
    api = apis[0].model_copy(
        update={
            "name": "round_it",
            "parameters": {"type": "object", "properties": properties, "required": required},
        }
    )
    [row] = generate([api], [], "g", "b", 1, Nulls(), most_prompts=1).candidates.iter_rows(named=True)
    assert json.loads(row["answers"]) == [{"name": "round_it", "arguments": left}]
    assert json.loads(row["repairs"]) == ["null_argument"]


def test_no_apis_give_an_empty_table() -> None:
    chat = Counting()
    frame = generate([], all_seeds(), "g", "b", 50, chat).candidates
    assert frame.schema == Candidate.SCHEMA
    assert frame.height == chat.asked == 0


def test_generators_are_asked_the_same_and_write_rows_of_their_own(apis: list[Api]) -> None:
    one, two = (generate(apis, all_seeds(), name, "b", 30, Counting()).candidates for name in ("g", "h"))
    assert one["tools"].to_list() == two["tools"].to_list()
    assert not set(one["candidate_id"]) & set(two["candidate_id"])


def test_through_http_and_the_journal_twice(apis: list[Api], tmp_path: Path) -> None:
    with ChatClient(generators(), tmp_path) as chat:
        first = generate(apis, all_seeds(), "standin-small", "b", 200, chat)
        pid = chat._standin.pid
    assert pid is not None
    assert not Path(f"/proc/{pid}").exists()
    with ChatClient(generators(), tmp_path) as chat:
        second = generate(apis, all_seeds(), "standin-small", "b", 200, chat)
        assert chat._standin.pid is None  # nothing to ask, so no server
        more = generate(apis, all_seeds(), "standin-small", "b", 300, chat)
    assert second.candidates.equals(first.candidates)
    assert second.cached == second.prompts == first.prompts
    assert more.cached == first.prompts
    assert more.candidates.head(200).equals(first.candidates)
    assert first.candidates.height == 200
    assert first.prompt_tokens > 10_000
    checked = check_format(first.candidates)
    assert 0.6 < checked["passed"].mean() < 0.95


def test_strength_shows_in_the_format_check(apis: list[Api], tmp_path: Path) -> None:
    passed = {}
    with ChatClient(generators(), tmp_path) as chat:
        for name in generators():
            frame = generate(apis, all_seeds(), name, "b", 400, chat).candidates
            passed[name] = check_format(frame)["passed"].mean()
    assert passed["standin-small"] < passed["standin-medium"] < passed["standin-large"]
    assert passed["standin-large"] > 0.9


def test_a_killed_run_continues_without_asking_again_or_losing_a_row(apis: list[Api], tmp_path: Path) -> None:
    code = f"""
import sys
sys.path.insert(0, {str(ROOT)!r})
from pathlib import Path
from apigen_assets.catalog.importers.python_modules import import_python_package
from apigen_assets.functions.library import all_seeds
from apigen_assets.generation.generate import generate
from resources.llm.client import ChatClient
from resources.llm.generators import generators
apis = list(import_python_package("apigen_assets.functions", "builtin", only_with="SEEDS").apis)[:40]
with ChatClient(generators(), Path({str(tmp_path / "killed")!r})) as chat:
    generate(apis, all_seeds(), "standin-medium", "b", 20000, chat)
"""
    child = subprocess.Popen([sys.executable, "-c", code])
    folder = tmp_path / "killed" / "standin-medium"
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and sum(p.stat().st_size for p in folder.glob("*.jsonl")) < 200_000:
        time.sleep(0.02)
    os.kill(child.pid, signal.SIGKILL)
    child.wait()
    kept = len(Journal(folder))
    assert kept > 10
    with ChatClient(generators(), tmp_path / "killed") as chat:
        again = generate(apis, all_seeds(), "standin-medium", "b", 400, chat)
        asked = chat.usage[("standin-medium", "generate")].asked
    assert again.cached == min(kept, again.prompts)
    assert asked == again.prompts - again.cached
    keys = [record["key"] for record in Journal(folder).records()]
    assert len(keys) == len(set(keys))  # nothing was paid for twice
    with ChatClient(generators(), tmp_path / "whole") as chat:
        whole = generate(apis, all_seeds(), "standin-medium", "b", 400, chat)
    assert again.candidates.equals(whole.candidates)


def test_seeds_become_examples_once_each_in_every_style() -> None:
    examples = from_seeds([*all_seeds(), *all_seeds()])
    assert len(examples) == len(all_seeds())
    assert len({one.style for one in examples}) == 4
    frame = ShownExample.frame(examples)
    assert [ShownExample.from_row(row) for row in frame.iter_rows(named=True)] == examples


def test_verified_rows_become_examples_whatever_their_order() -> None:
    rows = pl.DataFrame(
        {
            "candidate_id": ["c", "a", "b"],
            "query": ["3", "1", "2"],
            "answers": ['[{"name": "f", "arguments": {"x": 1}}]'] * 3,
            "tools": ['[{"name": "f"}]', '[{"name": "f"}, {"name": "g"}]', '[{"name": "f"}]'],
        }
    )
    examples = from_verified(rows, limit=2)
    assert [(one.query, one.style.value, one.origin) for one in examples] == [
        ("1", "multiple", "verified"),
        ("2", "simple", "verified"),
    ]
    assert from_verified(rows.reverse(), limit=2) == examples
