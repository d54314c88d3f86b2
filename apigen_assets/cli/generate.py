"""`apigen generate`: candidates, and verified rows, from any API source without Dagster."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from apigen_assets.catalog.importers.sources import import_source
from apigen_assets.catalog.pinned_library import pin_library
from apigen_assets.cli.generate_goal import run_to_goal
from apigen_assets.cli.generate_run import Outputs, Plan, UnusableError, preview_run, run, verify_run
from apigen_assets.domain.api import Api
from apigen_assets.files.excerpt import counted
from apigen_assets.generation.library import Library
from apigen_assets.generation.own_seeds import SeedsError, read_all_seeds
from apigen_assets.settings import Settings, settings
from resources.lake.lake import LakeError
from resources.lake.opening import open_lake
from resources.llm.generators import (
    Generator,
    GeneratorsFileError,
    MissingKeyError,
    UnknownGeneratorError,
    find_generator,
    generators,
    judge_names,
)
from resources.llm.served import doubts

BUILTIN = "builtin"
_MOST_PROBLEMS = 5
"""Seeds that are left out, shown with their reason."""


def generate(
    sources: Annotated[
        list[str], typer.Argument(metavar="SOURCE...", help="API sources, as for `apigen import`; or `builtin`.")
    ],
    generator: Annotated[str, typer.Option("--generator", "-g", help="Who writes: a name in generators.yaml.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder for candidates.jsonl, verdicts.jsonl, rows.jsonl.")],
    candidates: Annotated[
        int | None,
        typer.Option("--candidates", "-n", min=1, help="Candidates to write (50); with --verified, the most."),
    ] = None,
    verify: Annotated[bool, typer.Option("--verify", help="Check format, execution and meaning too.")] = False,
    verified: Annotated[
        int | None,
        typer.Option(
            "--verified", min=1, help="Verified rows wanted of each style: writes and checks until they are there."
        ),
    ] = None,
    preview: Annotated[
        bool, typer.Option("--preview", help="Show prompts, five pairs with their verdicts and the cost of the whole.")
    ] = False,
    generators_file: Annotated[
        Path | None, typer.Option("--generators-file", help="Another generators.yaml.", dir_okay=False)
    ] = None,
    seed: Annotated[int | None, typer.Option("--seed", help="Seed of the prompts; default: by the settings.")] = None,
    judge: Annotated[
        list[str] | None, typer.Option("--judge", "-j", help="Who judges; default: those marked in generators.yaml.")
    ] = None,
) -> None:
    """Write query-answer pairs for API sources with one language model.

    Every answer is journalled before it is read: interrupted and run again, nothing is paid for twice. Exit status:
    0 all candidates were written (and judged), 1 something stopped the run and what was made is kept, 2 the command or
    the configuration is wrong and nothing was asked.
    """
    console = Console(stderr=True)
    try:
        config, model, judges = configured(
            generator, generators_file, seed, judge, verify or preview or bool(verified), console
        )
        known = generators(config)
        for doubt in doubts([model, *(known[name] for name in judges)]):
            console.print(doubt, style="yellow", markup=False, highlight=False, soft_wrap=True)
        out.mkdir(parents=True, exist_ok=True)
        wanted = candidates if candidates is not None else 0 if verified else 50
        plan = make_plan(sources, out, model, judges, wanted, config, console)
    except (UnusableError, GeneratorsFileError, UnknownGeneratorError, MissingKeyError) as error:
        _stop(str(error), 2)
    except OSError as error:
        _stop(f"cannot make {out}: {error.strerror or error}", 2)
    with ExitStack() as stack:
        chat = stack.enter_context(plan.client())
        with _stops_in_one_line():
            if preview:
                try:
                    preview_run(plan if plan.target else replace(plan, target=50), chat, Console())
                except UnusableError as error:
                    _stop(str(error), 1)
                return
            outputs = Outputs(out)
            if verified:
                said = run_to_goal(plan, chat, outputs, console, verified)
                if said is not None:
                    _stop(said, 1)
                return
            said = run(plan, chat, outputs, console)
            if verify:
                said = verify_run(plan, chat, outputs, console) or said
    if said is not None:
        _stop(said, 1)


def configured(
    generator: str,
    generators_file: Path | None,
    seed: int | None,
    judge: list[str] | None,
    judging: bool,
    console: Console,
) -> tuple[Settings, Generator, list[str]]:
    """Settings, the writing model and the judges, each looked at before anything is asked."""
    config = settings()
    if generators_file is not None:
        if not generators_file.exists():
            raise UnusableError(f"{generators_file}: no such file")
        config = config.model_copy(update={"generators_file": generators_file})
    if seed is not None:
        config = config.model_copy(update={"seed": seed})
    if judge:
        config = config.model_copy(update={"judges": tuple(judge)})
    model = find_generator(generator, config)
    model.api_key()
    judges: list[str] = []
    if judging:
        try:
            judges = judge_names(config)
        except UnknownGeneratorError as error:
            if judge:
                raise
            console.print(f"{error}. Rows that only a judge could pass will wait.", style="yellow", markup=False)
        for name in judges:
            generators(config)[name].api_key()
    return config, model, judges


def make_plan(
    sources: Sequence[str],
    workdir: Path,
    model: Generator,
    judges: list[str],
    candidates: int,
    config: Settings,
    console: Console,
) -> Plan:
    """The plan for some sources, with seeds of the user's own and the catalog of the lake where there is one.

    Raises:
        UnusableError: a source gives no API, or seeds or the catalog cannot be read.
    """
    apis, batch = _apis(sources, workdir, console), _batch(sources)
    try:
        seeds = read_all_seeds(config.seeds_source)
        library = _library(config, batch, apis)
    except (SeedsError, LakeError) as error:
        raise UnusableError(str(error)) from None
    for problem in seeds.problems[:_MOST_PROBLEMS]:
        console.print(f"seed left out: {problem}", style="yellow", markup=False, highlight=False, soft_wrap=True)
    if len(seeds.problems) > _MOST_PROBLEMS:
        console.print(f"... and {len(seeds.problems) - _MOST_PROBLEMS} more seeds left out", style="yellow")
    if library is not None:
        console.print(
            f"prompts offer them beside {len(library) - len(apis)} APIs of the catalog, as it was at the first run",
            markup=False,
            highlight=False,
        )
    return Plan(apis, batch, model, judges, candidates, config, seeds.examples, library)


def _library(config: Settings, batch: str, apis: Sequence[Api]) -> Library | None:
    """The catalog of the lake as it was pinned for these APIs, as the asset `raw_candidates` does it."""
    lake = open_lake(config)
    if not lake.paths("filtered_api_catalog"):
        return None
    return Library(pin_library(lake, batch, Api.frame(apis)).apis)


def _apis(sources: Sequence[str], out: Path, console: Console) -> list[Api]:
    """The APIs of every source; one that gives none is an error."""
    apis: dict[str, Api] = {}
    for source in sources:
        imported = _import(source, out)
        if not imported:
            raise UnusableError(f"{source}: no API was found in it; `apigen import` says why")
        for api in imported:
            if api.name in apis and apis[api.name].api_id != api.api_id:
                raise UnusableError(f"{source}: the name {api.name} is taken by another source; generate them apart")
            apis[api.name] = api
    console.print(f"{counted(len(apis), 'API')} from {', '.join(sources)}", markup=False, highlight=False)
    return list(apis.values())


def _import(source: str, out: Path) -> list[Api]:
    if source == BUILTIN:
        from apigen_assets.catalog.importers.python_modules import import_python_package

        return list(import_python_package("apigen_assets.functions", BUILTIN, only_with="SEEDS").apis)
    # a person names the source here, so an address on this machine is meant
    result = import_source(source, allow_private=True, workdir=out)
    if not result.apis and result.rejects:
        reject = result.rejects[0]
        raise UnusableError(f"{source}: no API could be imported: {reject.reason}: {reject.detail}")
    return list(result.apis)


def _batch(sources: Sequence[str]) -> str:
    """Names the draws: the same sources are asked about in the same way wherever their files lie."""
    return "+".join(source if source == BUILTIN else Path(source).name for source in sources)


@contextmanager
def _stops_in_one_line() -> Iterator[None]:
    try:
        yield
    except KeyboardInterrupt:
        _stop("interrupted; every answer is journalled: run the same command again and it goes on", 130)
    except SystemExit as stop:
        if stop.code == 143:
            _stop("terminated; every answer is journalled: run the same command again and it goes on", 143)
        raise


def _stop(said: str, status: int) -> None:
    typer.echo(f"apigen generate: {said}", err=True)
    raise typer.Exit(status)
