"""The prompt formats: what they show, that answers survive the round trip, that templates render alike."""

import json
import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from apigen_assets.domain.call import Call
from apigen_assets.tool_formats.openai_tool import openai_tool, parameters_of
from apigen_assets.training.chat_template import chat_template
from apigen_assets.training.examples import TrainingExample
from apigen_assets.training.heldout import read_answer, score
from apigen_assets.training.prompt_format import PromptStyle, check_chat_template, parse, render, target
from apigen_assets.training.recipe import load_recipe
from apigen_assets.training.tokenizer import train_tokenizer
from tests.helpers.templates import bundled

FLAT = {
    "name": "forecast.get",
    "description": 'Weather "now" – in °C',
    "parameters": {
        "city": {"type": "str", "description": "City", "default": "Köln", "required": True},
        "days": {"type": "int, optional", "description": "Days", "default": 3, "required": False},
        "type": {"type": "List[List[int]]", "description": "A parameter that is named type"},
    },
}
SCHEMA = {
    "api_id": "0123456789abcdef",
    "name": "add",
    "description": "Adds",
    "parameters": {
        "type": "object",
        "properties": {
            "a": {"type": "integer"},
            "b": {"type": "number", "default": 1},
            "c": {"type": ["string", "null"]},
        },
        "required": ["a"],
    },
}
NO_PARAMETERS = {"name": "ping", "description": "", "parameters": {}}
TOOLS = [FLAT, SCHEMA, NO_PARAMETERS]
CALLS = [
    Call(name="forecast.get", arguments={"city": 'Sant "A" (x, y); b=1', "days": -2, "type": [[1], [], [2, 3]]}),
    Call(name="add", arguments={"a": 1, "b": 2.5, "c": None}),
    Call(name="ping", arguments={}),
]

BUNDLED = bundled()

json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
names = st.from_regex(r"\A[A-Za-z0-9_.\-]{1,64}\Z")
calls = st.builds(
    lambda name, arguments: Call(name=name, arguments=arguments),
    names,
    st.dictionaries(st.from_regex(r"\A[A-Za-z_][A-Za-z0-9_.\-]{0,12}\Z"), json_values, max_size=4),
)


def test_the_xlam_prompt_has_the_released_models_blocks_in_their_order():
    prompt = render("How warm?", TOOLS, "xlam")
    blocks = re.findall(r"^\[(?:BEGIN|END) OF [A-Z ]+\]$", prompt, re.MULTILINE)
    expected = ["TASK INSTRUCTION", "AVAILABLE TOOLS", "FORMAT INSTRUCTION", "QUERY"]
    assert blocks == [f"[{edge} OF {name}]" for name in expected for edge in ("BEGIN", "END")]
    assert "\n### Instruction:\n" in prompt and prompt.endswith("[END OF QUERY]\n\n### Response:\n")
    listed = json.loads(prompt.split("[BEGIN OF AVAILABLE TOOLS]\n")[1].split("\n[END OF AVAILABLE TOOLS]")[0])
    assert [tool["name"] for tool in listed] == ["forecast.get", "add", "ping"]
    assert listed[0]["parameters"] == FLAT["parameters"]
    assert listed[1]["parameters"]["a"] == {"type": "integer", "required": True}
    assert "required" not in listed[1]["parameters"]["b"]
    assert "api_id" not in listed[1], "the model is shown name, description and parameters only"


def test_the_compact_prompt_is_one_line_per_tool_in_either_spelling():
    assert render("How warm?", TOOLS, "compact") == (
        "forecast.get(city,days?,type)\nadd(a,b?,c?)\nping()\n? How warm?\n> "
    )


@pytest.mark.parametrize("style", ["xlam", "compact"])
@example(answers=[Call(name="f", arguments={"a": "NaN", "b": ["Infinity", "-Infinity", "nan"]})], form="{}")
@given(answers=st.lists(calls, max_size=3), form=st.sampled_from(["", "{}", "for {}", "'{}'", '"{}", {}']))
def test_what_is_written_as_target_is_read_back(style, answers, form):
    values = [str(value) for call in answers for value in call.arguments.values()]
    assert parse(target(answers, style, query=" ".join(form.format(value, value) for value in values))) == answers


@pytest.mark.parametrize(
    ("query", "value"),
    [
        ("weather in Ouagadougou please", "Ouagadougou"),
        ("weather in 'Ouagadougou'", "Ouagadougou"),
        ("a flight from 'San Marino' today", "San Marino"),
        ("how is James-based spelled", "James"),
        ("the port 8443 and others", 8443),
    ],
)
def test_a_values_tokens_in_a_compact_answer_are_those_of_the_query(query, value):
    recipe = load_recipe("tiny")
    tokenizer = train_tokenizer(recipe, iter([f"{query}, both {value} and '{value}'\n" * 3]))
    text = target([Call(name="embedded-rest.get_weather", arguments={"city": value})], "compact", query=query)
    asked, answered = (tokenizer.convert_ids_to_tokens(tokenizer(one)["input_ids"]) for one in (query, text))
    start = next(place for place, token in enumerate(answered) if token.startswith("=")) + 1
    copied = [token for token in answered[start:] if any(one.isalnum() for one in token.replace("Ġ", ""))]
    assert copied, answered
    assert any(asked[place : place + len(copied)] == copied for place in range(len(asked))), (asked, answered)


@given(st.text())
def test_any_text_is_parsed_or_refused_and_never_raises(text):
    assert parse(text) is None or isinstance(parse(text), list)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{"tool_calls": []}', []),
        ("[]", []),
        ('[{"name": "f", "arguments": {}}]', [Call(name="f", arguments={})]),
        ('{"name": "f", "arguments": "{\\"a\\": 1}"}', [Call(name="f", arguments={"a": 1})]),
        ('```json\n{"tool_calls": []}\n```', []),
        ("<think>hm</think>\n\n[]", []),
        (
            '<tool_call>\n{"name": "f", "arguments": {}}\n</tool_call>\n'
            '<tool_call>{"name": "g", "arguments": {}}</tool_call>',
            [Call(name="f", arguments={}), Call(name="g", arguments={})],
        ),
        ("f(a=1)", [Call(name="f", arguments={"a": 1})]),
        ("", None),
        ("Sorry (no tool fits)", None),
        ("f(a=1) and more", None),
        ("f(a=1,a=2)", None),
        (
            'f(a=Köln am Rhein,b=[x y,null,-1],c={"k":true})',
            [Call(name="f", arguments={"a": "Köln am Rhein", "b": ["x y", None, -1], "c": {"k": True}})],
        ),
        ('f(a="true",b="1",c="")', [Call(name="f", arguments={"a": "true", "b": "1", "c": ""})]),
        ("f(a=1 2)", None),
        ("f(a=x )", None),
        ("f(a=[1,2)", None),
        ("f(a=Infinity)", None),
        ("f(a=1e999)", None),
        ("f(a=NaN)", None),
        ('f(a={"x": 1, "x": 2})', None),
        ("f(a=__import__('os'))", None),
        ('{"tool_calls": [{"name": "f"}]}', None),
        ('{"tool_calls": [{"name": 1, "arguments": {}}]}', None),
        ('{"tool_calls": {}}', None),
        ('{"tool_calls": [{"name": "f", "arguments": {"a": 1, "a": 2}}]}', None),
        ('Here: {"tool_calls": []}', None),
        ("[" * 100_000, None),
        ("f(a=" + "[" * 100_000, None),
        ("<tool_call>{}</tool_call>", None),
        ('<tool_call>{"name": "f", "arguments": {}}</tool_call> done', None),
    ],
)
def test_answers_are_read_strictly(text, expected):
    assert parse(text) == expected


def _tokenizer(template):
    transformers = pytest.importorskip("transformers")
    from tokenizers import Tokenizer
    from tokenizers.models import BPE

    tokenizer = transformers.PreTrainedTokenizerFast(tokenizer_object=Tokenizer(BPE()), eos_token="<|EOT|>")
    tokenizer.chat_template = template
    return tokenizer


@pytest.mark.parametrize("style", ["xlam", "compact"])
@pytest.mark.parametrize("wrapped", [False, True])
def test_the_chat_template_renders_what_training_rendered(style, wrapped):
    tokenizer = _tokenizer(chat_template(style))
    tools = [openai_tool(tool) for tool in TOOLS] if wrapped else TOOLS
    query = 'It\'s \\n "x" {{ 1 }} – ü?'
    user = {"role": "user", "content": query}
    prompt = tokenizer.apply_chat_template([user], tools=tools, tokenize=False, add_generation_prompt=True)
    assert prompt == render(query, tools, style)
    assistant = {
        "role": "assistant",
        "tool_calls": [{"type": "function", "function": call.model_dump()} for call in CALLS],
    }
    whole = tokenizer.apply_chat_template([user, assistant], tools=tools, tokenize=False)
    assert whole.startswith(prompt) and whole.endswith("<|EOT|>")
    assert parse(whole.removeprefix(prompt).removesuffix("<|EOT|>")) == CALLS
    if style == "xlam":
        assert whole == prompt + target(CALLS, style) + "<|EOT|>"


@pytest.mark.parametrize("style", ["xlam", "compact"])
@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ({"properties": {"by": {"type": "number"}, "at": {"type": "number"}}, "required": ["by"]}, "f(by,at?)"),
        ({"type": "dict", "properties": {"by": {"type": "integer"}}}, "f(by?)"),
        ({"properties": {"type": "List[str]", "description": "Of the house"}}, "f(properties)"),
        ({"type": {"type": "str"}, "required": {"type": "bool, optional"}}, "f(type,required?)"),
    ],
    ids=["schema without a type", "schema of the leaderboard", "flat: properties", "flat: type and required"],
)
def test_what_looks_like_both_spellings_is_read_alike_everywhere(style, parameters, expected):
    tools = [{"name": "f", "description": "", "parameters": parameters}]
    user = {"role": "user", "content": "q"}
    tokenizer = _tokenizer(chat_template(style))
    prompt = tokenizer.apply_chat_template([user], tools=tools, tokenize=False, add_generation_prompt=True)
    assert prompt == render("q", tools, style)
    assert render("q", tools, "compact").startswith(expected + "\n")


HERMES_LIKE = (
    "{%- if tools %}<|system|>{% for t in tools %}{{ t | tojson }}\n{% endfor %}{% endif -%}"
    "{%- for m in messages %}<|{{ m.role }}|>{{ m.content }}"
    "{%- for c in m.tool_calls or [] %}<tool_call>\n{{ c.function | tojson }}\n</tool_call>{% endfor %}"
    "{%- if m.role == 'assistant' %}{{ eos_token }}\n{% endif %}{% endfor -%}"
    "{%- if add_generation_prompt %}<|assistant|>{% endif %}"
)


@pytest.mark.parametrize("answers", [CALLS, []])
def test_the_chat_style_uses_the_tokenizers_template_and_reads_its_answers(answers):
    tokenizer = _tokenizer(HERMES_LIKE)
    prompt = render("q", TOOLS, "chat", tokenizer=tokenizer)
    assert '"required": ["city", "type"]' in prompt and prompt.endswith("<|user|>q<|assistant|>")
    text = target(answers, "chat", tokenizer=tokenizer, query="q", tools=TOOLS)
    assert parse(text) == answers and "EOT" not in text


IGNORES_TOOLS = (
    "{% for m in messages %}{{ '<|im_start|>' + m.role + '\n' + (m.content or '') + '<|im_end|>\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)
SHOWS_TOOLS_ONLY = "{{ tools | tojson }}" + IGNORES_TOOLS


@pytest.mark.parametrize("template", [IGNORES_TOOLS, SHOWS_TOOLS_ONLY])
def test_a_template_that_would_train_on_nothing_is_refused_with_what_to_use(template):
    with pytest.raises(ValueError, match="prompt_style: xlam"):
        check_chat_template(_tokenizer(template))
    check_chat_template(_tokenizer(HERMES_LIKE))


@pytest.mark.parametrize("name", [name for name in BUNDLED if name.startswith("deepseek")])
def test_bundled_templates_that_show_no_tools_are_refused(name):
    with pytest.raises(ValueError, match="shows no tools"):
        check_chat_template(_tokenizer(BUNDLED[name]))


@pytest.mark.parametrize("name", [name for name in BUNDLED if not name.startswith("deepseek")])
def test_the_chat_style_trains_on_every_bundled_template_that_writes_calls(name):
    tokenizer = _tokenizer(BUNDLED[name])
    check_chat_template(tokenizer)
    tools = [SCHEMA, {**NO_PARAMETERS, "description": "Pings."}]
    for answers in (CALLS[1:2], CALLS[1:], []):
        text = target(answers, "chat", tokenizer=tokenizer, query="q", tools=tools)
        assert text.strip()


def test_a_call_without_a_name_for_it_in_the_tools_keeps_its_types_by_json():
    assert target([CALLS[1]], "chat", tokenizer=_tokenizer(HERMES_LIKE), query="q", tools=[]).startswith("<tool_call>")


def test_the_chat_style_without_a_template_is_refused():
    with pytest.raises(ValueError, match=r"chat template.*prompt_style: xlam"):
        render("q", TOOLS, PromptStyle.CHAT)


def test_python_type_names_become_json_schema():
    function = openai_tool(FLAT)["function"]
    assert function["parameters"] == {
        "type": "object",
        "properties": {
            "city": {"type": "string", "description": "City", "default": "Köln"},
            "days": {"type": "integer", "description": "Days", "default": 3},
            "type": {
                "type": "array",
                "description": "A parameter that is named type",
                "items": {"type": "array", "items": {"type": "integer"}},
            },
        },
        "required": ["city", "type"],
    }


def test_rows_of_the_first_release_have_their_required_parameters_read_from_the_type():
    first = {"q": {"type": "str", "default": ""}, "n": {"type": "int, optional"}}
    assert [(one.name, one.required) for one in parameters_of(first)] == [("q", True), ("n", False)]


def test_answers_of_a_chat_base_are_read_in_its_familys_syntax():
    example = TrainingExample("q", [SCHEMA], [Call(name="add", arguments={"a": 1, "b": 2.5})], "simple")
    tags = "<tool_call>\n<function=add>\n"
    tags += "<parameter=a>\n1\n</parameter>\n<parameter=b>\n2.5\n</parameter>\n</function>\n</tool_call>"
    assert read_answer(tags, example, PromptStyle.CHAT) == example.answers
    assert read_answer(tags, example, PromptStyle.XLAM) is None
    assert score([example], [tags], PromptStyle.CHAT)["simple"].exact == 1
