"""What each column of each table says, for people who read the tables in the UI or in SQL."""

_ANYWHERE = {
    "answers": "Calls as a JSON list of {name, arguments}, in the order they are made.",
    "api_id": "Stable id of the API: a hash of its source and original name.",
    "batch": "Batch of APIs that the row was generated from (partition key api_batch).",
    "binding": "How the API is called, as JSON: Python function, REST request or MCP tool. Names the variables of "
    "credentials, never their values.",
    "candidate_id": "Id of the query-answer pair: a hash of its completion and its place in it.",
    "category": "One of the paper's 21 categories.",
    "completion_key": "Key of the completion in the journal; one completion gives several candidates.",
    "dataset": "Data set: verified, or one of its ablations.",
    "decision": "verified, rejected, or undecided: open questions and no judge that settled them.",
    "description": "What the API does, as the model reads it.",
    "detail": "For people: what exactly was wrong.",
    "execution": "What came of each call, as a JSON list of {name, outcome, result, truncated, status, mode, error}.",
    "file": "File of the source.",
    "findings": "Evidence against the row, as a JSON list of {rule, place, says, rejects}; null: none.",
    "generator": "Language model that wrote the row (its name in generators.yaml).",
    "grounding": "grounded, undecided or ungrounded: whether the arguments are traced to the query; null before that.",
    "model": "Model: a training recipe, or one of the published ones.",
    "name": "Name that a model sees; unique in the catalog.",
    "original": "Name, description and parameters before a language model rewrote them, as JSON; null: it did not.",
    "original_name": "Name in the source.",
    "parameters": "JSON Schema (Draft 2020-12) of the arguments.",
    "parse_error": "Why the pair could not be read; null where it was.",
    "passed": "Whether the stage verified the row.",
    "probe": "The accessibility call, as JSON: its arguments and what came of it.",
    "prompt_id": "The prompt: style, wording, language and number of the draw.",
    "query": "What the user asks.",
    "raw_text": "What the model wrote, where it could not be read.",
    "reason": "Why it was rejected: one of a closed set.",
    "repairs": "What had to be forgiven to read the pair, as a JSON list of names; null in tables of earlier versions.",
    "round": "Round of generation, from 1; later ones show verified rows of the one before. Null in old tables.",
    "returns": "JSON Schema of the result, where the source states it.",
    "seed": "Seed of the run.",
    "source": "Where it comes from.",
    "split": "train; heldout: every API called is held out; mixed: some are.",
    "stage": "Stage that the verdict is of: format, execution or semantic.",
    "stand_in": "Whether stand-ins and not language models wrote the rows behind it.",
    "step": "Step of the catalog that rejected it.",
    "style": "simple, multiple, parallel or parallel_multiple: by tools offered and calls made.",
    "thought": "What the model wrote of its reasoning; null where it wrote none.",
    "tools": "Tools offered, as a JSON list of {api_id, name, description, parameters}.",
    "votes": "What each judge said, as JSON by its name: answer, reason, thought, score, whether it counts.",
}

_ROWS = {
    "id": "Place in the data set, from 0.",
    "tools": "Tools offered, as a JSON list of {name, description, parameters} with flat xLAM parameters.",
    "kind": "call, failed_semantic or failed_execution (ablations), or the kind of relevance row: tool_removed, "
    "argument_missing, other_domain.",
    "category": "Category of the first API called; of the removed one in a relevance row.",
    "api_ids": "The APIs called, as a JSON list of their ids.",
    "refusal": "What an assistant could say instead of calling, in relevance rows where the settings ask for it.",
    "tool_schemas": "The whole JSON Schema of each tool's parameters, as a JSON list in the order of the tools.",
}

_REJECTED_APIS = {
    "source": "Name of the source (its slug).",
    "api": "The API as JSON, where it was read at all.",
}

_APIS = {"source": "Where the API comes from, as JSON: source, file, format, content hash, original names, licence."}

_FAULTS = {
    "family": "What the fault damages: format, execution, arguments, calls or the query; all, or valid for good rows.",
    "recall": "Share of the damaged rows that was caught.",
}

_EXAMPLES = {
    "example_id": "Id of the example: a hash of what is shown.",
    "tools": "Names of the functions that the example calls, as a JSON list.",
    "origin": "seed: written by hand; own: a seed of yours; query: a real query without answers; verified: a row of an "
    "earlier round; built: from the tool's own schema.",
    "wording": "Wording that the query has: plain, terse, chatty and so on.",
    "language": "Language of the query, as a code.",
}

_OF_TABLE: dict[str, dict[str, str]] = {
    "api_catalog": _APIS,
    "documented_apis": _APIS,
    "accessible_apis": _APIS,
    "filtered_api_catalog": _APIS,
    "unimported_apis": _REJECTED_APIS,
    "undocumented_apis": _REJECTED_APIS,
    "inaccessible_apis": _REJECTED_APIS,
    "seed_examples": _EXAMPLES,
    "verified_examples": {**_EXAMPLES, "round": "Round of generation whose prompts show the row."},
    "api_library": _APIS,
    "api_library_versions": {
        "version": "Version of the library: a hash of what models see of its APIs.",
        "content": "A part of it: the hash of one batch of APIs, its folder in `api_library`.",
    },
    "api_library_pins": {
        "api_batch": "Batch of APIs whose prompts draw from the library.",
        "own_content": "Hash of the batch's own APIs, for which the version holds.",
        "version": "Version of the library that they draw from.",
    },
    "function_calling_dataset": _ROWS,
    "relevance_rows": _ROWS,
    "plus_fail_semantic_dataset": _ROWS,
    "plus_fail_execution_dataset": _ROWS,
    "composition": {
        "fate": "What became of the row: chosen, or why it was left out.",
        "of": "candidate_id of the row that it duplicates.",
        "place": "Place among the chosen rows, from 0; null where it was not chosen.",
    },
    "sources": {
        "source": "Name of the source (its slug), or the file's name where it cannot be a source.",
        "state": "in use, no verified row yet, no usable API, waiting for its import, left out, or removed.",
        "found": "APIs that the source holds.",
        "usable": "APIs that generation may use.",
        "rejected": "APIs that were rejected on the way.",
        "reasons": "Why, one sentence per reason, the commonest first.",
        "candidates": "Query-answer pairs that were generated from it.",
        "verified": "Pairs that passed the three stages.",
        "what_to_do": "What a person can do about it.",
    },
    "contaminated_rows": {
        "kind": "What matches the leaderboard: its question or its tool.",
        "question": "Id of the BFCL question.",
        "overlap": "Share of the row's words that match, from 0 to 1.",
    },
    "verification_report": {
        **_FAULTS,
        "fault": "Kind of damage; `valid rows`: good rows that were rejected.",
        "mutants": "Damaged rows of the kind.",
        "by_format": "Caught by the format check.",
        "by_execution": "Caught by the execution check.",
        "by_grounding": "Caught by grounding.",
        "by_judge": "Caught by the judges, where they were asked.",
        "missed": "Not caught.",
        "missed_samples": "Some that were not caught, as JSON.",
    },
    "judge_calibration": {
        **_FAULTS,
        "judge": "Generator that judges.",
        "asked": "Rows that it was asked about.",
        "faults": "Damaged rows among them.",
        "caught": "Damaged rows that it rejected.",
        "good": "Good rows among them.",
        "wrongly_rejected": "Good rows that it rejected.",
        "no_answer": "Questions without a readable verdict.",
        "precision": "Damaged rows as a share of what it rejected.",
    },
    "audited_rows": {
        "id": "Id in the file, or the row's number.",
        "keep": "Whether the row passed every stage that could be applied.",
        "results": "What came of the calls, as JSON; null: an audit here executes nothing.",
    },
    "bfcl_scores": {
        "id": "Id of the BFCL question.",
        "category": "BFCL category, such as simple_python.",
        "valid": "The official checker's verdict.",
        "kind": "Kind of error of a wrong answer.",
        "error_type": "The checker's own name for the error.",
        "error": "The checker's message.",
        "answer": "What the model answered.",
        "calls": "Calls in the answer.",
        "sampled": "Whether only a sample of the questions was asked.",
        "bfcl_eval": "Version of bfcl-eval.",
    },
    "leaderboard": {
        "measure": "A BFCL category, or a figure over several.",
        "percent": "Right answers in percent.",
        "low": "Lower end of the 95 % interval (Wilson), in percent.",
        "high": "Upper end of the 95 % interval (Wilson), in percent.",
        "correct": "Right answers.",
        "items": "Questions asked.",
        "of": "Questions that the measure has.",
        "source": "Who measured it: here, the paper, or a version of the board.",
        "note": "What to know before comparing.",
    },
    "ablation_report": {
        "rows": "Rows trained on.",
        "steps": "Steps trained.",
        "final_loss": "Training loss of the last step.",
        "all": "Held-out exact match over all rows, from 0 to 1.",
        "simple": "Held-out exact match of simple rows.",
        "multiple": "Held-out exact match of rows with several tools and one call.",
        "parallel": "Held-out exact match of rows with one tool and several calls.",
        "parallel_multiple": "Held-out exact match of rows with several tools and calls.",
        "relevance": "Held-out rows without a fitting tool that were answered without a call.",
        "heldout_rows": "Held-out rows asked.",
    },
}


def description_of(table: str, column: str) -> str | None:
    """What a column of a table says; null where nobody described it."""
    return _OF_TABLE.get(table, {}).get(column) or _ANYWHERE.get(column)
