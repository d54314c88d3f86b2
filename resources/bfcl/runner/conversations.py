"""Multi-turn items: as they are put to a model, judged by the official checker, and carried on call by call."""

import copy
import importlib
import inspect
import json
from collections.abc import Callable, Iterator
from functools import lru_cache
from pathlib import Path

from . import package
from .call_execution import prefixed, refuse_blocked, run
from .decoded import Decoder, Undecodable
from .json_types import JsonObject, JsonValue
from .limits import TooSlowError, limited
from .questions import problems

Say = Callable[[object], None]
MODEL = "model"
"""Name of the side that is judged; it becomes part of what the checker calls its instances."""


def conversations(categories: list[str]) -> Iterator[JsonObject]:
    """Each item as it is put to a model.

    Yields:
        `{id, category, turns, functions, added}`: `turns` is a list of lists of chat messages, `functions` the tools
        offered from the first turn on, `added` `{turn number: [tools offered from that turn on]}`.
    """
    package.load()
    from bfcl_eval.utils import load_dataset_entry

    for category in categories:
        for entry in load_dataset_entry(category, include_prereq=False, include_language_specific_hint=True):
            yield {
                "id": entry["id"],
                "category": category,
                "turns": entry["question"],
                "functions": entry["function"],
                "added": entry.get("missed_function", {}),
            }


def judge(request: Path, say: Say) -> None:
    """One verdict per entry of the request; as `single_turn.score`, each line after `{"started"}` being a verdict."""
    with request.open(encoding="utf-8") as lines:
        asked = json.loads(next(lines))
        entries = [json.loads(line) for line in lines]
    decoding = package.load_decoding(asked["decoding"])
    package.load(decoding=decoding, tools=True)
    items = _items(asked["categories"])
    if asked["check_ids"]:
        given: dict[str, list[str]] = {category: [] for category in asked["categories"]}
        for entry_id, (prompt, _) in items.items():
            given[prompt["category"]].append(entry_id)
        found = problems(entries, {name: asked["ids"].get(name) or ids for name, ids in given.items()})
        if found:
            say({"problems": found})
            return
    say({"started": True})
    limit = float(asked["item_limit_s"])
    decoder = Decoder(decoding, asked["form"], asked["thinking"], limit)
    for entry in entries:
        say(_verdict(entry, *items[entry["id"]], decoder, decoding.compute, limit))


def proceed(request: Path, say: Say) -> None:
    """For each entry `{id, category, steps}`, `steps` being all calls so far step by step: the last step's results.

    Calls are texts such as `ls(a=True)`. What went before is run again, so nothing is held between two requests.
    """
    with request.open(encoding="utf-8") as lines:
        asked = json.loads(next(lines))
        entries = [json.loads(line) for line in lines]
    decoding = package.load_decoding(asked["decoding"])
    package.load(decoding=decoding, tools=True)
    items = _items(sorted({entry["category"] for entry in entries}))
    limit = float(asked["item_limit_s"])
    for entry in entries:
        prompt, _ = items[entry["id"]]
        results: list[str] = []
        try:
            with limited(limit):
                tools = Tools(decoding.compute)
                for step in entry["steps"]:
                    results, _ = tools.execute(
                        step, prompt["initial_config"], prompt["involved_classes"], MODEL, entry["id"],
                        "long_context" in entry["category"], False,
                    )  # fmt: skip
        except TooSlowError:
            results = [f"Error during execution: longer than {limit:g} s"] * len(entry["steps"][-1])
        say({"id": entry["id"], "results": results})


class Tools:
    """The instances of one item, made anew for it: what an earlier item or scoring did is never seen."""

    def __init__(self, compute: JsonValue) -> None:
        self._compute = compute
        self._instances: JsonObject = {}
        self.executed: list[tuple[str, list[str]]] = []

    def execute(
        self,
        func_call_list: list[str],
        initial_config: JsonObject,
        involved_classes: list[str],
        model_name: str,
        test_entry_id: str,
        long_context: bool = False,
        is_evaL_run: bool = False,
    ) -> tuple[list[str], JsonObject]:
        """Stands for the checker's own function of this signature, without its `eval` and without its globals."""
        side = f"{model_name}_eval" if is_evaL_run else model_name
        owners: dict[str, str] = {}
        involved: JsonObject = {}
        own: JsonObject = {}  # a call sees the instances of its own side alone, whatever names it has
        for name in involved_classes:
            key = f"{side}_{test_entry_id}_{name}_instance".translate(str.maketrans("-./:", "____"))
            if key not in self._instances:
                self._instances[key] = _instance(name, initial_config, long_context)
            involved[name] = own[key] = self._instances[key]
            for method, _ in inspect.getmembers(involved[name], predicate=inspect.ismethod):
                if not method.startswith("_"):
                    owners[method] = key
        results = [self._result(call, owners, own) for call in func_call_list]
        self.executed.append((side, results))
        return results, involved

    def _result(self, call: str, owners: dict[str, str], instances: JsonObject) -> str:
        try:
            text = prefixed(call, owners)
            refuse_blocked(text)
            value = run(text, instances, self._compute)
            if isinstance(value, dict):
                try:
                    return json.dumps(value)
                except Exception:
                    return str(value)
            return value if type(value) is str else str(value)
        except Exception as error:
            return f"Error during execution: {error}"


def _instance(name: str, initial_config: JsonObject, long_context: bool) -> JsonValue:
    from bfcl_eval.constants.executable_backend_config import CLASS_FILE_PATH_MAPPING, STATELESS_CLASSES

    instance = getattr(importlib.import_module(CLASS_FILE_PATH_MAPPING[name]), name)()
    if name not in STATELESS_CLASSES:
        instance._load_scenario(copy.deepcopy(initial_config.get(name, {})), long_context=long_context)
    return instance


def _items(categories: list[str]) -> dict[str, tuple[JsonObject, list[list[str]]]]:
    from bfcl_eval.constants.category_mapping import VERSION_PREFIX
    from bfcl_eval.utils import load_file, load_ground_truth_entry

    items = {}
    for category in categories:
        # As the package loads them, but without a copy of every tool's document in every item
        prompts = load_file(package.folder() / "data" / f"{VERSION_PREFIX}_{category}.json")
        truths = {row["id"]: row["ground_truth"] for row in load_ground_truth_entry(category)}
        for prompt in prompts:
            items[prompt["id"]] = ({**prompt, "category": category}, truths[prompt["id"]])
    return items


@lru_cache
def _documents(name: str) -> list[JsonObject]:
    """The tools of a class as the package documents them."""
    from bfcl_eval.constants.executable_backend_config import MULTI_TURN_FUNC_DOC_FILE_MAPPING
    from bfcl_eval.utils import load_file

    path = package.folder() / "data" / "multi_turn_func_doc" / MULTI_TURN_FUNC_DOC_FILE_MAPPING[name]
    documents: list[JsonObject] = load_file(path)
    return documents


def _verdict(
    entry: JsonObject,
    prompt: JsonObject,
    truth: list[list[str]],
    decoder: Decoder,
    compute: JsonValue,
    limit: float,
) -> JsonObject:
    verdict: JsonObject = {"id": entry["id"], "category": entry["category"], "valid": False}
    if entry.get("failure"):
        detail = entry.get("detail") or entry["failure"]
        return verdict | {"error_type": f"generation:{entry['failure']}", "error": detail}
    turns = entry["answer"]
    if not isinstance(turns, list):
        return verdict | {"error_type": "multi_turn:inference_error", "error": "the answer is not a list of turns"}
    if len(turns) != len(truth):
        told = f"{len(turns)} turns of {len(truth)}: the model was stopped, or the answer is of another item"
        return verdict | {"error_type": "multi_turn:force_terminated", "error": told}
    try:
        functions = [function for name in prompt["involved_classes"] for function in _documents(name)]
        decoded = [_steps(turn, decoder, functions) for turn in turns]
    except TypeError:
        return verdict | {"error_type": "checker:exception", "error": "a turn is not a list of steps"}
    except TooSlowError:
        return verdict | {"error_type": "checker:too_slow", "error": f"decoding took longer than {limit:g} s"}
    needless = sum(1 for calls, expected in zip(decoded, truth, strict=True) if calls and not expected)
    verdict |= {
        "calls": sum(len(step) for turn in decoded for step in turn),
        "refusal_turns": sum(1 for expected in truth if not expected),
        "needless_turns": needless,
    }
    tools = Tools(compute)
    try:
        with limited(limit):
            return verdict | _checked(decoded, truth, prompt, tools)
    except TooSlowError:
        return verdict | {"error_type": "checker:too_slow", "error": f"longer than {limit:g} s"}
    except Exception as error:
        return verdict | {"error_type": "checker:exception", "error": f"{type(error).__name__}: {error}"}


def _steps(turn: JsonValue, decoder: Decoder, functions: list[JsonObject]) -> list[list[str]]:
    """The steps of a turn that make calls; what cannot be decoded is what the model says, and no error."""
    steps = []
    for step in turn:
        calls = decoder.executable(step, functions)
        if isinstance(calls, Undecodable) and calls.too_slow:
            raise TooSlowError
        if isinstance(calls, Undecodable) or not calls or (len(calls) == 1 and not calls[0]):
            continue
        steps.append(calls)
    return steps


def _checked(decoded: list[list[list[str]]], truth: list[list[str]], prompt: JsonObject, tools: Tools) -> JsonObject:
    from bfcl_eval.eval_checker.multi_turn_eval import multi_turn_checker

    multi_turn_checker.__dict__["execute_multi_turn_func_call"] = tools.execute
    entry = {key: prompt[key] for key in ("id", "initial_config", "involved_classes")}
    result = multi_turn_checker.multi_turn_checker(decoded, truth, entry, prompt["category"], MODEL)
    if result["valid"]:
        return {"valid": True}
    return {"valid": False, "error_type": result["error_type"], "error": result["error_message"]}
