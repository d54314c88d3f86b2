"""The official scorer and ours on the same outputs, item by item: `python benchmarks/bfcl_agreement.py`.

The official side is `bfcl_eval.eval_checker.eval_runner.main`, which is what `bfcl evaluate` calls, unmodified and
with the package's own handlers, in an interpreter that has the package with every dependency its import needs
(about 0.6 GB; torch, faiss and sentence-transformers serve the agentic categories only and may be absent). Where
`--official` names none, one is made in `data/bfcl-official`.

One form has no handler in the package any more: `xlam`, that of the xLAM models of 2024. For it a handler with the
same `decode_ast` as the leaderboard had then is registered at run time; nothing else is added or stubbed.

Exit status 1 where a single item differs.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

from apigen_assets.evaluation import official as checker
from apigen_assets.evaluation.truth_outputs import DAMAGES, outputs
from resources.bfcl import environment as bfcl
from resources.bfcl.questions import truths
from resources.bfcl.records import BfclAnswer

MODELS = {
    "xlam": ("xlam-2024", False),
    "json": ("Salesforce/xLAM-2-1b-fc-r", False),
    "openai": ("openbmb/MiniCPM-SALA-FC", True),
    "hermes": ("Qwen/Qwen3-0.6B-FC", False),
    "python": ("Qwen/Qwen3-0.6B", False),
}
"""Per form a model of the leaderboard whose handler reads it, and whether its names have `_` for dots."""

REQUIREMENTS = (
    *("filelock", "tenacity", "requests", "overrides", "openai", "python-dotenv", "tqdm", "pandas", "numpy==1.26.4"),
    *("typer", "tabulate", "pydantic", "html2text", "beautifulsoup4", "rank_bm25", "mpmath==1.3.0", "anthropic"),
    *("cohere==5.18.0", "mistralai==1.7.0", "google-genai", "boto3", "writer-sdk", "qwen-agent", "soundfile"),
    "datamodel-code-generator==0.25.7",
)

OFFICIAL = """
import json, sys, time, traceback
from pathlib import Path
import bfcl_eval.eval_checker.eval_runner as runner
from bfcl_eval.constants.category_mapping import SINGLE_TURN_CATEGORY
from bfcl_eval.constants.model_config import MODEL_CONFIG_MAPPING, ModelConfig
from bfcl_eval.model_handler.base_handler import BaseHandler

class XlamHandler(BaseHandler):
    def decode_ast(self, result, language, has_tool_call_tag):
        try:
            data = json.loads(result)
        except json.JSONDecodeError:
            return result
        calls = data if isinstance(data, list) else data.get("tool_calls", [])
        return [{c.get("name", ""): c.get("arguments", {})} for c in calls if isinstance(c, dict)]

MODEL_CONFIG_MAPPING["xlam-2024"] = ModelConfig(
    model_name="xlam-2024", display_name="xlam-2024", url="", org="", license="", model_handler=XlamHandler,
    input_price=None, output_price=None, is_fc_model=True, underscore_to_dot=False)

report = []
for run in json.load(open(sys.argv[1])):
    started = time.perf_counter()
    crashed = {}
    folders = run["results"], run["scores"]
    try:
        runner.main([run["model"]], ["single_turn"], *folders)
    except Exception:
        for category in SINGLE_TURN_CATEGORY:
            try:
                runner.main([run["model"]], [category], *folders)
            except Exception as error:
                crashed[category] = f"{type(error).__name__}: {error}"
    failed, totals = [], {}
    for path in Path(run["scores"]).rglob("*_score.json"):
        head, *lines = [json.loads(line) for line in path.open()]
        totals[path.name[len("BFCL_v4_"):-len("_score.json")]] = [head["correct_count"], head["total_count"]]
        failed += [line["id"] for line in lines]
    report.append({"failed": failed, "totals": totals, "crashed": crashed, "seconds": time.perf_counter() - started})
json.dump(report, open(sys.argv[2], "w"))
"""

ODD_PYTHON = (
    "[{f}({a}=2+3)]", "[{f}({a}=-5)]", "[{f}({a}=+5)]", "[{f}({a}=~5)]", "[{f}({a}=not True)]", "[{f}({a}=2**3*2)]",
    "[{f}({a}=5/2)]", "[{f}({a}='a'+'b')]", "[{f}({a}=[1]*3)]", "[{f}({a}=(1,2))]", "[{f}({a}=g(1))]",
    "[{f}({a}=g(b=1))]", "[{f}({a}=x)]", "[{f}({a}=x.y)]", "[{f}({a}=x[0])]", "[{f}({a}=lambda: 1)]", "[{f}({a}=...)]",
    "[{f}({a}=f'{{1}}')]", "[{f}({a}=None)]", "[{f}(1, {a}=10)]", "{f}({a}=10)", "```{f}({a}=10)```",
    "```python\n[{f}({a}=10)]\n```", "'[{f}({a}=10)]'", "[{f}({a}=10]", "[{f}({a}={{'k': 1}})]",
    "[{f}(**{{'{a}': 1}})]",
    "[{f}({a}=1+abs(-2))]", "[{f}({a}=1+len('abc'))]", "[{f}({a}=x+1)]", "[{f}({a}=1/0+1)]", "[{f}()]", "[]", "",
    "{f}", "[{f}({a}=10)] and more", "[{f}({a}=10)];", "[{f}({a}=1_000)]", "[{f}({a}=1e3)]", "[{f}({a}=0x10)]",
    "[{f}({a}=1j)]", "[{f}({a}=b'x')]", "[{f}({a}={{1, 2}})]", "[{f}({a}=1 if True else 2)]", "[{f}({a}=1 < 2)]",
    "[{f}({a}=[i for i in (1, 2)])]", "[{f}({a}=1), {f}({a}=1)]", "[[{f}({a}=1)]]", "({f}({a}=1),)", "[x.{f}({a}=1)]",
)  # fmt: skip
"""Python answers off the beaten track; `{f}` and `{a}` are a function offered and its first parameter."""


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--official", type=Path, help="an interpreter with the official package")
    options.add_argument("--forms", nargs="+", default=list(MODELS), choices=MODELS)
    options.add_argument("--damages", nargs="*", default=list(DAMAGES), choices=DAMAGES)
    options.add_argument("--share", type=float, default=0.5, help="share of the items that are damaged")
    options.add_argument("--seed", type=int, default=0)
    given = options.parse_args()
    official = given.official or official_environment(Path("data/bfcl-official"))
    items = truths()
    print(f"{len(items):,} items of {len({one['category'] for one in items})} categories, bfcl-eval {bfcl.VERSION}")
    differing = 0
    for form in given.forms:
        differing += compare(form, given, items, official)
    print("agreement on every item" if not differing else f"{differing} items differ")
    return 1 if differing else 0


def compare(form: str, given: argparse.Namespace, items: list[dict[str, Any]], official: Path) -> int:
    model, underscored = MODELS[form]
    kinds = ["ground truth", "empty text", *given.damages]
    kinds += ["odd python"] if form == "python" else []
    kinds += ["dots kept"] if underscored else []
    with tempfile.TemporaryDirectory() as name:
        scratch = Path(name)
        runs, written = [], []
        for kind in kinds:
            entries = make(kind, form, items, given, underscored)
            folder = scratch / kind.replace(" ", "-")
            store(entries, folder / "result" / model.replace("/", "_"))
            runs.append({"model": model, "results": str(folder / "result"), "scores": str(folder / "score")})
            written.append(entries)
        official_report = run_official(official, scratch, runs)
        print(f"\n{form}: official handler of {model}")
        print(
            f"  {'outputs':<22}{'items':>6}{'official correct':>18}{'ours':>7}{'differ':>8}"
            f"{'official s':>12}{'ours s':>8}"
        )
        differing = 0
        for kind, entries, theirs in zip(kinds, written, official_report, strict=True):
            differing += one_row(kind, form, model, underscored, entries, theirs)
    return differing


def one_row(kind: str, form: str, model: str, underscored: bool, entries: list[Any], theirs: dict[str, Any]) -> int:
    answers = [BfclAnswer(one["id"], one["category"], one["result"]) for one in entries]
    started = time.perf_counter()
    # Of the package's own models the rule is looked up; the one registered at run time is told.
    told = None if form != "xlam" else underscored
    ours = checker.score(answers, form, model_name=model, underscore_to_dot=told)
    seconds = time.perf_counter() - started
    failed = set(theirs["failed"])
    compared = [one for one in ours.verdicts if one["category"] not in theirs["crashed"]]
    differ = [one for one in compared if one["valid"] == (one["id"] in failed)]
    correct = sum(right for right, _ in theirs["totals"].values())
    mine = sum(1 for one in compared if one["valid"])
    print(
        f"  {kind:<22}{len(compared):>6}{correct:>18}{mine:>7}{len(differ):>8}{theirs['seconds']:>12.1f}{seconds:>8.2f}"
    )
    by_id = {one["id"]: one for one in entries}
    for one in differ[:10]:
        print(f"    {one['id']}: ours {one['valid']} {one.get('error', '')}; answer {by_id[one['id']]['result']!r}")
    for category, error in theirs["crashed"].items():
        broken = Counter(str(one.get("error_type")) for one in ours.verdicts if one["category"] == category)
        stopped = broken["checker:exception"]
        print(f"    {category}: the official scorer ends with {error}; ours counts {stopped} such answers as wrong")
    return len(differ)


def make(kind: str, form: str, items: list[Any], given: argparse.Namespace, underscored: bool) -> list[dict[str, Any]]:
    if kind == "empty text":
        return [{"id": one["id"], "category": one["category"], "result": ""} for one in items]
    if kind == "odd python":
        return odd(items)
    damage = kind if kind in DAMAGES else None
    entries = outputs(items, form, damage, given.share, given.seed)
    if underscored and kind != "dots kept":
        for one in entries:
            if isinstance(one["result"], list):
                one["result"] = [{k.replace(".", "_"): v for k, v in call.items()} for call in one["result"]]
    return entries


def odd(items: list[dict[str, Any]]) -> list[dict[str, Any]]:
    entries = []
    for place, one in enumerate(items):
        function: Any = one["functions"][0] if one["functions"] else {"name": "f", "parameters": {"properties": {}}}
        argument = next(iter(function["parameters"]["properties"]), "a")
        text = ODD_PYTHON[place % len(ODD_PYTHON)].format(f=function["name"], a=argument)
        entries.append({"id": one["id"], "category": one["category"], "result": text})
    return entries


def store(entries: list[dict[str, Any]], folder: Path) -> None:
    by_category: dict[str, list[str]] = {}
    for one in entries:
        line = json.dumps({"id": one["id"], "result": one["result"]})
        by_category.setdefault(one["category"], []).append(line)
    for category, lines in by_category.items():
        path = folder / ("live" if category.startswith("live_") else "non_live") / f"BFCL_v4_{category}_result.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def run_official(python: Path, scratch: Path, runs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    for run in runs:
        Path(run["scores"]).mkdir(parents=True)
    asked, told = scratch / "runs.json", scratch / "report.json"
    asked.write_text(json.dumps(runs))
    done = subprocess.run(
        [str(python), "-c", OFFICIAL, str(asked), str(told)],
        capture_output=True,
        text=True,
        cwd=scratch,
        # the handler of OpenAI-style models wants a key to be there; nothing is sent
        env={
            "PATH": "/usr/bin:/bin",
            "BFCL_PROJECT_ROOT": str(scratch),
            "OPENAI_API_KEY": "none",
            "HOME": str(scratch),
        },
        check=False,
    )
    if done.returncode != 0:
        raise SystemExit(f"the official scorer failed:\n{done.stderr[-2000:]}")
    report: list[dict[str, Any]] = json.loads(told.read_text())
    return report


def official_environment(folder: Path) -> Path:
    python = folder / "bin" / "python"
    if not (folder / "complete").exists():
        base = bfcl._base_python()
        subprocess.run([str(base), "-m", "venv", "--clear", str(folder)], check=True)
        pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*pip, "--no-deps", *bfcl.PACKAGES[:4]], check=True)
        subprocess.run([*pip, *REQUIREMENTS], check=True)
        (folder / "complete").touch()
    return python.absolute()


if __name__ == "__main__":
    sys.exit(main())
