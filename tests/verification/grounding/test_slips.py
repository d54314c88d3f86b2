"""Slips that writers make and that look well: half a list, a cut quotation, the wrong weekday, what nobody wants."""

import pytest

from apigen_assets.files.json_types import JsonObject
from apigen_assets.verification.grounding.finding import Rule
from apigen_assets.verification.grounding.grounding import ground


def tool(name: str, optional: tuple[str, ...] = (), /, **parameters: JsonObject) -> JsonObject:
    return {
        "name": name,
        "description": name.replace("_", " ").capitalize() + ".",
        "parameters": {
            "type": "object",
            "properties": parameters,
            "required": [key for key in parameters if key not in optional],
        },
    }


def text(description: str) -> JsonObject:
    return {"type": "string", "description": description}


def texts(description: str) -> JsonObject:
    return {"type": "array", "items": {"type": "string"}, "description": description}


def number(description: str) -> JsonObject:
    return {"type": "number", "description": description}


FLAG: JsonObject = {"type": "boolean", "description": "State."}
POINT: JsonObject = {"type": "object", "properties": {"lat": number("Degrees"), "lng": number("Degrees")}}
FERRY = tool("find_ferry", origin=text("Port code"), destination=text("Port code"))
COLUMN = tool("average_column", table=text("Table"), column=text("Column"))
ALARMS = tool("set_alarms", times=texts("Times, HH:MM"))
TIDES = tool("tide_height", place=POINT)
HARBOUR = tool("harbour_crane", name=text("Crane"))
MENU = tool("suggest_pizza", toppings=texts("Toppings"))
DIET = tool("suggest_menu", excluded=texts("Foods to leave out"))
SHUTTER = tool("set_shutter", name=text("Shutter"), blocked=FLAG)
LAMP = tool("set_lamp", room=text("Room"), on=FLAG)
CABIN = tool(
    "book_cabin", check_in=text("First night, YYYY-MM-DD"), nights={"type": "integer", "description": "Nights"}
)
MEETING = tool("add_meeting", title=text("Title"), day=text("Day, YYYY-MM-DD"))
LETTERS = tool("count_letters", text=text("The text"))
NOW = tool("river_level", river=text("River"))
THEN = tool("river_level_on", river=text("River"), date=text("Day, YYYY-MM-DD"))
USAGE = tool("power_usage", month=text("Month, YYYY-MM"))
QUIZ = tool("make_quiz", topic=text("Topic"), questions=number("How many"), minutes=number("Time limit"))
TANK = tool("fill_tank", volume_l=number("Volume in litres"))
BID = tool("place_bid", lot=number("Lot"), amount=number("Amount"), currency=text("Currency, ISO 4217"))
CLAUSE = tool(
    "draft_clause", ("mutual",), clause=text("Clause"), mutual={"type": "boolean", "description": "Binds both sides"}
)
START = tool("start_parking", plate=text("Plate"), minutes=number("Minutes"))
EXTEND = tool("extend_parking", session_id=text("Session"), minutes=number("Minutes more"))
CANCEL = tool("cancel_visit", booking_id=text("Number of the booking"), reason=text("Why"))
MEDIAN = tool("median", values={"type": "array", "items": {"type": "number"}, "description": "Numbers"})
MAIL = tool("send_mail", to=texts("Addresses"), body=text("Text"))
FISH = tool("check_fish", species=texts("Names of fish"))
STAFF = tool("list_staff", ("skills",), team=text("Team"), skills=texts("Skills"))


def call(name: str, /, **arguments: object) -> JsonObject:
    return {"name": name, "arguments": arguments}


@pytest.mark.parametrize(
    ("query", "tools", "answers", "rule"),
    [
        (
            "Is there a ferry from Port Ellen (PEL) to Kennacraig (KEN)?",
            [FERRY],
            [call("find_ferry", origin="KEN", destination="PEL")],
            Rule.SWAPPED,
        ),
        (
            "Alarms at 6am, 6:15am and 7am please.",
            [ALARMS],
            [call("set_alarms", times=["06:00", "06:15"])],
            Rule.ELEMENT_MISSING,
        ),
        (
            "How high is the tide at 50.3 N, 4.1 E?",
            [TIDES],
            [call("tide_height", place={"lat": 4.1, "lng": 50.3})],
            Rule.SWAPPED,
        ),
        (
            "Lower cranes K-12, K-14 and K-19.",
            [HARBOUR],
            [call("harbour_crane", name="K-12"), call("harbour_crane", name="K-19")],
            Rule.CALL_LEFT_OUT,
        ),
        (
            "Lower the cranes Big Bertha and Old Tom.",
            [HARBOUR],
            [call("harbour_crane", name="Big Bertha")],
            Rule.CALL_LEFT_OUT,
        ),
        (
            "A pizza with ham and olives but without anchovies.",
            [MENU],
            [call("suggest_pizza", toppings=["ham", "olives", "anchovies"])],
            Rule.DENIED_CHOICE,
        ),
        (
            "Unblock the north shutter.",
            [SHUTTER],
            [call("set_shutter", name="north", blocked=True)],
            Rule.FLAG_OPPOSITE,
        ),
        ("Switch the lamp in the hall off.", [LAMP], [call("set_lamp", room="hall", on=True)], Rule.FLAG_OPPOSITE),
        (
            "A cabin from 3 May 2026 until 7 May 2026.",
            [CABIN],
            [call("book_cabin", check_in="2026-05-03", nights=5)],
            Rule.UNSTATED_NUMBER,
        ),
        (
            "Today is Wednesday 4 March 2026. Add the meeting 'Budget' this Friday.",
            [MEETING],
            [call("add_meeting", title="Budget", day="2026-03-05")],
            Rule.DAY_DIFFERS,
        ),
        (
            "Count the letters in 'It was the best of times, it was the worst of times'.",
            [LETTERS],
            [call("count_letters", text="It was the best of times")],
            Rule.CUT_SHORT,
        ),
        ("How high was the Oder on 12 July 1997?", [NOW, THEN], [call("river_level", river="Oder")], Rule.WRONG_TOOL),
        ("2026年4月の電力使用量は？", [USAGE], [call("power_usage", month="2026-03")], Rule.DAY_DIFFERS),
        (
            "There are 24 chairs. Make a ten-question quiz on tides, 20 minutes long.",
            [QUIZ],
            [call("make_quiz", topic="tides", questions=24, minutes=20)],
            Rule.MAY_BE_OTHER_NUMBER,
        ),
        ("Fill the tank with 12 US gallons.", [TANK], [call("fill_tank", volume_l=12)], Rule.UNIT_NOT_CONVERTED),
        (
            "Bid 90 Australian dollars on lot 4.",
            [BID],
            [call("place_bid", lot=4, amount=90, currency="USD")],
            Rule.OTHER_CHOICE,
        ),
        (
            "Bid 900 Thai baht on lot 4.",
            [BID],
            [call("place_bid", lot=4, amount=900, currency="VND")],
            Rule.OTHER_CHOICE,
        ),
        (
            "A secrecy clause and a liability clause, both mutual.",
            [CLAUSE],
            [call("draft_clause", clause="secrecy", mutual=True), call("draft_clause", clause="liability")],
            Rule.OMITTED_SHARED,
        ),
        (
            "Another 30 minutes for session KX-8841 of the car B-AB 123 please.",
            [START, EXTEND],
            [call("start_parking", plate="B-AB 123", minutes=30)],
            Rule.WRONG_TOOL,
        ),
        (
            "Mr Lund has a cold, cancel his visit.",
            [CANCEL],
            [call("cancel_visit", booking_id="BK-20417", reason="has a cold")],
            Rule.UNSTATED_TEXT,
        ),
        ("The median of 4, 8, 15, 8, 23?", [MEDIAN], [call("median", values=[4, 8, 15, 23])], Rule.STANDS_AMONG),
        (
            "Write 'Lunch at noon' to ana@fig.example, ben@fig.example and cleo@fig.example, but not Ben.",
            [MAIL],
            [call("send_mail", to=["ana@fig.example", "ben@fig.example", "cleo@fig.example"], body="Lunch at noon")],
            Rule.DENIED_CHOICE,
        ),
        (
            "Do guppies, a betta and a loach live together?",
            [FISH],
            [call("check_fish", species=["guppies", "loach"])],
            Rule.ELEMENT_MISSING,
        ),
        (
            "Everyone on the Platform team.",
            [STAFF],
            [call("list_staff", team="Platform", skills=["tax law"])],
            Rule.INVENTED_TEXT,
        ),
    ],
)
def test_a_slip_is_seen(query, tools, answers, rule):
    assert rule in {finding.rule for finding in ground(query, tools, answers).findings}


@pytest.mark.parametrize(
    ("query", "tools", "answers"),
    [
        (
            "Is there a ferry from Port Ellen (PEL) to Kennacraig (KEN)?",
            [FERRY],
            [call("find_ferry", origin="PEL", destination="KEN")],
        ),
        ("Average the weight column of parcels.", [COLUMN], [call("average_column", table="parcels", column="weight")]),
        ("Alarms at 6am, 6:15am and 7am please.", [ALARMS], [call("set_alarms", times=["06:00", "06:15", "07:00"])]),
        (
            "How high is the tide at 50.3 N, 4.1 W?",
            [TIDES],
            [call("tide_height", place={"lat": 50.3, "lng": -4.1})],
        ),
        (
            "Lower the cranes Big Bertha and Old Tom.",
            [HARBOUR],
            [call("harbour_crane", name="Big Bertha"), call("harbour_crane", name="Old Tom")],
        ),
        ("A menu without nuts, no shellfish.", [DIET], [call("suggest_menu", excluded=["nuts", "shellfish"])]),
        ("Unblock the north shutter.", [SHUTTER], [call("set_shutter", name="north", blocked=False)]),
        ("Switch the lamp in the hall on.", [LAMP], [call("set_lamp", room="hall", on=True)]),
        (
            "A cabin from 3 May 2026 until 7 May 2026.",
            [CABIN],
            [call("book_cabin", check_in="2026-05-03", nights=4)],
        ),
        (
            "Today is Wednesday 4 March 2026. Add the meeting 'Budget' this Friday.",
            [MEETING],
            [call("add_meeting", title="Budget", day="2026-03-06")],
        ),
        (
            "Today is Wednesday 4 March 2026. Add the meeting 'Budget' two days after this Friday.",
            [MEETING],
            [call("add_meeting", title="Budget", day="2026-03-08")],
        ),
        (
            "Count the letters in 'It was the best of times' and nothing else.",
            [LETTERS],
            [call("count_letters", text="It was the best of times")],
        ),
        (
            "How high was the Oder on 12 July 1997?",
            [NOW, THEN],
            [call("river_level_on", river="Oder", date="1997-07-12")],
        ),
        ("2026年4月の電力使用量は？", [USAGE], [call("power_usage", month="2026-04")]),
        (
            "There are 24 chairs. Make a ten-question quiz on tides, 20 minutes long.",
            [QUIZ],
            [call("make_quiz", topic="tides", questions=10, minutes=20)],
        ),
        ("Fill the tank with 10 US gallons.", [TANK], [call("fill_tank", volume_l=37.85)]),
        ("Bid 90 Australian dollars on lot 4.", [BID], [call("place_bid", lot=4, amount=90, currency="AUD")]),
        ("Bid 90 Hong Kong dollars on lot 4.", [BID], [call("place_bid", lot=4, amount=90, currency="HKD")]),
        ("The median of 4, 8, 15, 8, 23?", [MEDIAN], [call("median", values=[4, 8, 15, 8, 23])]),
        (
            "Another 30 minutes for session KX-8841 of the car B-AB 123 please.",
            [START, EXTEND],
            [call("extend_parking", session_id="KX-8841", minutes=30)],
        ),
        ("今日は2026年4月3日です。来月の電力使用量は？", [USAGE], [call("power_usage", month="2026-05")]),
    ],
)
def test_the_right_call_is_not_asked_about(query, tools, answers):
    assert ground(query, tools, answers).findings == ()
