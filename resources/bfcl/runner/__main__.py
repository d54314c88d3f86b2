"""Commands of the small environment: `info`, and with REQUEST OUTPUT `questions`, `truths`, `models`, `score`.

Not imported by the rest of the project. `BFCL_PROJECT_ROOT` must name a scratch folder: the package creates
folders there when it is imported.
"""

import ast
import builtins
import hashlib
import json
import platform
import resource
import signal
import sys
import types
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import metadata
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

if TYPE_CHECKING:
    from resources.bfcl.runner.arithmetic import fold
    from resources.bfcl.runner.decoding import UndecodableError, decode
else:
    from arithmetic import fold
    from decoding import UndecodableError, decode

MEMORY_LIMIT = 4 << 30


class TooSlowError(Exception):
    """One item took longer than its limit."""


class _Rule:
    """Stands where the package keeps a model's settings; the checker asks for `underscore_to_dot` alone."""

    def __init__(self, underscore_to_dot: bool) -> None:
        self.underscore_to_dot = underscore_to_dot

    def __getitem__(self, _: str) -> "_Rule":
        return self


def load(underscore_to_dot: bool = False) -> _Rule:
    """Import the checker without its model handlers (they need 6 GB of clients) and without its `eval`."""
    rule = _Rule(underscore_to_dot)
    stub = types.ModuleType("bfcl_eval.constants.model_config")
    stub.__dict__["MODEL_CONFIG_MAPPING"] = rule
    sys.modules[stub.__name__] = stub
    import bfcl_eval.eval_checker.ast_eval.ast_checker
    import bfcl_eval.model_handler.utils as handler_utils
    import bfcl_eval.utils  # noqa: F401

    # The package evaluates arithmetic in answers as Python code. A module's own `eval` comes before the built-in.
    handler_utils.__dict__["eval"] = fold
    builtins.eval = _refuse
    return rule


def _refuse(*_: object, **__: object) -> Any:
    raise RuntimeError("evaluation of model output is switched off")


def package() -> Path:
    """Folder of the installed package."""
    import bfcl_eval

    return Path(bfcl_eval.__path__[0])


def info() -> dict[str, Any]:
    """Versions of interpreter, package and data, and the number of items per category."""
    load()
    from bfcl_eval.constants.category_mapping import SINGLE_TURN_CATEGORY, VERSION_PREFIX

    digest = hashlib.sha256()
    counts = {}
    for category in SINGLE_TURN_CATEGORY:
        for folder in ("", "possible_answer/"):
            path = package() / "data" / f"{folder}{VERSION_PREFIX}_{category}.json"
            if path.exists():
                content = path.read_bytes()
                digest.update(content)
                if not folder:
                    counts[category] = sum(1 for line in content.splitlines() if line.strip())
    return {
        "python": platform.python_version(),
        "bfcl_eval": metadata.version("bfcl-eval"),
        "data": VERSION_PREFIX,
        "data_sha256": digest.hexdigest()[:16],
        "categories": counts,
    }


def questions(categories: list[str]) -> Iterator[dict[str, Any]]:
    """Each question as it is shown to a model: with the language hint, Java and JavaScript parameters as text."""
    load()
    from bfcl_eval.utils import load_dataset_entry

    for category in categories:
        for entry in load_dataset_entry(category, include_prereq=False, include_language_specific_hint=True):
            yield {
                "id": entry["id"],
                "category": category,
                "question": entry["question"][0],
                "functions": entry["function"],
            }


def truths(categories: list[str]) -> Iterator[dict[str, Any]]:
    """Each question's functions as the checker sees them, and the accepted answers (null for (ir)relevance)."""
    load()
    from bfcl_eval.utils import load_dataset_entry, load_ground_truth_entry

    for category in categories:
        prompts = load_dataset_entry(category, include_prereq=False, include_language_specific_hint=False)
        given: list[Any] = [None] * len(prompts)
        if not category.endswith("relevance"):
            given = [one["ground_truth"] for one in load_ground_truth_entry(category)]
        for prompt, truth in zip(prompts, given, strict=True):
            yield {"id": prompt["id"], "category": category, "functions": prompt["function"], "truth": truth}


def known_models() -> dict[str, dict[str, Any]]:
    """The leaderboard's own models: name -> `underscore_to_dot`, `handler`; read without importing them."""
    tree = ast.parse((package() / "constants" / "model_config.py").read_text(encoding="utf-8"))
    models = {}
    for table in (node.value for node in tree.body if isinstance(node, ast.Assign)):
        if not isinstance(table, ast.Dict):
            continue
        for key, value in zip(table.keys, table.values, strict=True):
            if isinstance(key, ast.Constant) and isinstance(value, ast.Call):
                fields = {one.arg: one.value for one in value.keywords if one.arg}
                dots, handler = fields.get("underscore_to_dot"), fields.get("model_handler")
                models[str(key.value)] = {
                    "underscore_to_dot": bool(getattr(dots, "value", False)),
                    "handler": getattr(handler, "id", ""),
                }
    return models


def problems(entries: list[dict[str, Any]], expected: dict[str, list[str]]) -> dict[str, dict[str, list[str]]]:
    """Ids that are missing, doubled or unknown, by kind and category; empty where there are none."""
    found: dict[str, dict[str, list[str]]] = {"missing": {}, "doubled": {}, "unknown": {}}
    for category, ids in expected.items():
        given = [entry["id"] for entry in entries if entry["category"] == category]
        known, seen = set(ids), set()
        doubled, unknown = [], []
        for one in given:
            if one not in known:
                unknown.append(one)
            elif one in seen:
                doubled.append(one)
            seen.add(one)
        missing = [one for one in ids if one not in seen]
        for kind, these in (("missing", missing), ("doubled", doubled), ("unknown", unknown)):
            if these:
                found[kind][category] = these
    return {kind: by_category for kind, by_category in found.items() if by_category}


def naming_evidence(decoded: list[Any], offered: list[list[str]]) -> tuple[int, int]:
    """Over the calls of functions whose name has a dot: how many kept the dot, how many wrote `_` for it."""
    dotted = underscored = 0
    for calls, names in zip(decoded, offered, strict=True):
        kept = {name for name in names if "." in name}
        changed = {name.replace(".", "_") for name in kept}
        if not kept or not isinstance(calls, list):
            continue
        for call in calls:
            if isinstance(call, dict):
                dotted += sum(1 for name in call if name in kept)
                underscored += sum(1 for name in call if name in changed)
    return dotted, underscored


class _Undecodable:
    """An answer that is not in the form, with the reason."""

    def __init__(self, reason: str) -> None:
        self.reason = reason


def score(request: Path, output: IO[str]) -> None:
    """Score the entries of a request; the first line of the output is its header, then one verdict per line.

    Between header and verdicts comes one line `"d"` per decoded entry: where the process dies, the other end
    knows at which entry.
    """
    with request.open(encoding="utf-8") as lines:
        asked = json.loads(next(lines))
        entries = [json.loads(line) for line in lines]
    rule = load()
    from bfcl_eval.utils import load_dataset_entry, load_ground_truth_entry

    def say(line: object) -> None:
        output.write(json.dumps(line, default=str) + "\n")
        output.flush()

    data: dict[str, dict[str, tuple[dict[str, Any], Any]]] = {}
    for category in asked["categories"]:
        prompts = load_dataset_entry(category, include_prereq=False, include_language_specific_hint=False)
        if category.endswith("relevance"):
            truths: list[Any] = [None] * len(prompts)
        else:
            truths = [one["ground_truth"] for one in load_ground_truth_entry(category)]
        # The package aligns questions and answers by position.
        data[category] = {prompt["id"]: (prompt, truth) for prompt, truth in zip(prompts, truths, strict=True)}
    if asked["check_ids"]:
        expected = {category: asked["ids"].get(category) or list(items) for category, items in data.items()}
        found = problems(entries, expected)
        for category, ids in expected.items():
            foreign = [one for one in ids if one not in data[category]]
            if foreign:
                found.setdefault("unknown", {}).setdefault(category, []).extend(foreign)
        if found:
            say({"problems": found})
            return

    limit = float(asked["item_limit_s"])
    decoded = []
    offered = []
    say({"started": True})
    for entry in entries:
        decoded.append(_decode(asked["form"], entry, limit))
        offered.append([one["name"] for one in data[entry["category"]][entry["id"]][0]["function"]])
        say("d")
    dotted, underscored = naming_evidence(decoded, offered)
    rule.underscore_to_dot, reason = _naming(asked, dotted, underscored)
    say(
        {
            "underscore_to_dot": rule.underscore_to_dot,
            "underscore_reason": reason,
            "names_dotted": dotted,
            "names_underscored": underscored,
        }
    )
    for entry, calls in zip(entries, decoded, strict=True):
        prompt, truth = data[entry["category"]][entry["id"]]
        say(_verdict(entry, calls, prompt, truth, limit))


def _naming(asked: dict[str, Any], dotted: int, underscored: int) -> tuple[bool, str]:
    if asked["underscore_to_dot"] is not None:
        return bool(asked["underscore_to_dot"]), "as told"
    name = asked["model_name"]
    if name:
        models = known_models()
        by_folder = {key.replace("/", "_"): value for key, value in models.items()}
        known = models.get(name) or by_folder.get(name)
        if known is not None:
            return bool(known["underscore_to_dot"]), f"the leaderboard's setting for {name}"
    if dotted or underscored:
        return underscored > dotted, f"the names in the answers: {dotted} with dots, {underscored} with underscores"
    return asked["form"] == "openai", f"the usual setting for answers of form {asked['form']}"


def _decode(form: str, entry: dict[str, Any], limit: float) -> Any:
    if entry.get("failure"):
        return _Undecodable(str(entry["failure"]))
    try:
        with _limited(limit):
            if form != "python":
                return decode(form, entry["answer"])
            from bfcl_eval.constants.enums import ReturnFormat
            from bfcl_eval.model_handler.utils import default_decode_ast_prompting

            language = {
                "simple_java": ReturnFormat.JAVA,
                "simple_javascript": ReturnFormat.JAVASCRIPT,
            }.get(entry["category"], ReturnFormat.PYTHON)
            return default_decode_ast_prompting(entry["answer"], language, False)
    except UndecodableError as error:
        return _Undecodable(str(error))
    except TooSlowError:
        return _Undecodable(f"decoding took longer than {limit} s")
    except Exception as error:
        return _Undecodable(f"{type(error).__name__}: {error}")


def _verdict(
    entry: dict[str, Any], calls: object, prompt: dict[str, Any], truth: object, limit: float
) -> dict[str, Any]:
    verdict: dict[str, Any] = {"id": entry["id"], "category": entry["category"]}
    if entry.get("failure"):
        detail = entry.get("detail") or entry["failure"]
        return {**verdict, "valid": False, "error_type": f"generation:{entry['failure']}", "error": detail}
    if isinstance(calls, _Undecodable):
        verdict |= {"decoded": None, "undecodable": calls.reason}
    else:
        verdict |= {"decoded": calls}
    try:
        with _limited(limit):
            return verdict | _check(entry["category"], calls, prompt, truth)
    except TooSlowError:
        return verdict | {
            "valid": False,
            "error_type": "checker:too_slow",
            "error": f"longer than {limit} s",
        }
    except Exception as error:
        # The official command line ends with a traceback here.
        return verdict | {
            "valid": False,
            "error_type": "checker:exception",
            "error": f"{type(error).__name__}: {error}",
        }


def _check(category: str, calls: Any, prompt: dict[str, Any], truth: Any) -> dict[str, Any]:
    """The rules of the official runner for one entry: (ir)relevance, the output format, then the checker."""
    from bfcl_eval.constants.enums import Language
    from bfcl_eval.eval_checker.ast_eval.ast_checker import ast_checker
    from bfcl_eval.utils import is_empty_output, is_function_calling_format_output

    undecodable = isinstance(calls, _Undecodable)
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


@contextmanager
def _limited(seconds: float) -> Iterator[None]:
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def _stop(*_: object) -> None:
    raise TooSlowError


def main(arguments: list[str]) -> None:
    """Run one command."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_LIMIT, resource.getrlimit(resource.RLIMIT_AS)[1]))
    signal.signal(signal.SIGALRM, _stop)
    command = arguments[0]
    if command == "info":
        print(json.dumps(info()))
        return
    request, output = Path(arguments[1]), Path(arguments[2])
    with output.open("w", encoding="utf-8") as file:
        if command in {"questions", "truths"}:
            rows = questions if command == "questions" else truths
            for row in rows(json.loads(request.read_text(encoding="utf-8"))["categories"]):
                file.write(json.dumps(row) + "\n")
        elif command == "models":
            json.dump(known_models(), file)
        elif command == "score":
            score(request, file)
        else:
            raise SystemExit(f"no command {command!r}")


if __name__ == "__main__":
    main(sys.argv[1:])
