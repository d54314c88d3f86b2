"""What must hold of rows before they leave the house."""

import json

import polars as pl

from apigen_assets.files.json_types import JsonObject

_BATCH_ROWS = 10_000
_COLUMNS = ("id", "query", "answers", "tools", "tool_schemas")


class UnsoundRowsError(ValueError):
    """Rows that may not be released; the message lists the first ones."""


def check_rows(dataset: pl.LazyFrame) -> int:
    """Number of rows, once every one of them is known to be sound.

    Ids are 0 to n-1 in order, answers and tools are JSON, a call names a tool of its row and only parameters of that
    tool, and gives every required one. Where there are whole schemas, they are of the same
    tools and parameters.

    Raises:
        UnsoundRowsError: some row is not; or there is none.
    """
    start, faults = 0, []
    names = [name for name in _COLUMNS if name in dataset.collect_schema()]
    while True:
        frame = dataset.select(names).slice(start, _BATCH_ROWS).collect()
        for number, row in enumerate(frame.iter_rows(named=True), start):
            fault = row_fault(row, number)
            if fault is not None:
                faults.append(f"row {number}: {fault}")
        start += frame.height
        if frame.height < _BATCH_ROWS or len(faults) > 100:
            break
    if faults:
        more = f" and {len(faults) - 5} more" if len(faults) > 5 else ""
        raise UnsoundRowsError(
            f"the data set has rows that may not be released: {'; '.join(faults[:5])}{more}. Compose it again; where "
            "that does not help, a verification stage let them through."
        )
    if not start:
        raise UnsoundRowsError(
            "the data set has no rows: there is nothing to release. Generate and verify rows, then compose the set."
        )
    return start


def row_fault(row: JsonObject, number: int) -> str | None:
    """What is wrong with a released row, or null."""
    if row["id"] != number:
        return f"its id is {row['id']}"
    if not row["query"] or not row["query"].strip():
        return "the query is empty"
    try:
        calls, tools = json.loads(row["answers"]), json.loads(row["tools"])
        offered = {tool["name"]: tool["parameters"] for tool in tools}
        if row.get("tool_schemas") is not None:
            whole = {tool["name"]: tool["parameters"].get("properties", {}) for tool in json.loads(row["tool_schemas"])}
            if {name: list(schema) for name, schema in whole.items()} != {
                name: list(flat) for name, flat in offered.items()
            }:
                return "its tools and their whole schemas differ"
        for call in calls:
            if set(call) != {"name", "arguments"} or call["name"] not in offered:
                return f"it calls {call.get('name')!r}, which is not offered"
            parameters = offered[call["name"]]
            unknown = set(call["arguments"]) - set(parameters)
            if unknown:
                return f"{call['name']} has no parameter {sorted(unknown)[0]!r}"
            missing = {name for name, schema in parameters.items() if schema.get("required")} - set(call["arguments"])
            if missing:
                return f"the call of {call['name']} lacks {sorted(missing)[0]!r}"
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        return f"answers or tools are not in the released form ({type(error).__name__}: {error})"
    return None
