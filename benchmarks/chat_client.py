"""The chat client alone against loopback servers: speed beside Curator, memory of a long queue, faults.

Used by `benchmarks/generation.py`, which has the commands. Prompts are 4 KB of English, answers 1.8 KB.
"""

import json
import re
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from apigen_assets.domain.chat import ChatRequest
from benchmarks.chat_server import Served, serve
from resources.llm.client import ChatClient
from resources.llm.generators import Generator
from resources.llm.journal import Journal

SENTENCE = "Write five queries that a person could put to an assistant with these functions, and the calls. "
_OURS = """
import sys
from benchmarks.chat_client import measure_client
measure_client(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
"""
_CURATOR = r"""
import importlib.util, json, logging, os, re, resource, sys, tempfile, time
url, level, count, sentence = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
package = os.path.dirname(importlib.util.find_spec("litellm").origin)
tokenizers = os.path.join(package, "litellm_core_utils", "tokenizers")
folder = tempfile.TemporaryDirectory()
os.environ.update(
    TELEMETRY_ENABLED="false", CURATOR_VIEWER="0", LITELLM_LOCAL_MODEL_COST_MAP="True", TIKTOKEN_CACHE_DIR=tokenizers,
    CURATOR_DISABLE_RICH_DISPLAY="1", CURATOR_CACHE_DIR=folder.name,
)
from bespokelabs import curator
logging.disable(logging.WARNING)

class Writer(curator.LLM):
    def prompt(self, row):
        return row["text"]

    def parse(self, row, response):
        return {"text": response}

def cpu():
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime

writer = Writer(
    model_name="gpt-4o-mini", backend="openai",
    backend_params={"base_url": url, "api_key": "none", "max_concurrent_requests": level,
                    "max_requests_per_minute": 10**9, "max_tokens_per_minute": 10**9},
)
rows = [{"text": f"{number} " + sentence * 42} for number in range(count)]
started, used = time.perf_counter(), cpu()
answered = len(writer(rows).dataset)
wall = time.perf_counter() - started
peak = int(re.findall(r"VmHWM:\s+(\d+)", open("/proc/self/status").read())[0]) // 1024
print(json.dumps({"answered": answered, "wall": wall, "cpu": cpu() - used, "peak": peak}))
"""
"""Curator's online processor as its documentation uses it, without limits of rate; its own cache is its journal."""


@dataclass(frozen=True)
class Speed:
    """What one client did at one level of concurrency."""

    answered: int
    wall: float
    """Seconds."""
    cpu: float
    """Seconds of the client's process."""
    peak: int
    """MiB."""

    def said(self) -> str:
        """As a line."""
        return (
            f"{self.answered / self.wall:7,.0f} requests/s, {1000 * self.cpu / self.answered:5.2f} ms CPU each, "
            f"peak {self.peak} MiB"
        )


def prompts(count: int) -> Iterator[ChatRequest]:
    """So many requests of 4 KB, each another."""
    return (ChatRequest(messages=({"role": "user", "content": f"{n} " + SENTENCE * 42},)) for n in range(count))


def measure_client(url: str, level: int, count: int) -> None:
    """Ask `count` prompts, `level` at a time, through the client and its journal, and print the speed as JSON."""
    with tempfile.TemporaryDirectory() as folder:
        config = Generator(name="g", base_url=url, model="m", concurrency=level)
        with ChatClient({"g": config}, Path(folder)) as chat:
            started, used = time.perf_counter(), cpu_seconds()
            answered = sum(completion.status == "ok" for completion in chat.stream("g", prompts(count)))
            wall, cpu = time.perf_counter() - started, cpu_seconds() - used
    print(json.dumps({"answered": answered, "wall": wall, "cpu": cpu, "peak": peak_mib()}))


def speeds(count: int, levels: Sequence[int], curator: str | None, rounds: int) -> Iterator[str]:
    """Both clients by turns against one server of 50 ms latency, each in a process of its own; the lines to print.

    Args:
        count: requests per level and round.
        levels: requests in flight.
        curator: an interpreter that has `bespokelabs-curator`; null to measure this project's client alone.
        rounds: how often each is measured; the median counts.
    """
    clients = {"apigen": (sys.executable, _OURS)} | ({"curator": (curator, _CURATOR)} if curator else {})
    with serve(0.05) as server:
        for level in levels:
            taken: dict[str, list[Speed]] = {name: [] for name in clients}
            for _ in range(rounds):
                for name, (python, program) in clients.items():
                    taken[name].append(_run(python, program, server, level, count))
            middle = {name: _median(measured) for name, measured in taken.items()}
            for name, speed in middle.items():
                yield f"{level:4} in flight, {name:8} {speed.said()}"
            if curator:
                ours, other = middle["apigen"], middle["curator"]
                faster = (ours.answered / ours.wall) / (other.answered / other.wall)
                lighter = (ours.cpu / ours.answered) / (other.cpu / other.answered)
                yield f"{level:4} in flight, apigen / curator: {faster:.2f} x requests/s, {lighter:.2f} x CPU"


def _run(python: str, program: str, server: Served, level: int, count: int) -> Speed:
    done = subprocess.run(
        [python, "-c", program, server.url, str(level), str(count), SENTENCE],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise SystemExit(f"{python} failed:\n{done.stderr[-3000:]}")
    return Speed(**json.loads(done.stdout.splitlines()[-1]))


def _median(measured: Sequence[Speed]) -> Speed:
    middle = [statistics.median(getattr(speed, name) for speed in measured) for name in ("wall", "cpu", "peak")]
    return Speed(measured[0].answered, middle[0], middle[1], int(middle[2]))


def queue(count: int) -> str:
    """Ask so many different prompts through one stream; a line with the peak of memory."""
    with serve(0.0) as server, tempfile.TemporaryDirectory() as folder:
        config = Generator(name="g", base_url=server.url, model="m", concurrency=128)
        with ChatClient({"g": config}, Path(folder)) as chat:
            before, started, used = peak_mib(), time.perf_counter(), cpu_seconds()
            answered = sum(completion.status == "ok" for completion in chat.stream("g", prompts(count)))
            wall, cpu = time.perf_counter() - started, cpu_seconds() - used
            known = sum(completion.cached for completion in chat.stream("g", prompts(count)))
    return (
        f"{answered:,} of {count:,} prompts answered, {known:,} read back from the journal: peak {peak_mib()} MiB "
        f"({before} MiB before), {wall:.0f} s, {cpu:.0f} s CPU"
    )


@dataclass(frozen=True)
class Accounted:
    """What became of the requests to a faulty server."""

    completions: Counter[str]
    """By status."""
    answers: int
    """In the journal."""
    failures: int
    """Records of failures in the journal."""
    paid: dict[str, int]
    """As the server counted."""
    retries: int
    wall: float


def faults(count: int, concurrency: int = 256) -> Accounted:
    """Ask a server that fails in every way; what became of every request."""
    with serve(0.02, faults=True) as server, tempfile.TemporaryDirectory() as folder:
        config = Generator(name="g", base_url=server.url, model="m", concurrency=concurrency, timeout_s=2.0, retries=12)
        started = time.perf_counter()
        with ChatClient({"g": config}, Path(folder)) as chat:
            completions = Counter(str(completion.status) for completion in chat.stream("g", prompts(count)))
            retries = chat.usage[("g", "generate")].retries
        wall = time.perf_counter() - started
        journal = Journal(Path(folder) / "m")
        failures = sum("error" in record for record in journal.records())
        return Accounted(completions, len(journal), failures, server.paid(), retries, wall)


def cpu_seconds() -> float:
    """CPU seconds of this process so far."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def peak_mib() -> int:
    """The most memory that this process had, in MiB; `ru_maxrss` begins with that of the process that started it."""
    return int(re.findall(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text())[0]) // 1024
