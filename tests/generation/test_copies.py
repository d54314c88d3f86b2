"""Pairs that repeat their prompt are told from pairs of their own."""

import pytest

from apigen_assets.domain.call import Call
from apigen_assets.domain.style import Style
from apigen_assets.generation.copies import copied_from
from apigen_assets.generation.shown_examples import ShownExample

RICE = "Rice: the small bag is 2.19 for 0.5 kg, the family bag 6.99 for 2 kg. Where do I get most for my money?"
ANSWER = [{"name": "best_unit_price", "arguments": {"offers": [{"price": 2.19}, {"price": 6.99}]}}]
SHOWN = ShownExample(
    example_id="e",
    style=Style.SIMPLE,
    query=RICE,
    answers=[Call.model_validate(call) for call in ANSWER],
    tools=["best_unit_price"],
    origin="seed",
)
TOOL = {"name": "best_unit_price", "description": "Find the offer with the lowest price per unit.\n\nAll in one unit."}
RULES = ["Write every value that a call needs into the query.", "Be brief."]


@pytest.mark.parametrize(
    ("query", "answers", "of"),
    [
        (RICE, ANSWER, "shown example"),
        (RICE.upper().rstrip("?"), [], "shown example"),
        (RICE.replace("Rice", "Basmati"), ANSWER, "same answers"),
        ("Write every value that a call needs into the query", ANSWER, "instruction"),
        ("write each value that a call needs into the query.", [], "instruction"),
        ("Find the offer with the lowest price per unit", ANSWER, "description of best_unit_price"),
    ],
)
def test_a_copy_says_what_it_repeats(query, answers, of) -> None:
    assert of in (copied_from(query, answers, [SHOWN], [TOOL], RULES) or "")


@pytest.mark.parametrize(
    ("query", "answers"),
    [
        (RICE.replace("2.19", "3.49").replace("6.99", "7.99"), [{"name": "best_unit_price", "arguments": {"o": 1}}]),
        ("Which of the two bags of rice at 2.19 and 6.99 is cheaper?", ANSWER),
        ("Be quick: 3 for 2 euros or 5 for 3?", ANSWER),
        ("Find the offer with the lowest price per unit", [{"name": "best_unit_price", "arguments": {}}]),
        ("", []),
        ("?!", []),
    ],
)
def test_a_pair_of_its_own_is_no_copy(query, answers) -> None:
    assert copied_from(query, answers, [SHOWN], [TOOL], RULES) is None


def test_numbers_are_compared_by_value() -> None:
    example = SHOWN.model_copy(
        update={"query": "area for radius 5 please", "answers": [Call(name="f", arguments={"r": 5})]}
    )
    assert copied_from("area for radius five please", [{"name": "f", "arguments": {"r": 5.0}}], [example]) is None
    assert copied_from("the area for radius 5 please", [{"name": "f", "arguments": {"r": 5.0}}], [example])
