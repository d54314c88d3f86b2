"""The data set card: what the rows are, how they were made, what they are not."""

import json
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import polars as pl
import yaml

from apigen_assets.dataset.compose import ABLATION_RULE
from apigen_assets.dataset.funnel import markdown
from apigen_assets.files.canonical import content_hash
from apigen_assets.files.json_types import JsonMapping, JsonObject
from apigen_assets.files.markdown import grid, inert, plain
from apigen_assets.orchestration.metadata import column_counts
from apigen_assets.release.provenance import Provenance
from apigen_assets.release.trainers import uses

_SIZES = (
    (1_000, "n<1K"),
    (10_000, "1K<n<10K"),
    (100_000, "10K<n<100K"),
    (1_000_000, "100K<n<1M"),
    (10_000_000, "1M<n<10M"),
    (100_000_000, "10M<n<100M"),
)


class Card(NamedTuple):
    """A README.md, and a hash of what it says apart from runs, versions and file sizes."""

    text: str
    identity: str


class Facts(NamedTuple):
    """What the card states beside `dataset_info`."""

    title: str
    license: str
    rows: int
    kinds: Mapping[str, int]
    styles: Mapping[str, int]
    categories: Mapping[str, int]
    example: JsonMapping | None
    provenance: Provenance
    about: Mapping[str, str]
    """A sentence per config."""
    languages: Sequence[str] = ("en",)
    """Languages that queries were asked for in."""
    repo: str | None = None
    """Where the release is published, for the lines that load it."""


def facts(
    dataset: pl.LazyFrame,
    title: str,
    license_: str,
    provenance: Provenance,
    about: Mapping[str, str],
    languages: Sequence[str] = ("en",),
    repo: str | None = None,
) -> Facts:
    """Counts and an example of the rows."""
    counted = dataset.select("kind", "style", "category").collect()
    calls = counted.filter(pl.col("kind") == "call")
    example = dataset.filter(pl.col("kind") == "call").head(1).select("id", "query", "answers", "tools").collect()
    return Facts(
        title=title,
        license=license_,
        rows=counted.height,
        kinds=_sorted(column_counts(counted, "kind")),
        styles=_sorted(column_counts(calls, "style")),
        categories=_sorted(column_counts(counted, "category")),
        example=example.row(0, named=True) if example.height else None,
        provenance=provenance,
        about=about,
        languages=languages,
        repo=repo,
    )


def dataset_card(facts: Facts, infos: Sequence[JsonMapping]) -> Card:
    """The README.md of a data set repository.

    Args:
        facts: what to state.
        infos: `dataset_info` per config, the default config first.
    """
    head = _head(facts, infos)
    body = _body(facts, infos)
    lineage = _lineage(facts.provenance)
    text = "---\n" + yaml.safe_dump(head, sort_keys=False, allow_unicode=True, width=1000) + "---\n\n"
    plain = {name: value for name, value in head.items() if name != "dataset_info"}
    order = [*body[:-2], *lineage, *body[-2:]]
    return Card(text + "\n\n".join(order) + "\n", content_hash([plain, body], 64))


def _head(facts: Facts, infos: Sequence[JsonMapping]) -> JsonObject:
    size = next((name for limit, name in _SIZES if facts.rows < limit), "100M<n<1B")
    return {
        "license": facts.license,
        "language": list(facts.languages),
        "pretty_name": facts.title,
        "task_categories": ["text-generation"],
        "tags": ["function-calling", "tool-use", "synthetic", "apigen"],
        "size_categories": [size],
        "configs": [
            {
                "config_name": info["config_name"],
                **({"default": True} if number == 0 else {}),
                "data_files": [
                    {"split": split["name"], "path": f"data/{info['config_name']}/{split['name']}-*.parquet"}
                    for split in info["splits"]
                ],
            }
            for number, info in enumerate(infos)
        ],
        "dataset_info": [{key: info[key] for key in info if key != "left_out"} for info in infos],
    }


def _body(facts: Facts, infos: Sequence[JsonMapping]) -> list[str]:
    parts = [
        f"# {inert(facts.title)}",
        "Function-calling rows that passed three checks: format, execution of every call, and semantic agreement of "
        "query, calls and results, after the APIGen paper (arXiv 2406.18518). Rows whose `answers` are `[]` hold a "
        "query that none of the offered tools serves.",
    ]
    if facts.provenance.stand_in:
        parts.append(
            "> **Made by stand-ins.** Rule-based stand-in models (`standin-*`), not language models, wrote or judged "
            "rows of this set. They show that the pipeline works, not how good a model trained on them is; no "
            "figure below says anything about a language model."
        )
    parts += [
        "## Configs\n\n" + _configs(facts, infos),
        *_trainers(facts),
        "## Columns\n\n" + "\n\n".join(text for name, text in _COLUMNS.items() if name in facts.about),
        "## How the rows were filtered\n\n" + markdown(list(facts.provenance.funnel)),
        "## Composition\n\n"
        + "\n\n".join(
            [
                *_shortfall(facts.provenance),
                _counts("style", facts.styles),
                _counts("kind", facts.kinds),
                _counts("category", facts.categories),
            ]
        ),
        "## Decontamination\n\n" + _decontamination(facts.provenance),
        "## Ablation data sets\n\n" + _ablations(facts.provenance),
        "## Example\n\n```json\n" + json.dumps(facts.example or {}, indent=2, ensure_ascii=False) + "\n```",
        "## Models\n\n" + _models(facts.provenance),
        "## Prompts\n\n" + _prompts(facts.provenance),
        "## Licence\n\n" + f"The rows: `{facts.license}`. The functions in `tools` are described in the words of their "
        "sources, whose licences are below.",
        "## APIs and their licences\n\n" + _sources(facts.provenance),
        "## Known limits\n\n" + _LIMITS,
        "## Citation\n\n" + _CITATION,
    ]
    return parts


_COLUMNS = {
    "xlam": """Configs `xlam` and `heldout`:

| column | type | what |
|---|---|---|
| `id` | int64 | 0 to n-1 |
| `query` | string | the user's request |
| `answers` | string | JSON list of `{name, arguments}`; `[]` where no offered tool fits |
| `tools` | string | JSON list of `{name, description, parameters}` |

A parameter is `{type, description, required}` and, where there is one, `default`. `required` is an addition to the
original's format: a parameter without a default may be optional all the same. Allowed values and fields of
records stand in the descriptions; the other configs carry the whole JSON Schema.""",
    "openai": """Config `openai`: `messages` is a list of `{role, content, tool_calls}` and `tools` the list of tools
with their JSON Schemas, both lists of objects (`List(Json())` in `datasets` 5; in Parquet each object is JSON text).
A tool call's `arguments` are an object, its id nine letters and digits. `content` is null where a message only calls,
no other key is ever null.""",
    "openai_text": """Config `openai_text`: as `openai`, with a call's `arguments` as JSON text, as the API sends
them. The templates of DeepSeek V3 and R1 want them so.""",
    "openai_single": """Config `openai_single`: as `openai`, with a message of its own for every call and an empty
`content`. The templates of gpt-oss and Llama 3.1 and 3.2 write one call per message.""",
    "prompt_completion": """Config `prompt_completion`: `prompt` and `completion` are the messages before the answer and
the answer, `tools` as in `openai`. `content` is empty where a message only calls: the templates of gpt-oss, Qwen3-VL,
LFM2.5 and GLM-4.5 cannot take null. Those of gpt-oss and Llama 3.1 and 3.2 write one call per message: for them the
config `openai_single` can be asked for, and `openai_text` for those of DeepSeek V3 and R1.""",
    "sharegpt": """Config `sharegpt`: `conversations` is a list of `{from, value}` from `human`, then `function_call`
(JSON of a call, or of the list of calls) or `gpt`; `tools` is JSON text.""",
    "grpo": """Config `grpo`: `prompt` is a system message that names the tools and the user's, `ground_truth` and
`tools` are JSON text. The reward is `apigen_assets.training.reward` of the package `apigen`: 1.0 for the expected calls
in any order, a part for a part of them.""",
    "verl": """Config `verl`: `data_source`, `prompt`, `ability`, `reward_model` and `extra_info`; the ground truth and
the tools are JSON text.""",
    "rejects": """Config `rejects`: candidates that did not pass, all columns strings. `stage` and `reason` say which
check rejected them and why, `detail` in words; `answers` is null where nothing could be parsed, and `raw_text` is then
what was written; `execution` is the JSON text of the calls' outcomes, where they were made. Not training data.""",
}

_LIMITS = """* A semantic check cannot prove a row right; the paper found 4.7 % of its rows with small faults by hand.
* Results of calls were true when they were made; APIs change.
* Rows of one API share its vocabulary: split by API, not by row, when you hold data out.
* Every row is a single turn: no follow-up questions, no use of results."""

_CITATION = """```bibtex
@article{liu2024apigen,
  title={APIGen: Automated Pipeline for Generating Verifiable and Diverse Function-Calling Datasets},
  author={Liu, Zuxin and others},
  journal={arXiv preprint arXiv:2406.18518},
  year={2024}
}
```"""


def _trainers(facts: Facts) -> list[str]:
    lines = uses(list(facts.about), facts.repo or "path/or/repository")
    return ["## Trainers\n\n" + "\n".join(lines)] if lines else []


def _configs(facts: Facts, infos: Sequence[JsonMapping]) -> str:
    rows: list[tuple[str, str, str]] = []
    for info in infos:
        splits = ", ".join(f"`{split['name']}` {split['num_examples']:,}" for split in info["splits"])
        about = facts.about.get(info["config_name"], "")
        if info.get("left_out"):
            about += f"; {info['left_out']:,} rows are left out, whose numbers JSON columns cannot hold unchanged"
        rows.append((f"`{info['config_name']}`", splits, about))
    names = {info["config_name"] for info in infos}
    rows += [
        (f"`jsonl/{name}.jsonl`", f"{facts.rows:,} lines", about)
        for name, about in facts.about.items()
        if name not in names
    ]
    return grid(("config", "splits", "what"), rows)


def _counts(name: str, counts: Mapping[str, int]) -> str:
    return grid((name, "rows"), [(key, f"{count:,}") for key, count in counts.items()], right=("rows",))


def _shortfall(provenance: Provenance) -> list[str]:
    if not provenance.wanted:
        return []
    missing = ", ".join(f"{name} {count:,}" for name, count in provenance.shortfall.items() if count)
    completeness = f"Missing to that, and not filled from elsewhere: {missing}." if missing else "Every quota is full."
    return [f"Wanted: {provenance.wanted:,} rows with calls. {completeness}"]


def _decontamination(provenance: Provenance) -> str:
    if provenance.compared is None:
        return "Not recorded: no check on record says whether the rows were compared with BFCL."
    if not provenance.compared:
        return "Not done: the questions of the Berkeley Function-Calling Leaderboard were not at hand."
    removed = ", ".join(f"{kind} {count:,}" for kind, count in provenance.contaminated.items()) or "none"
    return (
        "No row matches a single-turn question or a function of the Berkeley Function-Calling Leaderboard: same words "
        "(`question`), shared runs or pairs of words (`ngram`), or a tool with the same parameters and the same name "
        f"or nearly the same description (`tool`). Verified rows left out for that: {removed}. Free paraphrases, and "
        "questions of few words that were reworded, are not found."
    )


def _ablations(provenance: Provenance) -> str:
    listed = "".join(f"\n* `{name}`: {count:,} rows" for name, count in provenance.ablations.items())
    return (
        "Models may also be trained on two sets that are not part of this release: these rows and those that failed "
        f"the semantic check, or those that failed the execution check (paper, Fig. 5). Size rule: {ABLATION_RULE}."
        + (f"\n{listed}" if listed else "")
    )


def _models(provenance: Provenance) -> str:
    if not provenance.models:
        return "Not recorded."
    rows = [
        (model.name, plain(model.model, 200), f"{model.roles}{' (stand-in)' if model.stand_in else ''}")
        for model in provenance.models
    ]
    return grid(("name", "model", "role"), rows)


def _prompts(provenance: Provenance) -> str:
    if not provenance.prompts:
        return "Not recorded."
    lines = ["A template's name ends in the hash of its text."]
    if provenance.judge_prompt:
        lines.append(f"The judges' prompt has the hash `{provenance.judge_prompt}`.")
    rows = [(f"`{name}`", f"{count:,}") for name, count in provenance.prompts]
    return "\n".join([*lines, "", grid(("template", "verified rows"), rows, right=("verified rows",))])


def _sources(provenance: Provenance) -> str:
    if not provenance.sources:
        return "Not recorded."
    lines = [
        "The licence is the one the source itself states. Names and descriptions of its functions appear in `tools`.",
        "",
        grid(
            ("source", "format", "licence", "APIs"),
            [
                (
                    plain(source.name, 200),
                    str(source.format),
                    plain(source.license or "not stated", 200),
                    f"{source.apis:,}",
                )
                for source in provenance.sources
            ],
            right=("APIs",),
        ),
    ]
    return "\n".join(lines) + f"\n\nCatalogue hash: `{provenance.catalog_hash}`."


def _lineage(provenance: Provenance) -> list[str]:
    lineage = dict(provenance.lineage)
    if not lineage:
        return []
    lines = ["## Lineage", "", f"Code commit: `{lineage.get('code_commit') or 'not recorded'}`."]
    assets = lineage.get("assets") or {}
    if assets:
        fields = ("run_id", "code_version", "data_version")
        rows = [(f"`{name}`", *(str(asset.get(field) or "-") for field in fields)) for name, asset in assets.items()]
        lines += ["", grid(("asset", "Dagster run", "code version", "data version"), rows)]
    return ["\n".join(lines) + "\n\n`release.json` lists every file with its SHA-256, and the hash of all rows."]


def _sorted(counts: Mapping[str, int]) -> dict[str, int]:
    return dict(sorted(counts.items(), key=lambda pair: (-pair[1], pair[0])))
