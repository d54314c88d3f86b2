"""Pairs that a model wrote as text instead of as JSON: under labels, in tags, in a table, as YAML, TOML or CSV.

Calls are read as everywhere; the query is what stands at its place, whole. A query and calls that could be put together
in more than one way are a pair with a reason.
"""

import csv
import html
import json
import re
import tomllib
from collections.abc import Callable, Collection, Iterator

from apigen_assets.completions.documents import Document, Documents
from apigen_assets.completions.yaml_text import yaml_pairs
from apigen_assets.files.json_types import JsonValue
from apigen_assets.generation.pair import MAX_RAW, Pair, unwritable
from apigen_assets.tool_formats.call_spellings import is_marks, looks_like_call, plain_calls

_QUERY = r"(?:user[ _])?(?:query|question|request|utterance)|user|human|instruction|input|q"
_ANSWER = r"(?:(?:function|tool|api)[ _])?(?:answers?|calls?)|assistant|output|response|actions?|a"
_LEAD = r"^[ \t>]*(?:(?:[-*•+]|\d+[.)]|\#{1,6})[ \t]+)*(?:\*\*|__)?[ \t]*"
_NUMBER = r"[ \t]*\#?\d*[ \t]*"
_COLON = r"(?:\*\*|__)?[ \t]*:[ \t]*(?:\*\*|__)?"
_QUERY_LABEL = re.compile(
    rf"{_LEAD}(?:{_QUERY}){_NUMBER}{_COLON}|^\#{{1,6}}[ \t]*(?:{_QUERY}){_NUMBER}$|"
    rf"^\*\*(?:{_QUERY}){_NUMBER}\*\*[ \t]*$",
    re.IGNORECASE | re.MULTILINE,
)
_ANSWER_LABEL = re.compile(
    rf"{_LEAD}(?:{_ANSWER}){_NUMBER}{_COLON}|^\#{{1,6}}[ \t]*(?:{_ANSWER}){_NUMBER}$|"
    rf"^\*\*(?:{_ANSWER}){_NUMBER}\*\*[ \t]*$|(?<=\s)(?:answers?|calls?)[ \t]*:[ \t]*",
    re.IGNORECASE | re.MULTILINE,
)
_TAGGED = re.compile(
    r"<(?P<q>query|question|user_query|user)>\s*(?P<query>.*?)\s*</(?P=q)>\s*"
    r"<(?P<a>answers?|calls?|tool_calls?|function_calls?|assistant)>\s*(?P<answers>.*?)\s*</(?P=a)>",
    re.IGNORECASE | re.DOTALL,
)
_CDATA = re.compile(r"\A<!\[CDATA\[(.*)\]\]>\Z", re.DOTALL)
_CELL = re.compile(r"(?<!\\)\|")
_HEADER = re.compile(
    rf'^"?(?:{_QUERY}|queries)"?[ ]?(?P<comma>[,;\t])[ ]?"?(?:{_ANSWER})"?[ \t]*$', re.IGNORECASE | re.MULTILINE
)
_TOML = re.compile(r"^\[\[\w+\]\][ \t]*$", re.MULTILINE)
_FENCE = re.compile(r"^[ \t]*(?:```|~~~).*$", re.MULTILINE)
_CODE = re.compile(r"^[ \t]*(?:```|~~~)\w*\n(?P<code>.*?)^[ \t]*(?:```|~~~)[ \t]*$", re.MULTILINE | re.DOTALL)
_ARROW = re.compile(rf"{_LEAD}(?P<query>\S.*?)[ \t]*(?:->|=>|→|⇒|⟶)[ \t]*(?P<calls>[\[{{`].*)$", re.MULTILINE)


def written_pairs(documents: Documents, names: Collection[str]) -> list[Pair]:
    """The pairs of a text in the first of these forms that gives a pair that can be read; none where none does."""
    forms: tuple[Callable[[Documents, Collection[str]], Iterator[Pair]], ...] = (
        *(_yaml, _toml, _tagged, _table, _separated, _labelled, _arrows),
    )
    for form in forms:
        pairs = list(form(documents, names))
        if any(pair.answers is not None for pair in pairs):
            return pairs
    return []


def _yaml(documents: Documents, names: Collection[str]) -> Iterator[Pair]:
    for value in yaml_pairs(documents.text):
        yield _pair(value["query"], _calls(value["answers"], names), "yaml", json.dumps(value))


def _toml(documents: Documents, names: Collection[str]) -> Iterator[Pair]:
    """Tables of one array, each with a query and its calls."""
    first = _TOML.search(documents.text)
    if first is None or len(documents.text) > 200_000:
        return
    body = documents.text[first.start() :]
    fence = _FENCE.search(body)
    try:
        tables = tomllib.loads(body[: fence.start()] if fence else body).values()
        rows = [row for table in tables if isinstance(table, list) for row in table]
        texts = [(row["query"], json.dumps(row["answers"])) for row in rows if isinstance(row["query"], str)]
    except (ValueError, TypeError, KeyError, RecursionError):
        return
    for query, answers in texts:
        yield _pair(query, _calls(json.loads(answers), names), "toml", answers)


def _separated(documents: Documents, names: Collection[str]) -> Iterator[Pair]:
    """Columns of queries and answers between commas, semicolons or tabs, as their header says."""
    header = _HEADER.search(documents.text)
    if header is None:
        return
    body = documents.text[header.end() :].lstrip("\n")
    fence = _FENCE.search(body)
    lines = (body[: fence.start()] if fence else body).splitlines()
    if any(line.startswith('"') for line in lines):
        try:
            rows = list(csv.reader(lines, delimiter=header["comma"], skipinitialspace=True, strict=True))
        except csv.Error:
            return
    elif header["comma"] == "\t":
        rows = [line.split("\t") for line in lines]
    else:
        return  # where a query ends would have to be guessed
    for row in rows:
        if len(row) == 2:
            yield _pair(row[0], _calls(row[1], names), "table", "\t".join(row))


def _arrows(documents: Documents, names: Collection[str]) -> Iterator[Pair]:
    """`How much is 5 to 6? -> [{...}]`, one on a line."""
    for match in _ARROW.finditer(documents.text):
        query = _query(match["query"])
        calls = _calls(match["calls"].strip().strip("`"), names)
        if query is not None and calls is not None:
            yield _pair(query, calls, "labelled_text", match[0])


def _tagged(documents: Documents, names: Collection[str]) -> Iterator[Pair]:
    for match in _TAGGED.finditer(documents.text) if "</" in documents.text else ():
        query, answers = (_of_xml(match[part]) for part in ("query", "answers"))
        yield _pair(query, _calls(answers, names), "tagged_text", match[0])


def _of_xml(text: str) -> str:
    cdata = _CDATA.match(text)
    return cdata[1] if cdata else html.unescape(text)


def _table(documents: Documents, names: Collection[str]) -> Iterator[Pair]:
    """A markdown table with a column of queries and one of answers."""
    columns: tuple[int, int] | None = None
    for line in documents.text.splitlines():
        if not line.strip().startswith("|"):
            columns = None
            continue
        cells = [cell.strip().replace("\\|", "|") for cell in _CELL.split(line.strip().strip("|"))]
        if columns is None:
            columns = _columns(cells)
        elif all(re.fullmatch(r":?-+:?", cell) for cell in cells):
            continue
        elif len(cells) > max(columns):
            yield _pair(cells[columns[0]], _calls(cells[columns[1]].strip("`"), names), "table", line)


def _columns(cells: list[str]) -> tuple[int, int] | None:
    plain = [cell.strip("*_ ").lower() for cell in cells]
    queries = [number for number, cell in enumerate(plain) if re.fullmatch(_QUERY + r"|queries", cell)]
    answers = [number for number, cell in enumerate(plain) if re.fullmatch(_ANSWER, cell)]
    return (queries[0], answers[0]) if len(queries) == 1 and len(answers) == 1 else None


def _labelled(documents: Documents, names: Collection[str]) -> Iterator[Pair]:
    """`Query: ...` and `Answers: [...]`, as the prompt's examples have them, or the calls alone after the query."""
    text = documents.text
    found = [item for item in documents.items if isinstance(item, Document)]
    labels = [
        label
        for label in _QUERY_LABEL.finditer(text)
        if not any(document.start <= label.start() < document.end for document in found)
    ]
    for number, label in enumerate(labels):
        end = labels[number + 1].start() if number + 1 < len(labels) else len(text)
        inside = [document for document in found if label.end() <= document.start < end]
        while inside and _calls(inside[0].value, names) is None:
            del inside[0]  # brackets within the query
        head = text[label.end() : inside[0].start if inside else end]
        answers = list(_ANSWER_LABEL.finditer(head))
        if inside:
            answers = [answer for answer in answers if is_marks(head[answer.end() :])]
            calls = _calls_of(inside, text, names)
        elif not answers and (block := _CODE.search(head)) is not None:
            calls = _calls(block["code"], names)
            head = head[: block.start()]
        else:
            calls = _calls(head[answers[0].end() :].strip().strip("`"), names) if answers else None
        raw = text[label.start() : end].strip()
        query = _query(head[: answers[0].start()] if answers else head)
        if query is None:
            yield Pair(error="ambiguous: where this query ends is not said", raw=raw[:MAX_RAW])
            continue
        pair = _pair(query, calls, "labelled_text", raw)
        repairs = {*pair.repairs, *documents.repairs, *(repair for part in inside for repair in part.repairs())}
        yield Pair(pair.query, pair.answers, None, pair.raw, pair.error, tuple(sorted(map(str, repairs))))


def _query(text: str) -> str | None:
    """The query in what stands between its label and its calls; null where other text may stand there too."""
    lines = text.strip()
    while lines and is_marks(lines.splitlines()[-1]):
        lines = lines[: len(lines) - len(lines.splitlines()[-1])].rstrip()
    lines = re.sub(r"\s*(?:^|(?<=\s))(?:[-*•+#]+|\d+[.)])\s*\Z", "", lines).strip()
    lines = lines.removeprefix("**").removesuffix("**").strip() if lines.startswith("**") else lines
    if len(lines) > 1 and lines[0] == lines[-1] == '"':
        try:
            return str(json.loads(lines))
        except ValueError:
            return lines[1:-1]
    for quotes in ("“”", "``", "''", "__"):
        if len(lines) > 1 and lines[0] == quotes[0] and lines[-1] == quotes[1]:
            return lines[1:-1].strip()
    return None if "\n" in lines else lines


def _calls_of(inside: list[Document], text: str, names: Collection[str]) -> list[JsonValue] | None:
    """The calls of the documents that follow a query one upon the other; null where others follow further below."""
    calls: list[JsonValue] = []
    end = inside[0].start
    for number, document in enumerate(inside):
        part = _calls(document.value, names)
        if number and not is_marks(text[end : document.start]):
            # After other text stands either something else, or a second answer to the same query.
            return None if part else calls
        if part is None:
            return None
        calls += part
        end = document.end
    return calls


def _calls(value: object, names: Collection[str]) -> list[JsonValue] | None:
    calls, _ = plain_calls(value, names)
    return calls if calls and all(looks_like_call(call) for call in calls) else None


def _pair(query: str, calls: list[JsonValue] | None, form: str, raw: str) -> Pair:
    if calls is None:
        return Pair(query=query, error="malformed_call: no calls can be read beside this query", raw=raw[:MAX_RAW])
    problem = unwritable(query, calls)
    if problem is not None:
        return Pair(error=problem, raw=raw[:MAX_RAW])
    return Pair(query=query, answers=calls, repairs=(form,))
