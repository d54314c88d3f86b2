"""Code versions of the stages: they change when rules, prompt or closed sets change, and with them the results."""

from apigen_assets.domain.reason import Reason
from apigen_assets.files.canonical import content_hash
from apigen_assets.verification.grounding import GROUNDING_VERSION
from apigen_assets.verification.stages.execution import REASON_OF
from apigen_assets.verification.stages.format import FormatLimits
from apigen_assets.verification.stages.judge import JudgeOptions
from apigen_assets.verification.stages.judge_prompt import PROMPT_VERSION

_REASONS = {reason.value: reason.stage.value for reason in Reason}

FORMAT_VERSION = content_hash(["format", 2, _REASONS, FormatLimits().model_dump()], 8)
EXECUTION_VERSION = content_hash(["execution", 2, {one.value: to.value for one, to in REASON_OF.items()}], 8)
SEMANTIC_VERSION = content_hash(
    ["semantic", 2, GROUNDING_VERSION, PROMPT_VERSION, JudgeOptions().model_dump(exclude={"seed"})], 8
)
"""The judges, the voting rule and the other settings of `options.SHAPING` are added where the code location loads."""
