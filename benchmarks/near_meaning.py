"""Rows that say the same in other words: planted paraphrases, real rows, time.

    python benchmarks/near_meaning.py [--lake data/lake] [--rows FILE ...] [--pairs 50] [--size 60000]

Planted are 40 queries, each with a paraphrase and with the same question about another value (paraphrases.tsv). Real
rows are data sets with `query` and `answers` (Parquet or JSONL), or the verified rows of a lake; pairs that are judged
the same are printed to be read.
"""

import argparse
import difflib
import json
import resource
import time
from pathlib import Path

import numpy as np
import polars as pl

from apigen_assets.dataset.meaning import NEAR_MEANING, Meanings, share_said_again
from resources.lake.lake import Lake

PLANTED = Path(__file__).with_name("paraphrases.tsv")


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lake", type=Path)
    parser.add_argument("--rows", type=Path, nargs="*", default=[])
    parser.add_argument("--pairs", type=int, default=50)
    parser.add_argument("--size", type=int, default=60_000)
    options = parser.parse_args()
    _planted()
    frames = {
        path.name: (pl.read_parquet if path.suffix == ".parquet" else pl.read_ndjson)(path) for path in options.rows
    }
    if options.lake:
        frames[str(options.lake)] = Lake(str(options.lake)).scan("semantic_verified").collect()
    for name, rows in frames.items():
        _real(name, rows.select("query", "tools", "answers").filter(pl.col("answers") != "[]"), options.pairs)
    if frames:
        largest = max(frames.values(), key=lambda rows: rows.height).select("query", "tools", "answers")
        _timed(pl.concat([largest] * (-(-options.size // largest.height))).head(options.size))


def _planted() -> None:
    triples = [line.split("\t") for line in PLANTED.read_text(encoding="utf-8").splitlines()]
    rows = []
    for query, paraphrase, other in triples:
        own, others = _changed(query, other)
        rows += [(query, own), (paraphrase, own), (other, others)]
    print("planted: paraphrases found / other values taken for the same / other questions taken for the same")
    size = len(triples)
    for guarded in (True, False):
        calls = [[{"name": "f", "arguments": {"value": value} if guarded else {}}] for _, value in rows]
        frame = pl.DataFrame({"query": [query for query, _ in rows], "answers": list(map(json.dumps, calls))})
        meanings = Meanings(frame.height)
        meanings.add(frame.with_columns(pl.lit("[]").alias("tools")))

        def same(a: int, b: int, similarity: float, known: Meanings = meanings) -> bool:
            return bool(known.duplicates(np.array([a, b]), similarity))

        for similarity in (0.4, 0.5, 0.55, 0.6, 0.65, 0.7, 0.8, 0.9):
            found = sum(same(3 * i, 3 * i + 1, similarity) for i in range(size)) / size
            other_value = sum(same(3 * i, 3 * i + 2, similarity) for i in range(size)) / size
            crossed = [same(3 * i, 3 * j + 1, similarity) for i in range(size) for j in range(size) if i != j]
            said = "same calls" if guarded else "any calls"
            print(f"  cosine {similarity:.2f}, {said}: {found:.0%} / {other_value:.0%} / {np.mean(crossed):.1%}")


def _changed(query: str, other: str) -> tuple[str, str]:
    """The words by which two queries differ."""
    one, two = query.rstrip("?.").split(), other.rstrip("?.").split()
    blocks = [block for block in difflib.SequenceMatcher(None, one, two).get_opcodes() if block[0] != "equal"]
    return tuple(" ".join(words[a:b]).strip("'") for words, a, b in ((one, *blocks[0][1:3]), (two, *blocks[0][3:5])))  # type: ignore[return-value]


def _real(name: str, rows: pl.DataFrame, pairs: int) -> None:
    print(f"\n{name}: {rows.height:,} rows, {share_said_again(rows):.1%} say what one before them says")
    meanings = Meanings(rows.height)
    meanings.add(rows)
    found = sorted(meanings.duplicates(np.arange(rows.height), NEAR_MEANING).items())
    for row, before in found[:: max(1, len(found) // max(1, pairs))][:pairs]:
        for column, indent in (("query", 2), ("answers", 4)):
            print(f"{'':{indent}}{rows[column][before]}\n{'':{indent}}{rows[column][row]}")


def _timed(rows: pl.DataFrame) -> None:
    start, used = time.perf_counter(), time.process_time()
    share_said_again(rows)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"\n{rows.height:,} rows: {time.process_time() - used:.1f} s of CPU, {time.perf_counter() - start:.1f} s, "
        f"peak {peak:.0f} MiB of the process"
    )


if __name__ == "__main__":
    main()
