"""The words of many texts at once, as hashes that do not depend on library versions."""

import hashlib
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl

Hashes = npt.NDArray[np.uint64]

_WORD = r"\p{Han}|\p{Hiragana}|\p{Katakana}|[\p{L}\p{N}]+"
"""Letters and digits in a row; scripts without spaces are taken sign by sign."""

_MIX = np.uint64(0x9E3779B97F4A7C15)


class Words(NamedTuple):
    """The words of `n` texts: those of text `i` are `hashes[offsets[i]:offsets[i + 1]]`, in order."""

    offsets: npt.NDArray[np.int64]
    hashes: Hashes

    @property
    def texts(self) -> int:
        """How many texts."""
        return len(self.offsets) - 1

    def owners(self) -> npt.NDArray[np.int64]:
        """The text of each word."""
        return np.repeat(np.arange(self.texts), np.diff(self.offsets))

    def ngrams(self, size: int) -> tuple[Hashes, npt.NDArray[np.int64]]:
        """Hashes of `size` words in a row, and the text of each."""
        count = len(self.hashes) - size + 1
        if count <= 0:
            return np.empty(0, np.uint64), np.empty(0, np.int64)
        owners = self.owners()
        mixed = self.hashes[:count].copy()
        for step in range(1, size):
            mixed = mixed * _MIX + self.hashes[step : step + count]
        inside = owners[:count] == owners[size - 1 :]
        return _scrambled(mixed[inside]), owners[:count][inside]


def words_of(texts: pl.Series) -> Words:
    """The words of texts: lower case, punctuation aside; null is a text without words."""
    lists = texts.fill_null("").str.to_lowercase().str.extract_all(_WORD)
    lengths = lists.list.len().cast(pl.Int64).to_numpy()
    offsets = np.concatenate([np.zeros(1, np.int64), np.cumsum(lengths, dtype=np.int64)])
    flat = lists.explode(empty_as_null=False).drop_nulls().rename("word")
    if flat.is_empty():
        return Words(offsets, np.empty(0, np.uint64))
    known = flat.unique()
    table = pl.DataFrame({"word": known, "hash": pl.Series([text_hash(word) for word in known], dtype=pl.UInt64)})
    joined = flat.to_frame().join(table, on="word", how="left", maintain_order="left")
    return Words(offsets, joined["hash"].to_numpy())


def text_hash(text: str) -> int:
    """64 bits of BLAKE2b: the same on every machine and in every version."""
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "little")


def _scrambled(values: Hashes) -> Hashes:
    """The finaliser of SplitMix64: every bit of the result depends on every bit of the value."""
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return values ^ (values >> np.uint64(31))
