"""Failures stored as answers are told from what models say."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apigen_assets.evaluation.failures import failure_text, inference_error


@pytest.mark.parametrize(
    "text",
    [
        "CUDA out of memory. Tried to allocate 2.00 GiB (GPU 0; 23.69 GiB total capacity)",
        "torch.OutOfMemoryError: CUDA out of memory",
        "This model's maximum context length is 4096 tokens. However, you requested 5000 tokens",
        "prompt is too long: 210000 tokens > 200000 maximum",
        "The input token count (1048577) exceeds the maximum number of tokens allowed (1048576).",
        "You exceeded your current quota, please check your plan and billing details.",
        "429 RESOURCE_EXHAUSTED. {'error': {'code': 429}}",
        "Your credit balance is too low to access the Anthropic API.",
        "HTTPSConnectionPool(host='api.example.org', port=443): Max retries exceeded with url: /v1/chat",
        "('Connection aborted.', RemoteDisconnected('Remote end closed connection without response'))",
        "Server disconnected without sending a response.",
        "The read operation timed out",
        "504 Deadline Exceeded",
        "upstream connect error or disconnect/reset before headers. reset reason: connection failure",
        "The model `gpt-9` does not exist or you do not have access to it.",
        "model 'llama9' not found, try pulling it first",
        "An internal error occurred",
        "The server is currently overloaded. Please try again later.",
        "An error occurred (ThrottlingException) when calling the Converse operation: Too many requests",
        "EngineDeadError: EngineCore encountered an issue",
        "'NoneType' object is not subscriptable",
        "Expecting value: line 1 column 1 (char 0)",
        "[ERROR] rate limit",
        "Killed",
        "Input validation error: `inputs` tokens + `max_new_tokens` must be <= 4096. Given: 4500 `inputs` tokens",
        "Range of input length should be [1, 30720]",
        "400 API key not valid. Please pass a valid API key.",
        'Invalid JSON payload received. Unknown name "optional": Cannot find field.',
        "This request requires more credits, or fewer max_tokens. You requested up to 4096 tokens.",
        "model requires more system memory (8.0 GiB) than is available (4.0 GiB)",
        "This model does not support function calling",
        '"auto" tool choice requires --enable-auto-tool-choice and --tool-call-parser to be set',
        "Conversation roles must alternate user/assistant/user/assistant/...",
        "Cannot read properties of undefined (reading 'choices')",
        "dial tcp 127.0.0.1:8000: connect: connection refused",
        "terminate called after throwing an instance of 'std::bad_alloc'",
        "Service under maintenance",
        "KV cache is full",
        "Your organization must be verified to use this model.",
        "prefill length exceeds KV cache capacity",
        "finish_reason: MALFORMED_FUNCTION_CALL",
        "(no response)",
        "⚠️ Failed to get a response from the provider",
        "<Response [502]>",
        "系统繁忙，请稍后再试",
        "Erreur interne du serveur",
        '{"error_code": 17, "error_msg": "Open api daily request limit reached"}',
        '{"code": "InvalidParameter", "message": "Range of input length", "request_id": "x"}',
        '{"error": "model \'x\' not found"}',
        '{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}',
        '{"message": "Internal server error"}',
        '{"code": 500, "msg": "fail"}',
    ],
)
def test_a_failure_is_seen(text):
    assert failure_text(text)


@pytest.mark.parametrize(
    "text",
    [
        "The connection between the two cities takes two hours; none of the functions helps.",
        "The model you describe does not exist in the Toyota range; could you check?",
        "The request is missing the city.",
        "The input is missing a required parameter: radius.",
        "Error: none of the functions can be used to answer the question.",
        "None of the functions can be used.",
        "None",
        "Timeout for the game is 30 s, there is no function to change it.",
        "Internal rate of return cannot be computed with these functions.",
        "Rate limits are not covered by the tools.",
        "404 rooms",
        "The request failed to specify a city.",
        "The API call cannot be made because the city is missing.",
        "Please provide your API key for the weather service.",
        "The limit does not exist.",
        "The event was cancelled.",
        "Invalid input: the base is missing.",
        "This function does not support currency.",
        "The model of the car is unknown.",
        "No function call is needed.",
        "Unable to process the request.",
        "Division by zero is undefined.",
        "The engine failed to start because the battery is empty.",
        "No response is needed: the question asks for nothing.",
        '{"message": "I cannot help"}',
        '{"name": "f", "parameters": {}}',
        '{"tool_calls": []}',
    ],
)
def test_what_a_model_says_is_no_failure(text):
    assert failure_text(text) is None


@pytest.mark.parametrize(
    "answer",
    [
        {"index": 0, "message": {"role": "assistant", "content": "No.", "tool_calls": None}},
        {"model": "m", "message": {"role": "assistant", "content": "No."}, "done": True},
        {"response": {"status_code": 200, "body": {"choices": []}}, "error": None},
    ],
)
def test_a_message_in_any_dress_is_no_failure(answer):
    assert failure_text(answer) is None


@pytest.mark.parametrize("field", ["error", "exception", "error_message", "traceback"])
def test_a_field_beside_the_answer_tells_of_a_failure(field):
    assert inference_error({"id": "x", "result": "", field: "boom"}, "") == f"{field}: boom"
    assert inference_error({"id": "x", "result": "[f()]", field: None}, "[f()]") is None


@given(
    st.recursive(st.none() | st.integers() | st.text(), lambda inner: st.dictionaries(st.text(), inner), max_leaves=5)
)
def test_wild_answers_are_taken(answer):
    failure_text(answer)
