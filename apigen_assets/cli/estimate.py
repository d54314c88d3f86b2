"""`apigen estimate`: requests, tokens, cost and time of a run, without asking anybody anything."""

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer
from rich import box
from rich.console import Console
from rich.table import Table

from apigen_assets.catalog.pinned_library import pin_library
from apigen_assets.catalog.tables import catalog_apis
from apigen_assets.cli.journal_costs import judged_and_written
from apigen_assets.domain.api import Api
from apigen_assets.files.excerpt import counted
from apigen_assets.generation.estimate import (
    Estimate,
    estimate_catalog,
    estimate_generation,
    estimate_judging,
    estimate_rewording,
)
from apigen_assets.generation.library import Library
from apigen_assets.generation.own_seeds import SeedsError, read_all_seeds
from apigen_assets.generation.shown_examples import ShownExample
from apigen_assets.settings import Settings, settings
from resources.lake.lake import LakeError
from resources.lake.opening import open_lake
from resources.llm.client import ChatClient
from resources.llm.experience import Experience, experience
from resources.llm.generators import (
    Generator,
    GeneratorsFileError,
    UnknownGeneratorError,
    catalog_name,
    generators,
    judge_names,
    writing_model,
)
from resources.llm.journal import journal_totals

if TYPE_CHECKING:
    from upath import UPath

ENOUGH_CANDIDATES = 50
"""Candidates in the lake from which on their share that was judged is better than a guess."""


def estimate(
    target: Annotated[
        int | None, typer.Option(help="Candidates per batch and generator; default: by the settings.")
    ] = None,
    generator: Annotated[list[str] | None, typer.Option(help="Only these generators; may be repeated.")] = None,
    judging: Annotated[bool, typer.Option(help="Include the judges.")] = True,
) -> None:
    """Estimate tokens, cost and time of generating and judging; nothing is asked, nothing is spent."""
    config = settings()
    if target is not None and target < 0:
        raise typer.BadParameter("must not be negative", param_hint="--target")
    try:
        known = generators(config)
        judges = judge_names(config) if judging else []
        chosen = _chosen(known, generator)
        batches, where = _batches(config)
        examples = _examples(config)
    except (GeneratorsFileError, UnknownGeneratorError, LakeError, SeedsError) as error:
        typer.echo(f"Error: {error}", err=True)
        raise typer.Exit(1) from None
    rows: list[Estimate] = []
    most: dict[str, int] = {}
    with ChatClient(known, config.journal_dir) as chat:
        for model in chosen:
            wanted = _wanted(config, model, target)
            most[model.name] = sum(wanted(len(apis)) for apis in batches.values() if apis)
            rows.append(
                estimate_generation(
                    batches,
                    examples,
                    model,
                    wanted,
                    config.pairs_per_prompt,
                    config.seed,
                    chat,
                    config.languages,
                    library=lambda batch: _library(config, batch, batches),
                    structured=model.structured,
                    known=_learned(chat, model.name, "generate"),
                )
            )
        writer = catalog_name(config)
        if writer is not None and not generator:
            taught = {purpose: _learned(chat, writer, purpose) for purpose in ("document", "classify")}
            rows += estimate_catalog(_catalog(config, batches), known[writer], chat, taught)
        share, learned = _share_judged(config)
        for name in judges:
            rows.append(estimate_judging(known[name], sum(most.values()), share, _learned(chat, name, "judge")))
        reworder = writing_model(config) if config.relevance_rewording else None
        if reworder is not None and not generator:
            taught_reword = _learned(chat, reworder, "reword")
            rows.append(estimate_rewording(known[reworder], sum(most.values()), config.relevance_share, taught_reword))
    filled = sum(1 for apis in batches.values() if apis)
    apis, by_each = sum(len(batch) for batch in batches.values()), max(most.values(), default=0)
    print_estimate(
        rows,
        known,
        f"{counted(apis, 'API')} in {counted(filled, 'batch', 'batches')} ({where}), "
        f"up to {by_each:,} candidates by each generator",
        config,
        f"{share:.0%} of the candidates reach a judge ({'as in the lake so far' if learned else 'a guess'})",
    )


def print_estimate(
    rows: list[Estimate], known: dict[str, Generator], title: str, config: Settings, judged: str = ""
) -> None:
    """The estimate as a table, with the range of the whole."""
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1), pad_edge=False)
    table.add_column("generator", overflow="fold")
    table.add_column("purpose", no_wrap=True)
    for name in ("requests", "paid", "tokens in", "tokens out", "USD", "time"):
        table.add_column(name, justify="right", no_wrap=True)
    total = least = most = 0.0
    tokens = spread = seconds = 0.0
    for row in rows:
        cost = known[row.generator].price.cost(row.prompt_tokens, row.completion_tokens)
        total += cost
        least += cost * (1 - row.spread)
        most += cost * (1 + row.spread)
        tokens += row.prompt_tokens + row.completion_tokens
        spread += (row.prompt_tokens + row.completion_tokens) * row.spread
        seconds += row.seconds
        table.add_row(
            row.generator,
            row.purpose,
            f"{row.requests:,}",
            f"{row.journalled:,}",
            _short(row.prompt_tokens),
            _short(row.completion_tokens),
            f"{cost:,.2f}",
            _time(row.seconds),
        )
    console = Console()
    console.print(title, soft_wrap=True)
    console.print(table)
    budget = "no limit" if config.token_budget is None else f"{config.token_budget:,} tokens"
    console.print(
        f"Total {total:,.2f} USD ({least:,.2f} to {most:,.2f}), {_short(round(tokens - spread))} to "
        f"{_short(round(tokens + spread))} tokens, about {_time(seconds)} one after the other, for what is not paid "
        "yet (`paid`: already in the journal). Lengths are those of the journal's answers where there are five, else "
        f"characters / 4. {judged + '. ' if judged else ''}Budget per partition and purpose: {budget}.",
        soft_wrap=True,
    )
    _warn(total, most, tokens, config, console)


def _warn(total: float, most: float, tokens: float, config: Settings, console: Console) -> None:
    """Say that a budget will stop the run, before anything is paid."""
    if config.money_budget is not None and most > config.money_budget:
        console.print(f"APIGEN_MONEY_BUDGET is {config.money_budget:,.2f} USD for a run: it may stop before the end")
    spent = journal_totals(config.journal_dir) if config.total_token_budget or config.total_money_budget else (0, 0.0)
    if config.total_money_budget is not None and spent[1] + most > config.total_money_budget:
        console.print(
            f"APIGEN_TOTAL_MONEY_BUDGET is {config.total_money_budget:,.2f} USD, of which {spent[1]:,.2f} are spent: "
            "it may stop the runs before the end",
            soft_wrap=True,
        )
    if config.total_token_budget is not None and spent[0] + tokens > config.total_token_budget:
        console.print(
            f"APIGEN_TOTAL_TOKEN_BUDGET is {config.total_token_budget:,} tokens, of which {spent[0]:,} are spent: it "
            "may stop the runs before the end",
            soft_wrap=True,
        )


def _catalog(config: Settings, batches: dict[str, list[Api]]) -> dict[str, list[Api]]:
    """What the catalog's last step takes in; where nothing is accessible yet, the batches themselves."""
    lake = open_lake(config)
    paths = lake.paths("accessible_apis")
    if not paths:
        return batches
    return {_batch_of(path): catalog_apis(lake.scan_paths([path]).collect()) for path in paths}


def _share_judged(config: Settings) -> tuple[float, bool]:
    """The share of candidates about which a judge is asked, and whether the lake says so."""
    judged, written = judged_and_written(open_lake(config))
    return (judged / written, True) if written >= ENOUGH_CANDIDATES else (0.75, False)


def _batch_of(path: "UPath") -> str:
    return next((part.partition("=")[2] for part in path.parts if part.startswith("api_batch=")), "")


def _learned(chat: ChatClient, generator: str, purpose: str) -> Experience | None:
    return experience(chat.journal(generator).records(), generator, purpose)


def _chosen(known: dict[str, Generator], names: list[str] | None) -> list[Generator]:
    for name in names or ():
        if name not in known:
            raise UnknownGeneratorError(f"no generator {name!r} is switched on; there are: {', '.join(known)}")
    return [generator for name, generator in known.items() if generator.generate and (not names or name in names)]


def _wanted(config: Settings, generator: Generator, target: int | None) -> Callable[[int], int]:
    """Candidates of a batch by its number of APIs."""
    if target is not None:
        return lambda _: target
    return partial(config.candidates, stand_in=generator.is_standin)


def _batches(config: Settings) -> tuple[dict[str, list[Api]], str]:
    """APIs by batch: the filtered catalog, or the built-in functions where there is no catalog yet."""
    lake = open_lake(config)
    paths = lake.paths("filtered_api_catalog")
    if paths:
        out: dict[str, list[Api]] = {}
        for path in paths:
            out[_batch_of(path)] = [
                Api.from_row(row) for row in lake.scan_paths([path]).collect().iter_rows(named=True)
            ]
        return out, "the catalog"
    from apigen_assets.catalog.batches import batch_keys
    from apigen_assets.catalog.importers.python_modules import import_python_package

    apis = import_python_package("apigen_assets.functions", "builtin", only_with="SEEDS").apis
    size = config.batch_size
    keys = batch_keys("builtin", len(apis), size)
    parts = {key: list(apis[i * size : (i + 1) * size]) for i, key in enumerate(keys)}
    return parts, "no catalog yet: the built-in functions"


def _library(config: Settings, batch: str, batches: dict[str, list[Api]]) -> Library:
    """What a run of the batch would draw from: its pinned library, or the catalog of now."""
    lake = open_lake(config)
    if lake.paths("filtered_api_catalog"):
        return Library(pin_library(lake, batch, Api.frame(batches[batch]), keep=False).apis)
    return Library.of(api for apis in batches.values() for api in apis)


def _examples(config: Settings) -> list[ShownExample]:
    lake = open_lake(config)
    if lake.paths("seed_examples"):
        rows = lake.scan("seed_examples").collect()
        return [ShownExample.from_row(row) for row in rows.iter_rows(named=True)]
    return read_all_seeds(config.seeds_source).examples


def _short(tokens: int) -> str:
    if tokens < 10_000:
        return f"{tokens:,}"
    return f"{tokens / 1e3:,.0f} k" if tokens < 10_000_000 else f"{tokens / 1e6:,.1f} M"


def _time(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
