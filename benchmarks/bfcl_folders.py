"""Real result folders scored by the official runner and by ours, every item compared.

    python benchmarks/bfcl_folders.py Qwen/Qwen3-8B-FC=FOLDER gpt-4o-2024-11-20-FC=FOLDER ...

Each folder holds result files of any version of the board, single- or multi-turn; the name before it is the
leaderboard's model whose handler reads them. Files of earlier versions are written anew under V4's names and ids for
the official side; both sides get the same answers. Where `--official` names no interpreter with the official package,
one is made in `data/bfcl-official`.

Exit status 1 where a single item differs.
"""

import argparse
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import official_bfcl

from apigen_assets.evaluation.answers import Failures, read
from apigen_assets.evaluation.output_entries import OutputsError
from apigen_assets.evaluation.scores import score_answers
from resources.bfcl.questions import known_models
from resources.bfcl.records import BfclAnswer


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--official", type=Path, help="an interpreter with the official package")
    options.add_argument("folders", nargs="+", metavar="MODEL=FOLDER")
    given = options.parse_args()
    pairs = [text.split("=", 1) for text in given.folders]
    unknown = [model for model, _ in pairs if model not in known_models()]
    if unknown:
        options.error(f"the leaderboard does not know {', '.join(unknown)}")
    official = given.official or official_bfcl.interpreter()
    differing = 0
    with tempfile.TemporaryDirectory() as name:
        scratch = Path(name)
        runs = []
        for number, (model, folder) in enumerate(pairs):
            # An error text is one more answer to both sides: what is compared is the checking
            answers = [_as_stored(answer) for answer in read(Path(folder), Failures.WRONG).answers]
            runs.append((model, folder, answers, _stored(scratch / str(number), model, answers)))
        # One process each: two folders of one model would share the state of their conversations
        reports = [official_bfcl.score(official, scratch, [run])[0] for *_, run in runs]
        for (model, folder, answers, _), theirs in zip(runs, reports, strict=True):
            differing += _compare(model, folder, answers, theirs)
    print("agreement on every item" if not differing else f"{differing} items differ")
    return 1 if differing else 0


def _as_stored(answer: BfclAnswer) -> BfclAnswer:
    return BfclAnswer(answer.id, answer.category, answer.detail) if answer.failure else answer


def _stored(folder: Path, model: str, answers: list[BfclAnswer]) -> dict[str, Any]:
    entries = [{"id": answer.id, "category": answer.category, "result": answer.answer} for answer in answers]
    run: dict[str, Any] = official_bfcl.store(entries, model, folder)
    return run


def _compare(model: str, folder: str, answers: list[BfclAnswer], theirs: dict[str, Any]) -> int:
    started = time.perf_counter()
    try:
        scores = score_answers(answers, model_name=model)
    except OutputsError as error:
        print(f"{model} ({folder}): refused: {str(error).splitlines()[0]}")
        return 0
    seconds = time.perf_counter() - started
    failed = set(theirs["failed"])
    compared = [verdict for verdict in scores.verdicts if verdict["category"] not in theirs["crashed"]]
    differ = [verdict for verdict in compared if verdict["valid"] == (verdict["id"] in failed)]
    counts = "  ".join(f"{name} {tally.correct}/{tally.total}" for name, tally in scores.tallies.items())
    print(
        f"{model} ({folder}): {len(compared)} items as {scores.form}, {len(differ)} differ, {seconds:.1f} s\n  {counts}"
    )
    for verdict in differ[:5]:
        print(f"    {verdict['id']}: ours {verdict['valid']} {verdict.get('error', '')}")
    for category, told in theirs["crashed"].items():
        print(f"    {category}: the official scorer ends with {told}")
    return len(differ)


if __name__ == "__main__":
    sys.exit(main())
