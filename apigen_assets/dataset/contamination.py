"""Rows that hold a question or a tool of the Berkeley Function-Calling Leaderboard.

A row is contaminated where one of these holds:
* `question`: its query is a question, case, punctuation and spaces aside;
* `ngram`: its query shares 13 words in a row with a question (the rule of GPT-3, arXiv 2005.14165, appendix C); or
  it holds the whole of a question of five words or more; or it shares at least 55 % of the pairs of neighbouring
  words of the shorter of the two, and at least five. Half of the questions have no more than 15 words, where a rule
  on 8 or 13 words in a row misses any change;
* `tool`: a tool it offers is a function of the leaderboard: same parameters by name and type with nearly the same
  description, whatever its name; or same name with the same parameters.

Pairs of words that more than 1 % of the questions have (`what is`, `of the`) say nothing and are not counted.
"""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import polars as pl

from apigen_assets.dataset.query_words import words_of
from apigen_assets.files.excerpt import one_line
from apigen_assets.files.json_types import JsonMapping, JsonValue

NGRAM = 13
CONTAINED = 5
OVERLAP = 0.55
LEAST_PAIRS = 5
COMMON = 0.01
DESCRIPTION = 0.7
"""Share of common words from which two descriptions are nearly the same."""

MATCHES_SCHEMA = pl.Schema(
    {"row": pl.Int64, "kind": pl.String, "question": pl.String, "overlap": pl.Float64, "detail": pl.String}
)
"""Which row of the batch matches which question how; `overlap` is 1 for equal ones."""

_HINT = re.compile(r"Note that the provided function is in \w+(?: \d+)? syntax\.?", re.IGNORECASE)
_TYPES = {
    "dict": "object", "float": "number", "double": "number", "int": "number", "integer": "number", "long": "number",
    "tuple": "array", "list": "array", "bool": "boolean", "str": "string", "any": "string",
}  # fmt: skip


class _Function(NamedTuple):
    name: str
    parameters: frozenset[tuple[str, str]]
    words: frozenset[str]
    question: str
    shown: str


class Benchmark:
    """The questions and functions of a benchmark, indexed for comparison.

    Args:
        questions: `{id, question: [messages], functions: [{name, description, parameters}]}`, as
            `resources.bfcl.questions.questions` gives them.
    """

    def __init__(self, questions: Sequence[JsonMapping]) -> None:
        self.ids = [str(question["id"]) for question in questions]
        self._texts = [
            "\n".join(str(message["content"]) for message in question["question"] if message["role"] == "user")
            for question in questions
        ]
        words = words_of(pl.Series(self._texts, dtype=pl.String))
        self._whole = {
            words.hashes[start:end].tobytes(): number
            for number, (start, end) in reversed(list(enumerate(zip(words.offsets, words.offsets[1:], strict=False))))
            if end > start
        }
        long, owners = words.ngrams(NGRAM)
        self._long = pl.DataFrame({"gram": long, "question": owners}).unique("gram", keep="first", maintain_order=True)
        self._contained = {}
        lengths = np.diff(words.offsets)
        for size in range(CONTAINED, NGRAM):
            grams, owners = words.ngrams(size)
            whole = lengths[owners] == size
            self._contained[size] = pl.DataFrame({"gram": grams[whole], "question": owners[whole]}).unique(
                "gram", keep="first", maintain_order=True
            )
        pairs, owners = words.ngrams(2)
        table = pl.DataFrame({"gram": pairs, "question": owners}).unique()
        limit = max(10, int(COMMON * len(questions)))
        self._common = table.group_by("gram").len().filter(pl.col("len") > limit).select("gram")
        self._pairs = table.join(self._common, on="gram", how="anti")
        self._sizes = self._pairs.group_by("question").agg(pl.len().alias("theirs"))
        self._functions = _functions(questions)
        self._by_name = {(function.name, _names(function)): function for function in reversed(self._functions)}
        self._by_parameters: dict[frozenset[tuple[str, str]], list[_Function]] = {}
        for function in self._functions:
            self._by_parameters.setdefault(function.parameters, []).append(function)
        self._known_names = {function.name for function in self._functions}
        self._tools: dict[str, tuple[str, str, float, str] | None] = {}

    def matches(self, rows: pl.DataFrame) -> pl.DataFrame:
        """The first match of each contaminated row of `query` and `tools`; at most one per row.

        `tools` is the JSON list of tools, with JSON Schema parameters or with the flat ones of the released rows.
        """
        matches = [*self._queries(rows["query"]), *self._offered(rows["tools"])]
        order = {"question": 0, "ngram": 1, "tool": 2}
        best: dict[int, tuple[JsonValue, ...]] = {}
        for match in sorted(matches, key=lambda match: (match[0], order[match[1]], -match[3], match[2])):
            best.setdefault(match[0], match)
        return pl.DataFrame([best[row] for row in sorted(best)], schema=MATCHES_SCHEMA, orient="row")

    def contaminated(self, rows: pl.DataFrame) -> "np.ndarray[Any, np.dtype[np.bool_]]":
        """Which rows match."""
        out = np.zeros(rows.height, bool)
        out[self.matches(rows)["row"].to_numpy()] = True
        return out

    def shared_names(self, tools: Iterable[JsonMapping]) -> list[str]:
        """Names of tools that the benchmark has too, whatever their parameters; no ground for removal alone."""
        return sorted({str(tool["name"]) for tool in tools if _folded(str(tool["name"])) in self._known_names})

    def tool_match(self, tool: JsonMapping) -> tuple[str, str, float, str] | None:
        """`(kind, question id, overlap, detail)` of a tool that is one of the benchmark's; else null."""
        offered = _function(tool, "")
        same = self._by_name.get((offered.name, _names(offered)))
        if same is not None and offered.parameters:
            return "tool", same.question, 1.0, f"{tool['name']} has the name and the parameters of {same.shown}"
        best: tuple[float, _Function] | None = None
        for function in self._by_parameters.get(offered.parameters, ()):
            common = len(offered.words & function.words)
            shared = common / max(1, len(offered.words | function.words))
            if shared >= DESCRIPTION and common >= 3 and (best is None or shared > best[0]):
                best = (shared, function)
        if best is None or not offered.parameters:
            return None
        detail = f"{tool['name']} has the parameters and the description of {best[1].shown}"
        return "tool", best[1].question, round(best[0], 3), detail

    def _queries(self, queries: pl.Series) -> list[tuple[int, str, str, float, str]]:
        words = words_of(queries)
        matches: list[tuple[int, str, str, float, str]] = []
        for row, (start, end) in enumerate(zip(words.offsets, words.offsets[1:], strict=False)):
            number = self._whole.get(words.hashes[start:end].tobytes()) if end > start else None
            if number is not None:
                matches.append((row, "question", self.ids[number], 1.0, self._shown(number)))
        grams, owners = words.ngrams(NGRAM)
        long = pl.DataFrame({"gram": grams, "row": owners}).join(self._long, on="gram")
        for row, number in long.select("row", "question").unique("row", keep="first", maintain_order=True).iter_rows():
            matches.append((row, "ngram", self.ids[number], 1.0, f"{NGRAM} words in a row of: {self._shown(number)}"))
        for size, table in self._contained.items():
            grams, owners = words.ngrams(size)
            inside = pl.DataFrame({"gram": grams, "row": owners}).join(table, on="gram").unique("row", keep="first")
            for row, number in inside.select("row", "question").iter_rows():
                matches.append((row, "ngram", self.ids[number], 1.0, f"the whole of: {self._shown(number)}"))
        grams, owners = words.ngrams(2)
        own = pl.DataFrame({"gram": grams, "row": owners}).unique().join(self._common, on="gram", how="anti")
        sizes = own.group_by("row").agg(pl.len().alias("ours"))
        shared = own.join(self._pairs, on="gram").group_by("row", "question").agg(pl.len().alias("shared"))
        near = (
            shared.filter(pl.col("shared") >= LEAST_PAIRS)
            .join(sizes, on="row")
            .join(self._sizes, on="question")
            .with_columns((pl.col("shared") / pl.min_horizontal("ours", "theirs")).alias("overlap"))
            .filter(pl.col("overlap") >= OVERLAP)
        )
        for row, number, overlap in near.select("row", "question", "overlap").iter_rows():
            matches.append((row, "ngram", self.ids[number], round(overlap, 3), self._shown(number)))
        return matches

    def _offered(self, tools: pl.Series) -> list[tuple[int, str, str, float, str]]:
        matches = []
        for row, text in enumerate(tools):
            for tool in json.loads(text):
                # What an API looks like is decided once, however many rows offer it.
                key = str(tool.get("api_id") or json.dumps(tool, sort_keys=True))
                if key not in self._tools:
                    self._tools[key] = self.tool_match(tool)
                match = self._tools[key]
                if match is not None:
                    matches.append((row, *match))
                    break
        return matches

    def _shown(self, number: int) -> str:
        return one_line(self._texts[number], 300)


def _functions(questions: Sequence[JsonMapping]) -> list[_Function]:
    seen: dict[tuple[JsonValue, ...], _Function] = {}
    for question in questions:
        for tool in question["functions"]:
            function = _function(tool, str(question["id"]))
            seen.setdefault(function[:3], function)
    return list(seen.values())


def _function(tool: JsonMapping, question: str) -> _Function:
    schema = tool.get("parameters") or {}
    inner = schema.get("properties") if isinstance(schema.get("type"), str) else schema
    parameters = frozenset(
        (_folded(str(name)), _type(schema.get("type") if isinstance(schema, Mapping) else None))
        for name, schema in (inner or {}).items()
    )
    description = _HINT.sub("", str(tool.get("description") or "")).lower()
    words = frozenset(re.findall(r"[^\W_]+", description))
    return _Function(_folded(str(tool["name"])), parameters, words, question, str(tool["name"]))


def _names(function: _Function) -> frozenset[str]:
    return frozenset(name for name, _ in function.parameters)


def _folded(name: str) -> str:
    return re.sub(r"[\W_]", "", name).lower()


def _type(kind: object) -> str:
    """One name for the types of JSON Schema, of the leaderboard and of the flat format."""
    if isinstance(kind, list):
        kind = next((name for name in kind if name != "null"), None)
    name = str(kind or "any").removesuffix(", optional").split("[")[0].lower()
    return _TYPES.get(name, name)
