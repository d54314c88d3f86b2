"""Rows that say the same in other words: the same calls, but for order and defaults, and queries near in meaning.

Meaning is the mean of a sentence's word vectors (WordLlama, 256 numbers a word, 16 MB), which come with the extra
`meaning`: nothing is downloaded. Vectors are rounded to bytes, so that their products are exact and the same on every
machine. A mean of words hardly sees that one value was changed, hence the condition on the calls
(benchmarks/near_meaning.py measures both).
"""

import importlib.util
import json
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl

from apigen_assets.dataset.query_words import text_hash
from apigen_assets.files.canonical import dumps, plain_numbers
from apigen_assets.files.json_types import JsonMapping, JsonValue

if TYPE_CHECKING:
    from tokenizers import Tokenizer

NEAR_MEANING = 0.5
"""Cosine from which queries with the same calls say the same: of planted paraphrases 98 % are found (92 % from 0.6,
80 % from 0.7), and no other question with the same calls (benchmarks/near_meaning.py)."""

_PACKAGE = "wordllama"
_SCALE = 127
_CHUNK = 10_000


class MeaningUnavailableError(Exception):
    """The extra is not installed; the message says how to get it."""

    def __init__(self) -> None:
        super().__init__(
            "near duplicates in meaning need the extra `meaning`: pip install 'apigen[meaning]', or unset "
            "APIGEN_NEAR_MEANING"
        )


class _Model(NamedTuple):
    tokenizer: "Tokenizer"
    vectors: npt.NDArray[np.float32]
    """One row per token."""


def is_available() -> bool:
    """Whether the extra is installed."""
    return all(importlib.util.find_spec(name) is not None for name in (_PACKAGE, "tokenizers", "safetensors"))


class Meanings:
    """The meanings and calls of rows. Fill it chunk by chunk with `add`; then `duplicates` finds what is said again.

    Raises:
        MeaningUnavailableError: the extra is not installed.
    """

    def __init__(self, rows: int) -> None:
        self._model = _model()
        self._vectors = np.zeros((rows, self._model.vectors.shape[1]), np.int8)
        self._norms = np.ones(rows, np.float64)
        self._calls = np.zeros(rows, np.uint64)
        self._filled = 0

    def add(self, frame: pl.DataFrame) -> None:
        """The next rows: `query`, and `tools` and `answers` as JSON text."""
        for part in frame.select("query", "tools", "answers").iter_slices(_CHUNK):
            self._add(part)

    def _add(self, frame: pl.DataFrame) -> None:
        queries = frame["query"].to_list()
        rows = slice(self._filled, self._filled + len(queries))
        vectors = _rounded(self._model, queries)
        self._vectors[rows] = vectors
        self._norms[rows] = np.sqrt(np.maximum(1.0, (vectors.astype(np.float64) ** 2).sum(axis=1)))
        self._calls[rows] = [text_hash(meant_calls(*row)) for row in frame.select("tools", "answers").iter_rows()]
        self._filled += len(queries)

    def duplicates(self, order: npt.NDArray[np.int64], similarity: float) -> dict[int, int]:
        """Rows that say what a row before them says, each with that row.

        Args:
            order: the rows to compare, best first; others are left alone.
            similarity: cosine from which on queries are near.
        """
        kept: dict[int, list[int]] = {}
        said_before: dict[int, int] = {}
        for row in order.tolist():
            before = kept.setdefault(int(self._calls[row]), [])
            if before:
                # Sums of 256 products of bytes are whole numbers below 2^24: exact in single precision, in any order.
                products = self._vectors[before].astype(np.float32) @ self._vectors[row].astype(np.float32)
                cosines = products.astype(np.float64) / (self._norms[before] * self._norms[row])
                nearest = int(np.argmax(cosines))
                if cosines[nearest] >= similarity:
                    said_before[row] = before[nearest]
                    continue
            before.append(row)
        return said_before


def share_said_again(rows: pl.DataFrame, similarity: float = NEAR_MEANING) -> float | None:
    """Share of rows that say what one before them says; null without the extra."""
    if not is_available() or not rows.height:
        return None
    meanings = Meanings(rows.height)
    meanings.add(rows)
    return len(meanings.duplicates(np.arange(rows.height), similarity)) / rows.height


def meant_calls(tools: str, answers: str) -> str:
    """What calls come to, whoever writes them: without defaults, spaces and the order of the calls."""
    defaults = {tool.get("name"): _defaults(tool) for tool in json.loads(tools)}
    calls = []
    for call in json.loads(answers):
        own, arguments = defaults.get(call.get("name"), {}), call.get("arguments")
        given = arguments if isinstance(arguments, dict) else {}
        said = {
            name: _plain(value)
            for name, value in given.items()
            if name not in own or plain_numbers(own[name]) != plain_numbers(value)
        }
        calls.append(dumps([call.get("name"), said]))
    return dumps(sorted(calls))


def _defaults(tool: JsonMapping) -> dict[str, JsonValue]:
    """The defaults of a tool with a JSON Schema or with flat parameters."""
    parameters = tool.get("parameters") or {}
    properties = parameters.get("properties")
    properties = properties if isinstance(properties, dict) else parameters
    return {
        name: schema["default"]
        for name, schema in properties.items()
        if isinstance(schema, dict) and "default" in schema
    }


def _plain(value: JsonValue) -> JsonValue:
    if isinstance(value, str):
        return " ".join(value.split())
    if isinstance(value, list):
        return [_plain(inner) for inner in value]
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items()}
    return plain_numbers(value)


def _rounded(model: _Model, queries: list[str]) -> npt.NDArray[np.int8]:
    """The mean of the vectors of each query's tokens, its largest number 127."""
    means = np.zeros((len(queries), model.vectors.shape[1]), np.float64)
    for place, encoding in enumerate(model.tokenizer.encode_batch(queries, add_special_tokens=False)):
        if encoding.ids:
            means[place] = model.vectors[encoding.ids].sum(axis=0, dtype=np.float64)
    largest = np.abs(means).max(axis=1, keepdims=True)
    return np.rint(means * (_SCALE / np.where(largest, largest, 1.0))).astype(np.int8)


@cache
def _model() -> _Model:
    if not is_available():
        raise MeaningUnavailableError
    from safetensors.numpy import load_file
    from tokenizers import Tokenizer

    spec = importlib.util.find_spec(_PACKAGE)
    assert spec is not None and spec.submodule_search_locations is not None
    folder = Path(next(iter(spec.submodule_search_locations)))
    # The package's own loader looks elsewhere for the tokenizer that it ships, and asks a hub.
    tokenizer = Tokenizer.from_file(str(folder / "tokenizers" / "l2_supercat_tokenizer_config.json"))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    (vectors,) = load_file(folder / "weights" / "l2_supercat_256.safetensors").values()
    return _Model(tokenizer, vectors.astype(np.float32))
