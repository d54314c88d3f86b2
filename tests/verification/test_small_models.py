"""What three small models wrote for this program's prompts, labelled by hand before any verdict was seen.

SmolLM2-135M, Qwen2.5-Coder 0.5B and 1.5B (Apache-2.0). `why` says what is wrong with a bad pair.
"""

import json

import pytest

from apigen_assets.files.json_types import JsonObject
from apigen_assets.verification.audit.audit import audit_rows
from apigen_assets.verification.audit.read_rows import read_rows
from tests.helpers.paths import ROOT

FILE = ROOT / "tests" / "verification" / "small_model_pairs.jsonl"


@pytest.fixture(scope="module")
def judged() -> list[tuple[JsonObject, JsonObject]]:
    """Each pair with its verdict, without execution and without a judge."""
    pairs = [json.loads(line) for line in FILE.read_text(encoding="utf-8").splitlines()]
    return list(zip(pairs, audit_rows(read_rows(FILE)), strict=True))


def test_no_good_pair_is_rejected(judged: list[tuple[JsonObject, JsonObject]]) -> None:
    rejected = [
        (pair["query"], verdict["detail"])
        for pair, verdict in judged
        if pair["truth"] == "good" and verdict["decision"] == "rejected"
    ]
    assert not rejected
    assert sum(pair["truth"] == "good" for pair, _ in judged) >= 50


def test_seven_in_ten_bad_pairs_are_caught_without_a_judge(judged: list[tuple[JsonObject, JsonObject]]) -> None:
    decisions = [verdict["decision"] for pair, verdict in judged if pair["truth"] == "bad"]
    assert decisions.count("rejected") >= 0.7 * len(decisions)
