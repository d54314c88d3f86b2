"""Pairs in the dress of code, of another keyboard, of a patch or a sheet: read where that has one reading, else not.

The pairs and their plain spellings are those of `test_completion_kinds`.
"""

import html
import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.generation.test_completion_kinds import (
    DRAFT,
    PAIRS,
    PLAIN,
    PRETTY,
    WANTED,
    fenced,
    pairs_of,
    python_call,
    read,
)

LINES = PRETTY.splitlines()
FIRST = json.dumps(PAIRS[0]["query"])


def constructed(value: object) -> str:
    """The value with every object as `dict(...)`."""
    if isinstance(value, dict):
        return "dict(" + ", ".join(f"{key}={constructed(inner)}" for key, inner in value.items()) + ")"
    return "[" + ", ".join(map(constructed, value)) + "]" if isinstance(value, list) else repr(value)


def classes(pair: dict[str, Any]) -> str:
    calls = ", ".join(f"Call(name={call['name']!r}, arguments={call['arguments']!r})" for call in pair["answers"])
    return f"Pair(query={pair['query']!r}, answers=[{calls}])"


def hashes(value: object, arrow: str) -> str:
    """The value with another sign than a colon."""
    if isinstance(value, dict):
        members = (f"{json.dumps(key)}{arrow}{hashes(inner, arrow)}" for key, inner in value.items())
        return "{" + ", ".join(members) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(hashes(inner, arrow) for inner in value) + "]"
    return json.dumps(value)


def calls(make: Callable[[dict[str, Any]], object]) -> str:
    return json.dumps([{**pair, "answers": [make(call) for call in pair["answers"]]} for pair in PAIRS])


def sheet(comma: str) -> str:
    def cell(text: str) -> str:
        return '"' + text.replace('"', '""') + '"'

    rows = [f"{cell(pair['query'])}{comma}{cell(json.dumps(pair['answers']))}" for pair in PAIRS]
    return "\n".join([f"query{comma}answers", *rows])


def toml() -> str:
    def table(call: dict[str, Any]) -> str:
        arguments = ", ".join(f"{key} = {json.dumps(value)}" for key, value in call["arguments"].items())
        return f'{{name = "{call["name"]}", arguments = {{{arguments}}}}}'

    return "\n".join(
        f"[[pairs]]\nquery = {json.dumps(pair['query'])}\nanswers = [{', '.join(map(table, pair['answers']))}]\n"
        for pair in PAIRS
        if pair != PAIRS[2]  # TOML has no null
    )


KEY = '{"query"', '"answers"'
READ = {
    # A keyboard's own marks.
    "full-width commas between pairs": "[" + "，".join(map(json.dumps, PAIRS)) + "]",
    "ideographic commas between pairs": "[" + "、".join(map(json.dumps, PAIRS)) + "]",
    "Arabic commas between pairs": "[" + "، ".join(map(json.dumps, PAIRS)) + "]",
    "full-width commas and colons within": PLAIN.replace('"query": ', '"query"：').replace(
        ', "answers"', '，"answers"'
    ),
    "full-width commas everywhere": json.dumps(PAIRS, separators=("，", ": ")),
    "full-width commas and line breaks": "[\n" + "，\n".join(map(json.dumps, PAIRS)) + "，\n]",
    "full-width brackets": "［" + PLAIN[1:-1].replace('"arguments": {}', '"arguments"：｛｝') + "］",
    "Chinese marks alone": json.dumps(PAIRS, ensure_ascii=False, separators=("，", "：")),
    "half-width and small commas": json.dumps(PAIRS, separators=("､", ": ")).replace("}､{", "}﹐{"),
    "semicolons between pairs": "[" + "; ".join(map(json.dumps, PAIRS)) + "]",
    "semicolons within": PLAIN.replace(', "answers"', '; "answers"'),
    "pipes between pairs": "[" + " | ".join(map(json.dumps, PAIRS)) + "]",
    "guillemets": PLAIN.replace(KEY[0], "{«query»").replace(KEY[1], "«answers»"),
    "corner brackets as quotes": PLAIN.replace(KEY[0], "{「query」").replace(KEY[1], "「answers」"),
    "full-width quotes": PLAIN.replace(KEY[0], "{＂query＂").replace(KEY[1], "＂answers＂"),
    "backticks as quotes": PLAIN.replace(KEY[0], "{`query`").replace(KEY[1], "`answers`"),
    "keys in bold": PLAIN.replace('{"query":', '{**"query"**:').replace('"answers":', '**"answers"**:'),
    "an ideographic indent": PRETTY.replace("\n  ", "\n\u3000\u3000"),
    "line breaks of HTML": "<br>\n".join(LINES),
    # Code.
    "dict()": constructed(PAIRS),
    "dict() in a program": f"```python\npairs = {constructed(PAIRS)}\nprint(pairs)\n```",
    "dict() one below the other": "\n".join(map(constructed, PAIRS)),
    "dict() of arguments alone": PLAIN.replace(
        '{"percent": 10.5, "values": [11.2, 11.9, 6.2]}', "dict(values=[11.2, 11.9, 6.2], percent=10.5)"
    ),
    "dict() with calls as dict()": "["
    + ", ".join(f"{{'query': {p['query']!r}, 'answers': [{', '.join(map(constructed, p['answers']))}]}}" for p in PAIRS)
    + "]",
    "dict() of dicts": "[" + ", ".join(f"dict({pair!r}), dict(**{pair!r})" for pair in PAIRS) + "]",
    "dict() in a function": "def pairs():\n    return [\n        "
    + ",\n        ".join(map(constructed, PAIRS))
    + ",\n    ]",
    "dict() appended": "pairs = []\n" + "\n".join(f"pairs.append({constructed(pair)})" for pair in PAIRS),
    "dict() over lines": constructed(PAIRS)
    .replace(", answers=", ",\n    answers=")
    .replace("dict(query", "dict(\n    query"),
    "dict() of items": "["
    + ", ".join(f"dict([('query', {pair['query']!r}), ('answers', {pair['answers']!r})])" for pair in PAIRS)
    + "]",
    "OrderedDict()": "["
    + ", ".join(f"OrderedDict(query={p['query']!r}, answers={p['answers']!r})" for p in PAIRS)
    + "]",
    "classes": "[" + ",\n ".join(map(classes, PAIRS)) + "]",
    "classes and calls as code": "["
    + ", ".join(f"Pair(query={p['query']!r}, answers=[{', '.join(map(python_call, p['answers']))}])" for p in PAIRS)
    + "]",
    "structs": "["
    + ", ".join(f"Pair {{ query: {json.dumps(p['query'])}, answers: {json.dumps(p['answers'])} }}" for p in PAIRS)
    + "]",
    "calls as code without quotes": "["
    + ", ".join(
        f'{{"query": {json.dumps(p["query"])}, "answers": [{", ".join(map(python_call, p["answers"]))}]}}'
        for p in PAIRS
    )
    + "]",
    "tuples": repr(tuple((*PAIRS,))),
    "answers as tuples": "["
    + ", ".join(f"{{'query': {p['query']!r}, 'answers': {tuple(p['answers'])!r}}}" for p in PAIRS)
    + "]",
    "hashes of Ruby": hashes(PAIRS, " => "),
    "equals signs": hashes(PAIRS, " = "),
    "a text on two lines of code": PLAIN.replace("10.5 % of 11.2", '10.5 % "\n    "of 11.2'),
    "a text joined with plus": PLAIN.replace("10.5 % of 11.2", '10.5 % " + "of 11.2'),
    "a text in brackets": PLAIN.replace(FIRST, FIRST.replace("10.5 % of", '10.5 %" " of').join("()")),
    "JSON.parse": "const pairs = JSON.parse('" + PLAIN.replace("\\", "\\\\").replace("'", "\\'") + "');",
    "json.loads": f'pairs = json.loads("""{PLAIN}""")',
    "echo": "echo '" + PLAIN.replace("'", "'\\''") + "' > pairs.json",
    "doubled braces": PLAIN.replace("{", "{{").replace("}", "}}"),
    "print() around calls": calls(lambda call: f"print({python_call(call)})"),
    "Gemini's tool_code": "\n\n".join(
        f"Query: {p['query']}\n```tool_code\n"
        + "\n".join(f"print(default_api.{python_call(call)})" for call in p["answers"])
        + "\n```"
        for p in PAIRS
    ),
    # Lines with something before them.
    "plus signs of a patch": "\n".join(f"+{line}" for line in LINES),
    "a patch": "```diff\n--- a/p.json\n+++ b/p.json\n@@ -0,0 +1,90 @@\n"
    + "\n".join(f"+{line}" for line in LINES)
    + "\n```",
    "a patch that takes a draft away": f"```diff\n-{DRAFT}\n" + "\n".join(f"+{line}" for line in LINES) + "\n```",
    "a patch with lines that stay": "@@ -1,2 +1,90 @@\n "
    + LINES[0]
    + "\n"
    + "\n".join(f"+{line}" for line in LINES[1:]),
    "plus signs, indented, of every pair": "\n\n".join(
        "\n".join(f"  +{line}" for line in json.dumps(pair, indent=2).splitlines()) for pair in PAIRS
    ),
    "a whole patch of git": "diff --git a/p b/p\nindex 0000000..e69de29\n--- /dev/null\n+++ b/p\n@@ -0,0 +1,90 @@\n"
    + "\r\n".join(f"+{line}" for line in LINES)
    + "\n\\ No newline at end of file",
    "quoted after prose": "Here you go:\n\n" + "\n".join(f"> {line}" for line in LINES) + "\n\nAnything else?",
    "plus signs in a fence": "```json\n" + "\n".join(f"+ {line}" for line in LINES) + "\n```",
    "plus signs before pairs": "\n".join("+ " + json.dumps(pair) for pair in PAIRS),
    "line numbers": "\n".join(f"{n:4d}\t{line}" for n, line in enumerate(LINES, 1)),
    "line numbers and bars": "\n".join(f"{n:3d} | {line}" for n, line in enumerate(LINES, 1)),
    "line numbers and colons": "\n".join(f"{n}: {line}" for n, line in enumerate(LINES)),
    "signs of comments": "\n".join(f"// {line}" for line in LINES),
    "signs of a shell's comments": "\n".join(f"# {line}" for line in LINES),
    "a comment of a block": "/**\n" + "\n".join(f" * {line}" for line in LINES) + "\n */",
    "a box": "┌──┐\n" + "\n".join(f"│ {line:90} │" for line in LINES) + "\n└──┘",
    # Sheets and the like.
    "CSV": sheet(","),
    "CSV with semicolons": f"Here it is:\n```csv\n{sheet(';')}\n```",
    "tabs": "query\tanswers\n" + "\n".join(f"{p['query']}\t{json.dumps(p['answers'])}" for p in PAIRS),
    "arrows": "\n".join(f"{n}. {p['query']} -> {json.dumps(p['answers'])}" for n, p in enumerate(PAIRS, 1)),
    "arrows and quotes": "\n".join(f"- “{p['query']}” → `{json.dumps(p['answers'])}`" for p in PAIRS),
    "XML": "".join(
        f"<pair><query>{html.escape(p['query'])}</query><answers>{html.escape(json.dumps(p['answers']))}</answers></pair>"
        for p in PAIRS
    ),
    # What says nothing more.
    "null keys beside the pair": json.dumps([{**p, "thought": None, "notes": None, "question": None} for p in PAIRS]),
    "null keys in the place of others": json.dumps(
        [{"query": None, "question": p["query"], "answers": None, "calls": p["answers"]} for p in PAIRS]
    ),
    "null keys around the pairs": json.dumps({"error": None, "pairs": PAIRS, "next": None}),
    "null keys in calls": calls(lambda call: {**call, "id": None, "result": None, "error": None}),
    "null rivals in calls": calls(lambda call: {**call, "parameters": None, "function": None, "type": None}),
    "null keys in OpenAI's calls": calls(
        lambda call: {"id": None, "type": "function", "function": {**call, "description": None, "strict": None}}
    ),
    "nulls among calls": json.dumps([{**p, "answers": [*p["answers"], None]} for p in PAIRS] + [None]),
    "empty keys in calls": calls(lambda call: {**call, "comment": "", "metadata": {}, "tags": []}),
    "explained calls": calls(lambda call: {**call, "explanation": "Because they asked for it."}),
    # Lists and objects of another build.
    "numbered calls": json.dumps(
        [{**p, "answers": {f"call_{n}": call for n, call in enumerate(p["answers"], 1)}} for p in PAIRS]
    ),
    "a list for each call": json.dumps([{**p, "answers": [[call] for call in p["answers"]]} for p in PAIRS]),
    "name and arguments in a list": calls(lambda call: [call["name"], call["arguments"]]),
    "calls as JSON text": calls(json.dumps),
    "a list of single arguments": calls(
        lambda call: {"name": call["name"], "arguments": [{key: inner} for key, inner in call["arguments"].items()]}
    ),
    "arguments beside the name": calls(lambda call: {"name": call["name"], **call["arguments"]}),
    "a list with the query": json.dumps([{**pair, "query": [pair["query"]]} for pair in PAIRS]),
    "an object with the query": json.dumps([{**pair, "query": {"text": pair["query"]}} for pair in PAIRS]),
}


@pytest.mark.parametrize("kind", READ)
def test_unusual_spellings_with_one_reading_are_read(kind: str) -> None:
    parsed = read(READ[kind])
    assert pairs_of(parsed) == WANTED
    assert [pair.error for pair in parsed.pairs if pair.error] == []


def test_toml_is_read() -> None:
    assert pairs_of(read(f"```toml\n{toml()}```")) == [pair for place, pair in enumerate(WANTED) if place != 2]


ONE = json.dumps(PAIRS[4])


@pytest.mark.parametrize(
    ("kind", "text", "queries"),
    [
        ("a joined text or one with a plus in quotes", PLAIN.replace("10.5 % of", '10.5 "+" of'), 4),
        ("two texts of a list without a comma", PLAIN.replace("[11.2, 11.9, 6.2]", '["a"\n "b"]'), 4),
        ("a value that would have to be computed", PLAIN.replace("4.9}", "today()}"), 4),
        ("an object that would have to be made", PLAIN.replace("4.9}", "Date(year=2024, month=1)}"), 4),
        ("positions instead of names", PLAIN.replace('{"new": 8.7, "old": 4.9}', "dict(8.7, 4.9)"), 4),
        ("two calls in one", calls(lambda call: {**call, "parameters": {"other": 1}}), 0),
        ("what a patch takes away", f"```diff\n-{DRAFT}\n+{json.dumps(PAIRS[:1])}\n```", 1),
        ("CSV without quotes", "query,answers\n" + "\n".join(f"{p['query']},now()" for p in PAIRS), 0),
    ],
)
def test_what_has_two_readings_is_not_guessed(kind: str, text: str, queries: int) -> None:
    parsed = read(text)
    pairs = [pair for pair in pairs_of(parsed) if all(set(call) == {"name", "arguments"} for call in pair[1])]
    assert len(pairs) == queries, [(pair.query, pair.error) for pair in parsed.pairs]
    assert all(pair in WANTED for pair in pairs)


def test_a_definition_among_answers_is_no_call() -> None:
    text = json.dumps([{"query": "What?", "answers": [{"name": "now", "description": "The time.", "parameters": {}}]}])
    [pair] = read(text).pairs
    assert pair.answers == [{"name": "now", "description": "The time.", "parameters": {}}]


def test_a_call_of_a_function_that_takes_a_query_is_no_pair() -> None:
    text = 'Query: Find notes.\nAnswers: search_notes(query="notes", exact=True)\nnow()'
    [pair] = read(text).pairs
    calls: list[Any] = pair.answers or []
    assert [call["name"] for call in calls] in ([], ["search_notes", "now"])


def test_fences_of_two_programs_are_two_lists() -> None:
    text = f"{fenced(PAIRS[:2], 'python')}\nand\n{fenced(PAIRS[2:], 'js')}"
    assert pairs_of(read(text)) == WANTED
