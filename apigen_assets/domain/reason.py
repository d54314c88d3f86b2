"""The closed set of reasons for which a candidate is rejected, each with its stage (paper, section 3.2)."""

from enum import StrEnum
from typing import Self


class Stage(StrEnum):
    """The three stages, in order."""

    FORMAT = "format"
    EXECUTION = "execution"
    SEMANTIC = "semantic"


class Reason(StrEnum):
    """Why a stage rejected a candidate. Every member says which stage gives it."""

    stage: Stage

    def __new__(cls, value: str, stage: Stage) -> Self:
        """A member: its text, and the stage that gives it."""
        member = str.__new__(cls, value)
        member._value_ = value
        member.stage = stage
        return member

    # format
    NOT_JSON = "not_json", Stage.FORMAT
    DUPLICATE_KEY = "duplicate_key", Stage.FORMAT
    NON_FINITE_NUMBER = "non_finite_number", Stage.FORMAT
    TOO_DEEP = "too_deep", Stage.FORMAT
    TOO_LARGE = "too_large", Stage.FORMAT
    MISSING_FIELD = "missing_field", Stage.FORMAT
    EMPTY_QUERY = "empty_query", Stage.FORMAT
    NO_CALLS = "no_calls", Stage.FORMAT
    MALFORMED_CALL = "malformed_call", Stage.FORMAT
    UNKNOWN_FUNCTION = "unknown_function", Stage.FORMAT
    UNKNOWN_ARGUMENT = "unknown_argument", Stage.FORMAT
    MISSING_ARGUMENT = "missing_argument", Stage.FORMAT
    WRONG_TYPE = "wrong_type", Stage.FORMAT
    NOT_IN_ENUM = "not_in_enum", Stage.FORMAT
    INVALID_VALUE = "invalid_value", Stage.FORMAT
    WRONG_STYLE = "wrong_style", Stage.FORMAT
    DUPLICATE_CALL = "duplicate_call", Stage.FORMAT
    BAD_TOOLS = "bad_tools", Stage.FORMAT
    TRUNCATED = "truncated", Stage.FORMAT
    NO_ANSWER = "no_answer", Stage.FORMAT
    COPIED_EXAMPLE = "copied_example", Stage.FORMAT  # the pair repeats an example or an instruction of its prompt
    AMBIGUOUS = "ambiguous", Stage.FORMAT  # the completion can be read in more than one way
    # execution
    ARGUMENT_ERROR = "argument_error", Stage.EXECUTION
    EXCEPTION = "exception", Stage.EXECUTION
    TIMEOUT = "timeout", Stage.EXECUTION
    MEMORY_LIMIT = "memory_limit", Stage.EXECUTION
    OUTPUT_LIMIT = "output_limit", Stage.EXECUTION
    CRASHED = "crashed", Stage.EXECUTION
    BLOCKED = "blocked", Stage.EXECUTION
    UNSERIALISABLE = "unserialisable", Stage.EXECUTION
    NON_DETERMINISTIC = "non_deterministic", Stage.EXECUTION
    NOT_FOUND = "not_found", Stage.EXECUTION
    EMPTY_RESULT = "empty_result", Stage.EXECUTION
    SOFT_ERROR = "soft_error", Stage.EXECUTION
    HTTP_4XX = "http_4xx", Stage.EXECUTION
    HTTP_5XX = "http_5xx", Stage.EXECUTION
    AUTH = "auth", Stage.EXECUTION
    QUOTA = "quota", Stage.EXECUTION
    TRANSPORT = "transport", Stage.EXECUTION
    MALFORMED_RESPONSE = "malformed_response", Stage.EXECUTION
    RESPONSE_TOO_LARGE = "response_too_large", Stage.EXECUTION
    REFUSED = "refused", Stage.EXECUTION
    NOT_RECORDED = "not_recorded", Stage.EXECUTION
    UNAVAILABLE = "unavailable", Stage.EXECUTION
    INCONSISTENT = "inconsistent", Stage.EXECUTION  # the same call, spelled another way, gave another result
    # semantic
    UNGROUNDED = "ungrounded", Stage.SEMANTIC
    WRONG_ARGUMENTS = "wrong_arguments", Stage.SEMANTIC
    WRONG_FUNCTION = "wrong_function", Stage.SEMANTIC
    WRONG_CALL_COUNT = "wrong_call_count", Stage.SEMANTIC
    IRRELEVANT_RESULT = "irrelevant_result", Stage.SEMANTIC
    FAILED_RESULT = "failed_result", Stage.SEMANTIC
    UNDECIDED = "undecided", Stage.SEMANTIC  # open questions, and no judge to settle them: dropped by a setting
    JUDGE_REJECTED = "judge_rejected", Stage.SEMANTIC
    JUDGE_UNPARSEABLE = "judge_unparseable", Stage.SEMANTIC
    JUDGE_UNAVAILABLE = "judge_unavailable", Stage.SEMANTIC
