"""Answers decoded in this environment: by the project's decoders, and by the leaderboard's parser for code."""

from .json_types import JsonObject, JsonValue
from .limits import TooSlowError, limited


class Undecodable:
    """An answer that is not in the form, with the reason; `too_slow`: decoding it took longer than it may."""

    def __init__(self, reason: str, too_slow: bool = False) -> None:
        self.reason = reason
        self.too_slow = too_slow


def _as_shown(tools: list[JsonObject], category: str) -> list[JsonObject]:
    """The functions with the types that a model is shown: every parameter of Java and JavaScript is text there."""
    if category not in {"simple_java", "simple_javascript"}:
        return tools
    return [
        {
            "name": tool["name"],
            "parameters": {"properties": {key: {"type": "string"} for key in tool["parameters"]["properties"]}},
        }
        for tool in tools
    ]


class Decoder:
    """Reads answers in one form.

    Args:
        decoding: the project's package of decoders.
        form: one of its `FORMS`.
        thinking: cut off what a model thinks before it answers.
        limit_s: seconds that one answer may take.
    """

    def __init__(self, decoding: JsonValue, form: str, thinking: bool, limit_s: float) -> None:
        self._decoding = decoding
        self._form = form
        self._thinking = thinking
        self._limit_s = limit_s

    def calls(self, answer: JsonValue, category: str, tools: list[JsonObject]) -> JsonValue:
        """`[{name: {argument: value}}]`, or what the handler of the form makes of it, or `Undecodable`."""
        return self._guarded(lambda: self._calls(self._answer(answer), category, tools))

    def executable(self, answer: JsonValue, tools: list[JsonObject]) -> JsonValue:
        """The calls of one step of a conversation as Python text, or `Undecodable`."""
        return self._guarded(lambda: self._executable(self._answer(answer), tools))

    def _answer(self, answer: JsonValue) -> JsonValue:
        return self._decoding.without_thinking(answer) if self._thinking and isinstance(answer, str) else answer

    def _guarded(self, work: JsonValue) -> JsonValue:
        try:
            with limited(self._limit_s):
                return work()
        except self._decoding.UndecodableError as error:
            return Undecodable(str(error))
        except TooSlowError:
            return Undecodable(f"decoding took longer than {self._limit_s:g} s", too_slow=True)
        except Exception as error:
            return Undecodable(f"{type(error).__name__}: {error}")

    def _calls(self, answer: JsonValue, category: str, tools: list[JsonObject]) -> JsonValue:
        if self._form not in self._decoding.PYTHON_FORMS:
            return self._decoding.decode(self._form, answer, _as_shown(tools, category))
        from bfcl_eval.constants.enums import ReturnFormat
        from bfcl_eval.model_handler.utils import ast_parse, default_decode_ast_prompting

        language = {
            "simple_java": ReturnFormat.JAVA,
            "simple_javascript": ReturnFormat.JAVASCRIPT,
        }.get(category, ReturnFormat.PYTHON)
        text, strict = self._decoding.prepared(self._form, answer)
        if strict:
            return ast_parse(text, language, False)
        return default_decode_ast_prompting(text, language, False)

    def _executable(self, answer: JsonValue, tools: list[JsonObject]) -> list[str]:
        if self._form not in self._decoding.PYTHON_FORMS or self._form in self._decoding.NEVER_EXECUTED:
            calls: list[str] = self._decoding.executable(self._form, answer, tools)
            return calls
        from bfcl_eval.constants.enums import ReturnFormat
        from bfcl_eval.model_handler.utils import (
            ast_parse,
            decoded_output_to_execution_list,
            default_decode_execute_prompting,
        )

        text, strict = self._decoding.prepared(self._form, answer)
        if strict:
            texts: list[str] = decoded_output_to_execution_list(ast_parse(text, ReturnFormat.PYTHON, False))
            return texts
        texts = default_decode_execute_prompting(text)
        return texts
