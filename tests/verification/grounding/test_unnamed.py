"""Values and calls that no word of a query could mean are asked about, and those that one could mean are not."""

import pytest

from apigen_assets.files.json_types import JsonObject
from apigen_assets.verification.grounding.finding import Rule
from apigen_assets.verification.grounding.grounding import ground


def tool(name: str, description: str, **parameters: JsonObject) -> JsonObject:
    return {
        "name": name,
        "description": description,
        "parameters": {"type": "object", "properties": parameters, "required": list(parameters)},
    }


def text(description: str) -> JsonObject:
    return {"type": "string", "description": description}


def number(description: str) -> JsonObject:
    return {"type": "number", "description": description}


HOLIDAY = tool("is_holiday_today", "Is today a public holiday?", country=text("Two-letter country code"))
COUNTRY = tool("country_info", "Facts about a country.", country=text("Two-letter country code"))
FLIGHTS = tool("find_flights", "Flights between two airports.", origin=text("IATA code"), target=text("IATA code"))
DELIVERY = tool("book_delivery", "Book a delivery.", address=text("Where to"), day=text("Date, YYYY-MM-DD"))
CHANGE = tool("percentage_change", "Change in percent.", old=number("Value before"), new=number("Value after"))
BOX = tool("box_volume", "Volume of a box.", width=number("Width"), height=number("Height"), depth=number("Depth"))
WEATHER = tool("current_weather", "Weather in a city now.", city=text("Name of the city"))


def call(name: str, **arguments: object) -> JsonObject:
    return {"name": name, "arguments": arguments}


@pytest.mark.parametrize(
    ("query", "tools", "calls", "rule"),
    [
        (
            "Is today a public holiday?",
            [HOLIDAY, COUNTRY],
            [call("is_holiday_today", country="US")],
            Rule.UNSTATED_TEXT,
        ),
        ("Tell me facts about the country.", [COUNTRY], [call("country_info", country="FR")], Rule.UNSTATED_TEXT),
        (
            "Find flights between two airports.",
            [FLIGHTS],
            [call("find_flights", origin="JFK", target="LHR")],
            Rule.UNSTATED_TEXT,
        ),
        (
            "Revenue was $132,500. What is that in percent?",
            [CHANGE],
            [call("percentage_change", old=132500, new=132500)],
            Rule.SAID_ONCE,
        ),
        ("My box is 3 wide and 4 high.", [BOX], [call("box_volume", width=3, height=4, depth=3)], Rule.SAID_ONCE),
        (
            "Get US info.",
            [HOLIDAY, COUNTRY],
            [call("country_info", country="US"), call("is_holiday_today", country="US")],
            Rule.UNASKED_CALL,
        ),
        (
            "How is the weather in Paris?",
            [WEATHER, COUNTRY],
            [call("current_weather", city="Paris"), call("country_info", country="FR")],
            Rule.UNASKED_CALL,
        ),
    ],
)
def test_what_no_word_could_mean_is_asked_about(
    query: str, tools: list[JsonObject], calls: list[JsonObject], rule: Rule
) -> None:
    grounding = ground(query, tools, calls)
    assert rule in {finding.rule for finding in grounding.questions}
    assert grounding.rejection is None


@pytest.mark.parametrize(
    ("query", "tools", "calls"),
    [
        ("Is it a holiday in Germany today?", [HOLIDAY, COUNTRY], [call("is_holiday_today", country="DE")]),
        ("Any flights from New York to London?", [FLIGHTS], [call("find_flights", origin="JFK", target="LHR")]),
        ("Ist heute ein Feiertag in Bayern?", [HOLIDAY], [call("is_holiday_today", country="DE")]),
        ("Rent was 900 and still is 900, what's the change?", [CHANGE], [call("percentage_change", old=900, new=900)]),
        ("Volume of a cube with sides of 3", [BOX], [call("box_volume", width=3, height=3, depth=3)]),
        ("It's 3 wide, 3 high and 3 deep.", [BOX], [call("box_volume", width=3, height=3, depth=3)]),
        (
            "Is Japan off today, and what can you tell me about the country?",
            [HOLIDAY, COUNTRY],
            [call("is_holiday_today", country="JP"), call("country_info", country="JP")],
        ),
        (
            "Weather in Oslo and Rome?",
            [WEATHER],
            [call("current_weather", city="Oslo"), call("current_weather", city="Rome")],
        ),
    ],
)
def test_what_a_word_could_mean_is_not(query: str, tools: list[JsonObject], calls: list[JsonObject]) -> None:
    asked = {finding.rule for finding in ground(query, tools, calls).findings}
    assert not asked & {Rule.UNSTATED_TEXT, Rule.SAID_ONCE, Rule.UNASKED_CALL}


PETS = tool("delete_pet", "Deletes a pet.", id={"type": "integer", "description": "Number of the pet"})
NUMBERS: JsonObject = {"type": "array", "items": {"type": "number"}, "description": "Scores in order"}
RANKS = tool("rank_correlation", "Do two rankings agree?", first=NUMBERS, second=NUMBERS)
NOTES = tool("create_note", "Create a note.", title=text("Its title"))
DISTANCE = tool("distance_covered", "Distance covered.", metres=number("Distance in metres"))
DIGEST = tool("text_digest", "Checksum of a text.", text=text("Text to hash"))


@pytest.mark.parametrize(
    ("query", "offered", "calls", "rule"),
    [
        ("I want to create a new pet.", PETS, [call("delete_pet", id=0)], Rule.OPPOSITE_CALL),
        ("Show me pet 7", PETS, [call("delete_pet", id=7)], Rule.OPPOSITE_CALL),
        ("Remove the note called Milk", NOTES, [call("create_note", title="Milk")], Rule.OPPOSITE_CALL),
        ("Remove the pet that bites", PETS, [call("delete_pet", id=3)], Rule.UNSTATED_NUMBER),
        ("It was 30 degrees and sunny", DISTANCE, [call("distance_covered", metres=30)], Rule.OTHER_QUANTITY),
        (
            "Two judges gave 8, 9, 7 and 6. Do they agree?",
            RANKS,
            [call("rank_correlation", first=[8, 9, 7, 6], second=[9, 7, 6, 8])],
            Rule.SAID_ONCE,
        ),
        ("Who runs Microsoft?", COUNTRY, [call("country_info", country="MS")], Rule.UNASKED_CALL),
        (
            "Write a sentence for a science fiction novel.",
            DIGEST,
            [call("text_digest", text="At night a brilliant scientist discovers a hidden artifact that saves lives.")],
            Rule.UNSTATED_TEXT,
        ),
    ],
)
def test_calls_and_texts_that_nobody_asks_for_are_asked_about(
    query: str, offered: JsonObject, calls: list[JsonObject], rule: Rule
) -> None:
    grounding = ground(query, [offered], calls)
    assert rule in {finding.rule for finding in grounding.questions}
    assert grounding.rejection is None


@pytest.mark.parametrize(
    ("query", "offered", "calls"),
    [
        ("Please delete pet 7", PETS, [call("delete_pet", id=7)]),
        ("I don't want pet 7 any more, show it the door", PETS, [call("delete_pet", id=7)]),
        ("Put down a note: Milk", NOTES, [call("create_note", title="Milk")]),
        (
            "One judge gave 8, 8 and 7, the other 8, 8 and 7. Do they agree?",
            RANKS,
            [call("rank_correlation", first=[8, 8, 7], second=[8, 8, 7])],
        ),
        ("She ran 30 metres", DISTANCE, [call("distance_covered", metres=30)]),
        ("What do we know about the country of Peru?", COUNTRY, [call("country_info", country="PE")]),
    ],
)
def test_what_is_asked_for_is_not(query: str, offered: JsonObject, calls: list[JsonObject]) -> None:
    assert not ground(query, [offered], calls).findings


def test_a_date_relative_to_today_is_not_asked_about() -> None:
    arguments = {"address": "12 Elm Street", "day": "2026-05-02"}
    asked = ground("Book a delivery to 12 Elm Street tomorrow", [DELIVERY], [call("book_delivery", **arguments)])
    assert Rule.UNSTATED_TEXT not in {finding.rule for finding in asked.findings}
    asked = ground("Book a delivery to 12 Elm Street", [DELIVERY], [call("book_delivery", **arguments)])
    assert asked.findings, "a day that nobody said passes without a question"
