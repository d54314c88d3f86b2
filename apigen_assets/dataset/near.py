"""Near-duplicate queries by MinHash and locality-sensitive hashing (Broder 1997; Indyk and Motwani 1998).

Vectorised with numpy, 256 bytes of memory a row; benchmarks/near_duplicates.py compares it with datasketch.
"""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import polars as pl

from apigen_assets.dataset.query_words import Hashes, Words, words_of

PERMUTATIONS = 128
BANDS = 16
"""Bands of eight: two queries that share 85 % of their shingles meet in one with probability 0.994."""

WINDOW = 200
"""A row is compared with the first row of its bucket and with so many that precede it there."""

_CHUNK = 25_000
_PAIRS = 500_000


class Signatures:
    """MinHash signatures of queries over their words and pairs of neighbouring words.

    Fill it chunk by chunk with `add`; then `duplicates` finds the near ones.
    """

    def __init__(self, rows: int) -> None:
        self._bytes = np.zeros((rows, PERMUTATIONS), np.uint8)
        self._bands = np.zeros((BANDS, rows), np.uint64)
        self._filled = 0
        generator = np.random.default_rng(20240626)
        self._factors = generator.integers(1, 2**63, PERMUTATIONS, dtype=np.uint64) * np.uint64(2) + np.uint64(1)
        self._terms = generator.integers(0, 2**63, PERMUTATIONS, dtype=np.uint64)

    def add(self, queries: pl.Series) -> None:
        """The next rows' queries."""
        for start in range(0, len(queries), _CHUNK):
            self._add(words_of(queries[start : start + _CHUNK]))

    def _add(self, words: Words) -> None:
        singles, owners = words.ngrams(1)
        pairs, pair_owners = words.ngrams(2)
        hashes = np.concatenate([singles, pairs])
        owner = np.concatenate([owners, pair_owners])
        order = np.argsort(owner, kind="stable")
        hashes, owner = hashes[order], owner[order]
        # A query without a word gets a shingle of its own: it is near to nothing.
        missing = np.setdiff1d(np.arange(words.texts), owner)
        if len(missing):
            own = (np.arange(len(missing), dtype=np.uint64) + np.uint64(self._filled + 1)) * np.uint64(
                0xD1342543DE82EF95
            )
            hashes, owner = np.concatenate([hashes, own]), np.concatenate([owner, missing])
            order = np.argsort(owner, kind="stable")
            hashes, owner = hashes[order], owner[order]
        starts = np.flatnonzero(np.r_[True, owner[1:] != owner[:-1]])
        rows = slice(self._filled, self._filled + words.texts)
        per_band = PERMUTATIONS // BANDS
        for band in range(BANDS):
            key = np.full(words.texts, np.uint64(band + 1))
            for place in range(band * per_band, (band + 1) * per_band):
                permuted = hashes * self._factors[place] + self._terms[place]
                least = np.minimum.reduceat(permuted >> np.uint64(16), starts)
                self._bytes[rows, place] = (least & np.uint64(0xFF)).astype(np.uint8)
                key = (key ^ least) * np.uint64(0x9E3779B97F4A7C15)
                key ^= key >> np.uint64(32)
            self._bands[band, rows] = key
        self._filled += words.texts

    def duplicates(self, order: npt.NDArray[np.int64], groups: Hashes, similarity: float) -> dict[int, int]:
        """Rows near to one that comes before them, each with that row.

        A row goes when its query shares at least `similarity` of the shingles (Jaccard, estimated with a
        standard error of 0.03) with the query of a row of the same group that comes before it in `order`
        and has not gone itself.

        Args:
            order: the rows to compare, best first; others are left alone.
            groups: of every row; only rows of equal group are compared.
            similarity: from which share on queries are near.
        """
        rank = np.full(self._filled, -1, np.int64)
        rank[order] = np.arange(len(order))
        alive = rank >= 0
        near_of: dict[int, int] = {}
        for band in range(BANDS):
            keys = self._bands[band] ^ (groups * np.uint64(0xC2B2AE3D27D4EB4F))
            self._against_leaders(keys, rank, alive, similarity, near_of)
            self._against_neighbours(keys, rank, alive, similarity, near_of)
        return near_of

    def _against_leaders(
        self, keys: Hashes, rank: npt.NDArray[np.int64], alive: npt.NDArray[np.bool_], similarity: float,
        near_of: dict[int, int],
    ) -> None:  # fmt: skip
        rows, sorted_keys = _buckets(keys, rank, alive)
        if not len(rows):
            return
        first = np.flatnonzero(np.r_[True, sorted_keys[1:] != sorted_keys[:-1]])
        leader = rows[np.repeat(first, np.diff(np.r_[first, len(rows)]))]
        followers = leader != rows
        for a, b in self._near(leader[followers], rows[followers], similarity):
            alive[b] = False
            near_of[b] = a

    def _against_neighbours(
        self, keys: Hashes, rank: npt.NDArray[np.int64], alive: npt.NDArray[np.bool_], similarity: float,
        near_of: dict[int, int],
    ) -> None:  # fmt: skip
        rows, sorted_keys = _buckets(keys, rank, alive)
        places = np.arange(len(rows))
        for distance in range(1, WINDOW + 1):
            places = places[places + distance < len(rows)]
            places = places[sorted_keys[places] == sorted_keys[places + distance]]
            if not len(places):
                return
            earlier, two = rows[places], rows[places + distance]
            both = alive[earlier] & alive[two]
            for a, b in self._near(earlier[both], two[both], similarity):
                if alive[a] and alive[b]:
                    alive[b] = False
                    near_of[b] = a

    def _near(
        self, lefts: npt.NDArray[np.int64], two: npt.NDArray[np.int64], similarity: float
    ) -> Iterator[tuple[int, int]]:
        """Pairs that are near, in the order given: shares of equal bytes, less the bytes equal by chance."""
        least = (similarity + (1 - similarity) / 256) * PERMUTATIONS
        for start in range(0, len(lefts), _PAIRS):
            a, b = lefts[start : start + _PAIRS], two[start : start + _PAIRS]
            equal = np.count_nonzero(self._bytes[a] == self._bytes[b], axis=1)
            near = equal >= least
            yield from zip(a[near].tolist(), b[near].tolist(), strict=True)


def _buckets(
    keys: Hashes, rank: npt.NDArray[np.int64], alive: npt.NDArray[np.bool_]
) -> tuple[npt.NDArray[np.int64], Hashes]:
    """Living rows that share their key with another one, by key and rank, and their keys."""
    rows = np.flatnonzero(alive)
    order = np.lexsort((rank[rows], keys[rows]))
    rows = rows[order]
    sorted_keys = keys[rows]
    same = sorted_keys[1:] == sorted_keys[:-1]
    shared = np.r_[False, same] | np.r_[same, False]
    return rows[shared], sorted_keys[shared]
