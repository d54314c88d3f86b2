"""Seeds of the user's own: query-answer pairs, and real queries without answers that show how people put them.

A source is a JSONL file, a folder of such files, or a data set of the Hub. A row has `query`; `answers`, a list of
calls (or its JSON text); and where it likes `tools`, the tools offered (their names, or their definitions, against
which the calls are then checked). Rows are checked like rows of a model: what is not right is left out, and said.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from pydantic import ValidationError

from apigen_assets.domain.call import Call
from apigen_assets.files.canonical import StrictJsonError, dumps, loads_strict
from apigen_assets.files.json_types import JsonObject, JsonValue
from apigen_assets.generation.query_wording import wording_of
from apigen_assets.generation.shown_examples import ShownExample, make_example
from apigen_assets.tool_formats.json_schema import is_valid

HUB = "hub:"
MOST_ROWS = 20_000
"""Rows read from one source."""


class OwnSeeds(NamedTuple):
    """What a source gave."""

    examples: list[ShownExample]
    problems: list[str]
    """What was left out, with place and reason."""


class SeedsError(Exception):
    """The source cannot be read at all; the message says what to do."""


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


def _rows(source: str) -> Iterator[tuple[str, JsonValue | StrictJsonError]]:
    if source.startswith(HUB):
        yield from _hub_rows(source.removeprefix(HUB))
        return
    path = Path(source)
    files = sorted(path.glob("*.jsonl")) if path.is_dir() else [path]
    for file in files:
        try:
            lines = file.read_text(encoding="utf-8").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            raise SeedsError(
                f"the seeds in {file} cannot be read ({error}): correct APIGEN_SEEDS or the file"
            ) from error
        for number, line in enumerate(lines[:MOST_ROWS], 1):
            if line.strip():
                try:
                    yield f"{file.name}:{number}", loads_strict(line)
                except StrictJsonError as error:
                    yield f"{file.name}:{number}", error


def _hub_rows(name: str) -> Iterator[tuple[str, JsonValue]]:
    from datasets import load_dataset  # heavy, and only needed here

    try:
        rows = load_dataset(name, split="train", streaming=True).take(MOST_ROWS)
        for number, row in enumerate(rows):
            yield f"{name}:{number}", dict(row)
    except Exception as error:  # the library raises of many kinds for what is one thing here
        raise SeedsError(f"the data set {name} cannot be read ({error}): correct APIGEN_SEEDS") from error


def _example(row: JsonValue | StrictJsonError) -> ShownExample:
    if isinstance(row, StrictJsonError):
        raise ValueError(f"not strict JSON: {row}")
    if not isinstance(row, dict) or not isinstance(row.get("query"), str) or not row["query"].strip():
        raise ValueError("a row must be an object with a query")
    answers, tools = _listed(row, "answers"), _listed(row, "tools")
    if answers is None:
        return make_example(row["query"], [], [], "query", wording_of(row["query"]))
    if not answers:
        raise ValueError("the answers are empty; leave the key out for a query that only shows how people ask")
    try:
        calls = [Call.model_validate(call) for call in answers]
    except ValidationError as error:
        raise ValueError(f"an answer must be {{name, arguments}}: {error.errors()[0]['msg']}") from error
    if len({dumps(call.model_dump()) for call in calls}) < len(calls):
        raise ValueError("two calls are equal")
    schemas = {
        tool["name"]: tool.get("parameters") for tool in tools or () if isinstance(tool, dict) and "name" in tool
    }
    names = [tool["name"] if isinstance(tool, dict) else str(tool) for tool in tools or ()]
    for call in calls:
        if tools and call.name not in names:
            raise ValueError(f"{call.name} is not among the tools")
        schema = schemas.get(call.name)
        if isinstance(schema, dict) and schema.get("type") == "object" and not is_valid(call.arguments, schema):
            raise ValueError(f"the arguments of {call.name} do not fit its parameters")
    return make_example(
        row["query"],
        calls,
        list(dict.fromkeys([*(call.name for call in calls), *names])),
        "own",
        row.get("wording") if isinstance(row.get("wording"), str) else wording_of(row["query"]),
        row.get("language") if isinstance(row.get("language"), str) else None,
    )


def _listed(row: JsonObject, key: str) -> list[JsonValue] | None:
    value = row.get(key)
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError as error:
            raise ValueError(f"{key} is not JSON: {error}") from error
    if value is not None and not isinstance(value, list):
        raise ValueError(f"{key} must be a list")
    return value
