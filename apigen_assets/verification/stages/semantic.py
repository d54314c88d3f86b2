"""Stage 3, the semantic check: do the calls say what the query says? Grounding first, then the judges."""

import json
from collections.abc import Sequence

import polars as pl

from apigen_assets.domain.chat import ChatModel
from apigen_assets.domain.reason import Reason, Stage
from apigen_assets.domain.record import in_schema
from apigen_assets.domain.verdict import CHECKED_SCHEMA
from apigen_assets.verification.grounding import ground
from apigen_assets.verification.stages.judge import Item, JudgeOptions, decide, judge_items


def check_semantic(
    frame: pl.DataFrame,
    chat: ChatModel | None = None,
    judges: Sequence[str] = (),
    options: JudgeOptions | None = None,
) -> pl.DataFrame:
    """Judge whether each row's calls are what its query asks for.

    Args:
        frame: rows that passed the execution check (`CHECKED_SCHEMA`), or the format check where nothing can be
            executed.
        chat: where the judges answer; null: grounding alone decides.
        judges: names of the judging generators. A row that grounding rejects is not shown to them.
        options: how the committee asks and decides.

    Returns:
        The same rows in the same order with `CHECKED_SCHEMA`. Only stage, passed, reason and detail are new;
        nothing a judge writes reaches another column.
    """
    options = options or JudgeOptions()
    findings: list[tuple[Reason, str] | None] = []
    items: dict[int, Item] = {}
    columns = ["candidate_id", "query", "tools", "answers", "execution"]
    for i, (candidate_id, query, tools_text, answers, execution) in enumerate(frame.select(columns).iter_rows()):
        tools, calls = json.loads(tools_text), json.loads(answers)
        finding = ground(query, tools, calls).rejection
        findings.append(finding)
        if finding is None and chat is not None:
            items[i] = Item(candidate_id, query, tools, calls, json.loads(execution) if execution else [])
    if chat is not None and items:
        votes = judge_items(list(items.values()), chat, judges, options)
        for i, given in zip(items, votes, strict=True):
            findings[i] = decide(given, options.rule)
    return frame.with_columns(
        pl.lit(Stage.SEMANTIC.value).alias("stage"),
        pl.Series("passed", [finding is None for finding in findings], dtype=pl.Boolean),
        pl.Series("reason", [finding and finding[0].value for finding in findings], dtype=pl.String),
        pl.Series("detail", [finding[1] if finding else "" for finding in findings], dtype=pl.String),
    ).pipe(in_schema, CHECKED_SCHEMA)
