"""An answer with calls in the forms that chat templates want it, found by reading back what they write.

Most templates take arguments as an object and an empty content. DeepSeek's join the arguments as text, and those of its
R1 distillations show calls only where the content is null; Llama 3.1's and gpt-oss's write one call per message.
"""

import json
from collections.abc import Callable, Iterator, Sequence

from apigen_assets.files.json_types import JsonMapping, JsonObject
from apigen_assets.tool_formats.openai_row import call_id
from apigen_assets.tool_formats.written_calls import UnreadableCallsError, read_calls

Render = Callable[[list[JsonObject], bool], str]
"""Renders messages by a template; the flag adds the beginning of an answer."""


class TemplateError(ValueError):
    """A chat template writes the calls in no form so that they can be read back; the message says what it wrote."""


def forms(calls: Sequence[JsonMapping]) -> Iterator[list[JsonObject]]:
    """The assistant's messages for some calls, the form that most templates take first."""
    for as_text in (False, True):
        written = [
            {
                "id": call_id("calls", number),
                "type": "function",
                "function": {
                    "name": call["name"],
                    "arguments": json.dumps(call["arguments"], ensure_ascii=False) if as_text else call["arguments"],
                },
            }
            for number, call in enumerate(calls)
        ]
        together: list[list[JsonObject]] = [written]
        apart = [[call] for call in written]
        for messages in [together, apart] if len(calls) > 1 else [together]:
            for content in ("", None):
                yield [{"role": "assistant", "content": content, "tool_calls": part} for part in messages]


def fitted(
    question: Sequence[JsonObject], calls: Sequence[JsonMapping], tools: Sequence[JsonMapping], render: Render
) -> str:
    """The conversation as a template renders it, in the first form whose calls are read back as they are.

    Args:
        question: the messages before the answer.
        calls: `{name, arguments}` each, at least one.
        tools: the tools, in OpenAI's form; tag syntaxes are typed by them.
        render: applies the template.

    Raises:
        TemplateError: there is no such form.
    """
    wanted = [{"name": call["name"], "arguments": call["arguments"]} for call in calls]
    shown = ""
    for form in forms(calls):
        try:
            whole = render([*question, *form], False)
        except Exception as error:  # templates raise what they like
            shown = f"{type(error).__name__}: {error}"
            continue
        if written_calls(question, whole, tools, render) == wanted:
            return whole
        shown = whole[-300:]
    raise TemplateError(f"the chat template does not write calls that can be read back; it wrote {shown!r}")


def written_calls(
    question: Sequence[JsonObject], whole: str, tools: Sequence[JsonMapping], render: Render
) -> list[JsonObject] | None:
    """The calls of the answer in a rendered conversation; null where there are none that can be read.

    Args:
        question: the messages before the answer.
        whole: the conversation as rendered.
        tools: the tools, in OpenAI's form.
        render: applies the template.
    """
    answer = answer_text(question, whole, render)
    # Marks of the turn may come before the answer; a plain JSON answer is read from where it begins.
    for start in dict.fromkeys((0, max(0, answer.find("{")), max(0, answer.find("[")))):
        try:
            calls = read_calls(answer[start:], tools)
        except UnreadableCallsError:
            continue
        if calls:
            return calls
    return None


def answer_text(question: Sequence[JsonObject], whole: str, render: Render) -> str:
    """What a rendered conversation holds behind its prompt; behind the question where it does not begin with it."""
    prompt = render(list(question), True)
    if whole.startswith(prompt):
        return whole[len(prompt) :]
    said = str(question[-1]["content"])
    return whole[whole.rindex(said) + len(said) :] if said in whole else whole
