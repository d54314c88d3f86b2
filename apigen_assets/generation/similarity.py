"""Which APIs are like another one: names, descriptions and parameters, weighted by how rare their words are.

An inverted index with whole-number weights, so that the order of the neighbours is the same on every machine.
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

_WORD = re.compile(r"[a-z]{2,}|[^\W\da-z_]+")
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_SCALE = 64
"""Weights are whole multiples of 1/64 of the natural logarithm's unit."""
_COMMON = 0.1
"""A word in more than this share of the APIs says nothing about likeness, as long as rarer words are there."""
_MOST_POSTINGS = 4_000
"""APIs looked at for one word at most; a word in more of them is common."""
_PARTS = (("name", 4), ("parameters", 2), ("description", 1))
"""How often a word counts by where it stands; a word in several places counts for the best of them."""


def terms_of(name: str, description: str, parameters: Iterable[str]) -> dict[str, int]:
    """The words of an API with their weight by place: its name counts most, then its parameters' names."""
    texts = {"name": name, "parameters": " ".join(parameters), "description": description}
    terms: dict[str, int] = {}
    for part, weight in _PARTS:
        for word in _words(texts[part]):
            terms[word] = max(weight, terms.get(word, 0))
    return terms


class SimilarityIndex:
    """Neighbours among many APIs, by cosine of their weighted words.

    Args:
        terms: per API, what `terms_of` gives; the place in the sequence is the API's number.
    """

    def __init__(self, terms: Sequence[dict[str, int]]) -> None:
        vocabulary: dict[str, int] = {}
        counts = np.fromiter((len(one) for one in terms), np.int64, len(terms))
        total = int(counts.sum())
        words = np.fromiter(
            (vocabulary.setdefault(word, len(vocabulary)) for one in terms for word in one), np.int32, total
        )
        places = np.fromiter((weight for one in terms for weight in one.values()), np.int64, total)
        apis = np.repeat(np.arange(len(terms), dtype=np.int32), counts)
        frequency = np.bincount(words, minlength=len(vocabulary))
        rarity = np.rint(_SCALE * np.log((len(terms) + 1) / (frequency + 0.5))).astype(np.int64).clip(1)
        weights = places * rarity[words]
        self.size = len(terms)
        self._starts = np.concatenate([[0], np.cumsum(counts)])
        self._words = words
        self._weights = weights
        self._norms = np.sqrt(np.bincount(apis, weights.astype(np.float64) ** 2, len(terms))).clip(1)
        order = np.argsort(words, kind="stable")
        self._posting_starts = np.concatenate([[0], np.cumsum(frequency)])
        self._posting_apis = apis[order]
        self._posting_weights = weights[order]
        self._common = max(50, min(_MOST_POSTINGS, int(_COMMON * len(terms))))

    def scores(self, api: int) -> NDArray[np.int64]:
        """Likeness of every API to one, in thousandths of the cosine; 0 for itself."""
        own = slice(int(self._starts[api]), int(self._starts[api + 1]))
        words, weights = self._words[own], self._weights[own]
        lengths = self._posting_starts[words + 1] - self._posting_starts[words]
        rare = lengths <= self._common
        if not rare.any() and len(lengths):
            # Only common words: the rarest of them has to do, so that nobody is without neighbours.
            rare = lengths == lengths.min()
        sums = np.zeros(self.size, np.int64)
        for word, weight in zip(words[rare], weights[rare], strict=True):
            part = slice(int(self._posting_starts[word]), int(self._posting_starts[word + 1]))
            # A word stands once in an API's postings, so plain indexing adds every one.
            sums[self._posting_apis[part]] += self._posting_weights[part] * weight
        sums[api] = 0
        likeness: NDArray[np.int64] = np.rint(1000 * sums / (self._norms * self._norms[api])).astype(np.int64)
        return likeness

    def nearest(self, api: int, count: int) -> list[int]:
        """The `count` APIs most like one, best first and equals in their order; fewer where no more share a word."""
        return self.ranked(self.scores(api), count)

    def ranked(self, scores: NDArray[np.int64], count: int) -> list[int]:
        """The `count` APIs of the highest scores above 0, best first and equals in their order."""
        found = np.flatnonzero(scores)
        if len(found) > 4 * count:
            least = np.partition(scores[found], len(found) - count)[len(found) - count]
            found = found[scores[found] >= least]
        order = found[np.argsort(-scores[found], kind="stable")]
        return [int(one) for one in order[:count]]


def _words(text: str) -> set[str]:
    folded = _CAMEL.sub(" ", text).lower()
    if not folded.isascii():
        folded = "".join(sign for sign in unicodedata.normalize("NFKD", folded) if not unicodedata.combining(sign))
    words: set[str] = set()
    for word in _WORD.findall(folded):
        if word.isascii():
            if word not in _SAY_NOTHING:
                words.add(_singular(word))
        else:
            # Scripts without spaces between words: neighbouring pairs of signs stand for words.
            words.update(word[i : i + 2] for i in range(max(1, len(word) - 1)))
    return words


def _singular(word: str) -> str:
    if len(word) > 4 and word.endswith("ies"):
        return word[:-3] + "y"
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")) else word


_SAY_NOTHING = frozenset(
    re.findall(
        r"\w+",
        "the and for with from that this its are not all any one two given return returns calculate calculates compute "
        "computes get gets find finds determine determines into whether which between using used use number value "
        "values list string of in on to by an as at or is be it if api endpoint data",
    )
)
