"""What kinds of errors a model makes: one kind per wrong answer, by category, with examples."""

import json
from collections.abc import Sequence
from enum import StrEnum
from typing import ClassVar

import polars as pl

from apigen_assets.domain.record import Record
from apigen_assets.evaluation.scores import Scores
from apigen_assets.files.excerpt import cut
from apigen_assets.files.json_types import JsonMapping, JsonObject
from resources.bfcl.records import BfclAnswer


class ErrorKind(StrEnum):
    """Kinds of errors, told from the checker's verdict; for several calls, that of the call that came closest."""

    NOT_ASKED = "not_asked"
    """The question could not be put to the model, such as a prompt longer than its context."""
    UNREADABLE = "unreadable"
    """The answer is not in the form: prose, broken JSON, no list of calls."""
    CALLED_NEEDLESSLY = "called_needlessly"
    """A call although none of the functions fits."""
    NOT_CALLED = "not_called"
    """No call although one was due."""
    WRONG_COUNT = "wrong_count"
    WRONG_NAME = "wrong_name"
    MISSING_ARGUMENT = "missing_argument"
    UNEXPECTED_ARGUMENT = "unexpected_argument"
    WRONG_TYPE = "wrong_type"
    WRONG_VALUE = "wrong_value"
    WRONG_STATE = "wrong_state"
    """After a turn of a conversation the tools' state is not what it should be."""
    WRONG_RESULT = "wrong_result"
    """A result that a turn should have brought was never seen."""
    STOPPED = "stopped"
    """A conversation that did not come to its last turn."""
    CHECKER = "checker"
    """The checker itself failed on the answer."""


class ScoreRow(Record):
    """One row of `bfcl_scores`: one question, the model's answer and the verdict."""

    SCHEMA: ClassVar[pl.Schema] = pl.Schema(
        {
            "model": pl.String,
            "dataset": pl.String,
            "id": pl.String,
            "category": pl.String,
            "valid": pl.Boolean,
            "kind": pl.String,
            "error_type": pl.String,
            "error": pl.String,
            "answer": pl.String,
            "calls": pl.Int64,
            "sampled": pl.Boolean,
            "stand_in": pl.Boolean,
            "bfcl_eval": pl.String,
        }
    )

    model: str
    dataset: str
    id: str
    category: str
    valid: bool
    kind: str | None = None
    """Kind of error of a wrong answer."""
    error_type: str | None = None
    """The checker's own name for it."""
    error: str | None = None
    answer: str | None = None
    """The answer as scored; structures as JSON text."""
    calls: int = 0
    """Calls that could be read from the answer."""
    sampled: bool = False
    """Only a sample of the category's questions was asked."""
    stand_in: bool = False
    """The model was trained on rows of a stand-in for a language model."""
    bfcl_eval: str = ""
    """Version of checker and data."""


_BY_TYPE: tuple[tuple[str, ErrorKind], ...] = (
    ("generation:", ErrorKind.NOT_ASKED),
    ("checker:", ErrorKind.CHECKER),
    ("multi_turn:empty_turn", ErrorKind.NOT_CALLED),
    ("multi_turn:instance_state", ErrorKind.WRONG_STATE),
    ("multi_turn:execution_response", ErrorKind.WRONG_RESULT),
    ("multi_turn:force_terminated", ErrorKind.STOPPED),
    ("multi_turn:inference_error", ErrorKind.UNREADABLE),
    ("ast_decoder:", ErrorKind.UNREADABLE),
    ("irrelevance_error:", ErrorKind.CALLED_NEEDLESSLY),
    ("relevance_error:", ErrorKind.NOT_CALLED),
    ("simple_function_checker:wrong_func_name", ErrorKind.WRONG_NAME),
    ("simple_function_checker:missing", ErrorKind.MISSING_ARGUMENT),
    ("simple_function_checker:unexpected_param", ErrorKind.UNEXPECTED_ARGUMENT),
    ("type_error:", ErrorKind.WRONG_TYPE),
    ("value_error:", ErrorKind.WRONG_VALUE),
    ("dict_checker:", ErrorKind.WRONG_VALUE),
    ("list_dict_checker:", ErrorKind.WRONG_VALUE),
)

_CLOSENESS = (
    ErrorKind.WRONG_VALUE,
    ErrorKind.WRONG_TYPE,
    ErrorKind.UNEXPECTED_ARGUMENT,
    ErrorKind.MISSING_ARGUMENT,
    ErrorKind.WRONG_NAME,
)
"""From nearly right to far off."""


def kind_of(verdict: JsonMapping) -> ErrorKind | None:
    """The kind of error of a verdict; null where it is valid."""
    if verdict["valid"]:
        return None
    error_type = str(verdict.get("error_type", ""))
    if error_type == "parallel_function_checker_no_order:cannot_find_match":
        kinds = {_of_type(fault["sub_error_type"]) for fault in _sub_errors(verdict.get("error"))}
        return next((kind for kind in _CLOSENESS if kind in kinds), ErrorKind.WRONG_VALUE)
    if error_type.endswith(":wrong_count"):
        return ErrorKind.NOT_CALLED if verdict.get("decoded") == [] else ErrorKind.WRONG_COUNT
    return _of_type(error_type)


def score_rows(
    scores: Scores, answers: Sequence[BfclAnswer], model: str, dataset: str, sampled: bool, stand_in: bool = False
) -> list[ScoreRow]:
    """The table of one model's scores, in the order of the board."""
    by_id = {answer.id: answer for answer in answers}
    rows = []
    for verdict in scores.verdicts:
        answer = by_id[verdict["id"]].answer
        decoded = verdict.get("decoded")
        rows.append(
            ScoreRow(
                model=model,
                dataset=dataset,
                id=verdict["id"],
                category=verdict["category"],
                valid=verdict["valid"],
                kind=kind_of(verdict),
                error_type=verdict.get("error_type"),
                error=None if verdict["valid"] else _text(verdict.get("error")),
                answer=answer if answer is None or isinstance(answer, str) else json.dumps(answer, default=str),
                calls=len(decoded) if isinstance(decoded, list) else verdict.get("calls", 0),
                sampled=sampled,
                stand_in=stand_in,
                bfcl_eval=scores.versions.get("bfcl_eval", ""),
            )
        )
    return rows


def kinds_by_category(rows: pl.DataFrame) -> pl.DataFrame:
    """Wrong answers counted: a row per category with `total`, `wrong` and one column per kind that occurs."""
    totals = rows.group_by("category", maintain_order=True).agg(
        pl.len().alias("total"), (~pl.col("valid")).sum().alias("wrong")
    )
    wrong = rows.filter(~pl.col("valid"))
    if wrong.is_empty():
        return totals
    kinds = [kind.value for kind in ErrorKind if kind.value in set(wrong["kind"])]
    counted = wrong.group_by("category").agg(
        [(pl.col("kind") == kind).sum().cast(pl.Int64).alias(kind) for kind in kinds]
    )
    return totals.join(counted, on="category", how="left", maintain_order="left").with_columns(
        pl.col(kinds).fill_null(0)
    )


def examples(rows: pl.DataFrame, per_kind: int = 2) -> pl.DataFrame:
    """The first wrong answers of each kind: `kind, id, error, answer`."""
    order = pl.Enum([kind.value for kind in ErrorKind])
    return (
        rows.filter(~pl.col("valid"))
        .group_by("kind", maintain_order=True)
        .head(per_kind)
        .sort(pl.col("kind").cast(order), maintain_order=True)
        .select("kind", "id", "error", "answer")
    )


def _of_type(error_type: str) -> ErrorKind:
    return next((kind for start, kind in _BY_TYPE if error_type.startswith(start)), ErrorKind.WRONG_VALUE)


def _sub_errors(error: object) -> list[JsonObject]:
    if not isinstance(error, list):
        return []
    return [
        inner
        for part in error
        if isinstance(part, dict)
        for inner in part.values()
        if isinstance(inner, dict) and "sub_error_type" in inner
    ]


def _text(error: object) -> str:
    if isinstance(error, list) and all(isinstance(part, str) for part in error):
        return " ".join(error)
    text = error if isinstance(error, str) else json.dumps(error, ensure_ascii=False, default=str)
    return cut(text, 2000)
