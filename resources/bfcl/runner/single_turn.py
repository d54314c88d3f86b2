"""Verdicts of the official checker on answers to single-turn questions."""

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from . import package
from .decoded import Decoder, Undecodable
from .json_types import JsonObject, JsonValue
from .limits import TooSlowError, limited
from .questions import problems

Say = Callable[[object], None]


def score(request: Path, say: Say) -> None:
    """Score the entries of a request: its first line says how, each further line is one answer.

    Says `{"problems"}` and ends where ids are missing, doubled or unknown; else `{"started"}`, `"d"` per decoded entry
    (where the process dies, the other end knows at which entry), the naming rule, and one verdict per entry.
    """
    with request.open(encoding="utf-8") as lines:
        asked = json.loads(next(lines))
        entries = [json.loads(line) for line in lines]
    decoding = package.load_decoding(asked["decoding"])
    rule = package.load(decoding=decoding)
    data = _data(asked["categories"])
    if asked["check_ids"]:
        expected = {category: asked["ids"].get(category) or list(items) for category, items in data.items()}
        found = problems(entries, expected)
        for category, ids in expected.items():
            foreign = [entry_id for entry_id in ids if entry_id not in data[category]]
            if foreign:
                found.setdefault("unknown", {}).setdefault(category, []).extend(foreign)
        if found:
            say({"problems": found})
            return
    limit = float(asked["item_limit_s"])
    decoder = Decoder(decoding, asked["form"], asked["thinking"], limit)
    decoded = []
    offered = []
    say({"started": True})
    for entry in entries:
        functions = data[entry["category"]][entry["id"]][0]["function"]
        failure = entry.get("failure")
        calls = Undecodable(failure) if failure else decoder.calls(entry["answer"], entry["category"], functions)
        decoded.append(calls)
        offered.append([function["name"] for function in functions])
        say("d")
    evidence = naming_evidence(decoded, offered)
    rule.underscore_to_dot, reason = _naming(asked, evidence["dotted"], evidence["underscored"])
    say({"underscore_to_dot": rule.underscore_to_dot, "underscore_reason": reason, "names": evidence})
    for entry, calls in zip(entries, decoded, strict=True):
        prompt, truth = data[entry["category"]][entry["id"]]
        say(_verdict(entry, calls, prompt, truth, limit))


def _data(categories: list[str]) -> dict[str, dict[str, tuple[JsonObject, JsonValue]]]:
    from bfcl_eval.utils import load_dataset_entry, load_ground_truth_entry

    data = {}
    for category in categories:
        prompts = load_dataset_entry(category, include_prereq=False, include_language_specific_hint=False)
        if category.endswith("relevance"):
            truths: list[JsonValue] = [None] * len(prompts)
        else:
            truths = [row["ground_truth"] for row in load_ground_truth_entry(category)]
        # The package aligns questions and answers by position.
        data[category] = {prompt["id"]: (prompt, truth) for prompt, truth in zip(prompts, truths, strict=True)}
    return data


def naming_evidence(decoded: list[JsonValue], offered: list[list[str]]) -> JsonObject:
    """How the calls name functions.

    Returns:
        `dotted` and `underscored`: over calls of functions whose name has a dot, how many kept it and how many wrote
        `_` for it; `calls` in all, `offered` of them with the name of an offered function, and `foreign`: up to three
        of the commonest other names.
    """
    dotted = underscored = calls_in_all = known = 0
    foreign: Counter[str] = Counter()
    for calls, names in zip(decoded, offered, strict=True):
        if not isinstance(calls, list):
            continue
        kept = {name for name in names if "." in name}
        changed = {name.replace(".", "_") for name in kept}
        for call in calls:
            if not isinstance(call, dict):
                continue
            for name in call:
                calls_in_all += 1
                dotted += name in kept
                underscored += name in changed
                if name in names or name in changed:
                    known += 1
                else:
                    foreign[str(name)] += 1
    common = [name for name, _ in foreign.most_common(3)]
    return {
        "dotted": dotted, "underscored": underscored, "calls": calls_in_all, "offered": known, "foreign": common,
    }  # fmt: skip


def _naming(asked: JsonObject, dotted: int, underscored: int) -> tuple[bool, str]:
    if asked["underscore_to_dot"] is not None:
        return bool(asked["underscore_to_dot"]), "as told"
    name = asked["model_name"]
    if name:
        models = package.known_models()
        by_folder = {key.replace("/", "_"): value for key, value in models.items()}
        known = models.get(name) or by_folder.get(name)
        if known is not None:
            return bool(known["underscore_to_dot"]), f"the leaderboard's setting for {name}"
    if dotted or underscored:
        return underscored > dotted, f"the names in the answers: {dotted} with dots, {underscored} with underscores"
    return asked["form"] == "openai", f"the usual setting for answers of form {asked['form']}"


def _verdict(entry: JsonObject, calls: object, prompt: JsonObject, truth: object, limit: float) -> JsonObject:
    verdict: JsonObject = {"id": entry["id"], "category": entry["category"]}
    if entry.get("failure"):
        detail = entry.get("detail") or entry["failure"]
        return {**verdict, "valid": False, "error_type": f"generation:{entry['failure']}", "error": detail}
    if isinstance(calls, Undecodable):
        verdict |= {"decoded": None, "undecodable": calls.reason}
    else:
        verdict |= {"decoded": calls}
    try:
        with limited(limit):
            return verdict | _check(entry["category"], calls, prompt, truth)
    except TooSlowError:
        return verdict | {"valid": False, "error_type": "checker:too_slow", "error": f"longer than {limit:g} s"}
    except Exception as error:
        # The official command line ends with a traceback here.
        message = f"{type(error).__name__}: {error}"
        return verdict | {"valid": False, "error_type": "checker:exception", "error": message}


def _check(category: str, calls: JsonValue, prompt: JsonObject, truth: JsonValue) -> JsonObject:
    """The rules of the official runner for one entry: (ir)relevance, the output format, then the checker."""
    from bfcl_eval.constants.enums import Language
    from bfcl_eval.eval_checker.ast_eval.ast_checker import ast_checker
    from bfcl_eval.utils import is_empty_output, is_function_calling_format_output

    undecodable = isinstance(calls, Undecodable)
    if category.endswith("relevance"):
        called = not undecodable and not is_empty_output(calls)
        if "irrelevance" in category:
            error_type = "irrelevance_error:decoder_success"
            return {"valid": True} if not called else {"valid": False, "error_type": error_type, "error": "made a call"}
        error_type = "relevance_error:decoder_failed"
        return {"valid": True} if called else {"valid": False, "error_type": error_type, "error": "made no call"}
    if undecodable:
        return {"valid": False, "error_type": "ast_decoder:decoder_failed", "error": calls.reason}
    if not is_function_calling_format_output(calls):
        return {
            "valid": False,
            "error_type": "ast_decoder:decoder_wrong_output_format",
            "error": "not a list of calls",
        }
    language = {"simple_java": Language.JAVA, "simple_javascript": Language.JAVASCRIPT}
    # `model_name` only selects the naming rule, and the stub has one rule.
    result = ast_checker(prompt["function"], calls, truth, language.get(category, Language.PYTHON), category, "-")
    if result["valid"]:
        return {"valid": True}
    return {"valid": False, "error_type": result["error_type"], "error": result["error"]}
