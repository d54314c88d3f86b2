"""Precision and recall of verification on labelled pairs, without a judge.

    python benchmarks/labelled_pairs.py LABELLED.jsonl... [--catalog apis.jsonl...] [--list]

A line holds `query`, `tools`, `answers` (lists, or their JSON text), `truth` (`good` or `bad`), and may hold `id`,
`why` and `generator`. Calls of built-in functions are made, as are those of Python functions of a catalog; others end
with the format check and grounding. `--list` prints the good pairs that were rejected and the bad ones that passed
without a question.
"""

import argparse
import json
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

from apigen_assets.catalog.importers.python_modules import import_python_package
from apigen_assets.domain.api import Api
from apigen_assets.domain.verdict import Decision
from apigen_assets.files.json_types import JsonObject
from apigen_assets.verification.audit.audit import Functions, audit_rows
from apigen_assets.verification.audit.read_rows import AuditRow, read_rows
from apigen_assets.verification.corpus.measure import wilson
from resources.executors import ExecutorsResource
from resources.python.resource import SandboxResource


def share(part: int, whole: int) -> str:
    """`part of whole`, with the share and Wilson's 95 % interval."""
    low, high = wilson(part, whole)
    return f"{part} of {whole} ({part / max(1, whole):.1%}, 95 %: {low:.1%} to {high:.1%})"


def labels(file: Path) -> list[JsonObject]:
    """The labelled pairs of a file.

    Raises:
        SystemExit: a line has no `truth` of `good` or `bad`.
    """
    pairs = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines() if line.strip()]
    for number, pair in enumerate(pairs, 1):
        if pair.get("truth") not in ("good", "bad"):
            raise SystemExit(f"{file}, line {number}: `truth` must be good or bad, it is {pair.get('truth')!r}")
    return pairs


def verdicts(rows: Iterable[AuditRow], catalogs: Iterable[Path]) -> Iterator[JsonObject]:
    """One verdict per row; built-in functions and the Python functions of catalogs are called."""
    apis = [*import_python_package("apigen_assets.functions", "builtin").apis]
    for catalog in catalogs:
        listed = [Api.model_validate_json(line) for line in catalog.read_text(encoding="utf-8").splitlines()]
        apis += [api for api in listed if api.binding.kind == "python"]
    with ExecutorsResource(python=SandboxResource()).open() as executor:
        yield from audit_rows(rows, Functions(apis), executor)


def report(pairs: list[JsonObject], found: list[JsonObject], listed: bool) -> None:
    """Print what was caught, by stage and reason and by rule of grounding."""
    truth = Counter(pair["truth"] for pair in pairs)
    decided = Counter((pair["truth"], verdict["decision"]) for pair, verdict in zip(pairs, found, strict=True))
    rejected = {name: decided[name, Decision.REJECTED.value] for name in ("good", "bad")}
    asked = {name: decided[name, Decision.UNDECIDED.value] for name in ("good", "bad")}
    print(f"{len(pairs)} pairs: {truth['good']} good, {truth['bad']} bad")
    print(f"good rejected            {share(rejected['good'], truth['good'])}")
    print(f"good undecided           {share(asked['good'], truth['good'])}")
    print(f"bad rejected             {share(rejected['bad'], truth['bad'])}")
    print(f"bad rejected or asked    {share(rejected['bad'] + asked['bad'], truth['bad'])}")
    print(f"precision of rejection   {share(rejected['bad'], sum(rejected.values()))}")
    reasons: Counter[tuple[str, str, str]] = Counter()
    rules: Counter[tuple[str, bool, str]] = Counter()
    stages: Counter[tuple[str, str]] = Counter()
    for pair, verdict in zip(pairs, found, strict=True):
        if verdict["decision"] == Decision.REJECTED.value:
            reasons[verdict["stage"], verdict["reason"], pair["truth"]] += 1
            stages[verdict["stage"], pair["truth"]] += 1
        for rule, rejects in {(finding["rule"], finding["rejects"]) for finding in verdict["findings"]}:
            rules[rule, rejects, pair["truth"]] += 1
    left = dict(truth)
    for stage in ("format", "execution", "semantic"):
        gone = {name: stages[stage, name] for name in ("good", "bad")}
        print(f"\n{stage}: good {gone['good']} of {left.get('good', 0)}, bad {share(gone['bad'], left.get('bad', 0))}")
        left = {name: left.get(name, 0) - gone[name] for name in ("good", "bad")}
        for reason in sorted({key[1] for key in reasons if key[0] == stage}):
            print(f"  {reason:<28} bad {reasons[stage, reason, 'bad']:>3}  good {reasons[stage, reason, 'good']:>3}")
    print("\nrules of grounding that fired (a rule that asks rejects nothing by itself)")
    for rule, rejects in sorted({key[:2] for key in rules}):
        counts = [rules[rule, rejects, name] for name in ("bad", "good")]
        print(f"  {rule:<28} {'rejects' if rejects else 'asks':<8} bad {counts[0]:>3}  good {counts[1]:>3}")
    if listed:
        for pair, verdict in zip(pairs, found, strict=True):
            wrong = pair["truth"] == "good" and verdict["decision"] == Decision.REJECTED.value
            missed = pair["truth"] == "bad" and verdict["decision"] == Decision.VERIFIED.value
            if wrong or missed:
                print(f"\n{'GOOD REJECTED' if wrong else 'BAD PASSED'} {pair.get('id')}: {pair['query']}")
                print(f"  {pair['answers']}\n  {verdict['reason'] or pair.get('why')}: {verdict['detail']}")


def main() -> None:
    """Read the arguments, print the report."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("files", nargs="+", type=Path)
    arguments.add_argument("--catalog", action="append", type=Path, default=[])
    arguments.add_argument("--list", action="store_true")
    options = arguments.parse_args()
    for file in options.files:
        pairs = labels(file)
        found = list(verdicts(read_rows(file), options.catalog))
        print(f"== {file.name}")
        report(pairs, found, options.list)
        names = sorted({str(pair.get("generator") or "") for pair in pairs})
        for name in names if len(names) > 1 else ():
            own = [place for place, pair in enumerate(pairs) if str(pair.get("generator") or "") == name]
            counts = Counter((pairs[place]["truth"], found[place]["decision"]) for place in own)
            print(f"{name}: " + ", ".join(f"{truth} {said} {n}" for (truth, said), n in sorted(counts.items())))


if __name__ == "__main__":
    main()
