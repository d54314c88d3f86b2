"""What generation promises, in short; `python benchmarks/generation.py` proves the same at full length."""

from collections.abc import Iterator
from pathlib import Path

from apigen_assets.domain.chat import ChatRequest
from benchmarks.batch_files import batch_files
from benchmarks.chat_client import faults, prompts
from benchmarks.chat_server import serve
from benchmarks.killed_runs import killed_runs
from resources.llm.client import ChatClient
from resources.llm.generators import Generator


def test_every_request_to_a_faulty_server_is_accounted_for_and_paid_for_once() -> None:
    accounted = faults(300, 64)
    assert accounted.completions.total() == 300
    assert accounted.answers == accounted.completions["ok"]
    assert accounted.failures == accounted.completions["error"] <= 3
    assert accounted.paid == {"answers": accounted.answers, "twice": 0}
    assert accounted.retries > 50


def test_a_run_killed_at_random_moments_ends_with_the_table_of_one_left_alone() -> None:
    killed = killed_runs(2, 500)
    assert killed.equal
    assert killed.candidates == 500
    assert killed.answers - killed.twice == 100
    assert killed.twice <= 2 * killed.in_flight


def test_a_batch_in_two_formats_imported_twice_is_one_table() -> None:
    ways = batch_files(30)
    assert {batched.lines for batched in ways.values()} == {30}
    assert {batched.records for batched in ways.values()} == {(30, 30)}
    assert {batched.left for batched in ways.values()} == {0}
    [table] = {batched.table for batched in ways.values()}
    assert table.count(b"\n") == 150


def test_a_long_queue_is_taken_as_room_becomes_free(tmp_path: Path) -> None:
    taken = 0

    def counted() -> Iterator[ChatRequest]:
        nonlocal taken
        for request in prompts(1_000):
            taken += 1
            yield request

    with serve(0.0) as server:
        config = Generator(name="g", base_url=server.url, model="m", concurrency=8)
        with ChatClient({"g": config}, tmp_path) as chat:
            ahead = [taken - done for done, _ in enumerate(chat.stream("g", counted()))]
    assert len(ahead) == 1_000
    assert max(ahead) <= 8 * 8 + 2
