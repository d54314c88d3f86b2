"""Real result folders scored by the official runner and by ours, every item compared.

    python benchmarks/bfcl_folders.py --official PYTHON Qwen/Qwen3-8B-FC=FOLDER gpt-4o-2024-11-20-FC=FOLDER ...

Each folder holds result files of any version of the board, single- or multi-turn; the name before it is the
leaderboard's model whose handler reads them. Files of earlier versions are written anew under V4's names and ids for
the official side; both sides get the same answers. `--official` is an interpreter with the package in full, such as
`benchmarks/bfcl_agreement.py` makes.

Exit status 1 where a single item differs.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from apigen_assets.evaluation.answers import Failures, read
from apigen_assets.evaluation.categories import COUNTS, MULTI_TURN
from apigen_assets.evaluation.output_files import OutputsError
from apigen_assets.evaluation.scores import score_answers
from resources.bfcl.questions import known_models
from resources.bfcl.records import BfclAnswer

OFFICIAL = """
import json, sys
from pathlib import Path
import bfcl_eval.eval_checker.eval_runner as runner
report = []
for run in json.load(open(sys.argv[1])):
    crashed = {}
    for category in run["categories"]:
        try:
            runner.main([run["model"]], [category], run["results"], run["scores"])
        except Exception as error:
            crashed[category] = f"{type(error).__name__}: {error}"
    failed = []
    for path in Path(run["scores"]).rglob("*_score.json"):
        head, *lines = [json.loads(line) for line in path.open()]
        failed += [line["id"] for line in lines]
    report.append({"failed": failed, "crashed": crashed})
json.dump(report, open(sys.argv[2], "w"))
"""


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--official", type=Path, required=True)
    options.add_argument("folders", nargs="+", metavar="MODEL=FOLDER")
    given = options.parse_args()
    pairs = [text.split("=", 1) for text in given.folders]
    unknown = [model for model, _ in pairs if model not in known_models()]
    if unknown:
        options.error(f"the leaderboard does not know {', '.join(unknown)}")
    differing = 0
    with tempfile.TemporaryDirectory() as name:
        scratch = Path(name)
        runs = []
        for number, (model, folder) in enumerate(pairs):
            # An error text is one more answer to both sides: what is compared is the checking
            answers = [_as_stored(answer) for answer in read(Path(folder), Failures.WRONG).answers]
            runs.append((model, folder, answers, _store(scratch / str(number), model, answers)))
        reports = _official(given.official, scratch, [run for *_, run in runs])
        for (model, folder, answers, _), theirs in zip(runs, reports, strict=True):
            differing += _compare(model, folder, answers, theirs)
    print("agreement on every item" if not differing else f"{differing} items differ")
    return 1 if differing else 0


def _as_stored(answer: BfclAnswer) -> BfclAnswer:
    return BfclAnswer(answer.id, answer.category, answer.detail) if answer.failure else answer


def _store(folder: Path, model: str, answers: list[BfclAnswer]) -> dict[str, Any]:
    by_category: dict[str, list[BfclAnswer]] = {}
    for answer in answers:
        by_category.setdefault(answer.category, []).append(answer)
    for category, these in by_category.items():
        group = "multi_turn" if category in MULTI_TURN else "live" if category.startswith("live_") else "non_live"
        path = folder / "result" / model.replace("/", "_") / group / f"BFCL_v4_{category}_result.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        lines = [json.dumps({"id": answer.id, "result": answer.answer}) for answer in these]
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    (folder / "score").mkdir()
    names = [name for name in (*COUNTS, *MULTI_TURN) if name in by_category]
    return {"model": model, "categories": names, "results": str(folder / "result"), "scores": str(folder / "score")}


def _official(python: Path, scratch: Path, runs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    asked, told = scratch / "runs.json", scratch / "report.json"
    asked.write_text(json.dumps(runs))
    # the handlers of API models want keys to be there; nothing is sent
    keys = dict.fromkeys(
        ("OPENAI_API_KEY", "ANTHROPIC_API_KEY", "MISTRAL_API_KEY", "COHERE_API_KEY", "GOOGLE_API_KEY", "NVIDIA_API_KEY",
         "FIREWORKS_API_KEY", "WRITER_API_KEY", "GROK_API_KEY", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"),
        "none",
    )  # fmt: skip
    done = subprocess.run(
        [str(python), "-c", OFFICIAL, str(asked), str(told)],
        capture_output=True,
        text=True,
        cwd=scratch,
        env={"PATH": "/usr/bin:/bin", "BFCL_PROJECT_ROOT": str(scratch), "HOME": str(scratch), **keys},
        check=False,
    )
    if done.returncode != 0:
        raise SystemExit(f"the official scorer failed:\n{done.stderr[-2000:]}")
    report: list[dict[str, Any]] = json.loads(told.read_text())
    return report


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
