"""Check a checkpoint by using it: `python -m apigen_assets.training.verify FOLDER` prints one line of JSON.

The checkpoint is loaded from disk by the plain transformers classes, asked the queries that were kept beside
it, and its answers are compared with those it gave at the end of training and with those of the model before
training.
"""

import json
import sys
from collections.abc import Sequence
from pathlib import Path

from apigen_assets.domain.call import Call
from apigen_assets.files.json_types import JsonObject
from apigen_assets.training.environment import prepare_environment, require_train_extra
from apigen_assets.training.examples import TrainingExample
from apigen_assets.training.heldout import generate, score
from apigen_assets.training.models import ready_to_answer
from apigen_assets.training.prompt_format import PromptStyle

PROBES = "probes.jsonl"
"""File in a checkpoint's folder: held-out rows with the answers given at the end of training."""


def write_probes(path: Path, examples: Sequence[TrainingExample], texts: Sequence[str], most: int = 16) -> None:
    """Keep up to `most` rows, spread over the groups, with what the model wrote."""
    stride = max(1, len(examples) // most)
    with path.open("w", encoding="utf-8") as out:
        for example, text in list(zip(examples, texts, strict=True))[::stride][:most]:
            row = {
                "query": example.query,
                "tools": example.tools,
                "answers": [call.model_dump() for call in example.answers],
                "group": example.group,
                "written": text,
            }
            out.write(json.dumps(row, ensure_ascii=False) + "\n")


def verify(checkpoint: Path) -> JsonObject:
    """Load, generate, compare.

    Returns:
        `probes`, `same` (answers equal to those at the end of training), `exact`, and the accuracies
        `trained` and `untrained` that the run measured.
    """
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    result = json.loads((checkpoint / "training.json").read_text(encoding="utf-8"))
    rows = [json.loads(line) for line in (checkpoint / PROBES).read_text(encoding="utf-8").splitlines()]
    examples = [
        TrainingExample(
            row["query"], row["tools"], [Call.model_validate(call) for call in row["answers"]], row["group"]
        )
        for row in rows
    ]
    tokenizer = AutoTokenizer.from_pretrained(checkpoint)
    model = AutoModelForCausalLM.from_pretrained(checkpoint, use_safetensors=True)
    model = ready_to_answer(model, "cuda" if torch.cuda.is_available() else "cpu")
    style = PromptStyle(result["recipe"]["prompt_style"])
    texts = generate(model, tokenizer, examples, style)
    heldout = result["heldout"]
    return {
        "probes": len(rows),
        "same": sum(text == row["written"] for text, row in zip(texts, rows, strict=True)),
        "exact": sum(result.exact for group, result in score(examples, texts, style).items() if group != "all"),
        "trained": heldout["trained"]["seen"].get("all", {}).get("accuracy", 0.0),
        "untrained": heldout["untrained"]["seen"].get("all", {}).get("accuracy", 0.0),
    }


def main(argv: Sequence[str] | None = None) -> int:
    """The command; status 2 after one line that says what is wrong."""
    arguments = sys.argv[1:] if argv is None else argv
    if len(arguments) != 1:
        print("usage: python -m apigen_assets.training.verify FOLDER", file=sys.stderr)
        return 2
    try:
        require_train_extra()
        prepare_environment()
        print(json.dumps(verify(Path(arguments[0]))))
    except (ImportError, OSError, ValueError, KeyError) as error:
        print(f"{arguments[0]} is not a working checkpoint: {error}".replace("\n", " "), file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
