"""The closed set of reasons for which a candidate is rejected, each with its stage (paper, section 3.2)."""

from enum import StrEnum


class Stage(StrEnum):
    """The three stages, in order."""

    FORMAT = "format"
    EXECUTION = "execution"
    SEMANTIC = "semantic"


class Reason(StrEnum):
    """Why a stage rejected a candidate. Every member belongs to exactly one stage (`STAGE_OF`)."""

    # format
    NOT_JSON = "not_json"
    DUPLICATE_KEY = "duplicate_key"
    NON_FINITE_NUMBER = "non_finite_number"
    TOO_DEEP = "too_deep"
    TOO_LARGE = "too_large"
    MISSING_FIELD = "missing_field"
    EMPTY_QUERY = "empty_query"
    NO_CALLS = "no_calls"
    MALFORMED_CALL = "malformed_call"
    UNKNOWN_FUNCTION = "unknown_function"
    UNKNOWN_ARGUMENT = "unknown_argument"
    MISSING_ARGUMENT = "missing_argument"
    WRONG_TYPE = "wrong_type"
    NOT_IN_ENUM = "not_in_enum"
    INVALID_VALUE = "invalid_value"
    WRONG_STYLE = "wrong_style"
    DUPLICATE_CALL = "duplicate_call"
    BAD_TOOLS = "bad_tools"
    TRUNCATED = "truncated"
    NO_ANSWER = "no_answer"
    # execution
    ARGUMENT_ERROR = "argument_error"
    EXCEPTION = "exception"
    TIMEOUT = "timeout"
    MEMORY_LIMIT = "memory_limit"
    OUTPUT_LIMIT = "output_limit"
    CRASHED = "crashed"
    BLOCKED = "blocked"
    UNSERIALISABLE = "unserialisable"
    NON_DETERMINISTIC = "non_deterministic"
    NOT_FOUND = "not_found"
    EMPTY_RESULT = "empty_result"
    SOFT_ERROR = "soft_error"
    HTTP_4XX = "http_4xx"
    HTTP_5XX = "http_5xx"
    AUTH = "auth"
    QUOTA = "quota"
    TRANSPORT = "transport"
    MALFORMED_RESPONSE = "malformed_response"
    RESPONSE_TOO_LARGE = "response_too_large"
    REFUSED = "refused"
    NOT_RECORDED = "not_recorded"
    UNAVAILABLE = "unavailable"
    INCONSISTENT = "inconsistent"  # the same call, spelled another way, gave another result
    # semantic
    UNGROUNDED = "ungrounded"
    WRONG_ARGUMENTS = "wrong_arguments"
    WRONG_FUNCTION = "wrong_function"
    WRONG_CALL_COUNT = "wrong_call_count"
    IRRELEVANT_RESULT = "irrelevant_result"
    FAILED_RESULT = "failed_result"
    JUDGE_REJECTED = "judge_rejected"
    JUDGE_UNPARSEABLE = "judge_unparseable"
    JUDGE_UNAVAILABLE = "judge_unavailable"


_EXECUTION_FROM = list(Reason).index(Reason.ARGUMENT_ERROR)
_SEMANTIC_FROM = list(Reason).index(Reason.UNGROUNDED)
STAGE_OF: dict[Reason, Stage] = {
    reason: Stage.FORMAT if i < _EXECUTION_FROM else Stage.EXECUTION if i < _SEMANTIC_FROM else Stage.SEMANTIC
    for i, reason in enumerate(Reason)
}
