"""Docstrings in the usual dialects: Google with or without blank lines, NumPy, Sphinx, epytext, plain lists."""

import inspect
import re
from collections.abc import Collection
from dataclasses import dataclass, field

import docstring_parser
import griffe


@dataclass
class Docstring:
    """The parts of a function's docstring that a tool needs."""

    text: str = ""
    """What the function does: everything before the sections."""
    parameters: dict[str, str] = field(default_factory=dict)
    types: dict[str, str] = field(default_factory=dict)
    """Types as they are written, by parameter."""
    returns: str = ""


def read_docstring(value: str, names: Collection[str]) -> Docstring:
    """The parts of a docstring; one in no known dialect is all description.

    Args:
        value: the docstring.
        names: the function's parameters, which tell a section of parameters from a list in the prose.
    """
    value = inspect.cleandoc(value)
    if not value:
        return Docstring()
    best = _by_griffe(value)
    wanted = set(names)
    for read in (_by_docstring_parser, _by_lines):
        if wanted <= best.parameters.keys():
            break
        candidate = read(value, names)
        if len(candidate.parameters.keys() & wanted) > len(best.parameters.keys() & wanted):
            candidate.text, candidate.returns = candidate.text or best.text, candidate.returns or best.returns
            best = candidate
    return best


def _by_griffe(value: str) -> Docstring:
    docstring = griffe.Docstring(value)
    try:
        style, _ = griffe.infer_docstring_style(docstring, default=griffe.Parser.google)
        sections = docstring.parse(style or griffe.Parser.google)
    except Exception:  # a docstring is free text: what no parser reads is description
        return Docstring(value)
    parsed = Docstring()
    texts: list[str] = []
    for section in sections:
        if section.kind is griffe.DocstringSectionKind.text:
            texts.append(section.value.strip())
        elif section.kind in (griffe.DocstringSectionKind.parameters, griffe.DocstringSectionKind.other_parameters):
            for item in section.value:
                _take(parsed, item.name, item.description, item.annotation)
        elif section.kind is griffe.DocstringSectionKind.returns and not parsed.returns:
            parsed.returns = _one_line(" ".join(item.description for item in section.value))
    parsed.text = "\n\n".join(text for text in texts if text)
    return parsed


def _by_docstring_parser(value: str, names: Collection[str]) -> Docstring:
    best = Docstring()
    for style in (docstring_parser.DocstringStyle.AUTO, *list(docstring_parser.DocstringStyle)[:4]):
        try:
            parsed = docstring_parser.parse(value, style)
        except Exception:  # free text: the next dialect may read it
            continue
        candidate = Docstring("\n\n".join(part for part in (parsed.short_description, parsed.long_description) if part))
        for item in parsed.params:
            _take(candidate, item.arg_name, item.description or "", item.type_name)
        if parsed.returns is not None:
            candidate.returns = _one_line(parsed.returns.description or "")
        if len(candidate.parameters.keys() & set(names)) > len(best.parameters.keys() & set(names)):
            best = candidate
    return best


_HEAD = re.compile(
    r"^\s*(?:#+\s*|\*\*)?(args|arguments|parameters|params|inputs?)\s*(?:\*\*)?\s*:?\s*(?:\*\*)?\s*$", re.I
)
_OTHER_HEAD = re.compile(r"^[\s#*]*(returns?|yields?|raises|examples?|notes?|output)\b", re.I)
_ITEM = re.compile(
    r"^\s*(?:[-*+]\s+)?[`*]*(\*{0,2}\w+)[`*]*\s*(?:\(([^)]*)\)|<([^>]*)>)?\s*(?::|--?|\u2013|=>)\s*(.*)$"
)


def _by_lines(value: str, names: Collection[str]) -> Docstring:
    """A list of parameters under a heading, as people write it without a dialect."""
    parsed = Docstring()
    before: list[str] = []
    inside, last = False, ""
    for line in value.splitlines():
        if _HEAD.match(line):
            inside = True
        elif inside and _OTHER_HEAD.match(line) and not line.startswith(" "):
            break
        elif inside and (match := _ITEM.match(line)) and match[1].lstrip("*") in names:
            last = match[1].lstrip("*")
            _take(parsed, last, match[4], match[2] or match[3])
        elif inside and last and line.strip():
            parsed.parameters[last] = _one_line(f"{parsed.parameters[last]} {line}")
        elif not inside:
            before.append(line)
    parsed.text = "\n".join(before).strip()
    return parsed


def _take(into: Docstring, name: str, description: str, type_: object) -> None:
    """Keep one entry; NumPy's `a, b : int` is one of each."""
    for part in name.split(","):
        part = part.strip().lstrip("*")
        if part:
            into.parameters[part] = _one_line(description)
            if type_ is not None and str(type_).strip():
                into.types[part] = str(type_)


_WORDS = {
    "string": "str", "text": "str", "integer": "int", "boolean": "bool", "number": "float", "numeric": "float",
    "real": "float", "double": "float", "dictionary": "dict", "mapping": "dict", "array_like": "list",
    "array-like": "list", "sequence": "list", "iterable": "list", "path-like": "str", "path_like": "str",
    "file path": "str", "filename": "str", "strings": "str", "integers": "int", "ints": "int", "floats": "float",
    "numbers": "float", "booleans": "bool", "bools": "bool", "strs": "str", "dicts": "dict", "lists": "list",
    "scalar": "float", "none": "None",
}  # fmt: skip
_ROLE = re.compile(r":\w+(?::\w+)*:`~?([^`]+)`")
_MANNERS = re.compile(
    r",?\s*\(?\b(optional|required|keyword[- ]only|defaults?(\s*(to|is|=|:))?\s.*|default=.*|by default.*)\)?\.?$", re.I
)
_OF = re.compile(
    r"^(?:an?\s+)?(list|array|sequence|iterable|collection|tuple|set|array-like|array_like)s?\s+of\s+(.+)$", re.I
)
_MAP = re.compile(r"^(?:an?\s+)?(dict|dictionary|mapping)\b.*$", re.I)


def annotation_of(text: str) -> str:
    """A docstring's type in the words of an annotation: `list of str, optional` is `list[str]`.

    What is not understood comes back as it is, cleaned of markup.
    """
    text = _ROLE.sub(r"\1", text).replace("`", "").strip().strip(".,;")
    while (shorter := _MANNERS.sub("", text).strip(" ,")) != text:
        text = shorter
    if text.startswith("{") and text.endswith("}") and ":" not in text:
        return f"Literal[{text[1:-1]}]"
    if match := _OF.match(text):
        kind = "set" if match[1].lower() == "set" else "list"
        return f"{kind}[{annotation_of(match[2])}]"
    if _MAP.match(text) and "[" not in text:
        return "dict"
    parts = re.split(r"\s+or\s+|\s*\|\s*|\s*/\s*", text) if "[" not in text else [text]
    if len(parts) > 1:
        return " | ".join(annotation_of(part) for part in parts if part)
    text = re.sub(r"^(?:an?|the)\s+", "", text)
    return _WORDS.get(text.lower(), re.sub(r"^(\w+)\((\w+)\)$|^(\w+)<(\w+)>$", r"\1\3[\2\4]", text))


def _one_line(text: str) -> str:
    return " ".join(text.split())
