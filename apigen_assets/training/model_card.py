"""The model card of a trained checkpoint, from what its run measured."""

from collections.abc import Mapping

import yaml

from apigen_assets.domain.standin import any_standin
from apigen_assets.files.json_types import JsonMapping, JsonObject
from apigen_assets.files.markdown import grid
from apigen_assets.training.prompt_format import PromptStyle, render

_EXAMPLE_TOOL = {
    "name": "circle_area",
    "description": "Area of a circle.",
    "parameters": {"radius": {"type": "float", "description": "Radius in metres.", "required": True}},
}
_EXAMPLE_QUERY = "How large is a circle of radius 2.5?"


def model_card(result: JsonMapping) -> str:
    """The README of a checkpoint, with the Hub's front matter.

    Args:
        result: the content of `training.json`; its `lineage` may name `dataset`, `repository`, `revision`,
            `content_hash`, `rows`, `generators` and `run_id`, whatever of them is known.
    """
    recipe, lineage = result["recipe"], dict(result.get("lineage") or {})
    base = recipe.get("base")
    stand_in = any_standin(lineage.get("generators") or ())
    return "\n".join(
        [
            "---",
            _front_matter(result, lineage),
            "---",
            "",
            f"# {recipe['name']}",
            "",
            f"{recipe['description']}. Given a query and a list of tools, the model writes the calls that serve "
            "the query, or none.",
            "",
            *_notice(stand_in),
            "## Training data",
            "",
            *_data(result, lineage),
            "",
            "## Recipe",
            "",
            *_recipe(result, base),
            "",
            "## Held-out accuracy",
            "",
            *_accuracy(result, stand_in),
            "",
            "## Prompt format",
            "",
            *_prompt(recipe),
            "",
            "## Limits",
            "",
            *_limits(recipe, base),
            "",
        ]
    )


def _front_matter(result: JsonMapping, lineage: JsonMapping) -> str:
    recipe = result["recipe"]
    data: JsonObject = {
        "license": recipe["license"],
        "language": ["en"],
        "library_name": "transformers",
        "pipeline_tag": "text-generation",
        "tags": ["function-calling", "tool-use", "apigen"],
    }
    if recipe.get("base"):
        data["base_model"] = recipe["base"]["source"]
    if lineage.get("repository"):
        data["datasets"] = [lineage["repository"]]
    overall = result["heldout"]["trained"].get("seen", {}).get("all")
    if overall:
        data["model-index"] = [
            {
                "name": recipe["name"],
                "results": [
                    {
                        "task": {"type": "text-generation", "name": "Function calling"},
                        "dataset": {
                            "name": f"{lineage.get('dataset', 'function_calling_dataset')}, held-out queries",
                            "type": lineage.get("repository") or "function_calling_dataset",
                        },
                        "metrics": [
                            {
                                "type": "exact_match",
                                "name": "Exact match of names and all arguments",
                                "value": round(100 * overall["accuracy"], 2),
                            }
                        ],
                    }
                ],
            }
        ]
    return yaml.safe_dump(data, sort_keys=False, allow_unicode=True).rstrip()


def _notice(stand_in: bool) -> list[str]:
    if not stand_in:
        return []
    return [
        "> **Trained on stand-in data.** A rule-based writer made the rows, not a language model. The figures below "
        "show that the pipeline works; they say nothing about how well a model trained on real data would do.",
        "",
    ]


def _data(result: JsonMapping, lineage: JsonMapping) -> list[str]:
    prepared = result["prepared"]
    rows = [
        ("Data set", lineage.get("dataset")),
        ("Repository", lineage.get("repository")),
        ("Revision", lineage.get("revision")),
        ("Content hash", lineage.get("content_hash")),
        ("Generators", ", ".join(lineage.get("generators") or ()) or None),
        ("SHA-256 of the rows as trained on", result["rows_sha256"]),
        ("Dagster run", lineage.get("run_id")),
        ("Rows in the data set", f"{prepared['rows']:,}"),
        ("Rows trained on", f"{prepared['train']['rows']:,} ({_counts(prepared['train']['by_group'])})"),
        ("Kept out by query", f"{prepared['left_out']['held_out_queries']:,}"),
        ("Kept out by function", f"{prepared['left_out']['held_out_functions']:,}"),
        ("Skipped, longer than the context", f"{prepared['left_out']['too_long']:,}"),
    ]
    out = [grid(("", ""), [(name, str(value)) for name, value in rows if value])]
    if prepared["missing"]:
        out += ["", f"The data set has no rows of: {', '.join(prepared['missing'])}."]
    return out


def _recipe(result: JsonMapping, base: JsonMapping | None) -> list[str]:
    recipe, trained, plan = result["recipe"], result["trained"], result["plan"]
    chosen = recipe["optimizer"]
    adapters = f", LoRA rank {recipe['lora']['rank']}" if recipe.get("lora") else ""
    mfu = f", MFU {trained['mfu']:.0%}" if trained.get("mfu") else ""
    rows = [
        ("Base", f"{base['source']}" if base else "none, from scratch"),
        ("Parameters", f"{trained['parameters']:,}"),
        ("Optimizer", f"{chosen['name']}, peak learning rate {chosen['lr']:g}, cosine, "
                      f"{chosen['warmup_steps']} warm-up steps{adapters}"),
        ("Steps", f"{trained['steps']:,} of {plan['batch_rows']} rows ({recipe['epochs']:g} epochs at most)"),
        ("Precision", f"{recipe['precision']}, ZeRO stage {recipe['zero_stage']}"),
        ("Seed", recipe["seed"]),
        ("Device", f"{plan['processes']} x {result['device']['name']}"),
        ("Speed", f"{trained['tokens_per_second']:,.0f} tokens/s{mfu}"),
        ("Versions", ", ".join(f"{name} {value}" for name, value in result["versions"].items())),
        ("Recipe hash", recipe["content_hash"]),
    ]  # fmt: skip
    return [
        grid(("", ""), [(name, str(value)) for name, value in rows]),
        "",
        "The complete recipe is `recipe.yaml`; every measured value is in `training.json`.",
    ]


def accuracy_table(heldout: JsonMapping) -> str:
    """Accuracy by group as a Markdown table: trained and untrained, on seen and on unseen functions."""
    columns = [("trained", "seen"), ("untrained", "seen"), ("trained", "unseen")]
    groups = list(dict.fromkeys(group for which, split in columns for group in heldout[which].get(split, {})))
    groups.sort(key=lambda group: group == "all")
    rows: list[tuple[str, ...]] = []
    for group in groups:
        cells = []
        for which, split in columns:
            result = heldout[which].get(split, {}).get(group)
            cells.append(f"{result['accuracy']:.1%} of {result['rows']}" if result else "no rows")
        rows.append((group, *cells))
    titles = ("functions seen in training", "the same, before training", "functions never seen")
    return grid(("", *titles), rows)


def _accuracy(result: JsonMapping, stand_in: bool) -> list[str]:
    return [
        "Exact match of the function names and of all arguments, greedy decoding, on queries that were not trained "
        f"on{' (stand-in data)' if stand_in else ''}. `relevance` are queries that none of the offered tools serves; "
        "`all` leaves them out.",
        "",
        accuracy_table(result["heldout"]),
    ]


def _prompt(recipe: JsonMapping) -> list[str]:
    style = PromptStyle(recipe["prompt_style"])
    if style is PromptStyle.CHAT:
        return ["The tokenizer's chat template, with the request's tools:", "", *_usage()]
    shown = render(_EXAMPLE_QUERY, [_EXAMPLE_TOOL], style)
    return [
        "The tokenizer's chat template writes this prompt from messages and tools:",
        "",
        "````text",
        shown.rstrip("\n"),
        "````",
        "",
        *_usage(),
    ]


def _usage() -> list[str]:
    return [
        "```python",
        'messages = [{"role": "user", "content": query}]',
        "ids = tokenizer.apply_chat_template(messages, tools=tools, add_generation_prompt=True, "
        'return_tensors="pt", return_dict=True)',
        "answer = model.generate(**ids)",
        "```",
    ]


def _limits(recipe: JsonMapping, base: JsonMapping | None) -> list[str]:
    out = [
        f"Prompt and answer together were at most {recipe['max_length']} tokens in training. The answer is text to be "
        "parsed and validated before anything is called.",
    ]
    if base and base.get("license"):
        out.append(f"The base's own licence ({base['license']}) applies as well.")
    return out


def _counts(by_group: Mapping[str, int]) -> str:
    return ", ".join(f"{group} {count:,}" for group, count in by_group.items())
