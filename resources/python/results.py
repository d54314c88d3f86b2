"""Results of calls as workers write them."""

import json

from apigen_assets.domain.outcome import CallResult, Outcome
from resources.rest.structure import judge

_OUTCOMES = {outcome.value: outcome for outcome in Outcome}


def parse(line: bytes) -> CallResult:
    """The result in one line of a worker; what is not of the agreed form is a crash of the call."""
    try:
        outcome, result, truncated, detail, seconds = json.loads(line)
        fits = (
            (result is None or type(result) is str)
            and type(truncated) is bool
            and type(detail) is str
            and type(seconds) is float
        )
        if fits:
            verdict = _OUTCOMES[outcome]
            if verdict is Outcome.OK and result and not truncated and (error_text := _error_payload(result)):
                verdict, detail = Outcome.SOFT_ERROR, error_text
            return CallResult.model_construct(
                outcome=verdict,
                result=result,
                truncated=truncated,
                detail=detail,
                status=None,
                duration_s=seconds,
                mode="live",
            )
    except (ValueError, TypeError, KeyError, RecursionError):
        pass
    return failure(Outcome.CRASHED, "the function spoiled the answer of its process")


def _error_payload(result: str) -> str:
    """What a returned object says of an error, by the structure that tells one in a response; empty where none."""
    if result[:1] != "{" and result[:2] != "[{":
        return ""  # a text is what the function was asked for, whatever it says
    outcome, detail = judge(json.loads(result))
    return "" if outcome in (Outcome.OK, Outcome.EMPTY) else detail


def failure(outcome: Outcome, detail: str) -> CallResult:
    """The result of a call that was not made or has no answer."""
    return CallResult(outcome=outcome, detail=detail)
