"""A row's life as a page in markdown, for the terminal and the UI."""

import json

from apigen_assets.files.excerpt import cut
from apigen_assets.files.json_types import JsonObject
from apigen_assets.files.markdown import fenced, inert
from apigen_assets.trace.life import RowLife

_WIDTH = 4_000


def row_page(life: RowLife) -> str:
    """The page of a row: one section for each step that it passed."""
    candidate = life.candidate
    sections = [
        ("Row", {name: candidate[name] for name in ("candidate_id", "generator", "batch", "style", "query")}),
        *((f"API: {api['name']}", _api(api)) for api in life.apis),
        ("Prompt", {"prompt_id": candidate["prompt_id"], "request": _messages(life.request)}),
        ("Completion", {**(life.completion or {"text": "not in the journal"}), "thought": candidate.get("thought")}),
        ("Read as", {name: candidate.get(name) for name in ("answers", "raw_text", "parse_error", "repairs")}),
        *(
            (f"{verdict.stage}: {'verified' if verdict.passed else 'rejected'}", verdict.columns)
            for verdict in life.verdicts
        ),
        ("Composition", life.fate or {"fate": "not composed: it was not verified, or no data set was made since"}),
        *((f"Data set: {name}", place) for name, place in life.places.items()),
        ("Release", life.release or {"release": "not in a release of this machine"}),
    ]
    return "\n\n".join(f"## {inert(title)}\n\n{_fields(values)}" for title, values in sections)


def api_page(life: JsonObject) -> str:
    """The page of an API: its record, how far it came, and the rows that call it."""
    sections = [(f"Reached {life['reached']}", life["api"])]
    sections += [(f"Rows {name}", life[name]) for name in ("verified", "released") if name in life]
    return "\n\n".join(f"## {inert(title)}\n\n{_fields(values)}" for title, values in sections)


def _api(api: JsonObject) -> JsonObject:
    source = api.get("source") or {}
    return {
        "source": source,
        "before rewriting": api.get("original") or "as it is: no language model changed it",
        "description": api.get("description"),
        "category": api.get("category"),
        "probe": api.get("probe"),
    }


def _messages(request: JsonObject | None) -> str:
    if request is None:
        return "not in the journal"
    return "\n\n".join(f"[{message['role']}]\n{message['content']}" for message in request.get("messages", ()))


def _fields(values: JsonObject) -> str:
    lines = []
    for name, value in values.items():
        if value is None or value == "" or value == [] or value == {}:
            continue
        text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, indent=1)
        text = cut(text, _WIDTH)
        lines.append(f"**{name}**: {inert(text)}" if "\n" not in text else f"**{name}**:\n\n{fenced(text)}")
    return "\n\n".join(lines) or "nothing on record"
