"""What a language model writes for a fixed number of prompts, and how far it comes: a line of docs/models.md.

    python benchmarks/real_models.py SOURCE... --generator NAME [--prompts 100] [--pairs 5] [--generators-file FILE]

SOURCE is as for `apigen generate`. Answers are journalled (`APIGEN_HOME`), so that a second run asks nothing. Python
functions run in the sandbox; REST calls go to a server of this process that answers 200, whatever is asked of it. There
is no judge: `kept` is what grounding has nothing against, `undecided` what it would ask a judge about.
"""

import argparse
import json
import re
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl
from rich.console import Console

from apigen_assets.cli.generate import configured, make_plan
from apigen_assets.cli.generate_run import Plan
from apigen_assets.dataset.diversity import diversity
from apigen_assets.domain.api import Binding
from apigen_assets.domain.verdict import Decision
from apigen_assets.generation.generated import Generated
from apigen_assets.verification.stages.execution import bindings_of, check_execution
from apigen_assets.verification.stages.format import FormatChecker
from apigen_assets.verification.stages.semantic import check_semantic
from resources.executors import ExecutorsResource
from resources.python.resource import SandboxResource
from resources.rest.resource import RestResource

if TYPE_CHECKING:
    from resources.executors import Executors

COPIED = "copied_example"


class Echo(BaseHTTPRequestHandler):
    """Answers every request with what was asked."""

    protocol_version = "HTTP/1.1"

    def answer(self) -> None:
        """The method and the path, as JSON."""
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        body = json.dumps({"asked": f"{self.command} {self.path}"}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = answer

    def log_message(self, format: str, *arguments: object) -> None:
        """Quiet."""


@contextmanager
def executors() -> Iterator[tuple["Executors", str]]:
    """Executors, and the address that answers in place of real servers."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Echo)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    rest = RestResource(mode="live", rate_per_host=0, allow_private_addresses=True, allow_unsafe_methods=True)
    with ExecutorsResource(python=SandboxResource(), rest=rest).open() as executor:
        yield executor, f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def local(binding: Binding, address: str) -> Binding:
    """The binding with the server replaced by ours."""
    if binding.kind != "rest":
        return binding
    return binding.model_copy(update={"url": re.sub(r"^\w+://[^/]*", address, binding.url)})


def write(plan: Plan, prompts: int) -> Generated:
    """What the model answers to so many prompts."""
    with plan.client() as chat:
        return plan.write(
            chat, plan.target, lambda done, target: print(f"\r{done} of {target} pairs", end="", flush=True), prompts
        )


def report(generated: Generated, plan: Plan) -> None:
    """Print how far the pairs came, and what was lost why."""
    frame = generated.candidates
    error = pl.col("parse_error").fill_null("")
    copies = frame.filter(error.str.starts_with(COPIED))
    read = frame.filter((error == "") | error.str.starts_with(COPIED))
    formatted = FormatChecker().check(frame)
    with executors() as (executor, address):
        bindings = {key: local(binding, address) for key, binding in bindings_of(plan.callable_apis).items()}
        executed = check_execution(formatted.filter("passed"), bindings, executor)
    judged = check_semantic(executed.filter("passed"))
    decisions = Counter(judged["decision"])
    steps = {
        "prompts": generated.prompts,
        "pairs asked": generated.prompts * plan.settings.pairs_per_prompt,
        "written": frame.height,
        "read": read.height,
        "copies": copies.height,
        "format": formatted.filter("passed").height,
        "executed": executed.filter("passed").height,
        "kept": decisions[Decision.VERIFIED.value],
        "undecided": decisions[Decision.UNDECIDED.value],
    }
    print("\n| " + " | ".join(steps) + " |\n|" + "---|" * len(steps))
    print("| " + " | ".join(map(str, steps.values())) + " |")
    rejected = [stage.filter(~pl.col("passed")) for stage in (formatted, executed, judged)]
    reasons = Counter((str(row[0]), str(row[1])) for part in rejected for row in part.select("stage", "reason").rows())
    print("lost: " + ", ".join(f"{stage} {reason} {count}" for (stage, reason), count in reasons.most_common()))
    repairs = Counter(name for text in frame["repairs"] for name in json.loads(text or "[]"))
    print(f"repairs: {dict(repairs)}; of another style than asked: {generated.relabelled}")
    asked = generated.prompts or 1
    if generated.stopped:
        print(f"ended early: {generated.stopped}")
    print(f"tokens per prompt: {generated.prompt_tokens // asked} read, {generated.completion_tokens // asked} written")
    for figures in diversity(read.filter(pl.Series([_are_calls(text) for text in read["answers"]], dtype=pl.Boolean))):
        print(f"of what was read: distinct-2 {figures.distinct_2:.2f}, optional per call {figures.optional_share:.0%}")


def _are_calls(answers: str) -> bool:
    """Whether every answer is a call: what can be read may still be of another form, and is counted as such."""
    calls = json.loads(answers)
    return all(isinstance(call, dict) and isinstance(call.get("arguments"), dict) for call in calls)


def main() -> None:
    """Read the arguments, ask, report."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("sources", nargs="+")
    arguments.add_argument("--generator", required=True)
    arguments.add_argument("--prompts", type=int, default=100)
    arguments.add_argument("--pairs", type=int, default=5)
    arguments.add_argument("--generators-file", type=Path)
    arguments.add_argument("--batch", help="names the draws; default: as `apigen generate` names them")
    options = arguments.parse_args()
    console = Console(stderr=True)
    config, model, _ = configured(options.generator, options.generators_file, None, None, False, console)
    config = config.model_copy(update={"pairs_per_prompt": options.pairs})
    plan = make_plan(options.sources, Path(), model, [], options.prompts * options.pairs, config, console)
    plan = replace(plan, batch=options.batch or plan.batch)
    report(write(plan, options.prompts), plan)


if __name__ == "__main__":
    main()
