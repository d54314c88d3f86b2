"""How good a judge is: seeded faults among good rows, and what each judge makes of them."""

import json
from collections.abc import Sequence

import polars as pl

from apigen_assets.domain.chat import ChatModel
from apigen_assets.verification.stages.judge import Item, JudgeAnswer, JudgeOptions, judge_items

CALIBRATION_SCHEMA = pl.Schema(
    {
        "judge": pl.String,
        "family": pl.String,
        "asked": pl.Int64,
        "faults": pl.Int64,
        "caught": pl.Int64,
        "good": pl.Int64,
        "wrongly_rejected": pl.Int64,
        "no_answer": pl.Int64,
        "precision": pl.Float64,
        "recall": pl.Float64,
    }
)
"""Per judge one row over everything (`family` is `all`) and one per family of faults.

`precision`: faults among all that the judge rejected. `recall`: rejected faults among all faults. An answer that
cannot be read counts as a rejection, as in production.
"""


def calibrate(
    good: pl.DataFrame,
    mutants: pl.DataFrame,
    chat: ChatModel,
    judges: Sequence[str],
    options: JudgeOptions | None = None,
) -> pl.DataFrame:
    """Ask every judge about every row, alone, and count.

    Args:
        good: right rows that went through the execution check.
        mutants: damaged ones, which did too; with a column `family`.
        chat: where the judges answer.
        judges: names of generators.
        options: how to ask.

    Returns:
        A frame of `CALIBRATION_SCHEMA`.
    """
    columns = ["candidate_id", "query", "tools", "answers", "execution"]
    both = [
        *((row, "good") for row in good.select(columns).iter_rows()),
        *zip(mutants.select(columns).iter_rows(), mutants["family"].to_list(), strict=True),
    ]
    items = [
        Item(key, query, json.loads(tools), json.loads(answers), json.loads(execution or "[]"))
        for (key, query, tools, answers, execution), _ in both
    ]
    votes = judge_items(items, chat, judges, options)
    families = [family for _, family in both]
    rows = []
    for judge in dict.fromkeys(judges):
        answers_ = [given[judge].answer for given in votes]
        for family in ("all", *sorted(set(families) - {"good"})):
            faults = [
                one
                for one, of in zip(answers_, families, strict=True)
                if of == family or (family == "all" and of != "good")
            ]
            fine = [one for one, of in zip(answers_, families, strict=True) if of == "good"]
            caught = sum(one is not JudgeAnswer.PASS for one in faults)
            wrong = sum(one is not JudgeAnswer.PASS for one in fine)
            rows.append(
                {
                    "judge": judge,
                    "family": family,
                    "asked": len(faults) + len(fine),
                    "faults": len(faults),
                    "caught": caught,
                    "good": len(fine),
                    "wrongly_rejected": wrong,
                    "no_answer": sum(
                        one in {JudgeAnswer.UNPARSEABLE, JudgeAnswer.UNAVAILABLE} for one in faults + fine
                    ),
                    "precision": caught / (caught + wrong) if caught + wrong else None,
                    "recall": caught / len(faults) if faults else None,
                }
            )
    return pl.DataFrame(rows, schema=CALIBRATION_SCHEMA, orient="row")
