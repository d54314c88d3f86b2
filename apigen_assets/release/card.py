"""The data set card: what the rows are, how they were made, what they are not."""

import json
from typing import Any

import polars as pl

from apigen_assets.dataset.funnel import FunnelRow, markdown
from apigen_assets.metadata import column_counts

_SIZES = ((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"), (1_000_000, "100K<n<1M"))


def dataset_card(dataset: pl.DataFrame, table: list[FunnelRow], configs: list[str], title: str) -> str:
    """The README.md of a data set repository, with its YAML head."""
    import yaml

    size = next((name for limit, name in _SIZES if dataset.height < limit), "1M<n<10M")
    head: dict[str, Any] = {
        "license": "cc-by-4.0",
        "language": ["en"],
        "pretty_name": title,
        "task_categories": ["text-generation"],
        "tags": ["function-calling", "tool-use", "synthetic", "apigen"],
        "size_categories": [size],
        "configs": [
            {
                "config_name": name,
                **({"default": True} if name == configs[0] else {}),
                "data_files": [{"split": "train", "path": f"data/{name}/train-*.parquet"}],
            }
            for name in configs
        ],
    }
    example = dataset.filter(pl.col("kind") == "call").head(1).select("id", "query", "answers", "tools")
    standin = any(row.generator.startswith("standin-") for row in table)
    parts = [
        "---\n" + yaml.safe_dump(head, sort_keys=False, allow_unicode=True) + "---",
        f"# {title}",
        "Function-calling rows that passed three checks: format, execution of every call, and semantic agreement of "
        "query, calls and results, after the APIGen paper (arXiv 2406.18518).",
    ]
    if standin:
        parts.append(
            "> **Made by stand-ins.** The queries were written by rule-based stand-in models (`standin-*`), not by "
            "language models. They show that the pipeline works, not how good a model trained on them is."
        )
    parts += [
        "## Columns of the default config\n\n"
        "| column | type | what |\n|---|---|---|\n"
        "| `id` | int64 | 0 to n-1 |\n| `query` | string | the user's request |\n"
        "| `answers` | string | JSON list of `{name, arguments}`; `[]` where no offered tool fits |\n"
        "| `tools` | string | JSON list of `{name, description, parameters}`; a parameter has `type`, `description`, "
        "`default`, `required` |",
        "The config `openai` has `messages` and `tools` as JSON text in the OpenAI form.",
        "## How the rows were filtered\n\n" + markdown(table),
        "## Composition\n\n"
        + _counts(dataset.filter(pl.col("kind") == "call"), "style")
        + "\n\n"
        + _counts(dataset, "kind")
        + "\n\n"
        + _counts(dataset, "category"),
        "## Example\n\n```json\n"
        + (json.dumps(example.row(0, named=True), indent=2, ensure_ascii=False) if example.height else "{}")
        + "\n```",
        "## Known limits\n\n"
        "* A semantic check cannot prove a row right; the paper found 4.7 % of its rows with small faults by hand.\n"
        "* Rows of one API share its vocabulary: split by API, not by row, when you hold data out.",
        "## Citation\n\n```bibtex\n@article{liu2024apigen,\n"
        "  title={APIGen: Automated Pipeline for Generating Verifiable and Diverse Function-Calling Datasets},\n"
        "  author={Liu, Zuxin and others},\n  journal={arXiv preprint arXiv:2406.18518},\n  year={2024}\n}\n```",
    ]
    return "\n\n".join(parts) + "\n"


def _counts(frame: pl.DataFrame, column: str) -> str:
    lines = [f"| {column} | rows |", "|---|---:|"]
    lines += [f"| {name} | {count:,} |" for name, count in column_counts(frame, column).items()]
    return "\n".join(lines)
