"""Which rules of grounding are right on real writing, and so may reject.

    python benchmarks/grounding_rules.py            # print the table over the packaged corpus
    python benchmarks/grounding_rules.py --write    # and write it to apigen_assets/verification/grounding/measured.json
    python benchmarks/grounding_rules.py --bfcl DATA [--write]    # measure on BFCL's answers anew as well
    python benchmarks/grounding_rules.py --first-run FILE [--write]    # add what the rules do on pairs never tried

FILE has labelled pairs as `labelled_pairs.py` takes them, and counts once: before anybody has read what the rules say.

DATA is `bfcl_eval/data` of an environment made by `apigen bfcl-install`. BFCL's queries, its answers and the damage
done to them are counted on, never kept: an argument that may be left out is taken where the query says its value.
"""

import argparse
import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import polars as pl

from apigen_assets.catalog.importers.python_modules import import_python_package
from apigen_assets.domain.candidate import Candidate
from apigen_assets.domain.style import style_of
from apigen_assets.files.json_types import JsonObject, JsonValue
from apigen_assets.functions.library import all_seeds
from apigen_assets.verification.corpus.measure import (
    Counts,
    count_rules,
    measure_damage,
    measure_rules,
    measure_writing,
    rule_table,
)
from apigen_assets.verification.grounding import strength

CATEGORIES = (
    "simple_python", "multiple", "parallel", "parallel_multiple",
    "live_simple", "live_multiple", "live_parallel", "live_parallel_multiple",
)  # fmt: skip
TYPES = {"dict": "object", "float": "number", "tuple": "array", "String": "string"}


def seeds() -> pl.DataFrame:
    """The hand-written seeds of the built-in functions as candidates."""
    tools = {api.name: api.tool() for api in import_python_package("apigen_assets.functions", "builtin").apis}
    rows = [
        Candidate(
            candidate_id=f"seed-{number}",
            generator="",
            batch="",
            style=seed.style,
            query=seed.query,
            tools=[tools[name] for name in seed.tools],
            answers=[call.model_dump(mode="json") for call in seed.answers],
            prompt_id="",
            completion_key="",
        ).row()
        for number, seed in enumerate(all_seeds())
        if all(name in tools for name in seed.tools)
    ]
    return pl.DataFrame(rows, schema=Candidate.SCHEMA, orient="row")


def bfcl_rows(data: Path) -> Iterator[tuple[str, list[JsonObject], list[JsonObject]]]:
    """Single-turn queries with their tools and one right answer."""
    for category in CATEGORIES:
        questions = next(data.glob(f"BFCL_v*_{category}.json"))
        answers = next((data / "possible_answer").glob(f"BFCL_v*_{category}.json"))
        truths = {entry["id"]: entry["ground_truth"] for entry in map(json.loads, answers.open())}
        for question in map(json.loads, questions.open()):
            turns = question["question"][0]
            if len(turns) != 1 or turns[0]["role"] != "user":
                continue
            query = turns[0]["content"]
            calls = [
                {"name": name, "arguments": _arguments(options, query)}
                for call in truths[question["id"]]
                for name, options in call.items()
            ]
            yield query, [_schema(tool) for tool in question["function"]], calls


def _schema(value: JsonValue) -> JsonValue:
    if isinstance(value, dict):
        out = {key: _schema(inner) for key, inner in value.items()}
        if isinstance(out.get("type"), str):
            out["type"] = TYPES.get(out["type"], out["type"])
            if out["type"] == "any":
                del out["type"]
        return out
    return [_schema(inner) for inner in value] if isinstance(value, list) else value


def _arguments(options: JsonObject, query: str) -> JsonObject:
    out = {}
    for name, allowed in options.items():
        chosen = _chosen(allowed)
        said = [value for value in allowed if isinstance(value, str | int | float) and value != ""]
        if chosen is None and said and str(said[0]).casefold() in query.casefold():
            chosen = said[0]
        if chosen is not None:
            out[name] = chosen
    return out


def _chosen(allowed: JsonValue) -> JsonValue:
    """The first of several right values; null where the argument may be left out."""
    if not isinstance(allowed, list) or not allowed or "" in allowed:
        return None if isinstance(allowed, list) else allowed
    first = allowed[0]
    if isinstance(first, dict):
        return {key: _chosen(inner) for key, inner in first.items() if _chosen(inner) is not None}
    return first


def bfcl_frame(data: Path) -> pl.DataFrame:
    """BFCL's queries with a right answer as candidates."""
    rows = [
        Candidate(
            candidate_id=f"bfcl-{number}",
            generator="",
            batch="",
            style=style_of(len(tools), len(calls)).value,
            query=query,
            tools=tools,
            answers=calls,
            prompt_id="",
            completion_key="",
        ).row()
        for number, (query, tools, calls) in enumerate(bfcl_rows(data))
    ]
    return pl.DataFrame(rows, schema=Candidate.SCHEMA, orient="row")


def labelled(file: Path, truth: str) -> pl.DataFrame:
    """The pairs of a file with this label, as `count_rules` takes them."""
    pairs = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines() if line.strip()]
    rows = [
        {"candidate_id": f"{number}", **{name: _text(pair[name]) for name in ("query", "tools", "answers")}}
        for number, pair in enumerate(pairs)
        if pair["truth"] == truth
    ]
    return pl.DataFrame(rows, schema=dict.fromkeys(("candidate_id", "query", "tools", "answers"), pl.String))


def _text(value: JsonValue) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def with_first_run(known: JsonObject, file: Path) -> JsonObject:
    """The counts of first runs with those of a file added."""
    good, bad = labelled(file, "good"), labelled(file, "bad")
    more = as_json(count_rules(good, bad, good.clear().with_columns(source_id=pl.lit(""))))
    rules = {
        name: dict(Counter(known["rules"].get(name, {})) + Counter(more["rules"].get(name, {})))
        for name in sorted(known["rules"].keys() | more["rules"].keys())
    }
    rules = {
        name: {key: counts.get(key, 0) for key in ("fired", "right", "wrong_on_good")} for name, counts in rules.items()
    }
    return {**{key: known[key] + more[key] for key in ("good_rows", "bad_rows")}, "rules": rules}


def as_json(counts: Counts) -> JsonObject:
    return {
        "good_rows": counts.good_rows,
        "bad_rows": counts.bad_rows,
        "rules": {
            rule.value: {
                "fired": counts.fired[rule],
                "right": counts.right[rule],
                "wrong_on_good": counts.wrong_on_good[rule],
            }
            for rule in sorted(counts.fired)
        },
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--bfcl", type=Path)
    parser.add_argument("--first-run", type=Path)
    options = parser.parse_args()
    corpus = as_json(measure_rules(seeds()))
    elsewhere = as_json(measure_damage(bfcl_frame(options.bfcl))) if options.bfcl else strength.measured()["elsewhere"]
    parts = {"corpus": corpus, "writing": as_json(measure_writing()), "first_runs": strength.measured()["first_runs"]}
    parts["elsewhere"] = elsewhere
    if options.first_run:
        parts["first_runs"] = with_first_run(dict(parts["first_runs"]), options.first_run)
    if options.write:
        target = Path(strength.__file__).with_name("measured.json")
        target.write_text(json.dumps(parts, indent=1) + "\n", encoding="utf-8")
        for cached in (
            strength.measured,
            strength.counts_of,
            strength.written_counts_of,
            strength.precision_of,
            strength.written_precision_of,
            strength.rejects,
        ):
            cached.cache_clear()
    for name, part in parts.items():
        print(f"{name}: {part['good_rows']} good rows, {part['bad_rows']} bad ones")
    with pl.Config(tbl_rows=-1, tbl_cols=-1, tbl_width_chars=400, tbl_formatting="ASCII_MARKDOWN"):
        print(rule_table())


if __name__ == "__main__":
    main()
