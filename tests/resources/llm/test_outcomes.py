"""What endpoints are known to answer, and the class that each answer has.

`endpoint_cases.jsonl` has a case per line: its name, status, headers, body, what was sent beside the usual fields, the
class, and what else is read in it (`adapt`: what is sent otherwise; `retry_after`: seconds, 0 for none).
"""

import json
from json import dumps
from pathlib import Path
from typing import Any

import pytest

from resources.llm.outcomes import outcome_of
from resources.llm.protocol import completion_of, paid_of

SENT = {"model": "m", "messages": [], "max_tokens": 16384, "temperature": 0.7}
USAGE = {"prompt_tokens": 1, "completion_tokens": 2}
NOW = 1_800_000_000.0
CASES = [json.loads(line) for line in Path(__file__).with_name("endpoint_cases.jsonl").read_text().splitlines()]


def chat(content: Any = "[]", finish: Any = "stop", usage: Any = USAGE) -> dict[str, Any]:
    choice = {"index": 0, "message": {"role": "assistant", "content": content}, "finish_reason": finish}
    return {"choices": [choice], **({"usage": usage} if usage != "no" else {})}


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_every_answer_has_its_class(case: dict[str, Any]) -> None:
    case = dict(case)
    sent = {**SENT, **case.pop("sent", {})}
    name, status, headers, body = case.pop("name"), case.pop("status"), case.pop("headers", {}), case.pop("body")
    outcome = outcome_of(status, headers, body, sent, NOW)
    kind = case.pop("class")
    assert outcome.kind.value == kind
    for what, value in case.items():
        if what == "adapt":
            assert (outcome.adapt or (None,))[0] == value
        elif what == "retry_after":
            assert (outcome.retry_after or 0.0) == pytest.approx(value, abs=1.1)
        else:
            assert getattr(outcome, what) == value
    if kind == "answer":
        record = {"key": "k", "body": body, "request": sent, "price": {"input": 1, "output": 1}}
        assert completion_of(record).status == ("length" if "MAX" in name or "exceeded" in name else "ok")
        assert paid_of(record)[1] >= 1
    else:
        assert outcome.reason


@pytest.mark.parametrize(
    ("body", "paid"),
    [
        (chat(usage={"prompt_tokens": 1_000_000, "completion_tokens": 1_000_000}), 3.0),
        (chat(usage={"prompt_tokens": "1000000", "completion_tokens": 1_000_000.0}), 3.0),
        (chat(usage={"prompt_tokens": 10, "completion_tokens": 0, "prompt_tokens_details": None}), 2.0e-6 + 1.0e-5),
        # Nothing is said: four characters are a token.
        (chat("x" * 400, usage="no"), (100 * 2 + 25 * 1) / 1e6),
    ],
)
def test_what_an_answer_cost_is_known_or_estimated(body: dict[str, Any], paid: float) -> None:
    request = {"messages": [{"role": "user", "content": "p" * 100}]}
    record = {"key": "k", "body": dumps(body), "request": request, "price": {"input": 1, "output": 2}}
    assert paid_of(record)[2] == pytest.approx(paid)


def test_a_failure_costs_what_the_server_says() -> None:
    body = chat("", finish="length", usage={"prompt_tokens": 1_000_000, "completion_tokens": 500_000})
    record = {"key": "k", "body": dumps(body), "error": "cut", "outcome": "prompt", "price": {"input": 1, "output": 2}}
    assert paid_of(record) == (1_000_000, 500_000, 2.0)
    assert paid_of({**record, "body": "<html>"}) == (0, 0, 0.0)
