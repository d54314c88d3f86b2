"""Composition and de-duplication of many verified rows: time and memory: `python benchmarks/composition.py`.

Rows are invented: APIs with several parameters, queries of 8 to 60 words over a vocabulary of 20,000, tools and
calls as the verification stages write them. Known duplicates are planted: 5 % copies of a row, 5 % the same calls
in other words, 5 % queries with few words changed. The figures say of how many planted pairs one row went, for
queries by the similarity that they really have, and how many rows went that have no planted twin. For the default
of 1,000,000 rows the target is under 3 minutes and 3 GB on two cores.

Reading ends in chosen rows in order; making the released columns of them comes after and depends on the target.
"""

import argparse
import itertools
import multiprocessing
import random
import resource
import tempfile
import time
from pathlib import Path
from typing import Any

import polars as pl

from apigen_assets.dataset.compose import DUPLICATES, Quotas, chosen_rows, compose
from apigen_assets.domain.style import style_of
from apigen_assets.domain.verdict import CHECKED_SCHEMA
from apigen_assets.files.canonical import content_hash, dumps

APIS = 3_673
_CHUNK = 20_000


def make_rows(folder: Path, rows: int, seed: int) -> None:
    """Write `rows` rows as Parquet files; the planted kind is the start of the `detail` of a row."""
    chance = random.Random(seed)
    words = ["".join(chance.choices("abcdefghijklmnopqrstuvwxyz", k=chance.randint(3, 9))) for _ in range(20_000)]
    apis = [_api(number, words, chance) for number in range(APIS)]
    made: list[dict[str, Any]] = []
    kept: list[dict[str, Any]] = []
    for number in range(rows):
        kind = chance.random()
        if kept and kind < 0.15:
            row = dict(chance.choice(kept))
            if kind >= 0.05:
                row["query"] = _other_words(row["query"], words, chance, 0.5 if kind < 0.1 else 0.03)
            if kind >= 0.1:
                calls = _with_other_values(row["answers"], chance)
                row["answers"] = calls
            row["detail"] = "copy" if kind < 0.05 else "same_calls" if kind < 0.1 else "near"
            row["prompt_id"] = row["candidate_id"]
        else:
            row = _row(apis, words, chance)
            if len(kept) < 5_000:
                kept.append(row)
            else:
                kept[chance.randrange(5_000)] = row
        row["candidate_id"] = content_hash([seed, number])
        made.append(row)
        if len(made) == _CHUNK or number == rows - 1:
            pl.DataFrame(made, schema=CHECKED_SCHEMA, orient="row").write_parquet(folder / f"{number:09d}.parquet")
            made = []


def _api(number: int, words: list[str], chance: random.Random) -> dict[str, Any]:
    names = chance.sample(words, chance.randint(1, 5))
    return {
        "api_id": content_hash(["api", number]),
        "name": f"{chance.choice(words)}_{number}",
        "description": " ".join(chance.choices(words, k=12)),
        "parameters": {
            "type": "object",
            "properties": {
                name: {"type": "string", "description": " ".join(chance.choices(words, k=8))} for name in names
            },
            "required": names[:1],
        },
    }


def _row(apis: list[dict[str, Any]], words: list[str], chance: random.Random) -> dict[str, Any]:
    tools = chance.sample(apis, chance.choice((1, 1, 2, 3, 4)))
    calls = [
        {"name": tool["name"], "arguments": {name: chance.choice(words) for name in tool["parameters"]["properties"]}}
        for tool in chance.choices(tools, k=chance.choice((1, 1, 2, 3)))
    ]
    filler = chance.choices(words, k=chance.randint(8, 50))
    values = [value for call in calls for value in call["arguments"].values()]
    return {
        "candidate_id": "",
        "generator": f"generator-{chance.randrange(4)}",
        "batch": "b",
        "style": style_of(len(tools), len(calls)).value,
        "query": " ".join([*filler, *values]),
        "tools": dumps(tools),
        "answers": dumps(calls),
        "thought": None,
        "prompt_id": "p",
        "completion_key": "k",
        "raw_text": None,
        "parse_error": None,
        "stage": "semantic",
        "passed": True,
        "reason": None,
        "detail": "own",
        "execution": "[]",
    }


def _other_words(query: str, words: list[str], chance: random.Random, share: float) -> str:
    return " ".join(chance.choice(words) if chance.random() < share else word for word in query.split())


def _with_other_values(answers: str, chance: random.Random) -> str:
    return answers.replace('":"', f'":"{chance.choice("xyz")}', 1)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--target", type=int, default=60_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--folder", type=Path, help="keep the rows here, and use them if they are there")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = given.folder or Path(scratch)
        folder.mkdir(parents=True, exist_ok=True)
        if not list(folder.glob("*.parquet")):
            started = time.monotonic()
            process = multiprocessing.get_context("spawn").Process(
                target=make_rows, args=(folder, given.rows, given.seed)
            )
            process.start()
            process.join()
            print(f"made {given.rows:,} rows in {time.monotonic() - started:.0f} s", flush=True)
        verified = pl.scan_parquet(sorted(folder.glob("*.parquet")))
        size = sum(file.stat().st_size for file in folder.glob("*.parquet"))
        print(f"{size / 1e9:.2f} GB of Parquet", flush=True)
        started, cpu = time.monotonic(), time.process_time()
        found = compose(verified, given.target, given.seed, Quotas())
        middle = time.monotonic()
        chosen = chosen_rows(verified, found.fates)
        done = time.monotonic()
        used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
        print(f"composed in {middle - started:.1f} s, rows read in {done - middle:.1f} s")
        print(f"CPU {time.process_time() - cpu:.1f} s, peak memory {used:.2f} GB, {chosen.height:,} rows chosen")
        print("fates:", {name: count for name, count in found.counts.items() if count})
        for line in planted(verified, found.fates):
            print("  " + line)


def planted(verified: pl.LazyFrame, fates: pl.DataFrame) -> list[str]:
    """What became of planted pairs, and of rows without a twin."""
    gone = fates.select("candidate_id", pl.col("fate").is_in([str(fate) for fate in DUPLICATES]).alias("gone"))
    rows = verified.select("candidate_id", "detail", "prompt_id").collect().join(gone, on="candidate_id")
    twins = rows.filter(pl.col("detail") != "own").join(
        rows.select(pl.col("candidate_id").alias("prompt_id"), pl.col("gone").alias("source_gone")), on="prompt_id"
    )
    twins = twins.with_columns((pl.col("gone") | pl.col("source_gone")).alias("found"))
    lines = [
        f"{kind}: one of the pair went in {share:.2%} of {count:,} planted pairs"
        for kind, share, count in twins.group_by("detail")
        .agg(pl.col("found").mean(), pl.len())
        .sort("detail")
        .iter_rows()
        if kind != "near"
    ]
    near = twins.filter(pl.col("detail") == "near").head(20_000)
    wanted = pl.concat([near["candidate_id"], near["prompt_id"]]).unique().implode()
    texts = verified.filter(pl.col("candidate_id").is_in(wanted)).select("candidate_id", "query").collect()
    queries = dict(texts.iter_rows())
    similar = [jaccard(queries[a], queries[b]) for a, b in near.select("candidate_id", "prompt_id").iter_rows()]
    for low, high in ((0.9, 1.01), (0.85, 0.9), (0.8, 0.85), (0.0, 0.8)):
        found = [one for one, value in zip(near["found"], similar, strict=True) if low <= value < high]
        share = sum(found) / max(1, len(found))
        lines.append(
            f"near, similarity {low:.2f} to {min(high, 1):.2f}: one went in {share:.2%} of {len(found):,} pairs"
        )
    alone = rows.filter(pl.col("detail") == "own").join(
        twins.select(pl.col("prompt_id").alias("candidate_id")), on="candidate_id", how="anti"
    )
    lines.append(f"without a planted twin: {int(alone['gone'].sum()):,} of {alone.height:,} rows went")
    return lines


def jaccard(one: str, two: str) -> float:
    """Similarity of two queries by their words and pairs of neighbouring words."""
    a, b = (set(words) | set(itertools.pairwise(words)) for words in (one.split(), two.split()))
    return len(a & b) / len(a | b)


if __name__ == "__main__":
    main()
