"""Plans: every optional parameter and enum member has its turn, and the same pair has the same plan."""

from collections import Counter

import pytest

from apigen_assets.files.json_types import JsonObject
from apigen_assets.generation.pair_plan import FORMS, PairPlan, Planner
from apigen_assets.verification.grounding.arguments import Status
from apigen_assets.verification.grounding.grounding import ground
from resources.local.standin import reader

PARAMETERS: JsonObject = {
    "type": "object",
    "properties": {
        "city": {"type": "string"},
        "kind": {"type": "string", "enum": ["hourly", "daily", "weekly"]},
        "days": {"type": "integer", "description": "Number of days."},
        "units": {"type": "string", "enum": ["metric", "imperial"]},
        "fields": {"type": "array", "items": {"type": "string", "enum": ["wind", "rain"]}},
        "from_date": {"type": "string", "format": "date"},
    },
    "required": ["city", "kind"],
}
OPTIONAL = {"days", "units", "fields", "from_date"}


def test_every_option_and_every_member_comes_round_in_equal_shares() -> None:
    plans = Planner("seed", PARAMETERS).plans(0, 120)
    used = Counter(name for plan in plans for name in plan.use)
    assert set(used) == OPTIONAL
    assert min(used.values()) >= 24
    assert any(not plan.use for plan in plans) and any(len(plan.use) == 2 for plan in plans)
    assert Counter(str(plan.set["kind"]) for plan in plans) == {"hourly": 40, "daily": 40, "weekly": 40}
    for name, members in (("units", ("metric", "imperial")), ("fields", (["wind"], ["rain"]))):
        shares = Counter(str(plan.set[name]) for plan in plans if name in plan.use)
        assert set(shares) == {str(member) for member in members}
        assert min(shares.values()) >= used[name] / 4
    assert all(set(plan.set) <= {"kind", *plan.use} for plan in plans)
    assert {plan.level for plan in plans} == {"easy", "medium", "hard"}
    assert {plan.length for plan in plans} == {"short", "medium", "long"}
    assert len({plan.who for plan in plans}) > 30


def test_few_pairs_cover_as_much_as_they_can() -> None:
    plans = Planner("seed", PARAMETERS).plans(0, 5)
    assert {name for plan in plans for name in plan.use} == OPTIONAL
    assert {plan.set["kind"] for plan in plans} == {"hourly", "daily", "weekly"}


def test_plans_go_on_where_the_last_prompt_ended_and_depend_on_the_seed() -> None:
    planner = Planner("seed", PARAMETERS)
    assert planner.plans(0, 10) == planner.plans(0, 5) + planner.plans(5, 5)
    assert Planner("seed", PARAMETERS).plans(3, 4) == planner.plans(3, 4)
    assert Planner("other", PARAMETERS).plans(0, 10) != planner.plans(0, 10)


def test_terse_queries_have_no_person_and_no_length() -> None:
    for plan in Planner("seed", PARAMETERS).plans(0, 30, terse=True):
        assert (plan.who, plan.length) == (None, "medium")


def test_forms_are_those_that_values_can_take() -> None:
    def forms(properties: JsonObject) -> set[str]:
        plans = Planner("s", {"type": "object", "properties": properties}).plans(0, 300)
        return {plan.form for plan in plans if plan.form is not None}

    assert forms({"city": {"type": "string"}}) == set()
    assert forms({"day": {"type": "string", "format": "date"}}) == {"calendar", "relative"}
    assert forms({"n": {"type": "integer"}}) == {"words", "thousands"}
    assert forms({"mass_kg": {"type": "number"}}) == {"unit", "words", "thousands"}
    assert forms({"country": {"type": "string", "description": "Two-letter ISO country code."}}) == {"names"}


def test_parameters_that_are_odd_give_plans_too() -> None:
    odd = {"type": "object", "properties": {"a": True, "b": {"enum": []}, "c": {"enum": [None]}, "d": {}}}
    assert len(Planner("s", odd).plans(0, 9)) == 9
    assert Planner("s", {"type": "object"}).plans(0, 1)[0].use == ()
    assert PairPlan().to_json() == {}


@pytest.mark.parametrize(
    ("form", "name", "schema", "query", "value"),
    [
        ("calendar", "date", {"type": "string", "format": "date"}, "on March 18th, 2026", "2026-03-18"),
        ("relative", "date", {"type": "string", "format": "date"}, "for the day after 2026-03-18", "2026-03-19"),
        ("names", "country", {"type": "string", "description": "Two-letter ISO country code."}, "in Germany", "DE"),
        ("unit", "distance", {"type": "number", "description": "Distance in kilometres."}, "within 2,500 m", 2.5),
        ("words", "days", {"type": "integer", "description": "Number of days."}, "over the next seven days", 7),
        ("thousands", "amount", {"type": "integer", "description": "Amount."}, "for an amount of 12,500", 12500),
        (
            "encoded",
            "file",
            {"type": "string", "format": "byte"},
            "for the file 'SGVsbG8gd29ybGQ='",
            "SGVsbG8gd29ybGQ=",
        ),
    ],
)
def test_what_a_form_asks_for_is_what_verification_accepts(
    form: str, name: str, schema: JsonObject, query: str, value: object
) -> None:
    assert form in FORMS
    tool: JsonObject = {
        "api_id": "x",
        "name": "get_forecast",
        "description": "Weather forecast.",
        "parameters": {"type": "object", "properties": {name: schema}, "required": [name]},
    }
    calls: list[JsonObject] = [{"name": "get_forecast", "arguments": {name: value}}]
    assert ground(f"Weather forecast {query}, please.", [tool], calls).status is not Status.UNGROUNDED


def test_every_form_with_a_test_is_all_there_are() -> None:
    marks = test_what_a_form_asks_for_is_what_verification_accepts.pytestmark  # type: ignore[attr-defined]
    assert {case[0] for case in marks[0].args[1]} == set(FORMS)
    assert reader.Assignment().form == ""


def test_parameters_with_the_same_permitted_values_are_never_set_to_one() -> None:
    units = ["mile", "foot", "inch", "yard"]
    schema = {
        "properties": {
            "source": {"type": "string", "enum": units},
            "target": {"type": "string", "enum": list(reversed(units))},
            "also": {"type": "string", "enum": units},
            "n": {"type": "integer"},
        },
        "required": ["source", "target"],
    }
    plans = Planner("seed", schema).plans(0, 60)
    for plan in plans:
        assert len(set(plan.set.values())) == len(plan.set)
    assert len({(plan.set["source"], plan.set["target"]) for plan in plans}) == 12


def test_every_optional_parameter_has_its_turns_alone_and_with_others() -> None:
    for size in range(1, 8):
        names = [f"p{i}" for i in range(size)]
        schema = {"properties": {name: {"type": "string"} for name in names}, "required": []}
        uses = [plan.use for plan in Planner("seed", schema).plans(0, 3 * size + 8)]
        counts = {name: sum(name in use for use in uses) for name in names}
        assert max(counts.values()) - min(counts.values()) <= 3
        assert () in uses
        given = sum(counts.values()) / len(uses) / size
        assert given >= {1: 0.6, 2: 0.5, 3: 0.45, 4: 0.4}.get(size, 0.25)


def test_a_form_is_one_that_a_value_of_the_pair_can_have() -> None:
    schema = {
        "properties": {
            "cycle": {"type": "integer", "description": "Length in days, 20 to 45."},
            "amount": {"type": "number", "description": "Amount, above 0."},
            "day": {"type": "string", "format": "date"},
        },
        "required": ["cycle"],
    }
    for plan in Planner("seed", schema).plans(0, 400):
        if plan.form == "thousands":
            assert "amount" in plan.use
        if plan.form in ("calendar", "relative"):
            assert "day" in plan.use
