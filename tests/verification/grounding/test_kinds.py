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
    assert Rule.MAY_BE_OTHER_NUMBER in rules("Boil it for an hour and ten minutes", [clock], ("cook", {"minutes": 85}))


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


PROBE = tool(
    "probe", "Read a probe.", ["depth"], depth=number("Depth in metres."), offset=text("UTC offset, as +HH:MM."),
    start=text("HH:MM"), year_from=number("First year."), year_to=number("Last year."),
    share=number("Share in percent."), warmth=number("In degrees Celsius."), angle=number("In milliarcseconds."),
    max_minutes=number("Longest stay."), shown={"type": "string", "enum": ["last", "mean", "peak"]},
)  # fmt: skip


@pytest.mark.parametrize(
    ("query", "arguments"),
    [
        ("Depth 3 m, at noon in Lima (UTC-5)", {"depth": 3, "offset": "-05:00"}),
        ("Depth 3 m, the clocks are at GMT+5:30", {"depth": 3, "offset": "+05:30"}),
        ("From 8:05: depth 3 m", {"depth": 3, "start": "08:05"}),
        ("Depth 3 m, data of the seventies", {"depth": 3, "year_from": 1970, "year_to": 1979}),
        ("Depth 3 m, data of the 1950s", {"depth": 3, "year_from": 1950, "year_to": 1959}),
        ("Depth 3 m, which one in eight have", {"depth": 3, "share": 12.5}),
        ("Depth 3 m, 3 out of 40 fail", {"depth": 3, "share": 7.5}),
        ("Depth 3 m, water at 290 K", {"depth": 3, "warmth": 16.85}),
        ("Depth 3 m, 0.25 arcseconds off", {"depth": 3, "angle": 250}),
        ("Depth 3 m with no rush at all in under an hour and a half", {"depth": 3, "max_minutes": 90}),
        ("Peak at depth 3 m of the last two days", {"depth": 3, "shown": "peak"}),
    ],
)
def test_good_writing_of_unseen_pairs_is_not_rejected(query, arguments):
    assert not any(rejects(rule) for rule in rules(query, [PROBE], ("probe", arguments)))


@pytest.mark.parametrize(
    ("query", "arguments", "asked"),
    [
        ("Plates, make it 5, no, 6", {"count": 5}, True),
        ("Plates, make it 5, no, 6", {"count": 6}, False),
        ("4 plates - sorry, I mean nine plates", {"count": 4}, True),
        ("Two plates, no cups, on 2026-03-01", {"count": 2, "on": "2026-03-01"}, False),
        ("4 plates on 2026-03-01, wait, make that 2026-03-08", {"count": 4, "on": "2026-03-01"}, True),
        ("4 plates on 2026-03-01, wait, make that 2026-03-08", {"count": 4, "on": "2026-03-08"}, False),
    ],
)
def test_what_a_query_takes_back_is_asked_about(query, arguments, asked):
    order = tool("order", "Order.", ["count"], count={"type": "integer"}, on=text("YYYY-MM-DD"))
    assert (Rule.CORRECTED in rules(query, [order], ("order", arguments))) is asked


def test_pairs_that_stand_the_other_way_round_are_asked_about():
    put = tool("put", "Put a window.", ["left", "top"], left=number("Pixels."), top=number("Pixels."))
    spin = tool("spin", "Spin.", ["point"], point={"type": "object", "properties": {"x": number(), "y": number()}})
    grade = tool("grade", "Grade.", ["points"], points=number("Reached."), max_points=number("Possible.", default=100))
    lift = tool("lift", "Log.", ["reps"], reps=number(), sets=number("Sets.", default=1))
    for query, offered, right, wrong in (
        ("Put it at 30, 70", put, {"left": 30, "top": 70}, {"left": 70, "top": 30}),
        ("Spin about (4, 9)", spin, {"point": {"x": 4, "y": 9}}, {"point": {"x": 9, "y": 4}}),
        ("She got 17 out of 25", grade, {"points": 17, "max_points": 25}, {"points": 25, "max_points": 17}),
        ("Rows: 3 sets of 12", lift, {"sets": 3, "reps": 12}, {"sets": 12, "reps": 3}),
    ):
        assert Rule.MAY_BE_SWAPPED in rules(query, [offered], (offered["name"], wrong)), query
        assert not rules(query, [offered], (offered["name"], right)), query
    assert not rules("Put it 70 from the top and 30 from the left", [put], ("put", {"left": 30, "top": 70}))


@pytest.mark.parametrize(
    ("query", "arguments", "rule"),
    [
        ("At 3 m from 07:15 in the evening", {"depth": 3, "start": "07:15"}, Rule.MOMENT_SLIP),
        ("Depth 1,200 m", {"depth": 12000}, Rule.MAY_BE_OTHER_NUMBER),
        ("Depth 14 m", {"depth": 31}, Rule.OTHER_NUMBER),
        ("Twelve dives of 14 m each", {"depth": 168}, Rule.MAY_BE_OTHER_NUMBER),
        ("It is 6 pm here, 3 m", {"depth": 3, "start": "16:00"}, Rule.OTHER_MOMENT),
        ("An hour after 6 pm, 3 m", {"depth": 3, "start": "20:00"}, Rule.MAY_BE_OTHER_MOMENT),
    ],
)
def test_what_could_follow_is_asked_and_what_could_not_rejects(query, arguments, rule):
    found = rules(query, [PROBE], ("probe", arguments))
    assert rule in found
    assert any(map(rejects, found)) is not rule.value.startswith(("may_be", "derivable"))
