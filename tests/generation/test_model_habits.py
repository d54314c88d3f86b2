"""Completions as particular models and habits have them: special tokens, tables, labels, tags, YAML, other keys.

Three pairs go in and come out, and no draft. `test_completion_kinds.py` has the kinds of broken JSON.
"""

import html
from json import dumps
from typing import Any

import pytest
import yaml

from apigen_assets.domain.chat import Completion
from apigen_assets.generation.parsing import Parsed, parse_completion

NAMES = ["now", "chg", "find_notes"]
PAIRS: list[dict[str, Any]] = [
    {"query": "Is it late in Rome?", "answers": [{"name": "now", "arguments": {"zone": "Rome"}}]},
    {
        "query": "Up from 4 to 5.5, and really?",
        "answers": [{"name": "chg", "arguments": {"old": 4, "new": 5.5, "ok": True, "x": None}}],
    },
    {
        "query": 'Find "a_b" notes in C:\\tmp, then now',
        "answers": [
            {
                "name": "find_notes",
                "arguments": {"text": "a_b", "tags": ["x", "y z"], "opts": {"deep": {"n": -1}}},
            },
            {"name": "now", "arguments": {}},
        ],
    },
]
DRAFT = dumps([{"query": "draft query here", "answers": [{"name": "now", "arguments": {}}]}])


def fence(text: str, language: str = "json") -> str:
    return f"```{language}\n{text}\n```"


def python_call(call: dict[str, Any]) -> str:
    return f"{call['name']}({', '.join(f'{key}={value!r}' for key, value in call['arguments'].items())})"


def table(pairs: list[dict[str, Any]]) -> str:
    rows = [f"| {number} | {pair['query']} | `{dumps(pair['answers'])}` |" for number, pair in enumerate(pairs, 1)]
    return "\n".join(["| # | Query | Answers |", "|---|---|---|", *rows])


def read(text: str, status: Any = "ok") -> Parsed:
    return parse_completion(Completion(key="k", status=status, text=text), NAMES, 5)


KINDS = {
    "r1 think + fence": '<think>\nOkay, the user wants.. {"query": maybe '
    + DRAFT
    + "\n</think>\n\n"
    + fence(dumps(PAIRS, indent=2)),
    "r1 no opening": "Okay so I need to produce 3 pairs. First: "
    + DRAFT
    + "\n</think>\n\nHere are the pairs:\n\n"
    + fence(dumps(PAIRS)),
    "qwen3 empty think": "<think>\n\n</think>\n\n" + dumps(PAIRS),
    "qwen3 tool_call tags": "\n".join(
        f"Query: {p['query']}\n" + "\n".join("<tool_call>\n" + dumps(c) + "\n</tool_call>" for c in p["answers"])
        for p in PAIRS
    ),
    "mixtral": " Here are 3 examples:\n\n" + dumps(PAIRS, indent=4).replace("_", "\\_"),
    "llama3 header": "<|start_header_id|>assistant<|end_header_id|>\n\n" + dumps(PAIRS) + "<|eot_id|>",
    "llama3 python_tag": "<|python_tag|>" + dumps(PAIRS),
    "llama3.2 pycalls": dumps(
        [{"query": p["query"], "answers": "[" + ", ".join(map(python_call, p["answers"])) + "]"} for p in PAIRS]
    ),
    "gemma fence + eot": fence(dumps(PAIRS, indent=2)) + "<end_of_turn>",
    "gemma tool_code": dumps(
        [
            {"query": p["query"], "answers": "```tool_code\n" + "\n".join(map(python_call, p["answers"])) + "\n```"}
            for p in PAIRS
        ]
    ),
    "phi closing": dumps(PAIRS) + "<|end|>\n<|assistant|>",
    "phi4 functools": dumps([{"query": p["query"], "answers": "functools" + dumps(p["answers"])} for p in PAIRS]),
    "command-r action": "Action: ```json\n"
    + dumps(
        [
            {
                "query": p["query"],
                "answers": [{"tool_name": c["name"], "parameters": c["arguments"]} for c in p["answers"]],
            }
            for p in PAIRS
        ]
    )
    + "\n```",
    "command-a thinking": "<|START_THINKING|>I will write "
    + DRAFT
    + "<|END_THINKING|><|START_RESPONSE|>"
    + dumps(PAIRS)
    + "<|END_RESPONSE|>",
    "command-a text tags": "<|START_OF_TURN_TOKEN|><|CHATBOT_TOKEN|><|START_TEXT|>" + dumps(PAIRS) + "<|END_TEXT|>",
    "gptoss": "<|channel|>analysis<|message|>Need "
    + DRAFT
    + "<|end|><|start|>assistant<|channel|>commentary<|message|>Preparing.<|end|>"
    "<|start|>assistant<|channel|>final<|message|>" + dumps(PAIRS) + "<|return|>",
    "gptoss to=functions": "<|channel|>analysis<|message|>x<|end|><|start|>assistant<|channel|>"
    "commentary to=functions.submit <|constrain|>json<|message|>" + dumps({"pairs": PAIRS}) + "<|call|>",
    "gptoss stripped nl": "analysis\nWe should write " + DRAFT + "\nassistantfinal\n" + dumps(PAIRS),
    "mistral tool_calls": "[TOOL_CALLS]" + dumps([{"name": "submit", "arguments": {"pairs": PAIRS}}]),
    "mistral tool_calls pairs": "[TOOL_CALLS] " + dumps(PAIRS) + "</s>",
    "mistral per pair": dumps([{"query": p["query"], "answers": "[TOOL_CALLS] " + dumps(p["answers"])} for p in PAIRS]),
    "mistral args marker": dumps(
        [
            {
                "query": p["query"],
                "answers": [f"[TOOL_CALLS]{c['name']}[ARGS]{dumps(c['arguments'])}" for c in p["answers"]],
            }
            for p in PAIRS
        ]
    ),
    "magistral": "[THINK]hm " + DRAFT + "[/THINK]" + fence(dumps(PAIRS)),
    "granite tool_call": "<|tool_call|>" + dumps(PAIRS),
    "granite per answer": dumps(
        [{"query": p["query"], "answers": "<|tool_call|>" + dumps(p["answers"])} for p in PAIRS]
    ),
    "granite think/response": "<think>try " + DRAFT + "</think><response>" + dumps(PAIRS) + "</response>",
    "granite heads": "Here is my thought process:\n" + DRAFT + "\n\nHere is my response:\n" + dumps(PAIRS),
    "glm box": "<think>a " + DRAFT + "</think>\n<|begin_of_box|>" + dumps(PAIRS) + "<|end_of_box|>",
    "kimi thinking": "◁think▷ " + DRAFT + " ◁/think▷" + dumps(PAIRS),
    "kimi tool section": dumps(
        [
            {
                "query": p["query"],
                "answers": [
                    {
                        "id": f"functions.{c['name']}:{i}",
                        "type": "function",
                        "function": {"name": c["name"], "arguments": dumps(c["arguments"])},
                    }
                    for i, c in enumerate(p["answers"])
                ],
            }
            for p in PAIRS
        ]
    ),
    "kimi name prefix": dumps(
        [
            {
                "query": p["query"],
                "answers": [{"name": "functions." + c["name"], "arguments": c["arguments"]} for c in p["answers"]],
            }
            for p in PAIRS
        ]
    ),
    "md table": table(PAIRS),
    "bullets with query/answers": "\n\n".join(
        f"- **Query:** {p['query']}\n- **Answers:** `{dumps(p['answers'])}`" for p in PAIRS
    ),
    "bullets nested": "\n".join(f'* Query: "{p["query"]}"\n  * Answers: {dumps(p["answers"])}' for p in PAIRS[:2]),
    "numbered headings fence": "\n\n".join(
        f"## {i}. Pair\n\n**Query**: {p['query']}\n\n**Answers**:\n\n{fence(dumps(p['answers'], indent=2))}"
        for i, p in enumerate(PAIRS, 1)
    ),
    "headings own lines": "\n\n".join(
        f"### Query {i}\n{p['query']}\n\n### Answers {i}\n{fence(dumps(p['answers']))}" for i, p in enumerate(PAIRS, 1)
    ),
    "yaml": yaml.safe_dump(PAIRS, sort_keys=False, width=1000),
    "yaml fence": "Here you go:\n```yaml\n" + yaml.safe_dump(PAIRS, sort_keys=False, width=1000) + "```",
    "yaml flow answers": "\n".join(f"- query: {dumps(p['query'])}\n  answers: {dumps(p['answers'])}" for p in PAIRS),
    "xml": "<pairs>\n"
    + "\n".join(
        f"  <pair>\n    <query>{html.escape(p['query'], quote=False)}</query>\n"
        f"    <answers>{dumps(p['answers'])}</answers>\n  </pair>"
        for p in PAIRS
    )
    + "\n</pairs>",
    "xml cdata": "".join(
        f"<pair><query><![CDATA[{p['query']}]]></query><answers><![CDATA[{dumps(p['answers'])}]]></answers></pair>"
        for p in PAIRS
    ),
    "single quotes repr": repr(PAIRS),
    "json5 unquoted": '[{query: "Is it late in Rome?", answers: [{name: "now", arguments: {zone: "Rome"}}]}, '
    + dumps(PAIRS[1])
    + ", "
    + dumps(PAIRS[2])
    + "]",
    "trailing prose braces": dumps(PAIRS)
    + '\n\nNote: {zone} may be replaced by [any] value; see {"name": "now"} above.',
    "nested fences": "````markdown\n```json\n" + dumps(PAIRS) + "\n```\n````",
    "here are": "Here are 5 examples of queries and answers [JSON]:\n"
    + dumps(PAIRS)
    + "\nLet me know if you need more!",
    "dup answers key": dumps(PAIRS).replace(
        '"answers": [{"name": "now", "arguments": {"zone": "Rome"}}]',
        '"answers": [{"name": "now", "arguments": {"zone": "Rome"}}], '
        '"answers": [{"name": "now", "arguments": {"zone": "Rome"}}]',
    ),
    "answers dict by name": dumps(
        [{"query": p["query"], "answers": {c["name"]: c["arguments"] for c in p["answers"]}} for p in PAIRS]
    ),
    "query in turns": dumps(
        [
            {
                "messages": [
                    {"role": "system", "content": "s"},
                    {"role": "user", "content": p["query"]},
                    {
                        "role": "assistant",
                        "content": None,
                        "tool_calls": [
                            {"type": "function", "function": {"name": c["name"], "arguments": dumps(c["arguments"])}}
                            for c in p["answers"]
                        ],
                    },
                ]
            }
            for p in PAIRS
        ]
    ),
    "sharegpt": dumps(
        [
            {"conversations": [{"from": "human", "value": p["query"]}, {"from": "gpt", "value": dumps(p["answers"])}]}
            for p in PAIRS
        ]
    ),
    "query nested obj": dumps(
        [{"query": {"role": "user", "content": p["query"]}, "answers": p["answers"]} for p in PAIRS]
    ),
    "query list of turns": dumps(
        [{"query": [{"role": "user", "content": p["query"]}], "answers": p["answers"]} for p in PAIRS]
    ),
    "unicode escapes": dumps(PAIRS).replace("late", "\\u006cate").replace("Rome?", "Rom\\u0065?"),
    "latex boxed": "$\\boxed{" + dumps(PAIRS) + "}$",
    "latex escapes": dumps(PAIRS).replace("{", "\\{").replace("}", "\\}"),
    "html entities": html.escape(dumps(PAIRS)),
    "html ents num": dumps(PAIRS).replace('"', "&#34;"),
    "bom": "\ufeff" + dumps(PAIRS),
    "bom fence": "\ufeff```json\r\n" + dumps(PAIRS, indent=1).replace("\n", "\r\n") + "\r\n```",
    "zero width": "\u200b" + dumps(PAIRS).replace(", {", ",\u200b {"),
    "json keyed list of dict": dumps(
        {"examples": [{"id": i, "input": p["query"], "output": p["answers"]} for i, p in enumerate(PAIRS)]}
    ),
    "instruction/output": dumps([{"instruction": p["query"], "output": dumps(p["answers"])} for p in PAIRS]),
    "user/assistant keys": dumps([{"user": p["query"], "assistant": p["answers"]} for p in PAIRS]),
    "query_answer_pairs": dumps({"query_answer_pairs": PAIRS}),
    "pairs as [q,a]": dumps([[p["query"], p["answers"]] for p in PAIRS]),
    "Q:/A:": "\n".join(f"Q: {p['query']}\nA: {dumps(p['answers'])}\n" for p in PAIRS),
    "Q1/A1": "\n".join(f"Q{i}: {p['query']}\nA{i}: {dumps(p['answers'])}\n" for i, p in enumerate(PAIRS, 1)),
    "User:/Assistant:": "\n".join(f"User: {p['query']}\nAssistant: {dumps(p['answers'])}\n" for p in PAIRS),
    "jsonl numbered paren": "\n".join(f"{i}) {dumps(p)}" for i, p in enumerate(PAIRS, 1)),
    "python assignment": "pairs = " + repr(PAIRS) + "\nprint(pairs)",
    "js const": "const pairs = " + dumps(PAIRS) + ";",
    "ellipsis after": dumps(PAIRS)[:-1] + ",\n  // ... more\n]",
    "answer in function wrapper": dumps(
        [
            {
                "query": p["query"],
                "answers": [
                    {"function_call": {"name": c["name"], "arguments": dumps(c["arguments"])}} for c in p["answers"]
                ],
            }
            for p in PAIRS
        ]
    ),
    "extra reasoning key": dumps([{"reasoning": "because [x] {y}", **p, "style": "simple"} for p in PAIRS]),
    "tool outputs quoted": "> " + dumps(PAIRS, indent=1).replace("\n", "\n> "),
    "backtick inline": "`" + dumps(PAIRS) + "`",
    "minicpm": "<|thought_start|>\nplan " + DRAFT + "\n<|thought_end|>\n" + fence(dumps(PAIRS)),
    "nemotron off": "<think></think>" + dumps(PAIRS),
    "exaone": "<thought>\n" + DRAFT + "\n</thought>\n\n" + dumps(PAIRS),
    "hunyuan": "<think>\n" + DRAFT + "\n</think>\n<answer>\n" + dumps(PAIRS) + "\n</answer>",
    "ernie": "<think>\n" + DRAFT + "\n</think>\n\n<response>\n" + dumps(PAIRS) + "\n</response>\n",
    "deepseek special": "<｜tool▁calls▁begin｜>" + dumps(PAIRS) + "<｜tool▁calls▁end｜><｜end▁of▁sentence｜>",
    "apriel": "Here are my reasoning steps:\n"
    + DRAFT
    + "\n[BEGIN FINAL RESPONSE]\n"
    + dumps(PAIRS)
    + "\n[END FINAL RESPONSE]",
    "smollm3": "<think>\n\n</think>\n" + dumps(PAIRS, indent=2),
    "olmo3": "<think>" + DRAFT + " ok.</think>" + dumps(PAIRS) + "<|im_end|>",
    "internlm": "<|action_start|><|plugin|>\n" + dumps(PAIRS) + "<|action_end|>",
}


@pytest.mark.parametrize("kind", KINDS)
def test_every_pair_is_read_and_no_draft(kind: str) -> None:
    parsed = read(KINDS[kind])
    wanted = PAIRS[:2] if kind == "bullets nested" else PAIRS
    assert dumps([{"query": pair.query, "answers": pair.answers} for pair in parsed.pairs]) == dumps(wanted)
    if DRAFT in KINDS[kind]:
        assert all(pair.thought for pair in parsed.pairs)


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        # Where the query ends is not said: the second line may be the model's remark.
        (f"Query: Is it late?\nThis one is simple.\nAnswers: {dumps(PAIRS[0]['answers'])}", ["not_json"]),
        (f"Query: Is it late?\n\nI will call it.\n{dumps(PAIRS[0]['answers'])}", ["not_json"]),
        # A second answer further below.
        (f"Query: a?\n{dumps(PAIRS[0]['answers'])}\nor, better:\n{dumps(PAIRS[1]['answers'])}", ["not_json"]),
        ("- query: a\n  answers: &x []\n- query: b\n  answers: *x", ["not_json"]),
        ("- query: a\n  answers:\n  - name: now\n    arguments: {zone: .nan, zone2: [}", ["not_json"]),
        ("<query>a</query><answers>none</answers>", ["not_json"]),
        ("| Query | Answers |\n|---|---|\n| a | see above |", ["not_json"]),
        ("Query: a\nAnswers: now(Rome)", ["not_json"]),
        # Two turns are not one query.
        (
            dumps([{"query": [{"role": "user", "content": "a"}, {"role": "user", "content": "b"}], "answers": []}]),
            ["missing_field"],
        ),
    ],
)
def test_what_could_be_read_in_two_ways_is_no_pair(text: str, codes: list[str]) -> None:
    parsed = read(text)
    assert [(pair.error or "").split(":")[0] for pair in parsed.pairs] == codes


def test_yaml_has_the_types_of_json() -> None:
    values = "{a: no, b: 2026-01-02, c: 012, d: 1_000, e: 1.5, f: true, g: '1'}"
    [pair] = read(f"- query: a\n  answers:\n  - name: now\n    arguments: {values}").pairs
    read_values = {"a": "no", "b": "2026-01-02", "c": "012", "d": "1_000", "e": 1.5, "f": True, "g": "1"}
    assert pair.answers == [{"name": "now", "arguments": read_values}]
    assert pair.repairs == ("yaml",)


def test_a_block_that_can_be_read_and_one_that_cannot_are_both_kept() -> None:
    text = f"Query: Is it late?\nAnswers: {dumps(PAIRS[0]['answers'])}\n\nQuery: and now?\nAnswers: none needed"
    parsed = read(text)
    assert [(pair.query, pair.error is None) for pair in parsed.pairs] == [("Is it late?", True), ("and now?", False)]


@pytest.mark.timeout(120)
@pytest.mark.parametrize(
    "piece",
    [
        *("#", "*", "_", ">", " ", "\n", "```", "- ", "1. ", "[", "{", '"', "\\", "<", "<think>", "<think_end>"),
        *("<answer>[", "Query: a\n", "<query>a</query> ", "| a | b |\n", "- query: a\n  answers: []\n", "answer: "),
        *('{"query": "', ">\n"),
    ],
)
def test_a_model_that_loops_costs_a_moment_and_not_the_run(piece: str) -> None:
    looped = piece * (8_000 // len(piece))
    for text in (looped, f"Answer{looped}x", f"Query: a\n{looped}", dumps([{"query": "a", "answers": f"f({looped}"}])):
        parsed = read(text)
        assert len(parsed.pairs) <= 5
        assert all(pair.error or pair.answers == [] for pair in parsed.pairs)
