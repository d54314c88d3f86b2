"""Seeds of the user's own: query-answer pairs, and real queries without answers that show how people put them.

A source is a JSONL file, a folder of such files, or a data set of the Hub. A row is `{query, answers, tools}` or any
other shape that `read_foreign_row` knows (messages, ShareGPT, ...); `tools` may be left out or hold names alone; a
`query` without answers is an example of style. Rows are checked like rows of a model: what is not right is left out,
and said: one sentence per row, one per file that cannot be read.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from pydantic import ValidationError

from apigen_assets.domain.call import Call
from apigen_assets.files.canonical import StrictJsonError, dumps, loads_strict
from apigen_assets.files.json_types import JsonObject, JsonValue
from apigen_assets.functions.library import all_seeds
from apigen_assets.generation.prompts import LANGUAGES, WORDINGS
from apigen_assets.generation.query_wording import wording_of
from apigen_assets.generation.shown_examples import ShownExample, from_seeds, make_example
from apigen_assets.tool_formats.foreign_rows import ForeignRow, UnreadableRowError, read_foreign_row, tool_schemas
from apigen_assets.tool_formats.json_schema import is_valid

HUB = "hub:"
MOST_ROWS = 20_000
"""Rows read from one file or data set."""
LONGEST = 4_000
"""Characters of a query."""
_QUERY = ("query", "question", "instruction", "prompt", "text")
_ANSWERED = (
    *("answers", "answer", "tool_calls", "calls", "function_calls", "expected_answers", "ground_truth"),
    *("messages", "conversations", "conversation", "completion", "reward_model"),
)


class OwnSeeds(NamedTuple):
    """What a source gave."""

    examples: list[ShownExample]
    problems: list[str]
    """What was left out, with place and reason."""


class SeedsError(Exception):
    """The source cannot be read at all; the message says what to do."""


def read_all_seeds(source: str | None) -> OwnSeeds:
    """What prompts are drawn with in the first round: the seeds of the built-in functions, and those of a source.

    Raises:
        SeedsError: the source does not exist or cannot be read.
    """
    own = read_own_seeds(source)
    return OwnSeeds([*from_seeds(all_seeds()), *own.examples], own.problems)


def read_own_seeds(source: str | None) -> OwnSeeds:
    """The examples of a source (`Settings.seeds_source`); none where there is no source.

    Raises:
        SeedsError: the source does not exist or cannot be read.
    """
    examples: dict[str, ShownExample] = {}
    problems: list[str] = []
    for place, row in _rows(source) if source else ():
        try:
            example = _example(row)
        except ValueError as error:
            problems.append(f"{place}: {error}")
        else:
            examples.setdefault(example.example_id, example)
    return OwnSeeds(list(examples.values()), problems)


def _rows(source: str) -> Iterator[tuple[str, JsonValue | Exception]]:
    """Rows with their place; an error in the place of what cannot be read."""
    if source.startswith(HUB):
        yield from _hub_rows(source.removeprefix(HUB))
        return
    path = Path(source)
    if not path.exists():
        raise SeedsError(f"APIGEN_SEEDS: there is no file or folder {path}: correct it, or unset it to go without")
    files = sorted(path.glob("*.jsonl")) if path.is_dir() else [path]
    if not files:
        yield str(path), ValueError("the folder holds no .jsonl file: seeds are read from nothing else")
    for file in files:
        try:
            lines = file.read_text(encoding="utf-8-sig").split("\n")
        except (OSError, UnicodeDecodeError) as error:
            what = "it is not UTF-8" if isinstance(error, UnicodeDecodeError) else error.strerror or str(error)
            yield file.name, ValueError(f"the file cannot be read: {what}")
            continue
        if len(lines) > MOST_ROWS:
            yield file.name, ValueError(f"only the first {MOST_ROWS:,} of {len(lines):,} lines are read")
        for number, line in enumerate(lines[:MOST_ROWS], 1):
            if line.strip():
                try:
                    yield f"{file.name}:{number}", loads_strict(line)
                except StrictJsonError as error:
                    yield f"{file.name}:{number}", ValueError(f"not strict JSON: {error}")


def _hub_rows(name: str) -> Iterator[tuple[str, JsonValue]]:
    from datasets import load_dataset  # heavy, and only needed here

    try:
        rows = load_dataset(name, split="train", streaming=True).take(MOST_ROWS)
        for number, row in enumerate(rows):
            yield f"{name}:{number}", dict(row)
    except Exception as error:  # the library raises of many kinds for what is one thing here
        raise SeedsError(f"the data set {name} cannot be read ({error}): correct APIGEN_SEEDS") from error


def _example(row: JsonValue | Exception) -> ShownExample:
    if isinstance(row, Exception):
        raise row
    if not isinstance(row, dict):
        raise ValueError("a row must be an object with a query")
    if not any(row.get(key) is not None for key in _ANSWERED):
        query = _checked_query(next((row[key] for key in _QUERY if row.get(key) is not None), None))
        return make_example(query, [], [], "query", wording_of(query))
    names, read = _read(row)
    query = _checked_query(read.query)
    calls = _calls(read.answers)
    schemas = {tool["name"]: tool["parameters"] for tool in tool_schemas(read.tools)}
    names = [*names, *schemas]
    for call in calls:
        if names and call.name not in names:
            raise ValueError(f"{call.name} is not among the tools")
        if call.name in schemas and not is_valid(call.arguments, schemas[call.name]):
            raise ValueError(f"the arguments of {call.name} do not fit its parameters")
    known = [wording.name for wording in WORDINGS]
    return make_example(
        query,
        calls,
        list(dict.fromkeys([*(call.name for call in calls), *names])),
        "own",
        row["wording"] if row.get("wording") in known else wording_of(query),
        row["language"] if row.get("language") in LANGUAGES else None,
    )


def _checked_query(query: JsonValue) -> str:
    if not isinstance(query, str) or not query.strip():
        raise ValueError("a row must be an object with a query")
    if len(query) > LONGEST:
        raise ValueError(f"the query has {len(query):,} characters, more than {LONGEST:,}")
    if not query.isprintable() and any(sign in query for sign in map(chr, range(0xD800, 0xE000))):
        raise ValueError("the query holds half of a surrogate pair, which is no text")
    return query


def _read(row: JsonObject) -> tuple[list[str], ForeignRow]:
    """Names of tools that stand for themselves, and the row as any data set's."""
    listed = row.get("tools")
    names: Sequence[str] = ()
    if isinstance(listed, list) and listed and all(isinstance(tool, str) and tool[:1] != "{" for tool in listed):
        names, row = listed, {**row, "tools": []}
    try:
        return list(names), read_foreign_row(row)
    except UnreadableRowError as error:
        if str(error) != "missing_field: tools":
            raise
    return list(names), read_foreign_row({**row, "tools": []})


def _calls(answers: str) -> list[Call]:
    try:
        listed = loads_strict(answers)
    except StrictJsonError as error:
        raise ValueError(f"the answers are not strict JSON: {error}") from None
    if not isinstance(listed, list):
        raise ValueError("the answers must be a list of calls")
    if not listed:
        raise ValueError("the answers are empty; leave the key out for a query that only shows how people ask")
    try:
        calls = [Call.model_validate(call) for call in listed]
    except ValidationError as error:
        raise ValueError(f"an answer must be {{name, arguments}}: {error.errors()[0]['msg']}") from None
    if len({dumps(call.model_dump()) for call in calls}) < len(calls):
        raise ValueError("two calls are equal")
    return calls
