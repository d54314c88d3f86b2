"""Each form's decoder beside the leaderboard's own handler on random answers: PYTHON benchmarks/bfcl_handlers.py.

PYTHON is an interpreter with the official package in full, such as `benchmarks/bfcl_agreement.py` makes; nothing of
this project is imported but the decoders, which need the standard library alone. The answers are calls written in every
family's layout, whole and damaged, so that each handler sees its own form and all others. Compared are the calls given
to the checker and, for conversations, the calls that are run. Exit status 1 where one differs.
"""

import argparse
import contextlib
import importlib
import importlib.util
import json
import os
import random
import sys
import tempfile
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

os.environ.setdefault("BFCL_PROJECT_ROOT", tempfile.mkdtemp())
DECODING = Path(__file__).parents[1] / "apigen_assets" / "evaluation" / "decoding"
HANDLERS = {
    "json": ("local_inference.salesforce_qwen", "SalesforceQwenHandler"),
    "bitagent": ("local_inference.bitagent", "BitAgentHandler"),
    "hammer": ("local_inference.hammer", "HammerHandler"),
    "think-agent": ("local_inference.think_agent", "ThinkAgentHandler"),
    "llama": ("local_inference.llama_3_1", "LlamaHandler_3_1"),
    "hermes": ("local_inference.qwen_fc", "QwenFCHandler"),
    "falcon": ("local_inference.falcon_fc", "Falcon3FCHandler"),
    "granite-20b": ("local_inference.granite", "GraniteFunctionCallingHandler"),
    "glm": ("local_inference.glm", "GLMHandler"),
    "minicpm": ("local_inference.minicpm_fc", "MiniCPMFCHandler"),
    "functiongemma": ("local_inference.functiongemma", "FunctionGemmaHandler"),
    "openai": ("api_inference.openai_completion", "OpenAICompletionsHandler"),
    "gemini": ("api_inference.gemini", "GeminiHandler"),
    "gorilla": ("api_inference.gorilla", "GorillaHandler"),
    "nexus": ("api_inference.nexus", "NexusHandler"),
    "nemotron": ("api_inference.nemotron", "NemotronHandler"),
    "phi": ("local_inference.phi", "PhiHandler"),
    "python": ("local_inference.qwen", "QwenHandler"),
}
VALUES = (1, -2.5, "x", "it's", "a;b", True, None, "", ["a", 1], {"k": "v"}, [[1]], {"a": {"b": [1]}})


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--answers", type=int, default=3000, help="per handler")
    options.add_argument("--seed", type=int, default=0)
    given = options.parse_args()
    warnings.simplefilter("ignore")
    decoding = _decoding()
    from bfcl_eval.constants.enums import ReturnFormat
    from bfcl_eval.model_handler import utils

    differing = 0
    for form, (module, name) in HANDLERS.items():
        draw = random.Random(f"{given.seed}/{form}")
        kind = getattr(importlib.import_module(f"bfcl_eval.model_handler.{module}"), name)
        handler = kind.__new__(kind)
        handler.is_fc_model = form != "gemini"
        decoded = wrong = 0
        for _ in range(given.answers):
            answer = _structure(draw) if form == "openai" else _text(draw)
            theirs = _tried(handler.decode_ast, answer, ReturnFormat.PYTHON, False)
            ours = _tried(_ours, decoding, utils, form, answer)
            run = _tried(handler.decode_execute, answer, False)
            own = _tried(_ours_run, decoding, utils, form, answer)
            decoded += theirs is not None
            if _calls(theirs) != _calls(ours) or _texts(run) != _texts(own):
                wrong += 1
                if wrong <= 3:
                    print(f"  {form}: {answer!r}\n    theirs {theirs!r} {run!r}\n    ours   {ours!r} {own!r}")
        differing += wrong
        print(f"{form:<14} {name:<32} {given.answers} answers, {decoded} decoded, {wrong} differ")
    return 1 if differing else 0


def _decoding() -> Any:
    spec = importlib.util.spec_from_file_location(
        "decoding", DECODING / "__init__.py", submodule_search_locations=[str(DECODING)]
    )
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["decoding"] = module
    spec.loader.exec_module(module)
    return module


def _ours(decoding: Any, utils: Any, form: str, answer: Any) -> Any:
    if form not in decoding.PYTHON_FORMS:
        return decoding.decode(form, answer)
    text, strict = decoding.prepared(form, answer)
    return utils.ast_parse(text) if strict else utils.default_decode_ast_prompting(text)


def _ours_run(decoding: Any, utils: Any, form: str, answer: Any) -> Any:
    if form not in decoding.PYTHON_FORMS or form in decoding.NEVER_EXECUTED:
        return decoding.executable(form, answer)
    return utils.default_decode_execute_prompting(decoding.prepared(form, answer)[0])


def _tried(work: Callable[..., Any], *arguments: Any) -> Any:
    with contextlib.suppress(Exception):
        return work(*arguments)
    return None


def _calls(decoded: Any) -> str | None:
    """What the checker tells apart: calls, or none."""
    return repr(decoded) if isinstance(decoded, list) and decoded else None


def _texts(calls: Any) -> list[str] | None:
    return [str(call).replace(" ", "") for call in calls] if calls else None


def _call(draw: random.Random, key: str) -> Any:
    call: Any = {
        "name": draw.choice(["f", "geo.area", "g_h"]),
        key: {draw.choice("abcd"): draw.choice(VALUES) for _ in range(draw.randrange(4))},
    }
    match draw.randrange(40):
        case 0 | 1:
            call.pop(key)
        case 2:
            call.pop("name")
        case 3 | 4:
            call[key] = json.dumps(call[key])
        case 5:
            call["extra"] = 1
        case 6:
            call[key] = [1]
        case 7:
            call = draw.choice(["s", 3, [1], None])
    return call


def _code(call: Any) -> str:
    if not isinstance(call, dict):
        return str(call)
    arguments = call.get("arguments")
    pairs = arguments.items() if isinstance(arguments, dict) else ()
    return f"{call.get('name', 'f')}({', '.join(f'{key}={value!r}' for key, value in pairs)})"


def _gemma(value: Any) -> str:
    if isinstance(value, str):
        return f"<escape>{value}<escape>"
    if isinstance(value, dict):
        return "{" + ",".join(f"{key}:{_gemma(inner)}" for key, inner in value.items()) + "}"
    return "[" + ",".join(map(_gemma, value)) + "]" if isinstance(value, list) else json.dumps(value)


def _text(draw: random.Random) -> str:
    key = draw.choice(["arguments", "arguments", "parameters"])
    calls = [_call(draw, key) for _ in range(draw.choice([0, 1, 1, 2, 3]))]
    written = [json.dumps(call) for call in calls]
    either = [draw.choice([json.dumps(call), repr(call)]) for call in calls]
    code = [_code(call) for call in calls]
    named = [call for call in calls if isinstance(call, dict)]
    text = draw.choice(
        [
            f"[{', '.join(written)}]", "; ".join(written), ", ".join(either), "<|python_tag|>" + "; ".join(either),
            f"[{', '.join(either)}]", "\n".join(f"<tool_call>\n{one}\n</tool_call>" for one in written),
            "".join(f"<tool_call>{one}</tool_call>" for one in written),
            f"<tool_call>\n```json\n[{','.join(written)}]\n```\n</tool_call>", f"```\n[{','.join(written)}]\n```",
            f"<think>a</think>[{','.join(written)}]", f"<think>a</think>{calls!r}",
            "<function_call>".join(["", *written]), '<function_call> {"name": "no_function"}',
            "f\n" + json.dumps({"a": draw.choice(VALUES)}), "f\n{bad", "line",
            "<|tool_call_start|>\n```python\n" + "\n".join(code) + "\n```\n<|tool_call_end|>\nhi",
            "".join(
                f"<start_function_call>call:{call.get('name', 'f')}{_gemma(call.get('arguments') or {})}"
                "<end_function_call>"
                for call in named
            ),
            f"[{', '.join(code)}]", "; ".join(code), "; ".join(code) + ";", f"```tool_code\n[{', '.join(code)}]\n```",
            f"```python\n[{', '.join(code)}]\n```", f"<TOOLCALL>[{', '.join(code)}]</TOOLCALL>", "Sorry, I cannot.", "",
        ]
    )  # fmt: skip
    if text and draw.random() < 0.12:
        place = draw.randrange(len(text))
        text = text[:place] + draw.choice(["", "}", "]", ";", "\n", "`"]) + text[place + draw.randrange(2) :]
    return text


def _structure(draw: random.Random) -> Any:
    calls = [{draw.choice(["f", "g.h"]): json.dumps({"a": draw.choice(VALUES)})} for _ in range(draw.randrange(3))]
    return draw.choice([calls, "text", [], [{"f": "{bad"}]])


if __name__ == "__main__":
    sys.exit(main())
