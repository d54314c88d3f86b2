"""The official checker on answers in one form: `resources.bfcl` with this room's decoders."""

from collections.abc import Mapping, Sequence

from apigen_assets.evaluation.decoding import FOLDER
from apigen_assets.files.json_types import JsonObject
from resources.bfcl import scoring
from resources.bfcl.environment import Environment
from resources.bfcl.records import BfclAnswer, Scored


def score(
    answers: Sequence[BfclAnswer],
    form: str,
    *,
    thinking: bool = False,
    categories: Sequence[str] | None = None,
    ids: Mapping[str, list[str]] | None = None,
    underscore_to_dot: bool | None = None,
    model_name: str = "",
    env: Environment | None = None,
) -> Scored:
    """Verdicts on single-turn answers; arguments and errors as `resources.bfcl.scoring.score`."""
    return scoring.score(
        answers,
        form,
        decoding=FOLDER,
        thinking=thinking,
        categories=categories,
        ids=ids,
        underscore_to_dot=underscore_to_dot,
        model_name=model_name,
        env=env,
    )


def judge(
    answers: Sequence[BfclAnswer],
    form: str,
    *,
    thinking: bool = False,
    categories: Sequence[str] | None = None,
    ids: Mapping[str, list[str]] | None = None,
    env: Environment | None = None,
) -> list[JsonObject]:
    """Verdicts on multi-turn answers; arguments and errors as `resources.bfcl.scoring.judge`."""
    return scoring.judge(answers, form, decoding=FOLDER, thinking=thinking, categories=categories, ids=ids, env=env)


def proceed(entries: Sequence[JsonObject], env: Environment | None = None) -> list[list[str]]:
    """What the tools answer to each conversation's last step; as `resources.bfcl.scoring.proceed`."""
    return scoring.proceed(entries, decoding=FOLDER, env=env)
