"""What `apigen generate` does once it knows what to do: write, check, show; the stages are those of the graph."""

import json
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from apigen_assets.cli.estimate import print_estimate
from apigen_assets.cli.terminal import unguarded
from apigen_assets.dataset.dataset_rows import dataset_rows
from apigen_assets.domain.api import Api
from apigen_assets.domain.chat import BudgetError, ChatStream, EndpointError
from apigen_assets.domain.reason import Reason, Stage
from apigen_assets.domain.record import in_schema
from apigen_assets.domain.verdict import CHECKED_SCHEMA
from apigen_assets.files.atomic import whole_file
from apigen_assets.files.excerpt import counted
from apigen_assets.files.json_types import JsonObject
from apigen_assets.generation.estimate import Estimate, estimate_generation, estimate_judging
from apigen_assets.generation.generate import generate, planned_requests
from apigen_assets.generation.generated import Generated
from apigen_assets.generation.library import Library
from apigen_assets.generation.samplers import Sampler
from apigen_assets.generation.shown_examples import ShownExample
from apigen_assets.settings import Settings
from apigen_assets.verification.stages.execution import bindings_of, check_execution
from apigen_assets.verification.stages.format import FormatChecker
from apigen_assets.verification.stages.judge import JudgeOptions
from apigen_assets.verification.stages.semantic import check_semantic
from apigen_assets.verification.stages.stream import checked_by_chunk
from resources.llm.client import ChatClient, Limits
from resources.llm.generators import Generator, generators
from resources.llm.journal import JournalError
from resources.llm.unfailing import UnfailingChat

if TYPE_CHECKING:
    from resources.executors import Executors

PREVIEW_PAIRS = 5
COLUMNS = (
    "candidate_id",
    "generator",
    "style",
    "query",
    "tools",
    "answers",
    "thought",
    "parse_error",
    "repairs",
    "completion_key",
)
"""Of candidates.jsonl; `raw_text` and `prompt_id` follow."""


class UnusableError(ValueError):
    """The command cannot be carried out; the message says why and what to do."""


@dataclass(frozen=True)
class Plan:
    """What is to be written, of what, by whom."""

    apis: list[Api]
    batch: str
    model: Generator
    judges: list[str]
    target: int
    settings: Settings
    examples: list[ShownExample]
    """Seeds of the built-in functions and of the user's own."""
    library: Library | None = None
    """The catalog of the lake with these APIs; null where the lake has none."""

    @cached_property
    def callable_apis(self) -> pl.DataFrame:
        """Rows of `Api.SCHEMA` that a row's calls may go to: partners of `parallel_multiple` are of the library."""
        own = Api.frame(self.apis)
        return own if self.library is None else pl.concat([own, self.library.without_table(own["api_id"])])

    def client(self) -> ChatClient:
        """The client with the journal and the budgets of the settings."""
        limits = Limits.from_settings(self.settings)
        return ChatClient(generators(self.settings), self.settings.journal_dir, limits=limits)

    def write(
        self,
        chat: ChatStream,
        target: int,
        on_progress: Callable[[int, int], None] | None = None,
        most: int | None = None,
        prompts: Mapping[str, int] | None = None,
    ) -> Generated:
        """Candidates, as the asset `raw_candidates` makes them."""
        return generate(
            self.apis,
            self.examples,
            self.model.name,
            self.batch,
            target,
            chat,
            self.settings.seed,
            self.settings.pairs_per_prompt,
            self.settings.languages,
            on_progress,
            structured=self.model.structured,
            library=self.library,
            most_prompts=most,
            prompts=prompts,
        )


class Outputs:
    """The files of one folder, each written whole or not at all."""

    def __init__(self, folder: Path) -> None:
        self.candidates = folder / "candidates.jsonl"
        self.verdicts = folder / "verdicts.jsonl"
        self.rows = folder / "rows.jsonl"
        self.frame = pl.DataFrame()

    def write(self, file: Path, rows: Iterable[JsonObject]) -> None:
        """One JSON object per line."""
        try:
            with whole_file(file) as lines:
                lines.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
        except OSError as error:
            raise UnusableError(f"cannot write {file}: {error.strerror or error}") from None


def run(plan: Plan, chat: ChatClient, outputs: Outputs, console: Console) -> str | None:
    """Write candidates.jsonl; why fewer came than wanted, where something stopped it."""
    try:
        with progress(console, f"{plan.model.name} writes") as show:
            generated = plan.write(chat, plan.target, show)
    except (EndpointError, JournalError) as error:
        # Files of an earlier run stay as they are: nothing came that could take their place.
        return str(error)
    keep_candidates(outputs, generated, plan, chat, console)
    if generated.ended == "short":
        console.print(f"{generated.stopped}", style="yellow", markup=False, soft_wrap=True)
        return None
    return generated.stopped


def keep_candidates(outputs: Outputs, generated: Generated, plan: Plan, chat: ChatClient, console: Console) -> None:
    """Write candidates.jsonl and say what they came from."""
    outputs.frame = generated.candidates
    outputs.write(outputs.candidates, map(_candidate, generated.candidates.iter_rows(named=True)))
    _report(generated, plan, chat, console)
    console.print(str(outputs.candidates), markup=False, highlight=False, soft_wrap=True)


def verify_run(plan: Plan, chat: ChatClient, outputs: Outputs, console: Console) -> str | None:
    """Write verdicts.jsonl and rows.jsonl; why some rows wait, where a judge could not be asked."""
    if not outputs.frame.width:
        return None
    judge = UnfailingChat(chat)
    with progress(console, "verdicts") as show:
        checked = check(plan, judge, outputs.frame, show)
    return keep_verdicts(plan, checked, outputs, judge, console)


def keep_verdicts(
    plan: Plan, checked: pl.DataFrame, outputs: Outputs, judge: UnfailingChat, console: Console
) -> str | None:
    """Write verdicts.jsonl and rows.jsonl; why some rows wait, where a judge could not be asked."""
    outputs.write(outputs.verdicts, map(_verdict, checked.iter_rows(named=True)))
    categories = dict(plan.callable_apis.select("api_id", pl.col("category").fill_null("Other")).iter_rows())
    rows = dataset_rows(checked.filter(_passed(checked)), categories)
    outputs.write(outputs.rows, rows.select("id", "query", "answers", "tools", "candidate_id").iter_rows(named=True))
    waiting = sum(waits(row) for row in checked.iter_rows(named=True))
    counts = Table(title="Verdicts")
    for name in ("stage", "reason", "rows"):
        counts.add_column(name, justify="right" if name == "rows" else "left")
    for stage, reason, number in (
        checked.group_by("stage", "reason").len().sort("stage", "len", descending=[False, True]).iter_rows()
    ):
        counts.add_row(stage, reason or "verified", str(number))
    console.print(counts)
    console.print(f"{rows.height} verified rows; {outputs.verdicts}, {outputs.rows}", markup=False, soft_wrap=True)
    if waiting:
        said = "; ".join(judge.outages.values()) or "no judge is configured"
        return (
            f"{counted(waiting, 'row')} waiting for a judge ({said}): run the same command again once it can be asked"
        )
    return None


def check(
    plan: Plan, judge: UnfailingChat, frame: pl.DataFrame, show: Callable[[int, int], None] | None = None
) -> pl.DataFrame:
    """The three stages, in their order; each candidate with the verdict of the last stage that it came to.

    Returns:
        Rows of `CHECKED_SCHEMA` in the order of the candidates. Those that a judge has yet to see have the reason
        `judge_unavailable`: they are not rejected.
    """
    formatted = checked_by_chunk(frame, FormatChecker().check)
    bindings = bindings_of(plan.callable_apis)
    with ExitStack() as stack:
        executor = stack.enter_context(_executors(plan))
        executed = checked_by_chunk(formatted.filter("passed"), lambda part: check_execution(part, bindings, executor))
    judged = executed.filter("passed")
    if show:
        show(frame.height - judged.height, frame.height)
    options = JudgeOptions(seed=plan.settings.seed)
    if plan.judges:
        judged = checked_by_chunk(judged, lambda part: check_semantic(part, judge, plan.judges, options), 64)
    else:
        judged = _wait(checked_by_chunk(judged, check_semantic))
    if show:
        show(frame.height, frame.height)
    parts = [formatted.filter(~_passed(formatted)), executed.filter(~_passed(executed)), judged]
    order = frame.select("candidate_id").with_row_index("place")
    whole = pl.concat([in_schema(part, CHECKED_SCHEMA) for part in parts])
    return whole.join(order, on="candidate_id", how="left").sort("place").drop("place")


def _wait(checked: pl.DataFrame) -> pl.DataFrame:
    """What grounding leaves, where there is no judge to see it."""
    return checked.with_columns(
        pl.when("passed").then(pl.lit(Reason.JUDGE_UNAVAILABLE.value)).otherwise("reason").alias("reason"),
        pl.lit(False).alias("passed"),
    )


def _passed(frame: pl.DataFrame) -> pl.Series:
    return frame["passed"].fill_null(False)


def waits(row: JsonObject) -> bool:
    """Whether a checked row waits for a judge."""
    return (
        not row["passed"]
        and (row["reason"] in (None, Reason.JUDGE_UNAVAILABLE.value))
        and row["stage"] == Stage.SEMANTIC
    )


def preview_run(plan: Plan, chat: ChatClient, console: Console) -> None:
    """Show one prompt, its pairs with their verdicts, and what the whole would cost; nothing else is asked.

    Raises:
        UnusableError: the model could not be asked.
    """
    pairs = plan.settings.pairs_per_prompt
    sampler = Sampler(plan.apis, plan.examples, plan.settings.seed, plan.batch, plan.settings.languages, plan.library)
    request = next(iter(planned_requests(sampler, pairs, pairs, plan.model.structured)))
    for message in request.messages:
        console.rule(message["role"])
        console.print(message["content"], markup=False, highlight=False, soft_wrap=True)
    try:
        generated = plan.write(chat, min(plan.target, PREVIEW_PAIRS), most=1)
    except (EndpointError, JournalError, BudgetError) as error:
        raise UnusableError(str(error)) from None
    console.rule("pairs")
    judge = UnfailingChat(chat)
    for row in check(plan, judge, generated.candidates).iter_rows(named=True):
        verdict = "verified" if row["passed"] else f"{row['stage']}: {row['reason']}: {row['detail']}"
        console.print(
            f"{row['query'] or row['raw_text']}\n  {row['answers']}\n  -> {verdict}", markup=False, soft_wrap=True
        )
    measured = generated.completion_tokens / max(1, generated.readable)
    known = generators(plan.settings)
    estimates: list[Estimate] = [
        estimate_generation(
            {plan.batch: plan.apis},
            plan.examples,
            plan.model,
            lambda _: plan.target,
            pairs,
            plan.settings.seed,
            chat,
            plan.settings.languages,
            measured,
            library=lambda _: plan.library,
            structured=plan.model.structured,
        ),
        *(estimate_judging(known[name], plan.target) for name in plan.judges),
    ]
    print_estimate(estimates, known, f"The whole: {plan.target:,} candidates by {plan.model.name}", plan.settings)


def _candidate(row: JsonObject) -> JsonObject:
    structured = {name: json.loads(row[name]) if row[name] is not None else None for name in ("tools", "answers")}
    return {
        **{name: row[name] for name in COLUMNS},
        **structured,
        "repairs": json.loads(row["repairs"] or "[]"),
        "raw_text": row["raw_text"],
        "prompt_id": row["prompt_id"],
    }


def _verdict(row: JsonObject) -> JsonObject:
    return {
        "candidate_id": row["candidate_id"],
        "stage": row["stage"],
        "passed": None if waits(row) else bool(row["passed"]),
        "reason": row["reason"],
        "detail": row["detail"],
        "execution": json.loads(row["execution"]) if row["execution"] else None,
    }


def _report(generated: Generated, plan: Plan, chat: ChatClient, console: Console) -> None:
    usage = chat.usage.get((plan.model.name, "generate"))
    asked, retries, cost = (usage.asked, usage.retries, usage.cost) if usage else (0, 0, 0.0)
    account = generated.account()
    console.print(
        f"{counted(generated.candidates.height, 'candidate')} of {counted(generated.prompts, 'completion')} "
        f"({asked} asked now, {generated.cached} from the journal, {retries} tries repeated), "
        f"{generated.readable} readable; "
        f"{generated.prompt_tokens:,} tokens in, {generated.completion_tokens:,} out, {cost:.4f} USD",
        markup=False,
        soft_wrap=True,
    )
    for title, counts in (("not read", generated.reasons), ("repairs", generated.repairs)):
        if counts:
            listed = ", ".join(f"{name} {count}" for name, count in counts.most_common())
            console.print(f"{title}: {listed}", markup=False, soft_wrap=True)
    left = {name: account[name] for name in ("duplicates", "over_share", "beyond_target") if account[name]}
    if left:
        listed = ", ".join(f"{name.replace('_', ' ')} {count}" for name, count in left.items())
        console.print(f"pairs that are not candidates: {listed}", markup=False, soft_wrap=True)


@contextmanager
def progress(console: Console, title: str) -> Iterator[Callable[[int, int], None]]:
    """A bar on a terminal; a line per tenth elsewhere."""
    if console.is_terminal:
        # the bar moves the cursor, which what others wrote may not
        with Progress(console=Console(file=unguarded(sys.stdout)), transient=True) as progress:
            task = progress.add_task(title, total=None)
            yield lambda done, total: progress.update(task, completed=done, total=total)
        return
    shown = 0

    def show(done: int, total: int) -> None:
        nonlocal shown
        tenth = done * 10 // max(1, total)
        if tenth > shown:
            shown = tenth
            console.print(f"{title}: {done} of {total}", markup=False, highlight=False)

    yield show


@contextmanager
def _executors(plan: Plan) -> "Iterator[Executors]":
    from resources.executors import ExecutorsResource
    from resources.mcp.resource import McpResource
    from resources.python.resource import SandboxResource
    from resources.rest.resource import RestResource

    kinds = set(plan.callable_apis["binding"].str.json_path_match("$.kind"))
    with ExecutorsResource(
        python=SandboxResource.from_settings(plan.settings),
        rest=RestResource.from_settings(plan.settings) if "rest" in kinds else None,
        mcp=McpResource.from_settings(plan.settings) if "mcp" in kinds else None,
    ).open() as executors:
        yield executors
