"""Kinds of mistakes and of good writing that fresh pairs showed; each in words that no rule was written for."""

import pytest

from apigen_assets.verification.grounding import Rule, Status, ground
from apigen_assets.verification.grounding.strength import rejects
from apigen_assets.verification.grounding.times import moments_in


def tool(name, description="", required=(), **properties):
    schema = {"type": "object", "properties": properties, "required": list(required)}
    return {"name": name, "description": description, "parameters": schema}


def rules(query, offered, *calls, language=None):
    made = [{"name": name, "arguments": arguments} for name, arguments in calls]
    return {finding.rule for finding in ground(query, offered, made, language).findings}


def number(description="", **more):
    return {"type": "number", "description": description, **more}


def text(description="", **more):
    return {"type": "string", "description": description, **more}


FUND = tool(
    "donate", "Give money.", ["amount"], amount=number("Amount."), min_total=number("Lowest."), max_total=number("Top.")
)
MIX = tool("mix", "Mix a drink.", ["syrup"], syrup=number("Syrup in percent."))
STAY = tool(
    "stay",
    "Book a room.",
    ["city", "check_in"],
    city=text("City."),
    check_in=text("YYYY-MM-DD"),
    check_out=text("Date of leaving, YYYY-MM-DD."),
    guests={"type": "integer", "description": "Guests.", "default": 1},
    breakfast={"type": "boolean", "description": "Breakfast.", "default": False},
    furnished={"type": "boolean", "description": "Furniture.", "default": False},
)


@pytest.mark.parametrize(
    ("query", "offered", "arguments"),
    [
        ("Put three and a half grand into it", FUND, {"amount": 3500}),
        ("Give one and a half million", FUND, {"amount": 1_500_000}),
        ("Two fifths of it should be syrup", MIX, {"syrup": 40}),
        ("I want a quarter of a percent syrup", MIX, {"syrup": 0.25}),
        ("A room in Ghent on the third of May 2026 for my sister and me",
         STAY, {"city": "Ghent", "check_in": "2026-05-03", "guests": 2}),
        ("A room in Ghent, arriving May the twenty-first 2026", STAY, {"city": "Ghent", "check_in": "2026-05-21"}),
    ],
)  # fmt: skip
def test_good_writing_is_not_rejected(query, offered, arguments):
    assert not any(rejects(rule) for rule in rules(query, [offered], (offered["name"], arguments)))


def test_an_hour_and_minutes_are_one_time():
    clock = tool("cook", "Cook.", ["minutes"], minutes=number("Time in minutes."))
    assert not rules("Boil it for an hour and ten minutes", [clock], ("cook", {"minutes": 70}))
    assert Rule.OTHER_NUMBER in rules("Boil it for an hour and ten minutes", [clock], ("cook", {"minutes": 85}))


def test_days_in_words_are_dates():
    for said in ("the second of june 2027", "june the second, 2027"):
        assert {moment.dates for moment in moments_in(said)} == {frozenset({(2027, 6, 2)})}


def test_a_bound_at_the_wrong_end():
    over = "Gifts of 20 that are over 300 in total"
    assert Rule.BOUND_TURNED in rules(over, [FUND], ("donate", {"amount": 20, "max_total": 300}))
    assert Rule.BOUND_TURNED not in rules(over, [FUND], ("donate", {"amount": 20, "min_total": 300}))
    never = "Gifts of 20, but never let it be more than 300"
    assert Rule.BOUND_TURNED not in rules(never, [FUND], ("donate", {"amount": 20, "max_total": 300}))
    log = tool("log", "Entries.", [], since=text("YYYY-MM-DD"), until=text("YYYY-MM-DD"))
    said = "Entries after 2026-04-01"
    assert Rule.BOUND_TURNED in rules(said, [log], ("log", {"until": "2026-04-01"}))
    assert Rule.BOUND_TURNED not in rules(said, [log], ("log", {"since": "2026-04-01"}))


def test_a_number_at_a_neighbour():
    room = tool(
        "rooms", "Find rooms.", ["town"], town=text("Town."), floor={"type": "integer"}, beds={"type": "integer"}
    )
    said = "Rooms in Oulu with 3 beds"
    assert Rule.WRONG_PARAMETER in rules(said, [room], ("rooms", {"town": "Oulu", "floor": 3}))
    assert Rule.WRONG_PARAMETER not in rules(said, [room], ("rooms", {"town": "Oulu", "beds": 3}))


def test_what_is_left_over_is_asked_about():
    said = "A room in Ghent from 2026-05-03, leaving on the 9th"
    stay = {"city": "Ghent", "check_in": "2026-05-03"}
    assert Rule.MOMENT_LEFT_OVER in rules(said, [STAY], ("stay", stay))
    assert Rule.MOMENT_LEFT_OVER not in rules(said, [STAY], ("stay", {**stay, "check_out": "2026-05-09"}))
    stop = tool("stop_job", "Stop a job.", ["job"], job=text("Job."))
    assert Rule.CALL_LEFT_OUT in rules("Stop night-7 and night-9", [stop], ("stop_job", {"job": "night-7"}))


def test_flags_that_nobody_asks_for_or_that_are_denied():
    stay = {"city": "Ghent", "check_in": "2026-05-03"}
    said = "A room in Ghent from 2026-05-03"
    assert Rule.INVENTED_FLAG in rules(said, [STAY], ("stay", {**stay, "breakfast": True}))
    assert Rule.INVENTED_FLAG not in rules(f"{said} with breakfast", [STAY], ("stay", {**stay, "breakfast": True}))
    assert Rule.FLAG_OPPOSITE in rules(f"{said}, unfurnished", [STAY], ("stay", {**stay, "furnished": True}))


def test_choices_that_are_denied_or_nowhere_stated():
    end = tool("finish", "Finish.", ["state"], state=text("State.", enum=["done", "dropped", "later"]))
    assert Rule.DENIED_CHOICE in rules("It isn't done, finish it anyway", [end], ("finish", {"state": "done"}))
    assert Rule.UNSTATED_CHOICE in rules("Finish this one", [end], ("finish", {"state": "later"}))
    assert not rules("Finish it as dropped", [end], ("finish", {"state": "dropped"}))


def test_money_of_another_country():
    pay = tool("pay", "Pay.", ["amount"], amount=number(), currency=text("Currency, three letters.", default="USD"))
    said = "Pay 40 zloty"
    assert Rule.OTHER_CHOICE in rules(said, [pay], ("pay", {"amount": 40, "currency": "EUR"}))
    for query, code in ((said, "PLN"), ("Pay 40 Canadian dollars", "CAD"), ("Pay $40", "USD")):
        assert not rules(query, [pay], ("pay", {"amount": 40, "currency": code}))


def test_days_before_are_negative():
    move = tool("shift", "Move a date.", ["date"], date=text("YYYY-MM-DD"), weeks=number("Weeks, negative to go back."))
    said = "What day is 6 weeks before 2026-09-01?"
    assert Rule.SIGN_LOST in rules(said, [move], ("shift", {"date": "2026-09-01", "weeks": 6}))
    assert not any(map(rejects, rules(said, [move], ("shift", {"date": "2026-09-01", "weeks": -6}))))


def test_an_exponent_is_no_coefficient():
    roots = tool("roots", "Roots.", ["a", "b", "c"], a=number(), b=number(), c=number())
    assert Rule.SIGN_LOST in rules("roots of 4x^2 + 7x - 2", [roots], ("roots", {"a": 4, "b": 7, "c": 2}))
    assert not rules("roots of 4x^2 + 7x - 2", [roots], ("roots", {"a": 4, "b": 7, "c": -2}))


def test_dimensions_in_the_same_unit_are_told_by_their_words():
    box = tool("box", "A box.", ["width_m", "height_m"], width_m=number("Width in metres."), height_m=number("Height."))
    said = "It is 2 m wide and 5 m high"
    assert {Rule.SWAPPED, Rule.MAY_BE_SWAPPED} & rules(said, [box], ("box", {"width_m": 5, "height_m": 2}))
    assert not rules(said, [box], ("box", {"width_m": 2, "height_m": 5}))


def test_values_of_another_element():
    item = {"type": "object", "properties": {"what": text(), "price": number()}}
    bill = tool("bill", "Bill.", ["items"], items={"type": "array", "items": item})
    said = "Bill the lamps at 30 and the desks at 95"
    right = [{"what": "lamps", "price": 30}, {"what": "desks", "price": 95}]
    turned = [{"what": "lamps", "price": 95}, {"what": "desks", "price": 30}]
    assert Rule.ELEMENTS_CROSSED in rules(said, [bill], ("bill", {"items": turned}))
    assert not rules(said, [bill], ("bill", {"items": right}))


def test_open_kinds_are_asked_and_never_silently_verified():
    water = tool("water", "Water a bed.", ["bed", "litres"], bed=text("Bed."), litres=number("Litres."))
    said = "Give bed north 30 litres and bed south half of that"
    calls = [("water", {"bed": "north", "litres": 30}), ("water", {"bed": "south", "litres": 15})]
    assert not any(map(rejects, rules(said, [water], *calls)))
    assert rules(said, [water], calls[0], ("water", {"bed": "south", "litres": 12}))
    tags = tool("find", "Find.", ["tags"], tags={"type": "array", "items": text()})
    either = "Find things tagged 'red', 'blue' or 'green'"
    assert not rules(either, [tags], ("find", {"tags": ["red", "blue", "green"]}))
    assert Rule.ELEMENT_MISSING in rules(either, [tags], ("find", {"tags": ["red", "green"]}))
    for schema, value in ((text("Mood."), "gloomy"), (number("Level."), 7), (text("Mood.", enum=["a", "b"]), "b")):
        lamp = tool("lamp", "Set a lamp.", ["lamp", "setting"], lamp=text("Name."), setting=schema)
        asked = [{"name": "lamp", "arguments": {"lamp": "Otto", "setting": value}}]
        grounding = ground("Set the lamp Otto", [lamp], asked)
        assert grounding.findings and grounding.status is not Status.GROUNDED


def test_a_stated_language_decides_over_detection():
    offered = tool("pay", "Pay.", ["amount"], amount=number("Amount."))
    call = ("pay", {"amount": 31})
    assert Rule.OTHER_NUMBER in rules("pay amount 30", [offered], call, language="en")
    assert Rule.OTHER_NUMBER not in rules("pay amount 30", [offered], call, language="nl")
    assert not ground(
        "Please pay the amount of 30", [offered], [{"name": "pay", "arguments": {"amount": 30}}], "de"
    ).english
