"""`apigen batch`: the same requests as files, for OpenAI's Batch API, `vllm run-batch` and LiteLLM."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from apigen_assets.cli.generate import configured, make_plan
from apigen_assets.cli.generate_run import Plan, UnusableError
from apigen_assets.files.atomic import write_text
from apigen_assets.files.json_types import JsonObject
from apigen_assets.functions.library import all_seeds
from apigen_assets.generation.generate import generate
from apigen_assets.generation.shown_examples import from_seeds
from apigen_assets.settings import settings
from resources.llm.batch import BatchFileError, BatchStream, Imported, import_answers, write_batches
from resources.llm.client import ChatClient
from resources.llm.generators import (
    Generator,
    GeneratorsFileError,
    MissingKeyError,
    UnknownGeneratorError,
    find_generator,
    generators,
)

if TYPE_CHECKING:
    from openai import OpenAI

batch_app = typer.Typer(no_args_is_help=True, help="Requests as batch files, and their answers into the journal.")
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
        api = _api(model)
        for file in files:
            if not file.is_file():
                raise BatchFileError(f"{file}: no such file")
            with file.open("rb") as content:
                sent = api.files.create(file=content, purpose="batch")
            batch = api.batches.create(input_file_id=sent.id, endpoint="/v1/chat/completions", completion_window="24h")
            note = {"id": batch.id, "generator": model.name, "exported": str(file.resolve()), "collected": False}
            folder = settings().home / "batches"
            folder.mkdir(parents=True, exist_ok=True)
            write_text(folder / f"{batch.id}.json", json.dumps(note))
            print(f"{batch.id}: {file}")


@batch_app.command("status")
def status(generators_file: FileOption = None) -> None:
    """How the submitted batches stand; the answers of those that are done go into the journal."""
    waiting = 0
    with _one_line("status"):
        for note_file in sorted((settings().home / "batches").glob("*.json")):
            note = json.loads(note_file.read_text())
            if note["collected"]:
                print(f"{note['id']}: collected")
                continue
            state, imported = collect(note, generators_file)
            if imported is None:
                waiting += state not in ("failed", "expired", "cancelled")
                print(f"{note['id']}: {state}")
                continue
            write_text(note_file, json.dumps({**note, "collected": True}))
            print(f"{note['id']}: {state}, collected")
            _report(imported)
    raise typer.Exit(1 if waiting else 0)


def collect(note: JsonObject, generators_file: Path | None) -> tuple[str, Imported | None]:
    """The state of a submitted batch and, where it has ended, what its answers came to."""
    model, client = _client(note["generator"], generators_file)
    api = _api(model)
    batch = api.batches.retrieve(note["id"])
    outputs = [file for file in (batch.output_file_id, batch.error_file_id) if file]
    if batch.status not in ("completed", "expired", "cancelled") or not outputs:
        client.close()
        said = "; ".join(str(error.message) for error in (batch.errors.data or [])) if batch.errors else ""
        return f"{batch.status} {said}".strip(), None
    whole = Imported()
    with client:
        for output in outputs:
            file = Path(note["exported"]).with_suffix(f".{output}.answers.jsonl")
            write_text(file, api.files.content(output).text)
            part = import_answers(file, Path(note["exported"]), model, client.journal(model.name), "generate")
            whole.counts += part.counts
            whole.problems += part.problems
    return batch.status, whole


def _unanswered(plan: Plan, client: ChatClient) -> list[JsonObject]:
    stream = BatchStream(client, plan.model)
    generate(
        plan.apis,
        from_seeds(all_seeds()),
        plan.model.name,
        plan.batch,
        plan.target,
        stream,
        plan.settings.seed,
        plan.settings.pairs_per_prompt,
        plan.settings.languages,
        structured=plan.model.structured,
        most_prompts=-(-plan.target // plan.settings.pairs_per_prompt),
        give_up=False,
    )
    return list(stream.lines.values())


def _client(generator: str, generators_file: Path | None) -> tuple[Generator, ChatClient]:
    config = settings()
    if generators_file is not None:
        config = config.model_copy(update={"generators_file": generators_file})
    return find_generator(generator, config), ChatClient(generators(config), config.journal_dir)


def _api(model: Generator) -> "OpenAI":
    import httpx2
    from openai import OpenAI

    from resources.llm.transport import is_loopback

    return OpenAI(
        base_url=model.base_url,
        api_key=model.api_key() or "none",
        http_client=httpx2.Client(trust_env=not is_loopback(model.base_url), timeout=600.0),
    )


def _report(imported: Imported) -> None:
    print(", ".join(f"{name} {count:,}" for name, count in sorted(imported.counts.items())) or "no lines")
    for problem in imported.problems[:5]:
        typer.echo(problem, err=True)
    if len(imported.problems) > 5:
        typer.echo(f"... and {len(imported.problems) - 5} more", err=True)


@contextmanager
def _one_line(command: str) -> Iterator[None]:
    import openai

    try:
        yield
    except (
        BatchFileError,
        UnusableError,
        GeneratorsFileError,
        UnknownGeneratorError,
        MissingKeyError,
        openai.OpenAIError,
    ) as error:
        typer.echo(f"apigen batch {command}: {error}", err=True)
        raise typer.Exit(2) from None
