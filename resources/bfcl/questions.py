"""The leaderboard's questions, accepted answers and model names, read in the small environment."""

import json
from collections.abc import Iterable, Mapping
from functools import lru_cache
from pathlib import Path

from apigen_assets.files.json_types import JsonObject
from resources.bfcl.environment import Environment, environment
from resources.bfcl.process import BfclEnvironmentError, DiedError, ask, scratch_folder


def questions(categories: Iterable[str] | None = None, env: Environment | None = None) -> list[JsonObject]:
    """The questions as they are put to a model.

    Args:
        categories: official names such as `simple_python`; all 13 single-turn ones by default.
        env: the environment to ask; by default `environment()`.

    Returns:
        `{id, category, question, functions}`: `question` is a list of chat messages, `functions` a list of
        `{name, description, parameters}` in the leaderboard's dialect of JSON Schema, with the official hint on
        the language and with the parameters of Java and JavaScript functions as text.

    Raises:
        BfclEnvironmentError: no environment.
        ValueError: an unknown category.
    """
    return _rows("questions", categories, env or environment())


def truths(categories: Iterable[str] | None = None, env: Environment | None = None) -> list[JsonObject]:
    """The accepted answers: `{id, category, functions, truth}`, for tests of scorers and for contamination checks.

    `functions` are as the checker sees them; `truth` is `[{name: {argument: [accepted values]}}]`, in which `""`
    among the values means that the argument may be left out, and null for questions without a true answer.
    Arguments and errors as in `questions`.
    """
    return _rows("truths", categories, env or environment())


def conversations(categories: Iterable[str] | None = None, env: Environment | None = None) -> list[JsonObject]:
    """The multi-turn items as they are put to a model.

    Args:
        categories: official names such as `multi_turn_base`; all four by default.
        env: the environment to ask; by default `environment()`.

    Returns:
        `{id, category, turns, functions, added}`: `turns` is a list of lists of chat messages, `functions` the tools
        offered from the first turn on (as in `questions`), `added` `{turn number as text: [tools]}` those offered from
        that turn on, whose own messages are none.

    Raises:
        BfclEnvironmentError: no environment, or one that lacks a package for these items.
        ValueError: an unknown category.
    """
    env = env or environment()
    env.need_multi_turn()
    return _rows("conversations", categories, env, env.multi_turn)


def _rows(
    command: str, categories: Iterable[str] | None, env: Environment, counts: Mapping[str, int] | None = None
) -> list[JsonObject]:
    counts = counts or env.counts
    wanted = list(counts) if categories is None else list(categories)
    unknown = [name for name in wanted if name not in counts]
    if unknown:
        raise ValueError(f"unknown categories {', '.join(unknown)}; there are {', '.join(counts)}")
    with scratch_folder() as scratch:
        request, output = scratch / "request.json", scratch / "output.jsonl"
        request.write_text(json.dumps({"categories": wanted}), encoding="utf-8")
        _asked(env.python, [command, str(request), str(output)], scratch)
        with output.open(encoding="utf-8") as lines:
            return [json.loads(line) for line in lines]


def known_models(env: Environment | None = None) -> dict[str, JsonObject]:
    """The leaderboard's own model names with their `underscore_to_dot`, `handler` and `native` (asked by tools)."""
    return _models((env or environment()).python)


def known_model(name: str, env: Environment | None = None) -> JsonObject | None:
    """What the leaderboard knows of a model, by its name or by the folder named after it; null if nothing."""
    models = known_models(env)
    by_folder = {known.replace("/", "_"): settings for known, settings in models.items()}
    return models.get(name) or by_folder.get(name)


@lru_cache(maxsize=8)
def _models(python: Path) -> dict[str, JsonObject]:
    with scratch_folder() as scratch:
        output = scratch / "output.json"
        _asked(python, ["models", "-", str(output)], scratch)
        models: dict[str, JsonObject] = json.loads(output.read_text(encoding="utf-8"))
    return models


def _asked(python: Path, arguments: list[str], scratch: Path) -> None:
    try:
        ask(python, arguments, scratch, timeout_s=120)
    except DiedError as error:
        raise BfclEnvironmentError(f"{python} could not answer {arguments[0]!r}: {error}") from None
