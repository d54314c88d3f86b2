"""Every kind in which models are known to write pairs: all that can be read in one way is read, and nothing else.

The kinds and the reports they come from: repositories' issues named beside each. Five pairs go in, five come out.
"""

import html
import json
from typing import Any

import pytest

from apigen_assets.completions.reasoning import split_reasoning
from apigen_assets.completions.repair import Repair
from apigen_assets.domain.chat import Completion
from apigen_assets.generation.parsing import Parsed, parse_completion
from tests.helpers.paths import SHARED

NAMES = ("percentile_value", "percentage_change", "search_notes", "now")
PAIRS: list[dict[str, Any]] = [
    {
        "query": "Where do the lowest 10.5 % of 11.2, 11.9 and 6.2 end?",
        "answers": [{"name": "percentile_value", "arguments": {"percent": 10.5, "values": [11.2, 11.9, 6.2]}}],
    },
    {
        "query": 'It\'s "old" 4.9 and new 8.7: up by how much, {roughly}?',
        "answers": [{"name": "percentage_change", "arguments": {"new": 8.7, "old": 4.9}}],
    },
    {
        "query": "Find notes that say: query, answers [1]",
        "answers": [{"name": "search_notes", "arguments": {"query": "answers", "exact": True, "folder": None}}],
    },
    {
        "query": "From 5 to 6, and from 6 to 5?",
        "answers": [
            {"name": "percentage_change", "arguments": {"new": 6, "old": 5}},
            {"name": "percentage_change", "arguments": {"new": 5, "old": 6}},
        ],
    },
    {"query": "What time is it?", "answers": [{"name": "now", "arguments": {}}]},
]
PLAIN = json.dumps(PAIRS)
PRETTY = json.dumps(PAIRS, indent=2)
DRAFT = json.dumps([{"query": "draft", "answers": [{"name": "now", "arguments": {}}]}])
TOOLS = json.dumps(
    [
        {
            "name": "search_notes",
            "description": "d",
            "parameters": {"type": "object", "properties": {"query": {"type": "string"}}},
        }
    ]
)


def fenced(value: object, lang: str = "json") -> str:
    return f"```{lang}\n{json.dumps(value, indent=1)}\n```"


def respelled(make: Any) -> str:
    return json.dumps([{**pair, "answers": [make(call) for call in pair["answers"]]} for pair in PAIRS])


def python_call(call: dict[str, Any]) -> str:
    return f"{call['name']}({', '.join(f'{key}={value!r}' for key, value in call['arguments'].items())})"


def single_quoted() -> str:
    return "[" + ", ".join(repr(pair) for pair in PAIRS) + "]"


def smart() -> str:
    return json.dumps([pair for pair in PAIRS if '"' not in pair["query"]]).replace(', "', ", “").replace('{"', "{“")


READ_WHOLE = {
    "a plain list": PLAIN,
    "pretty": PRETTY,
    "JSON lines (letta #177)": "\n".join(json.dumps(pair) for pair in PAIRS),
    "objects one after the other (deepeval #982)": "\n\n".join(json.dumps(pair, indent=2) for pair in PAIRS),
    "a fence for each": "\n\n".join(f"**Pair {n}**\n{fenced(pair)}" for n, pair in enumerate(PAIRS, 1)),
    "a fenced list for each (easy-dataset PR 506)": "\n".join(
        f"{n}.\n{fenced([pair])}" for n, pair in enumerate(PAIRS)
    ),
    "numbered lines": "\n".join(f"{n}. {json.dumps(pair)}" for n, pair in enumerate(PAIRS, 1)),
    "bullets": "\n".join(f"- {json.dumps(pair)}," for pair in PAIRS),
    "prose around [as asked]": f"Here are {{5}} pairs [as asked]:\n{PRETTY}\nAnything else? [1] {{x}}",
    "a fence in another language": f"~~~python\npairs = {PLAIN}\n~~~",
    "an unclosed fence": f"```json\n{PLAIN}",
    "a tag for each": "\n".join(f"<pair>{json.dumps(pair)}</pair>" for pair in PAIRS),
    "an object around (langchain-oracle #52)": json.dumps({"pairs": PAIRS, "warnings": []}),
    "deep in objects": json.dumps({"result": {"status": "ok", "data": {"items": PAIRS}}}),
    "keyed": json.dumps({f"pair_{n}": pair for n, pair in enumerate(PAIRS)}),
    "keyed by number": json.dumps({str(n): pair for n, pair in enumerate(PAIRS)}),
    "each in an object": json.dumps([{"pair": pair} for pair in PAIRS]),
    "lists of one": json.dumps([[pair] for pair in PAIRS]),
    "two lists": json.dumps({"easy": PAIRS[:2], "hard": PAIRS[2:]}),
    "two lists in text": f"Easy:\n{json.dumps(PAIRS[:2])}\nHard:\n{json.dumps(PAIRS[2:])}",
    "JSON text in JSON": json.dumps({"content": PLAIN}),
    "a list of JSON texts": json.dumps([json.dumps(pair) for pair in PAIRS]),
    "escaped once too often": json.dumps(PLAIN)[1:-1],
    "a JSON string": json.dumps(PRETTY),
    "HTML entities": html.escape(PLAIN).replace("&#x27;", "'"),
    "functions repeated first (llama_index PR 22132)": f"### Functions\n```\n{TOOLS}\n```\n### Pairs\n{PRETTY}",
    "functions in the object": json.dumps({"functions": json.loads(TOOLS), "pairs": PAIRS}),
    "queries and answers apart": json.dumps(
        [half for p in PAIRS for half in ({"query": p["query"]}, {"answers": p["answers"]})]
    ),
    "by columns": json.dumps({"queries": [p["query"] for p in PAIRS], "answers": [p["answers"] for p in PAIRS]}),
    "numbered keys": json.dumps({f"{key}_{n}": value for n, pair in enumerate(PAIRS) for key, value in pair.items()}),
    "other keys": json.dumps([{"question": pair["query"], "tool_calls": pair["answers"]} for pair in PAIRS]),
    "keys in capitals": json.dumps([{"Query": pair["query"], "Answers": pair["answers"]} for pair in PAIRS]),
    "query by query": json.dumps({pair["query"]: pair["answers"] for pair in PAIRS}),
    "dialogues": json.dumps(
        [
            {"messages": [{"role": "user", "content": p["query"]}, {"role": "assistant", "tool_calls": p["answers"]}]}
            for p in PAIRS
        ]
    ),
    "as the examples are shown": "\n\n".join(
        f"Query: {p['query']}\nAnswers: {json.dumps(p['answers'])}" for p in PAIRS
    ),
    "as shown, in markdown": "\n\n".join(
        f"{n}. **Query:** {p['query']}\n   **Answers:**\n{fenced(p['answers'])}" for n, p in enumerate(PAIRS, 1)
    ),
    "Mixtral's underscores (gpt-pilot #756)": PRETTY.replace("_", "\\_"),
    "escaped brackets": PLAIN.replace("[", "\\[", 1)[:-1] + "\\]",
    "raw line breaks (mem0 #2194)": PLAIN.replace("Where do the", "Where do\nthe"),
    "raw tabs": PLAIN.replace("Where do the", "Where\tdo the"),
    "trailing commas": PRETTY.replace("\n    ]", ",\n    ]").replace("}\n  ]", "},\n  ]"),
    "Python literals": repr(PAIRS),
    "single quotes": single_quoted(),
    "comments": PRETTY.replace('"query": "Find', '// the third one\n    "query": "Find').replace(
        "[\n", "[ /* all */\n", 1
    ),
    "keys without quotes": PLAIN.replace('"query": "', 'query: "').replace('"answers": [{', "answers: [{"),
    "quotes not escaped": PLAIN.replace('\\"old\\"', '"old"'),
    "apostrophes escaped": PLAIN.replace("It's", "It\\'s"),
    "an extra brace after each": PLAIN.replace("}]}, {", "}]}}, {"),
    "an extra bracket after each": PLAIN.replace("}]}, {", "}]}], {"),
    "a bracket missing in one": PLAIN.replace('"old": 4.9}}]}', '"old": 4.9}]}'),
    "a list's bracket missing in one": PLAIN.replace('"old": 4.9}}]}', '"old": 4.9}}}'),
    "the last bracket missing": PLAIN[:-1],
    "the last two brackets missing": PLAIN[:-2],
    "no commas between": PLAIN.replace("}]}, {", "}]} {"),
    "and so on": PLAIN[:-1] + ", ...]",
    "a pair written twice": PLAIN[:-1] + ", " + json.dumps(PAIRS[0]) + "]",
    "parameters": respelled(lambda call: {"name": call["name"], "parameters": call["arguments"]}),
    "args": respelled(lambda call: {"function": call["name"], "args": call["arguments"]}),
    "OpenAI (ollama PR 12413)": respelled(lambda call: {"type": "function", "function": call}),
    "OpenAI with ids and text": respelled(
        lambda call: {
            "id": "call_1",
            "type": "function",
            "function": {"name": call["name"], "arguments": json.dumps(call["arguments"])},
        }
    ),
    "arguments as text (Rapid-MLX PR 703)": respelled(
        lambda call: {"name": call["name"], "arguments": json.dumps(call["arguments"])}
    ),
    "Anthropic": respelled(
        lambda call: {"type": "tool_use", "id": "t", "name": call["name"], "input": call["arguments"]}
    ),
    "Gemini": respelled(lambda call: {"functionCall": {"name": call["name"], "args": call["arguments"]}}),
    "parallel tool use": respelled(
        lambda call: {"recipient_name": f"functions.{call['name']}", "parameters": call["arguments"]}
    ),
    "keyed by function": respelled(lambda call: {call["name"]: call["arguments"]}),
    "Python calls": respelled(python_call),
    "one Python list": json.dumps(
        [{**p, "answers": f"[{', '.join(python_call(call) for call in p['answers'])}]"} for p in PAIRS]
    ),
    "handed in by a call": f"<tool_call>{json.dumps({'name': 'submit', 'arguments': {'pairs': PAIRS}})}</tool_call>",
    "arguments as text twice over": respelled(
        lambda call: {"name": call["name"], "arguments": json.dumps(json.dumps(call["arguments"]))}
    ),
    "answers as text": json.dumps([{**pair, "answers": json.dumps(pair["answers"])} for pair in PAIRS]),
    "answers in an object": json.dumps([{**pair, "answers": {"calls": pair["answers"]}} for pair in PAIRS]),
    "one call without a list": json.dumps(
        [{**p, "answers": p["answers"][0] if len(p["answers"]) == 1 else p["answers"]} for p in PAIRS]
    ),
    "harmony (llama.cpp #16158)": f"<|channel|>analysis<|message|>Try {DRAFT}<|end|><|start|>assistant<|channel|>final"
    f"<|message|>{PLAIN}<|return|>",
    "harmony with a constraint": f"<|channel|>analysis<|message|>{DRAFT}<|end|><|start|>assistant<|channel|>final "
    f"<|constrain|>json<|message|>{PLAIN}",
    "harmony stripped": f"analysisWe need pairs. {DRAFT} hm.assistantfinal{PLAIN}",
    **{
        f"reasoning {opening}{closing}": f"{opening}Try {DRAFT}, no.{closing}\n\n{PLAIN}"
        for opening, closing in (
            ("<think>\n", "\n</think>"),
            ("", "</think>"),  # the template opened it (vllm #13125)
            ("<thinking>", "</thinking>"),
            ("<THOUGHT>", "</THOUGHT>"),
            ("<reasoning>", "</reasoning>"),
            ("<scratchpad>", "</scratchpad>"),
            ("<analysis>", "</analysis>"),
            ("[THINK]", "[/THINK]"),
            ("<|begin_of_thought|>", "<|end_of_thought|>"),
            ("<|START_THINKING|>", "<|END_THINKING|>"),
            ("◁think▷", "◁/think▷"),
            ("<seed:think>", "</seed:think>"),
            ("<|channel>thought\n", "<channel|>"),
            ("<think>a</think><think>", "</think>"),
            ("<think>one <think> inner", "</think>"),
            ("### Reasoning\n", "\n### Answer\n"),
            ("**Draft:**\n", "\n**Final answer:**\n"),
            ("Here is my thought process:\n", "\nHere is my response:\n"),
        )
    },
    "reasoning without a mark": f"Okay, a first try:\n{DRAFT}\nHmm, too dull. Let me redo that.\n{PLAIN}",
    "reasoning and a better one": f"{fenced(json.loads(DRAFT))}\nWait, one pair only. Final list:\n{PLAIN}",
    "reasoning and an answer tag": f"<think>{DRAFT}</think><answer>{PLAIN}</answer>",
}


def read(text: str, status: str = "ok", most: int | None = 5, **more: Any) -> Parsed:
    return parse_completion(Completion(key="k", status=status, text=text, **more), NAMES, most)


def pairs_of(parsed: Parsed) -> list[tuple[str, Any]]:
    return [(" ".join(pair.query.split()), pair.answers) for pair in parsed.pairs if pair.error is None]


WANTED = [(pair["query"], pair["answers"]) for pair in PAIRS]


@pytest.mark.parametrize("kind", READ_WHOLE)
def test_what_can_be_read_in_one_way_is_read_whole(kind: str) -> None:
    parsed = read(READ_WHOLE[kind])
    assert pairs_of(parsed) == WANTED
    assert [pair.error for pair in parsed.pairs if pair.error] == []
    if "reasoning" in kind or "harmony" in kind:
        assert all(pair.thought and "draft" in pair.thought for pair in parsed.pairs)
    if kind in ("a plain list", "pretty"):
        assert {pair.repairs for pair in parsed.pairs} == {()}


@pytest.mark.parametrize("path", sorted((SHARED / "cases/llm").glob("*.txt")), ids=lambda path: path.stem)
def test_the_shared_cases_hold_five_pairs(path: Any) -> None:
    wanted = json.loads((SHARED / "cases/llm/pairs.json").read_text())
    parsed = read(path.read_text())
    assert pairs_of(parsed) == [(pair["query"], pair["answers"]) for pair in wanted]


@pytest.mark.parametrize(
    ("kind", "text", "status", "queries", "codes"),
    [
        ("an open thought", f"<think>Try {DRAFT}", "ok", 0, ["no_answer"]),
        ("a thought that was cut", f"<think>Try {DRAFT}", "length", 0, ["truncated"]),
        ("harmony without an answer", f"<|channel|>analysis<|message|>{DRAFT}", "length", 0, ["truncated"]),
        ("cut in the third", PLAIN[: PLAIN.index("exact")], "length", 2, ["truncated"]),
        ("cut after the third", PLAIN[: PLAIN.index(', {"query": "From 5')], "length", 3, []),
        ("cut in a number", PLAIN[: PLAIN.index("8.7") + 2], "length", 1, ["truncated"]),
        ("one key with two values", PLAIN.replace('"old": 4.9', '"old": 4.9, "old": 5.9'), "ok", 4, ["duplicate_key"]),
        ("a number like no other", PLAIN.replace("4.9", "004.9"), "ok", 4, ["not_json"]),
        ("not a number", PLAIN.replace("4.9", "NaN"), "ok", 4, ["non_finite_number"]),
        ("an expression", PLAIN.replace("4.9", "4.9 * 2"), "ok", 4, ["not_json"]),
        ("values left out", PLAIN.replace("11.9, 6.2]", "...]"), "ok", 4, ["not_json"]),
        (
            "one query, two answers",
            PLAIN[:-1] + ', {"query": "What time is it?", "answers": []}]',
            "ok",
            4,
            ["ambiguous"],
        ),
        ("functions only", TOOLS, "ok", 0, ["not_json"]),
        ("numbers", "[1, 2, 3]", "ok", 0, ["not_json"]),
        ("a refusal in prose", "I'm sorry, I can't help with {that}.", "ok", 0, ["not_json"]),
    ],
)
def test_what_cannot_costs_itself_and_has_a_reason(
    kind: str, text: str, status: str, queries: int, codes: list[str]
) -> None:
    parsed = read(text, status)
    assert len(pairs_of(parsed)) == queries, [pair.error for pair in parsed.pairs]
    assert list(dict.fromkeys((pair.error or "").split(":")[0] for pair in parsed.pairs if pair.error)) == codes
    assert not any("draft" in pair.query for pair in parsed.pairs)


REPAIRED = {
    "comment": PRETTY.replace('  {\n    "query": "Find', '  // the third\n  {\n    "query": "Find'),
    "trailing_comma": PLAIN[:-1] + ",]",
    "missing_comma": PLAIN.replace("}]}, {", "}]} {", 1),
    "extra_bracket": PLAIN.replace("}]}, {", "}]}}, {", 1),
    "missing_bracket": PLAIN.replace('"old": 4.9}}]}', '"old": 4.9}}}'),
    "ellipsis": PLAIN[:-1] + ", ...]",
    "python_literal": PLAIN.replace("null", "None"),
    "quotes": PLAIN.replace('"now"', "'now'"),
    "unquoted_key": PLAIN.replace('"old": 4.9', "old: 4.9"),
    "unescaped_quote": PLAIN.replace('\\"old\\"', '"old"'),
    "control_character": PLAIN.replace("Where do", "Where\ndo"),
    "markdown_escape": PLAIN.replace("search_notes", "search\\_notes"),
    "invalid_escape": PLAIN.replace("It's", "It\\'s"),
    "number": PLAIN.replace(": 8.7", ": +8.7"),
    "repeated_key": PLAIN.replace('"old": 4.9', '"old": 4.9, "old": 4.9'),
    "escaped_json": json.dumps(PLAIN)[1:-1],
    "html_entities": html.escape(PLAIN, quote=True).replace("&#x27;", "'"),
    "json_text": json.dumps({"pairs": PLAIN}),
    "punctuation": PLAIN.replace('"answers": ', '"answers"：'),
    "code": PLAIN.replace(
        '{"percent": 10.5, "values": [11.2, 11.9, 6.2]}', "dict(percent=10.5, values=[11.2, 11.9, 6.2])"
    ),
    "concatenated": PLAIN.replace("10.5 % of 11.2", '10.5 % "\n  "of 11.2'),
    "line_prefix": "".join(f"+{line}\n" for line in PRETTY.splitlines()),
    "json_repair": PLAIN.replace('{"name": "now", "arguments": {}}', '{"name": "now" "arguments": {}}'),
}
"""By the name of a repair, a text that needs it."""


@pytest.mark.parametrize("repair", Repair)
def test_every_repair_is_said_on_the_pair_that_needed_it(repair: Repair) -> None:
    parsed = read(REPAIRED[repair.value])
    assert pairs_of(parsed) == WANTED
    assert {name for pair in parsed.pairs for name in pair.repairs} - {"isolated", "enclosed"} == {repair.value}
    if repair is Repair.COMMENT:
        assert [pair.repairs for pair in parsed.pairs] == [(), (), ("comment",), (), ()]
    inside = json.dumps({"content": REPAIRED[repair.value]})
    if repair not in (
        *(Repair.ESCAPED_JSON, Repair.HTML_ENTITIES, Repair.JSON_TEXT, Repair.LIBRARY, Repair.LINE_PREFIX),
    ):
        assert {name for pair in read(inside).pairs for name in pair.repairs} >= {repair.value, "json_text"}


def test_a_completion_that_loops_gives_its_distinct_pairs_and_at_most_its_share() -> None:
    looped = read("[" + ", ".join(json.dumps(pair) for pair in PAIRS[:2] * 12) + "]")
    assert len(looped.pairs) == 2
    assert looped.duplicates == 22
    many = [
        {"query": f"{n} to 9?", "answers": [{"name": "percentage_change", "arguments": {"new": 9, "old": n}}]}
        for n in range(24)
    ]
    long = read(json.dumps(many))
    assert len(long.pairs) == 5
    assert long.over_share == 19
    broken = read(", ".join('{"query": "a", "answers": [{"name": }' + str(n) for n in range(30)) + PLAIN)
    assert pairs_of(broken) == WANTED, "what cannot be read takes no room from what can"


def test_the_endpoints_reasoning_is_kept_as_thought() -> None:
    parsed = read(PLAIN, reasoning="because")
    assert {pair.thought for pair in parsed.pairs} == {"because"}


def test_tags_within_a_document_are_content() -> None:
    text = json.dumps([{"query": "What does </think> close? <think>?", "answers": []}])
    assert split_reasoning(text).answer == text
    assert [pair.query for pair in read(text).pairs] == ["What does </think> close? <think>?"]
