"""`apigen generate --verified N`: write, check and write on, until each style has so many verified rows."""

from dataclasses import replace

import polars as pl
from rich.console import Console

from apigen_assets.cli.generate_run import Outputs, Plan, check, keep_candidates, keep_verdicts, progress, waits
from apigen_assets.domain.chat import EndpointError
from apigen_assets.domain.verdict import CHECKED_SCHEMA
from apigen_assets.files.excerpt import counted
from apigen_assets.generation.target import MOST_TIMES, Yield, missing, prompts_wanted, yields
from resources.llm.client import ChatClient
from resources.llm.journal import JournalError
from resources.llm.unfailing import UnfailingChat


def run_to_goal(plan: Plan, chat: ChatClient, outputs: Outputs, console: Console, goal: int) -> str | None:
    """Write the files of a run with `--verify`; why the goal was not met, where something stopped it.

    Run again, it takes the same steps from the journal; a larger goal goes on from there.
    """
    pairs = plan.settings.pairs_per_prompt
    most = -(-plan.target // pairs) if plan.target else None
    plan = replace(plan, target=plan.target or MOST_TIMES * (goal + pairs) * 4)
    judge = UnfailingChat(chat)
    prompts: dict[str, int] = {}
    so_far: dict[str, Yield] = {}
    checked = pl.DataFrame(schema=CHECKED_SCHEMA)
    stopped: str | None = None
    while stopped is None:
        wanted = prompts_wanted(goal, pairs, so_far, most=most)
        if wanted == prompts:
            break
        prompts = wanted
        try:
            with progress(console, f"{plan.model.name} writes") as show:
                generated = plan.write(chat, plan.target, show, prompts=prompts)
        except (EndpointError, JournalError) as error:
            return str(error)
        outputs.frame = generated.candidates
        new = generated.candidates.filter(~pl.col("candidate_id").is_in(checked["candidate_id"].implode()))
        with progress(console, "verdicts") as show:
            checked = pl.concat([checked, check(plan, judge, new, show)])
        so_far = yields(generated.candidates, checked.filter("passed"))
        reached = ", ".join(f"{style} {count.verified} of {goal}" for style, count in so_far.items())
        console.print(f"{sum(prompts.values())} prompts: {reached}", markup=False, highlight=False, soft_wrap=True)
        waiting = sum(map(waits, checked.iter_rows(named=True)))
        if generated.stopped is not None:
            stopped = generated.stopped
        elif waiting:
            stopped = f"{counted(waiting, 'row')} waiting for a judge: what they are decides what is asked next"
    keep_candidates(outputs, generated, plan, chat, console)
    order = outputs.frame.select("candidate_id").with_row_index("place")
    checked = checked.join(order, on="candidate_id", how="inner").sort("place").drop("place")
    stopped = keep_verdicts(plan, checked, outputs, judge, console) or stopped
    lacking = missing(goal, so_far)
    if lacking and stopped is None:
        listed = ", ".join(f"{count} {style}" for style, count in lacking.items())
        stopped = (
            f"verified rows are missing: {listed}. Their prompts give too few, or these sources have no such rows; "
            "`verdicts.jsonl` says why, and `--candidates` is the most that is written"
        )
    return stopped
