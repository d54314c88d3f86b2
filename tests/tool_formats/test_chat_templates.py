"""Every bundled chat template of TRL that writes calls, and those of other families, on rows of every kind."""

import json
from functools import cache
from importlib.util import find_spec

import pytest

from apigen_assets.files.json_types import JsonObject
from apigen_assets.tool_formats.chat_forms import TemplateError, answer_text, fitted, written_calls
from apigen_assets.tool_formats.openai_row import openai_row, openai_single_row, openai_text_row, prompt_completion_row
from apigen_assets.training.chat_template import chat_template
from tests.helpers.paths import ROOT
from tests.helpers.templates import TEMPLATES, bundled

pytest.importorskip("transformers", reason="needs the train extra")

QUERIES = ['Wie warm wird es in Köln – "heute" 🙂?', "What's 2 < 3 & 4 > 1 in {{ braces }}?", "First.\nSecond."]


def _schema(**properties):
    return {"type": "object", "properties": properties, "required": list(properties)[:1]}


TOOLS = [
    {
        "name": "weather.get",
        "description": 'The "weather" of a <city>.',
        "parameters": _schema(
            city={"type": "string", "description": "City."},
            unit={"type": "string", "enum": ["C", "F"]},
            days={"type": "integer", "minimum": 1, "maximum": 14},
            exact={"type": "boolean", "default": False},
            ratio={"type": "number"},
            note={"type": ["string", "null"]},
        ),
    },
    {
        "name": "plan_trip",
        "description": "Plans.",
        "parameters": _schema(
            stops={
                "type": "array",
                "items": {"type": "object", "properties": {"place": {"type": "string"}, "nights": {"type": "integer"}}},
            },
            budget={"type": "object", "properties": {"sum": {"type": "number"}, "codes": {"type": "array"}}},
        ),
    },
    {"name": "ping", "description": "No parameters.", "parameters": {"type": "object", "properties": {}}},
]
CALLS: dict[str, list[list[tuple[str, JsonObject]]]] = {
    "simple": [[("weather.get", {"city": "Bonn", "days": 3})], [("ping", {})]],
    "typed": [
        [("weather.get", {"city": "12", "exact": True, "ratio": 0.0266})],
        [("weather.get", {"city": "true", "ratio": -2.5, "unit": "C"})],
    ],
    "parallel": [
        [("weather.get", {"city": "Bonn"}), ("weather.get", {"city": "Köln"})],
        [("ping", {}), ("weather.get", {"city": "A"}), ("plan_trip", {"stops": []})],
    ],
    "nested": [
        [("plan_trip", {"stops": [{"place": "Nice", "nights": 2}, {"place": "Rome"}], "budget": {"sum": 1.5}})],
        [("plan_trip", {"stops": [{"place": 'a "b", {c}: [d]'}], "budget": {"codes": ["x", 1, [True]]}})],
    ],
    "unicode": [
        [("weather.get", {"city": "São Paulo – 東京 🙂"})],
        [("weather.get", {"city": "O'Neil's \\ \"quoted\" & <tagged>\nline"})],
    ],
    "relevance": [[], []],
}


def rows():
    """200 rows: about 33 of each kind."""
    out: list[JsonObject] = []
    while len(out) < 200:
        for kind, answers in CALLS.items():
            turn = len(out) // len(CALLS)
            calls = [{"name": name, "arguments": dict(given)} for name, given in answers[turn % len(answers)]]
            tools = TOOLS[turn % 3 :] + TOOLS[: turn % 3]
            row = {"id": len(out), "query": f"{QUERIES[turn % 3]} #{turn}", "answers": json.dumps(calls), "kind": kind}
            out.append(
                {
                    **row,
                    "tools": "[]",
                    "tool_schemas": json.dumps(tools),
                    "refusal": "No tool fits." if turn % 2 else None,
                }
            )
    return out[:200]


ROWS = rows()


BUNDLED = bundled()
ALL = {**BUNDLED, **TEMPLATES, "own: xlam": chat_template("xlam"), "own: compact": chat_template("compact")}

UNESCAPED = ("lfm2_2_5", "lfm2_2_5_v2")
"""Templates that put texts between apostrophes and leave those inside as they are: nobody can read such a call."""

CONFIGS = {
    "openai": openai_row,
    "prompt_completion": prompt_completion_row,
    "openai_text": openai_text_row,
    "openai_single": openai_single_row,
}
DOCUMENT = ROOT / "docs" / "release.md"


def renderer(template, tools):
    from transformers.utils.chat_template_utils import render_jinja_template

    def render(messages, open_answer=False):
        (text,), _ = render_jinja_template(
            [messages],
            tools=tools,
            chat_template=template,
            add_generation_prompt=open_answer,
            bos_token="<s>",
            eos_token="</s>",
            pad_token="<pad>",
        )
        return text

    return render


def wrong(name, messages, row):
    """What a template writes in place of a row's calls or its text; null where it is right."""
    calls, render = json.loads(row["answers"]), renderer(ALL[name], row["tools_"])
    try:
        whole = render(messages)
    except Exception as error:
        return f"{row['kind']} {row['id']}: {type(error).__name__}: {error}"
    found = written_calls(messages[:1], whole, row["tools_"], render)
    answer = answer_text(messages[:1], whole, render)
    right = (
        found == calls and "None" not in answer if calls else not found and (messages[-1]["content"] or "") in answer
    )
    return None if right else f"{row['kind']} {row['id']}: {found} in {answer!r}"


@cache
def verdict(name, config):
    """`right`, `one call` where all but rows with several calls are right, else `no`."""
    kinds = {
        row["kind"] for row in ROWS if not ("'" in row["answers"] and name in UNESCAPED) and fails(name, config, row)
    }
    return "no" if kinds - {"parallel"} else "one call" if kinds else "right"


def fails(name, config, row):
    made = CONFIGS[config](row)
    messages = made["messages"] if "messages" in made else [*made["prompt"], *made["completion"]]
    return wrong(name, messages, {**row, "tools_": made["tools"]})


def documented():
    """The table of the documentation: verdicts by the template's name and the config."""
    lines = [line for line in DOCUMENT.read_text(encoding="utf-8").splitlines() if line.startswith("| ")]
    start = next(place for place, line in enumerate(lines) if line.startswith("| chat template |"))
    (_, *configs), *rows = ([cell.strip(" `") for cell in line.split("|")[1:-1]] for line in lines[start:])
    table = {}
    for templates, *verdicts in rows:
        if len(verdicts) != len(configs):
            break
        for name in templates.replace("`", "").split(", "):
            table[name] = dict(zip(configs, verdicts, strict=True))
    return table


TABLE = documented()


@pytest.mark.parametrize("name", BUNDLED)
def test_the_documented_table_is_what_each_bundled_template_does_with_each_config(name):
    stated = TABLE.get(name, TABLE["all others"])
    assert {config: verdict(name, config) for config in CONFIGS} == {config: stated[config] for config in CONFIGS}


@pytest.mark.parametrize("name", ALL)
def test_a_config_of_the_release_is_right_in_every_template_and_for_every_kind(name):
    if "right" not in {verdict(name, config) for config in CONFIGS}:
        pytest.fail(f"no config is right in {name}: {[fails(name, c, r) for c in CONFIGS for r in ROWS[:6]]}")


def test_the_table_speaks_of_templates_that_there_are():
    if not BUNDLED:
        pytest.skip("trl is not installed: pip install 'apigen[dev]'")
    assert TABLE.keys() - {"all others"} <= BUNDLED.keys()


@pytest.mark.parametrize("name", ALL)
def test_the_form_that_training_finds_is_right_in_every_template_and_for_every_kind(name):
    for row in ROWS[:48]:
        calls, made = json.loads(row["answers"]), openai_row(row)
        if calls and not ("'" in row["answers"] and name in UNESCAPED):
            fitted(made["messages"][:1], calls, made["tools"], renderer(ALL[name], made["tools"]))


def test_a_template_that_writes_no_calls_is_refused():
    silent = "{% for m in messages %}<|{{ m.role }}|>{{ m.content or '' }}{% endfor %}"
    with pytest.raises(TemplateError, match="does not write calls"):
        fitted([{"role": "user", "content": "q"}], [{"name": "f", "arguments": {}}], [], renderer(silent, []))


def test_the_bundled_templates_are_there_to_be_tried():
    if find_spec("trl") is None:
        pytest.skip("trl is not installed: pip install 'apigen[dev]'")
    assert len(BUNDLED) >= 45
