"""What must hold of the data set before anything is released."""

import json

import dagster as dg
import polars as pl

from apigen_assets.dataset.bfcl_questions import QuestionsUnavailableError, benchmark
from apigen_assets.dataset.compose import FATES_SCHEMA, Fate, chosen_rows
from apigen_assets.dataset.contamination import Benchmark
from apigen_assets.dataset.facts import canonical_calls
from apigen_assets.dataset.giveaway import MOST, told_apart
from apigen_assets.dataset.relevance import KINDS, relevance_key
from apigen_assets.dataset.splits import SPLITS
from apigen_assets.files.excerpt import counted
from apigen_assets.files.markdown import inert
from apigen_assets.partitions import ALL_THAT_EXISTS
from apigen_assets.settings import Settings


@dg.asset_check(
    asset="composition",
    blocking=True,
    additional_ins={"semantic_verified": dg.AssetIn(metadata=ALL_THAT_EXISTS)},
)
def composition_conserves_rows(composition: pl.DataFrame, semantic_verified: pl.LazyFrame) -> dg.AssetCheckResult:
    """Every verified row has exactly one fate, chosen ones have the places 0..n-1, duplicates name their original."""
    return _result(composition_problems(composition, semantic_verified.select("candidate_id")), composition)


@dg.asset_check(asset="relevance_rows", blocking=True)
def relevance_rows_call_nothing(relevance_rows: pl.DataFrame) -> dg.AssetCheckResult:
    """A relevance row has no answer, offers at least one tool, is of a known kind, and is not a copy of another."""
    return _result(relevance_problems(relevance_rows), relevance_rows)


@dg.asset_check(
    asset="relevance_rows",
    additional_ins={
        "semantic_verified": dg.AssetIn(metadata=ALL_THAT_EXISTS),
        "composition": dg.AssetIn(),
    },
)
def no_words_give_relevance_away(
    relevance_rows: pl.DataFrame, semantic_verified: pl.LazyFrame, composition: pl.DataFrame
) -> dg.AssetCheckResult:
    """A classifier over the words of a query hardly tells relevance rows from rows with calls."""
    chosen = chosen_rows(semantic_verified, composition)
    rate = told_apart(relevance_rows["query"].to_list(), chosen["query"].to_list())
    return dg.AssetCheckResult(
        passed=rate is None or rate <= MOST,
        severity=dg.AssetCheckSeverity.WARN,
        metadata={"balanced_accuracy": rate, "most": MOST} if rate is not None else {"most": MOST},
        description="too few rows to tell" if rate is None else f"balanced accuracy {rate:.0%}, 50 % is chance",
    )


@dg.asset_check(asset="function_calling_dataset", blocking=True)
def dataset_is_sound(function_calling_dataset: pl.DataFrame) -> dg.AssetCheckResult:
    """Ids are 0..n-1, no query with the same answer stands twice, and every answer calls only tools of its row."""
    empty = [] if function_calling_dataset.height else ["there is no row: `composition` says what became of each"]
    return _result(empty + dataset_problems(function_calling_dataset), function_calling_dataset)


@dg.asset_check(asset="function_calling_dataset", blocking=True)
def splits_share_no_api(function_calling_dataset: pl.DataFrame) -> dg.AssetCheckResult:
    """No API that a held-out row calls is called by a row of the split `train`."""
    return _result(split_problems(function_calling_dataset), function_calling_dataset)


@dg.asset_check(asset="function_calling_dataset", blocking=True)
def is_decontaminated(
    function_calling_dataset: pl.DataFrame, settings: dg.ResourceParam[Settings]
) -> dg.AssetCheckResult:
    """No row holds a question or a tool of BFCL; a warning where the questions cannot be had."""
    try:
        known = benchmark(settings)
    except QuestionsUnavailableError as error:
        return dg.AssetCheckResult(
            passed=False,
            severity=dg.AssetCheckSeverity.WARN,
            description=f"Not compared with BFCL: {error}.",
            metadata={"compared": False},
        )
    matches = contaminations(function_calling_dataset, known)
    return dg.AssetCheckResult(
        passed=matches.is_empty(),
        severity=dg.AssetCheckSeverity.ERROR,
        description=f"Rows that match a question or a tool of BFCL: {matches.height}. Materialise `contaminated_rows` "
        "and what follows it again." if matches.height else "No row matches.",
        metadata={
            "compared": True,
            "questions": len(known.ids),
            "matches": dg.MetadataValue.json(matches.head(20).to_dicts()),
        },
    )  # fmt: skip


def _result(problems: list[str], rows: pl.DataFrame) -> dg.AssetCheckResult:
    """The reason where a person looks first: the list in the metadata opens only on request."""
    return dg.AssetCheckResult(
        passed=not problems,
        description=inert("; ".join(problems[:5])) or counted(rows.height, "row"),
        metadata={"rows": rows.height, "problems": dg.MetadataValue.json(problems)},
    )


def composition_problems(fates: pl.DataFrame, verified: pl.LazyFrame) -> list[str]:
    """What is wrong with a table of fates, given the `candidate_id` of every verified row."""
    problems = []
    expected = verified.group_by("candidate_id").agg(pl.len().alias("wanted")).collect()
    fate_counts = fates.group_by("candidate_id").agg(pl.len().alias("found"))
    differing = expected.join(fate_counts, on="candidate_id", how="full", coalesce=True).filter(
        pl.col("wanted").fill_null(0) != pl.col("found").fill_null(0)
    )
    if differing.height:
        ids = ", ".join(differing["candidate_id"].sort().head(5))
        problems.append(f"{counted(differing.height, 'row')} with no fate or several, or no verified row: {ids}")
    known = {fate.value for fate in Fate}
    unknown = fates.filter(~pl.col("fate").is_in(sorted(known)) | pl.col("fate").is_null())
    if unknown.height:
        problems.append(f"{counted(unknown.height, 'row')} with an unknown fate")
    chosen = fates.filter(pl.col("fate") == Fate.CHOSEN)
    if sorted(chosen["place"].drop_nulls().to_list()) != list(range(chosen.height)):
        problems.append("the places of the chosen rows are not 0..n-1")
    if dict(fates.schema) != dict(FATES_SCHEMA):
        problems.append(f"the columns are {dict(fates.schema)}")
    return problems


def relevance_problems(rows: pl.DataFrame) -> list[str]:
    """What is wrong with relevance rows."""
    problems = []
    called = rows.filter(pl.col("answers") != "[]")
    if called.height:
        problems.append(f"{counted(called.height, 'row')} with calls")
    empty = [i for i, tools in enumerate(rows["tools"]) if not json.loads(tools)]
    if empty:
        problems.append(f"{counted(len(empty), 'row')} without a tool, such as row {empty[0]}")
    distinct = {relevance_key(query, tools) for query, tools in rows.select("query", "tools").iter_rows()}
    if len(distinct) < rows.height:
        problems.append(f"{counted(rows.height - len(distinct), 'row')} with the query and the tools of another row")
    unknown = set(rows["kind"]) - set(KINDS)
    if unknown:
        problems.append(f"unknown kinds: {', '.join(sorted(unknown))}")
    return problems


def dataset_problems(rows: pl.DataFrame) -> list[str]:
    """What is wrong with rows of `DatasetRow.SCHEMA`."""
    problems = []
    if rows["id"].to_list() != list(range(rows.height)):
        problems.append("ids are not 0..n-1 in order")
    seen: set[tuple[str, ...]] = set()
    unknown, copies = [], []
    for number, query, answers, tools in rows.select("id", "query", "answers", "tools").iter_rows():
        calls = json.loads(answers)
        names = {tool["name"] for tool in json.loads(tools)}
        if not {call["name"] for call in calls} <= names:
            unknown.append(number)
        if calls:
            key = (" ".join(query.casefold().split()), *canonical_calls(calls))
            if key in seen:
                copies.append(number)
            seen.add(key)
    if unknown:
        problems.append(f"rows {unknown[:10]} call tools that they do not offer ({len(unknown)} in all)")
    if copies:
        problems.append(f"rows {copies[:10]} have the query and the calls of another row ({len(copies)} in all)")
    strange = set(rows["split"].fill_null("null")) - set(SPLITS)
    if strange:
        problems.append(f"unknown splits: {', '.join(sorted(strange))}")
    return problems


def split_problems(rows: pl.DataFrame) -> list[str]:
    """APIs that are called on both sides of the split."""
    sides: dict[str, set[str]] = {"train": set(), "heldout": set()}
    for split, text in rows.select("split", "api_ids").unique().iter_rows():
        if split in sides:
            sides[split].update(json.loads(text))
    both = sorted(sides["train"] & sides["heldout"])
    return [f"{counted(len(both), 'API')} called in train and in heldout, such as {both[0]}"] if both else []


def contaminations(rows: pl.DataFrame, known: Benchmark) -> pl.DataFrame:
    """Rows that match the benchmark: `id`, `kind`, `question`, `overlap`, `detail`."""
    parts = []
    for start in range(0, rows.height, 20_000):
        part = rows[start : start + 20_000]
        matches = known.matches(part)
        ids = part["id"][matches["row"]]
        parts.append(matches.with_columns(ids.alias("row")).rename({"row": "id"}))
    return pl.concat(parts) if parts else known.matches(rows).rename({"row": "id"})
