"""The board's questions and accepted answers, and whether a set of answers covers them."""

from collections.abc import Iterator

from . import package
from .json_types import JsonObject, JsonValue


def questions(categories: list[str]) -> Iterator[JsonObject]:
    """Each question as it is shown to a model: with the language hint, Java and JavaScript parameters as text."""
    package.load()
    from bfcl_eval.utils import load_dataset_entry

    for category in categories:
        for entry in load_dataset_entry(category, include_prereq=False, include_language_specific_hint=True):
            yield {
                "id": entry["id"],
                "category": category,
                "question": entry["question"][0],
                "functions": entry["function"],
            }


def truths(categories: list[str]) -> Iterator[JsonObject]:
    """Each question's functions as the checker sees them, and the accepted answers (null for (ir)relevance)."""
    package.load()
    from bfcl_eval.utils import load_dataset_entry, load_ground_truth_entry

    for category in categories:
        prompts = load_dataset_entry(category, include_prereq=False, include_language_specific_hint=False)
        given: list[JsonValue] = [None] * len(prompts)
        if not category.endswith("relevance"):
            given = [row["ground_truth"] for row in load_ground_truth_entry(category)]
        for prompt, truth in zip(prompts, given, strict=True):
            yield {"id": prompt["id"], "category": category, "functions": prompt["function"], "truth": truth}


def problems(entries: list[JsonObject], expected: dict[str, list[str]]) -> dict[str, dict[str, list[str]]]:
    """Ids that are missing, doubled or unknown, by kind and category; empty where there are none."""
    found: dict[str, dict[str, list[str]]] = {"missing": {}, "doubled": {}, "unknown": {}}
    for category, ids in expected.items():
        given = [entry["id"] for entry in entries if entry["category"] == category]
        known, seen = set(ids), set()
        doubled, unknown = [], []
        for entry_id in given:
            if entry_id not in known:
                unknown.append(entry_id)
            elif entry_id in seen:
                doubled.append(entry_id)
            seen.add(entry_id)
        missing = [entry_id for entry_id in ids if entry_id not in seen]
        for kind, these in (("missing", missing), ("doubled", doubled), ("unknown", unknown)):
            if these:
                found[kind][category] = these
    return {kind: by_category for kind, by_category in found.items() if by_category}
