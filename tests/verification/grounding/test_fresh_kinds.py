"""Kinds of good writing that fresh pairs showed to be rejected, and of wrong rows that passed; and what looks alike."""

import pytest

from apigen_assets.verification.grounding import Rule, ground
from tests.helpers.verification_rows import call

TEXT, NUMBER, COUNT = {"type": "string"}, {"type": "number"}, {"type": "integer"}
DUE = {"due_date": {"type": "string", "format": "date", "description": "YYYY-MM-DD"}}
STAY = {"start_date": TEXT, "end_date": TEXT}
NAMES = {"kinds": {"type": "array", "items": TEXT}}
LINES = {
    "lines": {"type": "array", "items": {"type": "object", "properties": {"sku": TEXT, "quantity": COUNT}}}
}  # fmt: skip
PRICE = {"price": {"type": "object", "properties": {"min": NUMBER, "max": NUMBER}}}


def found(query, properties, arguments):
    tool = {
        "name": "do_it",
        "description": "Does it.",
        "parameters": {"type": "object", "properties": properties, "required": list(properties)},
    }
    return ground(query, [tool], [call("do_it", **arguments)])


@pytest.mark.parametrize(
    ("query", "properties", "arguments"),
    [
        # days of one month with the day of the week before them
        ("Away from Friday the 12th to Monday the 15th of June 2026", STAY,
         {"start_date": "2026-06-12", "end_date": "2026-06-15"}),
        ("Something between Wednesday 6 and Friday 8 May 2027", STAY,
         {"start_date": "2027-05-06", "end_date": "2027-05-08"}),
        ("Away March 3 to Thursday the 5th, 2026", STAY, {"start_date": "2026-03-03", "end_date": "2026-03-05"}),
        # codes in the plural
        ("send a pair of TR-12s", {"sku": TEXT}, {"sku": "TR-12"}),
        ("three of the X-200s please", {"sku": TEXT, "quantity": COUNT}, {"sku": "X-200", "quantity": 3}),
        ("Replace both MK4's", {"model": TEXT}, {"model": "MK4"}),
        # plurals that no ending makes
        ("Check for knives and shelves", NAMES, {"kinds": ["knife", "shelf"]}),
        ("Two children and three geese", NAMES, {"kinds": ["child", "goose"]}),
        # numbers
        ("borrow 240 grand at 3 and 3/4 percent", {"sum": NUMBER, "rate": {**NUMBER, "description": "As a fraction."}},
         {"sum": 240000, "rate": 0.0375}),
        ("Take 12.5 per cent off 1.299,00 euros", {"price": NUMBER, "percent_off": NUMBER},
         {"price": 1299, "percent_off": 12.5}),
        ("change 2.5k Canadian dollars", {"amount": NUMBER}, {"amount": 2500}),
        ("houses between 350k and 500k", PRICE, {"price": {"min": 350000, "max": 500000}}),
        ("Send one TR-9 and three TR-12", LINES,
         {"lines": [{"sku": "TR-9", "quantity": 1}, {"sku": "TR-12", "quantity": 3}]}),
    ],
)  # fmt: skip
def test_good_writing_is_left_alone(query, properties, arguments):
    grounding = found(query, properties, arguments)
    assert not {finding.rule for finding in grounding.findings} - {Rule.UNASKED_CALL}


@pytest.mark.parametrize(
    ("query", "properties", "arguments"),
    [
        (
            "My 55 gallon tank needs 0.02 litres of iron",
            {"tank_litres": NUMBER, "dose_ml": NUMBER},
            {"tank_litres": 208, "dose_ml": 20},
        ),
        ("Last year's revenue, it is 2026", {"year": COUNT}, {"year": 2025}),
        ("What was sold two years ago? It is 2027.", {"year": COUNT}, {"year": 2025}),
        ("the current month is 11, give me last month", {"month": COUNT}, {"month": 10}),
        ("the model TR-12s", {"model": TEXT}, {"model": "TR-12"}),
    ],
)
def test_what_the_query_may_mean_is_asked_and_not_rejected(query, properties, arguments):
    assert found(query, properties, arguments).rejection is None


@pytest.mark.parametrize(
    ("query", "due"),
    [
        ("Today is 2026-05-10. Due in 10 days.", "2026-05-20"),
        ("Today is 2026-05-10. Due ten days from now, so after one week and three days.", "2026-05-20"),
        ("It is 31 January 2026 today. Remind me in one month.", "2026-02-28"),
        ("Today is May 10, 2026. Push it to the day after tomorrow.", "2026-05-12"),
        ("Today is May 10, 2026. Push it to next Friday.", "2026-05-15"),
        ("Today is 10 May 2026, it was due a fortnight ago.", "2026-04-26"),
    ],
)
def test_a_day_that_follows_by_the_steps_named_is_no_question(query, due):
    assert Rule.MAY_BE_OTHER_MOMENT not in {finding.rule for finding in found(query, DUE, {"due_date": due}).findings}


@pytest.mark.parametrize(
    ("query", "properties", "arguments", "rule"),
    [
        ("Today is 2026-05-10. Due in 10 days.", DUE, {"due_date": "2026-05-30"}, Rule.MAY_BE_OTHER_MOMENT),
        ("Today is 3 October 2026. Renew it until two weeks from today.", DUE, {"due_date": "2026-10-05"},
         Rule.MAY_BE_OTHER_MOMENT),
        ("A hotel from 3 to 5 March 2026", {"arrival_date": TEXT, "departure_date": TEXT},
         {"arrival_date": "2026-03-05", "departure_date": "2026-03-03"}, Rule.BOUND_TURNED),
        ("Send one TR-9 and three TR-12", LINES,
         {"lines": [{"sku": "TR-9", "quantity": 3}, {"sku": "TR-12", "quantity": 1}]}, Rule.MAY_BE_SWAPPED),
        ("houses between 350k and 500k", PRICE, {"price": {"min": 500000, "max": 350000}}, Rule.RANGE_TURNED),
        ("three quarters of it", {"share": {**NUMBER, "description": "In percent."}}, {"share": 0.75},
         Rule.SCALE_NOT_CONVERTED),
        ("change 2.5k Canadian dollars", {"amount": NUMBER}, {"amount": 2.5}, Rule.MAY_BE_OTHER_NUMBER),
        # what looks like the good writing above
        ("stop pump HP-15", {"pump": TEXT}, {"pump": "HP-51"}, Rule.CODE_DIFFERS),
        ("the report for 2026", {"year": COUNT}, {"year": 2025}, Rule.DIGITS_DIFFER),
        ("Meet on 12 June 2026", {"date": TEXT}, {"date": "2026-06-21"}, Rule.MOMENT_SLIP),
        ("20 ml into a tank of 208 litres", {"tank_litres": NUMBER, "dose_ml": NUMBER},
         {"tank_litres": 20, "dose_ml": 208}, Rule.UNIT_NOT_CONVERTED),
    ],
)  # fmt: skip
def test_wrong_rows_of_these_kinds_are_found(query, properties, arguments, rule):
    assert rule in {finding.rule for finding in found(query, properties, arguments).findings}
