"""What was put around a text as a whole: escapes, entities, marks before every line, a string of code."""

import ast
import html
import itertools
import json
import re
import warnings
from collections.abc import Iterator

from apigen_assets.completions.repair import Repair
from apigen_assets.files.canonical import StrictJsonError, loads_strict

_ESCAPED = re.compile(r'[\[{]\s*(?:\\n\s*)*\\"')
_QUOTE_ENTITY = re.compile(r"&(?:quot|#34|#x22);", re.IGNORECASE)
_QUOTED = re.compile(r"^[ \t]*> ?", re.MULTILINE)
_DIFF = re.compile(r"^[ \t]*(?:```|~~~)(?:diff|patch)\b|^@@ .*@@", re.MULTILINE)
_DIFF_HEAD = re.compile(r"(?:diff --git|index [0-9a-f]+\.\.|\+\+\+ |--- |@@ ).*")
_MARK = re.compile(
    r"[ \t]*(?P<mark>\+)|[ \t]*(?:(?P<number>\d+)(?:\t|[ \t]*[|│:](?: |$)| {2})|(?P<sign>//+|#+|>|[│┃║▏▌|*])(?: |$))"
)
_OPENS = re.compile(r"^\s*[\[{]", re.MULTILINE)
_CODE_STRING = re.compile(
    r"""(?:\b(?:JSON\.parse|json\.loads)\(\s*|=\s*|\b(?:echo|printf|<<<|-d|--data(?:-raw)?)\s+)[rR]?"""
    r"""(?P<quote>\'\'\'|\"\"\"|\'|"|`)(?=\s*[\[{])"""
)
_DOUBLED = re.compile(r"\{+|\}+")


def undo_wrapping(text: str) -> tuple[str, tuple[Repair, ...]]:
    """A text without what was put around all of it, and what that was."""
    if text.lstrip()[:1] == ">" and all(line.lstrip()[:1] in (">", "") for line in text.splitlines()):
        return _QUOTED.sub("", text), (Repair.MARKDOWN_ESCAPE,)
    if _QUOTE_ENTITY.search(text) and '"' not in text:
        return html.unescape(text), (Repair.HTML_ENTITIES,)
    plain = _without_marks(text)
    if plain is not None:
        return plain, (Repair.LINE_PREFIX,)
    if "{{" in text and all(len(run[0]) % 2 == 0 for run in _DOUBLED.finditer(text)):
        return _DOUBLED.sub(lambda run: run[0][: len(run[0]) // 2], text), (Repair.ESCAPED_JSON,)
    for said in _in_code(text):
        return said, (Repair.ESCAPED_JSON,)
    if _ESCAPED.search(text) and text.count('\\"') >= text.count('"') * 0.9:
        body = text.strip().strip('"')
        try:
            value = json.loads('"' + body.replace("\n", "\\n").replace("\t", "\\t").replace("\r", "\\r") + '"')
        except ValueError:
            return text, ()
        return str(value), (Repair.ESCAPED_JSON,)
    return text, ()


def _without_marks(text: str) -> str | None:
    """A text without a diff's signs, line numbers, signs of comments or of a box before its lines; null without any."""
    lines = text.split("\n")
    if _DIFF.search(text) and any(line.startswith("+") for line in lines):
        kept = [line for line in lines if not line.startswith("-") and not _DIFF_HEAD.match(line)]
        return "\n".join(line[1:] if line[:1] in ("+", " ") else line for line in kept)
    out: list[str] = []
    marked, outside = "", ""
    for kind, run in itertools.groupby(_marked(lines), lambda line: line[0]):
        part = [line for _, line in run]
        body = "\n".join(part)
        if kind and len(part) > 1:
            marked += body + "\n"
        else:
            outside += body + "\n"
        out.append(body)
    if not _OPENS.search(marked) or _OPENS.search(outside):
        return None
    return "\n".join(out)


def _marked(lines: list[str]) -> Iterator[tuple[str, str]]:
    """Every line with the kind of mark that it begins with, and without that; a table's lines have none."""
    table = any(line.rstrip().endswith("|") for line in lines)
    before: int | None = None
    for place, line in enumerate(lines):
        match = _MARK.match(line)
        if match is None or (match["sign"] == "|" and table):
            before = None
            yield "", line
            continue
        kind = match["mark"] or match["sign"] or "number"
        if match["number"]:
            number, following = int(match["number"]), _MARK.match(lines[place + 1]) if place + 1 < len(lines) else None
            joins = before == number - 1 or (following and following["number"] == str(number + 1))
            before = number
            if not joins:
                yield "", line
                continue
        rest = line[match.end() :]
        yield kind[:1], rest.rstrip().removesuffix(kind) if kind in "│┃║" else rest


def _in_code(text: str) -> Iterator[str]:
    """A text that holds its JSON as a string of code, with that string read, where JSON comes of it only so."""
    for start in _CODE_STRING.finditer(text):
        quote = start["quote"]
        ends = [match.end() for match in re.finditer(re.escape(quote) + r"(?=\s*(?:[;)]|$|\||>))", text[start.end() :])]
        for end in ends[-1:]:
            body = text[start.end() : start.end() + end - len(quote)]
            if _is_json(body) or len(body) > 200_000:
                return
            for said in (body.replace("'\\''", "'"), _literal(quote, body)):
                if _is_json(said):
                    yield text[: start.end()] + "\n" + said + "\n" + text[start.end() + end - len(quote) :]
                    return


def _literal(quote: str, body: str) -> str:
    """What a string of Python or JavaScript with this body says; the body where it is none."""
    marks = quote * 3 if len(quote) == 1 and quote != "`" else (quote if quote != "`" else '"""')
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return str(ast.literal_eval(marks + body + marks))
        except (ValueError, SyntaxError, MemoryError, RecursionError):
            return body


def _is_json(text: str) -> bool:
    try:
        loads_strict(text.strip())
    except StrictJsonError:
        return False
    return True
