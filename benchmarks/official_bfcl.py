"""The leaderboard's own runner, unmodified, for the benchmarks that compare with it.

It is `bfcl_eval.eval_checker.eval_runner.main`, which is what `bfcl evaluate` calls, with the package's own handlers,
in an interpreter that has the package with every dependency its import needs (about 0.6 GB; torch, faiss and
sentence-transformers serve the agentic categories only and may be absent).

One form has no handler in the package any more: `xlam`, that of the xLAM models of 2024. For it a handler with the
same `decode_ast` as the leaderboard had then is registered at run time; nothing else is added or stubbed.
"""

import json
import subprocess
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from apigen_assets.evaluation.categories import MULTI_TURN
from resources.bfcl import environment as bfcl

XLAM_2024 = "xlam-2024"
"""The model registered at run time."""

DEFAULT = Path("data/bfcl-official")
"""Where the interpreter is made if none is named."""

REQUIREMENTS = (
    *("filelock", "tenacity", "requests", "overrides", "openai", "python-dotenv", "tqdm", "pandas", "numpy==1.26.4"),
    *("typer", "tabulate", "pydantic", "html2text", "beautifulsoup4", "rank_bm25", "mpmath==1.3.0", "anthropic"),
    *("cohere==5.18.0", "mistralai==1.7.0", "google-genai", "boto3", "writer-sdk", "qwen-agent", "soundfile"),
    "datamodel-code-generator==0.25.7",
)

_KEYS = (
    *("OPENAI_API_KEY", "ANTHROPIC_API_KEY", "MISTRAL_API_KEY", "COHERE_API_KEY", "GOOGLE_API_KEY", "NVIDIA_API_KEY"),
    *("FIREWORKS_API_KEY", "WRITER_API_KEY", "GROK_API_KEY", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"),
)
"""The handlers of API models want keys to be there; nothing is sent."""

_SCRIPT = f"""
import json, sys, time
from pathlib import Path
import bfcl_eval.eval_checker.eval_runner as runner
from bfcl_eval.constants.model_config import MODEL_CONFIG_MAPPING, ModelConfig
from bfcl_eval.model_handler.base_handler import BaseHandler

class XlamHandler(BaseHandler):
    def decode_ast(self, result, language, has_tool_call_tag):
        try:
            data = json.loads(result)
        except json.JSONDecodeError:
            return result
        calls = data if isinstance(data, list) else data.get("tool_calls", [])
        return [{{c.get("name", ""): c.get("arguments", {{}})}} for c in calls if isinstance(c, dict)]

MODEL_CONFIG_MAPPING["{XLAM_2024}"] = ModelConfig(
    model_name="{XLAM_2024}", display_name="{XLAM_2024}", url="", org="", license="", model_handler=XlamHandler,
    input_price=None, output_price=None, is_fc_model=True, underscore_to_dot=False)

report = []
for run in json.load(open(sys.argv[1])):
    started = time.perf_counter()
    crashed = {{}}
    for category in run["categories"]:
        try:
            runner.main([run["model"]], [category], run["results"], run["scores"])
        except Exception as error:
            crashed[category] = f"{{type(error).__name__}}: {{error}}"
    failed, totals = [], {{}}
    for path in Path(run["scores"]).rglob("*_score.json"):
        head, *lines = [json.loads(line) for line in path.open()]
        totals[path.name[len("BFCL_v4_"):-len("_score.json")]] = [head["correct_count"], head["total_count"]]
        failed += [line["id"] for line in lines]
    report.append({{"failed": failed, "totals": totals, "crashed": crashed, "seconds": time.perf_counter() - started}})
json.dump(report, open(sys.argv[2], "w"))
"""


def store(entries: Iterable[dict[str, Any]], model: str, folder: Path) -> dict[str, Any]:
    """Write entries `{id, category, result}` in the official layout; returns the run for `score`."""
    by_category: dict[str, list[str]] = {}
    for entry in entries:
        line = json.dumps({"id": entry["id"], "result": entry["result"]})
        by_category.setdefault(entry["category"], []).append(line)
    for category, lines in by_category.items():
        group = "multi_turn" if category in MULTI_TURN else "live" if category.startswith("live_") else "non_live"
        path = folder / "result" / model.replace("/", "_") / group / f"BFCL_v4_{category}_result.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    scores = folder / "score"
    scores.mkdir()
    return {
        "model": model,
        "categories": list(by_category),
        "results": str(folder / "result"),
        "scores": str(scores),
    }


def score(python: Path, scratch: Path, runs: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """What the runner says of each run: `failed` ids, `totals` and `crashed` by category, `seconds`.

    All runs share a process. Conversations leave their tools' state behind there: a model's second run would start from
    the first one's.
    """
    asked, told = scratch / "runs.json", scratch / "report.json"
    asked.write_text(json.dumps(runs))
    done = subprocess.run(
        [str(python.absolute()), "-c", _SCRIPT, str(asked), str(told)],
        capture_output=True,
        text=True,
        cwd=scratch,
        env={
            "PATH": "/usr/bin:/bin",
            "BFCL_PROJECT_ROOT": str(scratch),
            "HOME": str(scratch),
            **dict.fromkeys(_KEYS, "none"),
        },
        check=False,
    )
    if done.returncode != 0:
        raise SystemExit(f"the official scorer failed:\n{done.stderr[-2000:]}")
    report: list[dict[str, Any]] = json.loads(told.read_text())
    return report


def interpreter(folder: Path = DEFAULT) -> Path:
    """The interpreter in that folder, made on first use."""
    python = folder / "bin" / "python"
    if not (folder / "complete").exists():
        subprocess.run([str(bfcl._base_python()), "-m", "venv", "--clear", str(folder)], check=True)
        pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*pip, "--no-deps", *bfcl.PACKAGES[:4]], check=True)
        subprocess.run([*pip, *REQUIREMENTS], check=True)
        (folder / "complete").touch()
    return python.absolute()
