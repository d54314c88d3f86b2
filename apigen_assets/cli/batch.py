"""`apigen batch`: the same requests as files, for OpenAI's Batch API, `vllm run-batch` and LiteLLM."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from apigen_assets.cli.generate import configured, make_plan
from apigen_assets.cli.generate_run import Plan, UnusableError
from apigen_assets.files.json_types import JsonObject
from apigen_assets.settings import settings
from resources.llm.batch import BatchFileError, BatchStream, Imported, import_answers, write_batches
from resources.llm.batch_api import BatchApi, BatchApiError
from resources.llm.batch_notes import BatchNote, BatchNotes
from resources.llm.client import ChatClient
from resources.llm.generators import (
    Generator,
    GeneratorsFileError,
    MissingKeyError,
    UnknownGeneratorError,
    find_generator,
    generators,
)
from resources.llm.journal import JournalError

batch_app = typer.Typer(
    no_args_is_help=True, add_completion=False, help="Requests as batch files, and their answers into the journal."
)
GeneratorOption = Annotated[str, typer.Option("--generator", "-g", help="A name in generators.yaml.")]
FileOption = Annotated[Path | None, typer.Option("--generators-file", help="Another generators.yaml.")]


@batch_app.command("export")
def export(
    sources: Annotated[list[str], typer.Argument(metavar="SOURCE...", help="As for `apigen generate`.")],
    generator: GeneratorOption,
    out: Annotated[Path, typer.Option("--out", "-o", help="The batch file, .jsonl.")],
    candidates: Annotated[int, typer.Option("--candidates", "-n", min=1)] = 50,
    generators_file: FileOption = None,
    seed: Annotated[int | None, typer.Option("--seed")] = None,
) -> None:
    """Write the requests that `apigen generate` would send and the journal does not answer."""
    console = Console(stderr=True)
    with _one_line("export"):
        config, model, _ = configured(generator, generators_file, seed, None, False, console)
        out.parent.mkdir(parents=True, exist_ok=True)
        plan = make_plan(sources, out.parent, model, [], candidates, config, console)
        with plan.client() as client:
            lines = _unanswered(plan, client)
        files = write_batches(lines, out)
    print(f"{len(lines):,} requests in {', '.join(map(str, files))}")


@batch_app.command("import")
def import_(
    answers: Annotated[Path, typer.Argument(help="The batch's output (or error) file.")],
    exported: Annotated[Path, typer.Option("--exported", "-e", help="The file that `export` wrote.")],
    generator: GeneratorOption,
    generators_file: FileOption = None,
) -> None:
    """Read a batch's answers into the journal; reading them twice changes nothing."""
    with _one_line("import"):
        model, client = _client(generator, generators_file)
        with client:
            imported = import_answers(answers, exported, model, client.journal(model.name), "generate")
        notes = BatchNotes(settings().batches_dir)
        for note in list(notes):
            # A partition that waits for this file goes on from here.
            if Path(note.exported) == exported.resolve() and not note.collected:
                notes.collected(note, "imported", imported)
    _report(imported)
    raise typer.Exit(0 if set(imported.counts) <= {"answer", "known"} else 1)


@batch_app.command("submit")
def submit(
    files: Annotated[list[Path], typer.Argument(help="Files that `export` wrote.")],
    generator: GeneratorOption,
    generators_file: FileOption = None,
) -> None:
    """Send batch files to the endpoint's Batch API; `apigen batch status` fetches the answers."""
    with _one_line("submit"):
        model, client = _client(generator, generators_file)
        client.close()
        api, notes = BatchApi(model), BatchNotes(settings().batches_dir)
        for file in files:
            batch_id = api.submit(file)
            exported = str(file.resolve())
            notes.keep(BatchNote(id=batch_id, generator=model.name, exported=exported, at=time.time()))
            print(f"{batch_id}: {file}")


@batch_app.command("status")
def status(generators_file: FileOption = None) -> None:
    """How the submitted batches stand; the answers of those that are done go into the journal."""
    waiting = 0
    with _one_line("status"):
        notes = BatchNotes(settings().batches_dir)
        for note in list(notes):
            waits = f" ({note.partition} waits for it)" if note.partition else ""
            if note.collected:
                print(f"{note.id}: collected")
                continue
            if note.by == "files":
                waiting += 1
                print(f"{note.id}{waits}: have {note.exported} answered, then `apigen batch import`")
                continue
            model, client = _client(note.generator, generators_file)
            with client:
                state, imported = BatchApi(model).collect(note, client.journal(model.name))
            if imported is None:
                waiting += 1
                print(f"{note.id}{waits}: {state}")
                continue
            notes.collected(note, state, imported)
            print(f"{note.id}: {state}, collected")
            _report(imported)
    raise typer.Exit(1 if waiting else 0)


def _unanswered(plan: Plan, client: ChatClient) -> list[JsonObject]:
    stream = BatchStream(client, plan.model)
    plan.write(stream, plan.target)
    return list(stream.lines.values())


def _client(generator: str, generators_file: Path | None) -> tuple[Generator, ChatClient]:
    config = settings()
    if generators_file is not None:
        config = config.model_copy(update={"generators_file": generators_file})
    return find_generator(generator, config), ChatClient(generators(config), config.journal_dir)


def _report(imported: Imported) -> None:
    print(", ".join(f"{name} {count:,}" for name, count in sorted(imported.counts.items())) or "no lines")
    for problem in imported.problems[:5]:
        typer.echo(problem, err=True)
    if len(imported.problems) > 5:
        typer.echo(f"... and {len(imported.problems) - 5} more", err=True)


@contextmanager
def _one_line(command: str) -> Iterator[None]:
    try:
        yield
    except (
        BatchFileError,
        BatchApiError,
        UnusableError,
        GeneratorsFileError,
        UnknownGeneratorError,
        MissingKeyError,
        JournalError,
    ) as error:
        typer.echo(f"apigen batch {command}: {error}", err=True)
        raise typer.Exit(2) from None
