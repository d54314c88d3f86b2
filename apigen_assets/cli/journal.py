"""`apigen journal`: what the journal of completions holds, and what it cost."""

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from apigen_assets.cli.journal_costs import costs_table, row_costs
from apigen_assets.files.atomic import whole_file
from apigen_assets.files.json_types import JsonObject
from apigen_assets.files.mirror import remove_segments, segment_folders
from apigen_assets.files.segments import segments
from apigen_assets.settings import settings
from resources.lake.lake import LakeError
from resources.lake.opening import open_lake
from resources.llm.journal import Journal, cut_at
from resources.llm.protocol import completion_of, cost_of, paid_of

journal_app = typer.Typer(
    no_args_is_help=True, add_completion=False, help="The journal of completions: what was answered, and what it cost."
)


@journal_app.command()
def status() -> None:
    """Answers and failures by model, purpose and class, with tokens and cost; what rows cost by generator and stage."""
    counts: Counter[tuple[str, str, str]] = Counter()
    tokens: Counter[tuple[str, str, str]] = Counter()
    cost: dict[tuple[str, str, str], float] = {}
    spent: dict[tuple[str, str], float] = {}
    torn = 0
    for journal in _journals():
        torn += len(journal.torn)
        for record in journal.records():
            group = (journal.folder.name, str(record.get("purpose", "?")), class_of(record))
            prompt, written, usd = paid_of(record)
            counts[group] += 1
            tokens[group] += prompt + written
            cost[group] = cost.get(group, 0.0) + usd
            asked = (str(record.get("generator", "?")), group[1])
            spent[asked] = spent.get(asked, 0.0) + usd
    table = Table()
    for name in ("model", "purpose", "class", "records", "tokens", "USD"):
        table.add_column(name, justify="right" if name in ("records", "tokens", "USD") else "left", overflow="fold")
    for group in sorted(counts):
        table.add_row(*group, f"{counts[group]:,}", f"{tokens[group]:,}", f"{cost[group]:.4f}")
    console = Console()
    console.print(table)
    if torn:
        console.print(f"{torn} lines cannot be read (cut or damaged); `apigen journal prune` leaves them out")
    if not counts:
        console.print(f"{settings().journal_dir} holds no completions yet", markup=False)
    try:
        costs = row_costs(spent, open_lake(settings()))
    except LakeError as error:
        console.print(f"rows are not counted: {error}", markup=False)
        return
    if costs:
        console.print(costs_table(costs))


@journal_app.command()
def show(key: Annotated[str, typer.Argument(help="Key of a completion, or its first digits.")]) -> None:
    """One completion: the request, the answer or failure, and what it cost."""
    records = [
        record for journal in _journals() for record in journal.records() if record["key"].startswith(key.lower())
    ]
    keys = {record["key"] for record in records}
    if len(keys) != 1:
        said = "no completion has" if not keys else f"{len(keys)} completions have"
        typer.echo(f"apigen journal show: {said} a key that begins with {key!r}", err=True)
        raise typer.Exit(1)
    console = Console()
    for record in records:
        completion = completion_of(record)
        console.rule(f"{record['key'][:16]} {class_of(record)}")
        for message in (record.get("request") or {}).get("messages", ()):
            console.print(f"[{message['role']}]\n{message['content']}\n", markup=False, highlight=False, soft_wrap=True)
        if record.get("error"):
            console.print(f"failed: {record['error']}", markup=False, soft_wrap=True)
        if completion.reasoning:
            console.print(f"[reasoning]\n{completion.reasoning}\n", markup=False, highlight=False, soft_wrap=True)
        if record.get("body"):
            console.print(f"[answer]\n{completion.text}\n", markup=False, highlight=False, soft_wrap=True)
            console.print(
                f"{completion.prompt_tokens:,} tokens in, {completion.completion_tokens:,} out, "
                f"{cost_of(record):.6f} USD, {record.get('seconds', 0)} s",
                highlight=False,
            )


@journal_app.command()
def export(
    out: Annotated[Path, typer.Option("--out", "-o", help="A .jsonl or .parquet file.")],
) -> None:
    """Every record as one flat row: key, model, purpose, class, text, reasoning, tokens, cost, time."""
    rows = (flat(record, journal.folder.name) for journal in _journals() for record in journal.records())
    try:
        if out.suffix == ".parquet":
            import polars as pl

            pl.DataFrame(list(rows), schema=FLAT, orient="row").write_parquet(out)
        else:
            with whole_file(out) as file:
                file.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    except OSError as error:
        typer.echo(f"apigen journal export: cannot write {out}: {error.strerror or error}", err=True)
        raise typer.Exit(2) from None


@journal_app.command()
def prune(
    failures: Annotated[bool, typer.Option(help="Leave failures out; answers always stay.")] = True,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would go.")] = False,
) -> None:
    """Write each model's journal anew without torn lines, replaced answers, and failures that cost nothing.

    Failures that were paid for stay, since they count against the total budgets. Do not run it while
    something is writing to the journal.
    """
    for journal in _journals():
        kept: dict[str, JsonObject] = {}
        rest: list[JsonObject] = []
        gone = len(journal.torn)
        for record in journal.records():
            cut = cut_at(record)
            if cut is None:
                drop = failures and not any(paid_of(record))
                gone += drop
                rest += [] if drop else [record]
            elif record["key"] in kept:
                gone += 1
                if _better(record, kept[record["key"]]):
                    kept[record["key"]] = record
            else:
                kept[record["key"]] = record
        print(f"{journal.folder.name}: {len(kept):,} answers stay, {gone:,} records go")
        if not dry_run and gone:
            _rewrite(journal, [*kept.values(), *rest])


def _better(new: JsonObject, old: JsonObject) -> bool:
    fresh, known = cut_at(new) or 0, cut_at(old) or 0
    return bool(known) and (not fresh or fresh > known)


def _rewrite(journal: Journal, records: list[JsonObject]) -> None:
    """A new segment first, then the old ones go: a stop in between leaves records twice, never none."""
    old = segments(journal.folder)
    fresh = Journal(journal.folder)
    for record in records:
        fresh.append(record)
    fresh.close()
    remove_segments(old)
    # Indexes name the places of before; they are made anew from what is there.
    for index in journal.folder.glob("*.idx"):
        index.unlink(missing_ok=True)


FLAT = {
    "key": str,
    "model": str,
    "generator": str,
    "purpose": str,
    "class": str,
    "status": int,
    "error": str,
    "text": str,
    "reasoning": str,
    "prompt_tokens": int,
    "completion_tokens": int,
    "usd": float,
    "at": float,
    "seconds": float,
}
"""Columns of an exported record."""


def flat(record: JsonObject, model: str) -> JsonObject:
    """A record as one row of `FLAT`."""
    completion = completion_of(record)
    answered = bool(record.get("body"))
    return {
        "key": record["key"],
        "model": model,
        "generator": record.get("generator"),
        "purpose": record.get("purpose"),
        "class": class_of(record),
        "status": record.get("status"),
        "error": record.get("error"),
        "text": completion.text if answered else None,
        "reasoning": completion.reasoning or None,
        "prompt_tokens": completion.prompt_tokens if answered else 0,
        "completion_tokens": completion.completion_tokens if answered else 0,
        "usd": cost_of(record) if answered else 0.0,
        "at": record.get("at"),
        "seconds": record.get("seconds"),
    }


def class_of(record: JsonObject) -> str:
    """The class of a record: `answer`, `answer (cut)`, or that of the failure."""
    cut = cut_at(record)
    if cut is not None:
        return "answer (cut)" if cut else "answer"
    return str(record.get("outcome") or ("failure" if record.get("error") else "stored failure"))


def _journals() -> Iterator[Journal]:
    for folder in segment_folders(settings().journal_dir):
        journal = Journal(folder)
        yield journal
        journal.close()
