"""BFCL questions planted as rows: which are found, and which clean rows are taken for them.

`python benchmarks/decontamination.py [--lake FOLDER]`. The leaderboard's questions come from its environment
(docs/bfcl.md). Plants, of each single-turn question with a user text:

* its text alone, without its tools: verbatim; in upper case without punctuation; with politeness around it; with
  its numbers changed; with one word in ten, and one in five, replaced; with its two halves swapped;
* a changed text with its tools under other names;
* an unrelated text with one of its tools under another name ("tool copied").

False alarms are counted on rows that were written without the leaderboard: the seed examples of the built-in
functions, and the candidates of a lake where one is given.
"""

import argparse
import json
import random
import re
import statistics
from collections.abc import Callable
from typing import Any

import polars as pl

from apigen_assets.dataset.bfcl_questions import questions
from apigen_assets.dataset.contamination import Benchmark
from apigen_assets.functions.library import modules
from apigen_assets.settings import settings
from resources.lake.lake import Lake

_SYNONYMS = {
    "find": "locate", "calculate": "work out", "get": "fetch", "what": "which", "show": "display", "need": "want",
    "help": "assist", "give": "hand", "how": "in what way", "using": "with", "area": "surface", "current": "present",
    "price": "cost", "book": "reserve", "search": "look", "near": "close to", "best": "top", "list": "enumerate",
}  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lake", help="count false alarms on the candidates of this lake too")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    asked = questions(settings())
    known = Benchmark(asked)
    texts = [_user_text(one) for one in asked]
    usable = [(one, text) for one, text in zip(asked, texts, strict=True) if len(text.split()) >= 2]
    print(f"{len(asked):,} questions, {len(usable):,} with two words or more")
    print(f"half of the questions have at most {statistics.median(len(text.split()) for text in texts):g} words")
    print(f"{'plant':<34} {'found':>7} {'of 2-7 words':>13} {'of 8 and more':>14}")
    for name, change in PLANTS.items():
        chance = random.Random(given.seed)
        rows = [(change(text, chance), _tools(one, True) if "renamed" in name else "[]") for one, text in usable]
        _line(known, name, rows, [len(text.split()) for _, text in usable])
    chance = random.Random(given.seed)
    rows, sizes = [], []
    for one, _ in usable:
        if one["functions"]:
            rows.append(("an invented request about nothing in it", _tools({"functions": one["functions"][:1]}, True)))
            sizes.append(len((one["functions"][0].get("parameters") or {}).get("properties") or {}))
    found = known.contaminated(_frame(rows))
    several = [bool(hit) for hit, size in zip(found, sizes, strict=True) if size >= 2]
    print(f"tool copied under another name: {found.mean():.1%} of {len(rows):,} found; with two parameters or more "
          f"{sum(several) / max(1, len(several)):.1%} of {len(several):,}")  # fmt: skip
    seeds = [(seed.query, "[]") for module in modules() for seed in module.SEEDS]
    _false_alarms(known, "seed examples of the built-in functions", _frame(seeds))
    if given.lake:
        lake = Lake(given.lake)
        for table in ("raw_candidates", "semantic_verified"):
            rows_of = lake.scan(table).filter(pl.col("query") != "").select("query", "tools").collect()
            _false_alarms(known, f"{table} of the lake", rows_of)
        tools = [
            {**row, "parameters": json.loads(row["parameters"])}
            for row in lake.scan("filtered_api_catalog")
            .select("name", "description", "parameters")
            .collect()
            .iter_rows(named=True)
        ]
        hits = [match[3] for tool in tools if (match := known.tool_match(tool))]
        print(f"tools of the lake that are tools of BFCL: {len(hits)} of {len(tools)}", *hits, sep="\n  ")
        print("names shared with BFCL (no ground for removal):", ", ".join(known.shared_names(tools)) or "none")


def _line(known: Benchmark, name: str, rows: list[tuple[str, str]], sizes: list[int]) -> None:
    found = known.contaminated(_frame(rows)).tolist()
    short = [hit for hit, size in zip(found, sizes, strict=True) if size < 8]
    long = [hit for hit, size in zip(found, sizes, strict=True) if size >= 8]
    print(f"{name:<34} {sum(found) / len(found):>7.1%} {sum(short) / len(short):>13.1%} {sum(long) / len(long):>14.1%}")


def _false_alarms(known: Benchmark, name: str, rows: pl.DataFrame) -> None:
    matches = known.matches(rows)
    print(f"false alarms, {name}: {matches.height} of {rows.height:,}")
    for row, kind, overlap, detail in matches.select("row", "kind", "overlap", "detail").head(5).iter_rows():
        print(f"  {kind} {overlap:.2f}: {rows['query'][row][:120]} | {detail[:120]}")


def _user_text(question: dict[str, Any]) -> str:
    return "\n".join(message["content"] for message in question["question"] if message["role"] == "user")


def _tools(question: dict[str, Any], renamed: bool) -> str:
    tools = [
        {
            "name": f"tool_{number}" if renamed else tool["name"],
            "description": tool["description"],
            "parameters": tool["parameters"],
        }
        for number, tool in enumerate(question["functions"])
    ]
    return json.dumps(tools)


def _frame(rows: list[tuple[str, str]]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema={"query": pl.String, "tools": pl.String}, orient="row")


def _replaced(share: float) -> Callable[[str, random.Random], str]:
    def change(text: str, chance: random.Random) -> str:
        words = text.split()
        for place in chance.sample(range(len(words)), max(1, round(share * len(words)))):
            words[place] = _SYNONYMS.get(words[place].lower().strip("?,."), f"other{chance.randrange(1000)}")
        return " ".join(words)

    return change


def _new_numbers(text: str, chance: random.Random) -> str:
    return re.sub(r"\d+", lambda match: str(int(match[0][:9]) + chance.randint(1, 50)), text)


def _swapped(text: str, chance: random.Random) -> str:
    words = text.split()
    return " ".join(words[len(words) // 2 :] + words[: len(words) // 2])


PLANTS: dict[str, Callable[[str, random.Random], str]] = {
    "verbatim": lambda text, _: text,
    "upper case, no punctuation": lambda text, _: re.sub(r"[^\w\s]", " ", text).upper(),
    "politeness around": lambda text, _: f"Hi there! {text} Thanks a lot for your help.",
    "numbers changed": _new_numbers,
    "10 % of the words other": _replaced(0.1),
    "20 % of the words other": _replaced(0.2),
    "halves swapped": _swapped,
    "20 % other, with its tools renamed": _replaced(0.2),
}


if __name__ == "__main__":
    main()
