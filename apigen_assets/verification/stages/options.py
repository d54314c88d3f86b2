"""How judges are asked, by the settings."""

from typing import Literal, cast

from apigen_assets.settings import Settings
from apigen_assets.verification.stages.judge import JudgeOptions

SHAPING = ("seed", "judges", "judge_rule", "judge_scores", "judge_threshold", "judge_controls", "undecided")
"""The settings that shape the semantic stage's tables."""


def judge_options(settings: Settings, undecided: str | None = None) -> JudgeOptions:
    """The committee's options.

    Args:
        settings: the settings.
        undecided: `keep` or `drop` in place of the setting.
    """
    return JudgeOptions(
        seed=settings.seed,
        rule=settings.judge_rule,
        scores=settings.judge_scores,
        threshold=settings.judge_threshold,
        controls=settings.judge_controls,
        undecided=cast(Literal["keep", "drop"], undecided or settings.undecided),
    )
