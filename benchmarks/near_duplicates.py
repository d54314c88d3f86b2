"""Near queries found here and by datasketch: CPU time and agreement: `python benchmarks/near_duplicates.py`.

Invented queries of 8 to 60 words over a vocabulary of 20,000; one in twenty is an earlier one with a few words
changed. Both compare every query with all before it, at the threshold of the composition: here with
`dataset.near.Signatures`, there with datasketch's MinHashLSH of as many permutations, where a candidate counts when
its estimated similarity reaches the threshold. Needs `pip install datasketch`, which the project itself does not.
"""

import argparse
import itertools
import random
import time

import numpy as np
import polars as pl

from apigen_assets.dataset.compose import NEAR
from apigen_assets.dataset.near import PERMUTATIONS, Signatures


def queries(count: int, seed: int) -> list[str]:
    """The invented queries."""
    chance = random.Random(seed)
    words = ["".join(chance.choices("abcdefghijklmnopqrstuvwxyz", k=chance.randint(3, 9))) for _ in range(20_000)]
    made: list[str] = []
    for _ in range(count):
        if made and chance.random() < 0.05:
            source = chance.choice(made).split()
            made.append(" ".join(chance.choice(words) if chance.random() < 0.03 else word for word in source))
        else:
            made.append(" ".join(chance.choices(words, k=chance.randint(8, 60))))
    return made


def found_here(texts: list[str]) -> set[int]:
    """Queries near to one before them."""
    signatures = Signatures(len(texts))
    signatures.add(pl.Series(texts, dtype=pl.String))
    return set(signatures.duplicates(np.arange(len(texts)), np.zeros(len(texts), np.uint64), NEAR))


def found_by_datasketch(texts: list[str]) -> set[int]:
    """The same with datasketch."""
    from datasketch import MinHash, MinHashLSH

    index = MinHashLSH(threshold=NEAR, num_perm=PERMUTATIONS)
    kept: dict[int, MinHash] = {}
    gone = set()
    for number, text in enumerate(texts):
        sketch = MinHash(num_perm=PERMUTATIONS)
        words = text.split()
        sketch.update_batch([one.encode() for one in {*words, *map(" ".join, itertools.pairwise(words))}])
        if any(sketch.jaccard(kept[other]) >= NEAR for other in index.query(sketch)):
            gone.add(number)
        else:
            index.insert(number, sketch)
            kept[number] = sketch
    return gone


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    texts = queries(given.rows, given.seed)
    results = {}
    for name, find in (("here", found_here), ("datasketch", found_by_datasketch)):
        started = time.process_time()
        results[name] = find(texts)
        print(f"{name}: {time.process_time() - started:.1f} s of CPU, {len(results[name]):,} of {given.rows:,} near")
    print(f"found by both: {len(results['here'] & results['datasketch']):,}")


if __name__ == "__main__":
    main()
