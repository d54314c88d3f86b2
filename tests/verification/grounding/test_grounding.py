"""Grounding: what is traceable, what is surely wrong, and what is left to the judge."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apigen_assets.tool_formats.xlam_tool import flat_tool
from apigen_assets.tool_formats.xlam_types import parameters_schema
from apigen_assets.verification.grounding import Rule, Status, ground
from apigen_assets.verification.grounding.english import fold
from apigen_assets.verification.grounding.numbers import numbers_in
from apigen_assets.verification.grounding.times import moments_in
from tests.helpers.verification_rows import call, seed_rows


def tool(optional=(), **properties):
    return {
        "name": "f",
        "description": "A function.",
        "parameters": {
            "type": "object",
            "properties": properties,
            "required": [name for name in properties if name not in optional],
        },
    }


NUMBER, TEXT = {"type": "number"}, {"type": "string"}


def status(query, value, schema=None):
    schema = schema or (TEXT if isinstance(value, str) else NUMBER)
    return ground(query, [tool(x=schema)], [call("f", x=value)]).status


@pytest.mark.parametrize(
    ("query", "value"),
    [
        ("Take 15% of it", 15),
        ("Take 15% of it", 0.15),
        ("Take fifteen percent", 0.15),
        ("A loan of two thousand five hundred", 2500),
        ("A loan of 1,234.5 dollars", 1234.5),
        ("A loan of $280k", 280_000),
        ("1.5 million people", 1_500_000),
        ("half of them", 0.5),
        ("three and a half", 3.5),
        ("a dozen eggs", 12),
        ("two dozen eggs", 24),
        ("twenty-five", 25),
        ("three hundred and six", 306),
        ("minus 5 degrees", -5),
        ("−5 degrees", -5),
        ("counted by threes", 3),
        ("3/4 of a cup", 0.75),
        ("½ cup", 0.5),
        ("6.02e23 atoms", 6.02e23),
        ("the 21st century", 21),
        ("the twenty-first", 21),
        ("5kg", 5),
        ("at 10:30", 10.5),
        ("interest compounded semiannually", 2),
    ],
)
def test_numbers_are_found(query, value):
    assert status(query, value) is Status.GROUNDED


@pytest.mark.parametrize(
    ("query", "value"),
    [
        ("It happened on March 5, 2024", "2024-03-05"),
        ("It happened on 5 March 2024", "2024-03-05"),
        ("It happened on the 5th of March, 2024", "2024-03-05"),
        ("It happened on 5/3/2024", "2024-03-05"),
        ("It happened on 3/5/2024", "2024-03-05"),
        ("It happened on 05.03.2024", "2024-03-05"),
        ("Meet at 3 pm", "15:00"),
        ("Meet at 3:30 p.m.", "15:30"),
        ("Meet at half past three", "15:30"),
        ("Meet at noon", "12:00"),
        ("March 5, 2024 at 3 pm", "2024-03-05T15:00:00"),
        ("Weather in 'New York'", "New York"),
        ("Weather in new york", "New York"),
        ("in Zürich", "Zurich"),
        ("mask with underscores", "_"),
        ("the ISO 8601 form", "iso8601"),
        ("facts about cats", "cat"),
    ],
)
def test_texts_are_found(query, value):
    assert status(query, value) is Status.GROUNDED


@pytest.mark.parametrize(
    ("query", "value", "members"),
    [
        ("Give it in kilograms", "kg", ["kg", "lb"]),
        ("Answer in French", "fr", ["en", "fr"]),
        ("sort ascending", "asc", ["asc", "desc"]),
        ("paid in euros", "EUR", ["USD", "EUR"]),
        ("the bond pays by sum of years' digits", "sum_of_years", ["sum_of_years", "straight_line"]),
    ],
)
def test_choices_are_found_by_their_names(query, value, members):
    schema = {"type": "string", "enum": members}
    assert status(query, value, schema) is Status.GROUNDED
    other = next(one for one in members if one != value)
    assert status(query, other, schema) is Status.UNGROUNDED


def test_lists_and_nested_values():
    points = {"type": "array", "items": {"type": "object", "properties": {"x": NUMBER, "y": NUMBER}}}
    tools = [tool(values={"type": "array", "items": NUMBER}, points=points)]
    arguments = {"values": [3, 5, 7], "points": [{"x": 1, "y": 2}, {"x": 3, "y": 4}]}
    query = "Use 3, 5 and 7 with (1, 2) and (3, 4)."
    assert ground(query, tools, [call("f", **arguments)]).status is Status.GROUNDED
    wrong = {**arguments, "values": [3, 5, 8]}
    assert ground(query, tools, [call("f", **wrong)]).status is Status.UNGROUNDED
    short = {**arguments, "values": [3, 7]}
    assert ground(query, tools, [call("f", **short)]).status is Status.UNGROUNDED


@pytest.mark.parametrize(
    ("query", "value"),
    [
        ("Round 7 up", 8),
        ("A loan of 2,500 dollars", 250),
        ("Weather in 'London'", "Paris"),
        ("The code is AB12", "XY34"),
        ("It happened on 2024-03-05", "2024-03-06"),
        ("Meet at 3 pm", "16:00"),
        ("Reverse 'Programming is fun'", "Programming is hard"),
        ("Reverse 'kitten'", "kitt\u200ben"),
        ("Reverse 'kitten'", "kittеn"),
        ("Reverse 'kitten'", "__import__('os').system('true')"),
    ],
)
def test_what_the_query_contradicts_is_rejected(query, value):
    assert status(query, value) is Status.UNGROUNDED


@pytest.mark.parametrize(
    ("query", "value"),
    [
        ("What's the stock price of Facebook?", "META"),
        ("What's the weather in the capital of France?", "Paris"),
        ("Roll a die", 20),
        ("List dogs that are easy to train", 5),
        ("Fixtures of next year", "2025-01-01"),
        ("Two hours from now", 120),
        ("Convert 'YYYY-MM-DD'", "%Y-%m-%d"),
    ],
)
def test_what_needs_knowledge_is_left_to_the_judge(query, value):
    assert status(query, value) is Status.UNDECIDED


class TestWholeRows:
    RATE = tool(
        principal={"type": "number", "description": "Amount invested."},
        years={"type": "integer", "description": "Duration in years."},
    )
    QUERY = "What does a principal of $5000 become in 7 years?"

    def test_swapped_arguments_are_found_by_the_words_beside_them(self):
        assert ground(self.QUERY, [self.RATE], [call("f", principal=5000, years=7)]).status is Status.GROUNDED
        swapped = ground(self.QUERY, [self.RATE], [call("f", principal=7, years=5000)])
        assert swapped.rejection[0] == "wrong_arguments"

    def test_swapped_units(self):
        unit = {"type": "string", "enum": ["km", "mi", "m"]}
        tools = [tool(value=NUMBER, from_unit=unit, to_unit=unit)]
        right = call("f", value=5, from_unit="km", to_unit="mi")
        wrong = call("f", value=5, from_unit="mi", to_unit="km")
        for query in ("Convert 5 km to miles", "How many miles are 5 kilometers?"):
            assert ground(query, tools, [right]).rejection is None
            assert ground(query, tools, [wrong]).rejection is not None

    MASS = tool(
        source={"type": "string", "enum": ["stone", "gram"], "description": "Unit of the given value."},
        target={"type": "string", "enum": ["gram", "pound", "stone"], "description": "Unit to convert to."},
        value=NUMBER,
    )

    def test_units_can_be_swapped_where_the_lists_of_them_differ(self):
        query = "Convert a mass using a source of gram, a target of stone and a value of 9031."
        assert ground(query, [self.MASS], [call("f", source="gram", target="stone", value=9031)]).rejection is None
        wrong = ground(query, [self.MASS], [call("f", source="stone", target="gram", value=9031)])
        assert wrong.rejection[0] == "wrong_arguments"

    def test_values_that_the_other_parameter_does_not_allow_are_not_swapped(self):
        namespace = {"type": "string", "enum": ["dns", "url"], "description": "Kind of name."}
        tools = [tool(name={"type": "string", "description": "The name."}, namespace=namespace)]
        query = "Make 'docs.example.org' a UUID where namespace = url."
        assert ground(query, tools, [call("f", name="docs.example.org", namespace="url")]).rejection is None

    CALLS = (
        ("Convert a mass from gram to stone, value 9031", {"source": "gram", "target": "stone", "value": 9031}),
        ("Convert a mass from gram to stone, value 9031", {"source": "stone", "target": "gram", "value": 9031}),
        ("How heavy are 3 of them in pounds?", {"source": "stone", "target": "pound", "value": 3}),
        ("How heavy are 3 stones?", {"source": "stone", "target": "gram", "value": 3}),
        ("How heavy are 3 stones in grams?", {"source": "stone", "target": "pound", "value": 3}),
    )

    @pytest.mark.parametrize(("query", "arguments"), CALLS)
    def test_a_released_row_is_judged_as_the_row_it_was_made_from(self, query, arguments):
        released = flat_tool(self.MASS)
        read_back = {**released, "parameters": parameters_schema(released["parameters"])}
        calls = [call("f", **arguments)]
        assert ground(query, [self.MASS], calls) == ground(query, [read_back], calls)

    LIMIT = tool(
        optional=("limit", "unit"),
        city={"type": "string", "description": "Name of the city."},
        limit={"type": "integer", "default": 10, "description": "Number of results."},
        unit={"type": "string", "enum": ["celsius", "fahrenheit"], "default": "celsius"},
    )

    def test_defaults_need_no_word_and_inventions_do(self):
        query = "Weather stations in Oslo?"
        assert ground(query, [self.LIMIT], [call("f", city="Oslo", limit=10)]).status is Status.GROUNDED
        invented = ground(query, [self.LIMIT], [call("f", city="Oslo", limit=37)])
        assert Rule.INVENTED_OPTIONAL in {finding.rule for finding in invented.findings}
        # A choice is asked for in too many ways: the judge is asked.
        chosen = ground(query, [self.LIMIT], [call("f", city="Oslo", unit="fahrenheit")])
        assert [finding.rule for finding in chosen.questions] == [Rule.INVENTED_CHOICE]
        assert chosen.rejection is None

    def test_a_stale_default_is_found(self):
        query = "Weather stations in Oslo, limit 5, in Fahrenheit."
        right = call("f", city="Oslo", limit=5, unit="fahrenheit")
        assert ground(query, [self.LIMIT], [right]).status is Status.GROUNDED
        for change in ({"limit": 10}, {"unit": "celsius"}):
            wrong = call("f", **{**right["arguments"], **change})
            assert ground(query, [self.LIMIT], [wrong]).status is Status.UNGROUNDED
        left_out = call("f", city="Oslo", unit="fahrenheit")
        assert ground(query, [self.LIMIT], [left_out]).rejection is not None

    def test_parallel_calls_each_need_their_own_value(self):
        query = "Weather stations in Oslo and in Rome?"
        right = [call("f", city="Oslo"), call("f", city="Rome")]
        assert ground(query, [self.LIMIT], right).status is Status.GROUNDED
        wrong = [call("f", city="Oslo"), call("f", city="Lima")]
        assert Rule.MAY_BE_OTHER_TEXT in {finding.rule for finding in ground(query, [self.LIMIT], wrong).findings}


def test_no_seed_is_rejected():
    """Hand-written rows are right: wrongly rejecting one is the worst grounding can do."""
    import json

    rejected = []
    for query, tools, answers in seed_rows().select("query", "tools", "answers").iter_rows():
        finding = ground(query, json.loads(tools), json.loads(answers))
        if finding.rejection is not None:
            rejected.append((query, finding.rejection[1]))
    assert len(rejected) <= 0.005 * seed_rows().height, rejected


@settings(max_examples=80, deadline=None)
@given(
    st.text(max_size=120),
    st.one_of(st.text(max_size=30), st.floats(allow_nan=False, allow_infinity=False), st.integers()),
)
def test_wild_text_is_survived(query, value):
    ground(query, [tool(x={})], [call("f", x=value)])


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 999_999))
def test_numbers_read_back_in_every_spelling(value):
    for text in (str(value), f"{value:,}", f"({value})", f"${value}", f"{value}%", f"x={value}."):
        assert any(value in one.values for one in numbers_in(fold(f"take {text} now"))), text


@settings(max_examples=60, deadline=None)
@given(st.dates())
def test_dates_read_back_in_every_spelling(day):
    wanted = (day.year, day.month, day.day)
    for text in (day.isoformat(), f"{day:%B} {day.day}, {day.year:04d}", f"{day.day} {day:%b} {day.year:04d}"):
        found = [one for one in moments_in(fold(f"on {text} please")) if one.dates]
        assert any(wanted in one.dates for one in found), text
