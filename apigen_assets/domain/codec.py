"""The one way between the JSON text of a table's columns and what it stands for.

Columns `tools`, `answers` and `execution` hold canonical JSON lists. Rooms work on records; only what reads or writes a
table comes here.
"""

import json
from collections.abc import Iterable

from apigen_assets.domain.call import Call
from apigen_assets.domain.execution import Execution
from apigen_assets.domain.tool import Tool
from apigen_assets.files.canonical import dumps


def read_tools(text: str) -> list[Tool]:
    """The tools of a row.

    Raises:
        ValueError, KeyError: the text is not a column of a table that this program wrote.
    """
    return [Tool.from_json(tool) for tool in json.loads(text)]


def write_tools(tools: Iterable[Tool]) -> str:
    """The column `tools`."""
    return dumps([tool.to_json() for tool in tools])


def read_calls(text: str) -> list[Call]:
    """The calls of a row that passed the format check.

    Raises:
        ValueError: the text holds something else than calls (pydantic's error says where).
    """
    return [Call.model_validate(call) for call in json.loads(text)]


def write_calls(calls: Iterable[Call]) -> str:
    """The column `answers`."""
    return dumps([{"name": call.name, "arguments": call.arguments} for call in calls])


def read_executions(text: str | None) -> list[Execution]:
    """What came of a row's calls, in their order; nothing where it was not executed.

    Raises:
        ValueError: the text holds something else.
    """
    return [Execution.model_validate(entry) for entry in json.loads(text)] if text else []


def write_executions(executions: Iterable[Execution]) -> str:
    """The column `execution`."""
    return dumps([execution.to_json() for execution in executions])
