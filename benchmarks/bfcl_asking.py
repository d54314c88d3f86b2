"""The multi-turn categories asked whole through `apigen evaluate`, killed in the middle: benchmarks/bfcl_asking.py.

A server on loopback knows the true calls and answers as an endpoint with tool calls does, so that the protocol (turns,
steps, withheld tools, results handed back, journal) is what is tried. Each category is asked by the command itself,
which is killed (SIGKILL) after `--kill-after` requests and started again. Printed per category: right items, requests
before and after the kill, and requests that were sent twice. Exit status 1 where an item is wrong (but the two of long
context with more than 20 true calls in a turn, which the board's limit of steps ends), or more requests were sent twice
than were under way at the kill.
"""

import argparse
import ast
import contextlib
import json
import os
import resource
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from apigen_assets.evaluation.categories import MULTI_TURN
from apigen_assets.evaluation.conversations import STEP_LIMIT, TOOLS_ADDED
from resources.bfcl.environment import environment
from resources.bfcl.questions import conversations

CONCURRENCY = 8


class Oracle:
    """Finds the item that a request is of, by what the user said and the tools offered, and its next true call."""

    def __init__(self) -> None:
        env = environment()
        (data,) = env.python.parents[1].glob("lib/python*/site-packages/bfcl_eval/data/possible_answer")
        self._items: dict[str, list[tuple[dict[str, Any], list[list[str]]]]] = {}
        self._parameters: dict[str, list[str]] = {}
        rows = conversations(env=env)
        truths: dict[str, list[list[str]]] = {}
        for category in MULTI_TURN:
            for line in (data / f"BFCL_v4_{category}.json").read_text(encoding="utf-8").splitlines():
                truth = json.loads(line)
                truths[truth["id"]] = truth["ground_truth"]
        for row in rows:
            self._items.setdefault(row["category"], []).append((row, truths[row["id"]]))
            for tool in [*row["functions"], *(tool for tools in row["added"].values() for tool in tools)]:
                self._parameters[tool["name"]] = list(tool["parameters"]["properties"])

    def too_long(self, category: str) -> set[str]:
        """The items that one call a step cannot end: a turn of theirs has more true calls than it may have steps."""
        return {row["id"] for row, truth in self._items[category] if max(map(len, truth)) > STEP_LIMIT}

    def answer(self, body: dict[str, Any]) -> dict[str, Any]:
        """The assistant's message."""
        messages = body["messages"]
        users = [place for place, message in enumerate(messages) if message["role"] == "user"]
        said = [messages[place]["content"] for place in users]
        offered = {tool["function"]["name"] for tool in body["tools"]}
        turn, step = len(users) - 1, sum(message["role"] == "assistant" for message in messages[users[-1] :])
        calls = next(
            truth[turn]
            for row, truth in self._items[body["model"]]
            if turn < len(row["turns"]) and self._said(row, turn) == said and self._offered(row, turn) == offered
        )
        if step >= len(calls):
            return {"role": "assistant", "content": "Done."}
        name, arguments = self._call(calls[step])
        function = {"name": name, "arguments": json.dumps(arguments)}
        return {
            "role": "assistant",
            "content": None,
            "tool_calls": [{"id": f"c{turn}-{step}", "type": "function", "function": function}],
        }

    @staticmethod
    def _said(row: dict[str, Any], turn: int) -> list[str]:
        return [
            TOOLS_ADDED if str(number) in row["added"] else "".join(message["content"] for message in messages[-1:])
            for number, messages in enumerate(row["turns"][: turn + 1])
        ]

    @staticmethod
    def _offered(row: dict[str, Any], turn: int) -> set[str]:
        added = [tool for number, tools in row["added"].items() if int(number) <= turn for tool in tools]
        return {tool["name"] for tool in [*row["functions"], *added]}

    def _call(self, text: str) -> tuple[str, dict[str, Any]]:
        node: Any = ast.parse(text.strip(), mode="eval").body
        name = ast.unparse(node.func)
        positional = zip(self._parameters[name], node.args, strict=False)
        arguments = {key: ast.literal_eval(value) for key, value in positional}
        return name, arguments | {pair.arg: ast.literal_eval(pair.value) for pair in node.keywords}


class Endpoint(BaseHTTPRequestHandler):
    """Chat completions over loopback."""

    server: Any
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        """Answer one request."""
        text = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.seen.append(hash(text))
        answer = {
            "choices": [{"index": 0, "finish_reason": "stop", "message": self.server.oracle.answer(json.loads(text))}]
        }
        payload = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(payload)))
        self.end_headers()
        self.wfile.write(payload)

    def handle(self) -> None:
        """Serve a connection until it is closed, or dies with the command."""
        with contextlib.suppress(ConnectionError):
            super().handle()

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--categories", nargs="+", default=list(MULTI_TURN), choices=MULTI_TURN)
    options.add_argument("--kill-after", type=int, default=500, help="requests after which the command is killed")
    given = options.parse_args()
    server: Any = ThreadingHTTPServer(("127.0.0.1", 0), Endpoint)
    server.oracle, server.seen, server.daemon_threads = Oracle(), [], True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    faults = 0
    print(f"{'category':<26}{'right':>10}{'before':>9}{'after':>8}{'twice':>7}{'wall s':>9}")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _write_generators(folder, server.server_port)
        for category in given.categories:
            faults += _asked(category, folder, server, given.kill_after)
    server.shutdown()
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    print(f"CPU of the commands {used.ru_utime + used.ru_stime:.0f} s, largest {used.ru_maxrss / 1024:.0f} MB")
    return 1 if faults else 0


def _write_generators(folder: Path, port: int) -> None:
    entries = [
        {
            "name": category.replace("_", "-"),
            "base_url": f"http://127.0.0.1:{port}/v1",
            "model": category,
            "concurrency": CONCURRENCY,
            "retries": 0,
        }
        for category in MULTI_TURN
    ]
    (folder / "generators.yaml").write_text(json.dumps({"generators": entries}), encoding="utf-8")


def _asked(category: str, folder: Path, server: Any, kill_after: int) -> int:
    server.seen.clear()
    command = [str(Path(sys.executable).parent / "apigen"), "evaluate", "--generator", category.replace("_", "-")]
    command += ["--category", category, "--out", str(folder / category)]
    env = os.environ | {
        "APIGEN_HOME": str(folder / "home"),
        "APIGEN_GENERATORS_FILE": str(folder / "generators.yaml"),
        "APIGEN_BFCL_PYTHON": str(environment().python),
        "PYTHONPATH": str(Path(__file__).parents[1]),
    }
    started = time.perf_counter()
    with subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as running:
        while running.poll() is None and len(server.seen) < kill_after:
            time.sleep(0.05)
        running.send_signal(signal.SIGKILL)
    before = len(server.seen)
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    seconds = time.perf_counter() - started
    if done.returncode:
        print(f"{category}: {done.stderr[-500:]}")
        return 1
    report = json.loads((folder / category / "scores.json").read_text(encoding="utf-8"))
    tally = report["categories"][category]
    twice = sum(count - 1 for count in Counter(server.seen).values())
    right = f"{tally['correct']}/{tally['total']}"
    print(f"{category:<26}{right:>10}{before:>9}{len(server.seen) - before:>8}{twice:>7}{seconds:>9.0f}", flush=True)
    return int(set(tally["failed"]) != server.oracle.too_long(category) or twice > CONCURRENCY)


if __name__ == "__main__":
    sys.exit(main())
