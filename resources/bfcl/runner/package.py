"""The installed `bfcl_eval`: imported without its model handlers and its `eval`, and what it says of itself."""

import ast
import builtins
import hashlib
import importlib
import importlib.util
import platform
import sys
import types
from importlib import metadata
from pathlib import Path

from .json_types import JsonObject, JsonValue

TOOLS = (
    *("GorillaFileSystem", "MathAPI", "MessageAPI", "TwitterAPI", "TicketAPI", "TradingBot", "TravelAPI"),
    "VehicleControlAPI",
)
"""The classes of multi-turn."""


class NamingRule:
    """Stands where the package keeps a model's settings; the checker asks for `underscore_to_dot` alone."""

    def __init__(self, underscore_to_dot: bool) -> None:
        self.underscore_to_dot = underscore_to_dot

    def __getitem__(self, _: str) -> "NamingRule":
        return self


def load(underscore_to_dot: bool = False, decoding: JsonValue = None, tools: bool = False) -> NamingRule:
    """Import the checker without its model handlers (they need 6 GB of clients) and without its `eval`.

    Args:
        underscore_to_dot: the naming rule to begin with.
        decoding: the package of decoders, whose arithmetic on literals takes the place of `eval`; without it, none.
        tools: import the tools of multi-turn as well, which need `mpmath`.
    """
    rule = NamingRule(underscore_to_dot)
    stub = types.ModuleType("bfcl_eval.constants.model_config")
    stub.__dict__["MODEL_CONFIG_MAPPING"] = rule
    sys.modules[stub.__name__] = stub
    import bfcl_eval.eval_checker.ast_eval.ast_checker
    import bfcl_eval.model_handler.utils as handler_utils
    import bfcl_eval.utils  # noqa: F401

    if tools:
        # Modules that they import use `eval` while they are imported (named tuples are made with it)
        from bfcl_eval.constants.executable_backend_config import CLASS_FILE_PATH_MAPPING

        for name in TOOLS:
            importlib.import_module(CLASS_FILE_PATH_MAPPING[name])
    # The package evaluates arithmetic in answers as Python code. A module's own `eval` comes before the built-in.
    handler_utils.__dict__["eval"] = decoding.fold if decoding else _refuse
    builtins.eval = _refuse
    return rule


def _refuse(*_: object, **__: object) -> JsonValue:
    raise RuntimeError("evaluation of model output is switched off")


def load_decoding(folder: str) -> JsonValue:
    """The project's package of decoders in that folder, under the name `decoding`."""
    path = Path(folder)
    spec = importlib.util.spec_from_file_location(
        "decoding", path / "__init__.py", submodule_search_locations=[str(path)]
    )
    if spec is None or spec.loader is None:
        raise ImportError(f"no package in {folder}")
    module = importlib.util.module_from_spec(spec)
    sys.modules["decoding"] = module
    spec.loader.exec_module(module)
    return module


def folder() -> Path:
    """Folder of the installed package."""
    import bfcl_eval

    return Path(bfcl_eval.__path__[0])


def info() -> JsonObject:
    """Versions of interpreter, package and data, the number of items per category, and whether multi-turn can run."""
    load()
    from bfcl_eval.constants.category_mapping import MULTI_TURN_CATEGORY, SINGLE_TURN_CATEGORY, VERSION_PREFIX

    counts, digest = _counted(SINGLE_TURN_CATEGORY, VERSION_PREFIX)
    multi_turn, multi_turn_digest = _counted(MULTI_TURN_CATEGORY, VERSION_PREFIX)
    return {
        "python": platform.python_version(),
        "bfcl_eval": metadata.version("bfcl-eval"),
        "data": VERSION_PREFIX,
        "data_sha256": digest,
        "multi_turn_sha256": multi_turn_digest,
        "categories": counts,
        "multi_turn": multi_turn,
        "mpmath": importlib.util.find_spec("mpmath") is not None,
    }


def _counted(categories: list[str], prefix: str) -> tuple[dict[str, int], str]:
    digest = hashlib.sha256()
    counts = {}
    for category in categories:
        for place in ("", "possible_answer/"):
            path = folder() / "data" / f"{place}{prefix}_{category}.json"
            if path.exists():
                content = path.read_bytes()
                digest.update(content)
                if not place:
                    counts[category] = sum(1 for line in content.splitlines() if line.strip())
    return counts, digest.hexdigest()[:16]


def known_models() -> dict[str, JsonObject]:
    """The leaderboard's own models by name: `underscore_to_dot`, `handler`, `native`; read without importing them."""
    tree = ast.parse((folder() / "constants" / "model_config.py").read_text(encoding="utf-8"))
    models = {}
    for table in (node.value for node in tree.body if isinstance(node, ast.Assign)):
        if not isinstance(table, ast.Dict):
            continue
        for key, value in zip(table.keys, table.values, strict=True):
            if isinstance(key, ast.Constant) and isinstance(value, ast.Call):
                fields = {pair.arg: pair.value for pair in value.keywords if pair.arg}
                models[str(key.value)] = {
                    "underscore_to_dot": bool(getattr(fields.get("underscore_to_dot"), "value", False)),
                    "native": bool(getattr(fields.get("is_fc_model"), "value", False)),
                    "handler": getattr(fields.get("model_handler"), "id", ""),
                }
    return models
