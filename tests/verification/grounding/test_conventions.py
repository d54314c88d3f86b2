"""What people leave to convention: parts of the day, points in numbers, quarters, choices that mean both, denials."""

import pytest

from apigen_assets.files.json_types import JsonObject
from apigen_assets.verification.grounding.finding import Rule
from apigen_assets.verification.grounding.grounding import ground


def tool(name: str, /, **parameters: JsonObject) -> JsonObject:
    described = name.replace("_", " ").capitalize() + "."
    schema = {"type": "object", "properties": parameters, "required": list(parameters)}
    return {"name": name, "description": described, "parameters": schema}


def text(description: str) -> JsonObject:
    return {"type": "string", "description": description}


def number(description: str) -> JsonObject:
    return {"type": "number", "description": description}


def choice(*members: str) -> JsonObject:
    return {"type": "string", "enum": list(members), "description": "One of these."}


ALARM = tool("set_alarm", time=text("Time, HH:MM"))
DEBIT = tool("debit", amount=number("Amount"))
LAMPS = tool("switch_lamp", lamp={"type": "integer", "description": "Number of the lamp"})
TICKET = tool("close_ticket", ticket=text("Ticket"))
ASSIGN = tool("assign_ticket", ticket=text("Ticket"), person=text("Who"))
ORDERS = tool("list_orders", shop=text("Shop"), state=choice("paid", "unpaid", "all"))
REPORT = tool("sales_report", first_day=text("First day, YYYY-MM-DD"), last_day=text("Last day, YYYY-MM-DD"))
RATES = tool("exchange", amount=number("Amount"), from_currency=text("Currency"), to_currency=text("Currency"))
FLATS = tool("find_flats", town=text("Town"), min_rent=number("Lowest rent"), max_rent=number("Highest rent"))
SEATS = tool("reserve_seats", film=text("Film"), seats={"type": "integer", "description": "Seats"})
MOON = tool("moon_phase", date=text("Day, YYYY-MM-DD"))
STOP = tool("stop_machine", machine=text("Machine"))


def rules(query: str, calls: list[tuple[JsonObject, JsonObject]]) -> set[Rule]:
    tools = {offered["name"]: offered for offered, _ in calls}
    made: list[JsonObject] = [{"name": offered["name"], "arguments": arguments} for offered, arguments in calls]
    return {finding.rule for finding in ground(query, list(tools.values()), made).findings}


@pytest.mark.parametrize(
    ("query", "right", "wrong"),
    [
        ("Bitte weck mich um acht Uhr abends, ich arbeite nachts.", "20:00", "08:00"),
        ("Despiértame a las siete de la tarde, por favor.", "19:00", "07:00"),
        ("Mets mon réveil à six heures du matin, s'il te plaît.", "06:00", "18:00"),
        ("请在下午四点叫我。", "16:00", "04:00"),
        ("午後5時に起こしてください。", "17:00", "05:00"),
        ("Obudź mnie wieczorem o ósmej, bardzo proszę.", "20:00", "08:00"),
    ],
)
def test_the_part_of_the_day_is_heard_in_other_languages(query: str, right: str, wrong: str) -> None:
    assert Rule.OTHER_PART_OF_DAY in rules(query, [(ALARM, {"time": wrong})])
    assert Rule.OTHER_PART_OF_DAY not in rules(query, [(ALARM, {"time": right})])


def test_breakfast_is_no_part_of_the_day() -> None:
    assert not rules("朝食のあと、20:00に起こしてください。", [(ALARM, {"time": "20:00"})])


@pytest.mark.parametrize(
    "query",
    [
        "Por favor cobra 2.300 euros a la cuenta de la empresa.",
        "Ziehen Sie bitte 2.300 Euro vom Konto der Firma ein.",
        "Addebita 2.300 euro sul conto della società, per favore.",
    ],
)
def test_a_thousand_is_not_one(query: str) -> None:
    assert Rule.THOUSAND_AS_ONE in rules(query, [(DEBIT, {"amount": 2.3})])
    assert Rule.THOUSAND_AS_ONE not in rules(query, [(DEBIT, {"amount": 2300})])


def test_three_decimals_of_an_english_query_are_decimals() -> None:
    assert not rules("Please debit 2.300 from the account of my company.", [(DEBIT, {"amount": 2.3})])


def test_a_number_unlike_those_of_the_other_calls_is_asked_about() -> None:
    query = "Schalte bitte die Lampen 11, 12 und 15 ein."
    lamps = [(LAMPS, {"lamp": lamp}) for lamp in (11, 12, 15)]
    assert Rule.UNLIKE_FELLOWS not in rules(query, lamps)
    assert Rule.UNLIKE_FELLOWS in rules(query, [*lamps, (LAMPS, {"lamp": 13})])


def test_a_code_that_no_call_takes_is_asked_about() -> None:
    query = "Give TCK-881 to Maya, and TCK-902 is done, close it."
    right = [(ASSIGN, {"ticket": "TCK-881", "person": "Maya"}), (TICKET, {"ticket": "TCK-902"})]
    wrong = [(ASSIGN, {"ticket": "TCK-881", "person": "Maya"}), (TICKET, {"ticket": "TCK-881"})]
    assert Rule.CODE_LEFT_OVER not in rules(query, right)
    assert Rule.CODE_LEFT_OVER in rules(query, wrong)
    assert Rule.CODE_LEFT_OVER not in rules("Close TCK-881 but not TCK-902.", [(TICKET, {"ticket": "TCK-881"})])


def test_two_choices_said_together_are_both() -> None:
    query = "List the orders of Kiosk Nord, paid or unpaid."
    assert Rule.BOTH_SAID in rules(query, [(ORDERS, {"shop": "Kiosk Nord", "state": "paid"})])
    assert Rule.BOTH_SAID not in rules(query, [(ORDERS, {"shop": "Kiosk Nord", "state": "all"})])
    query = "List the unpaid orders of Kiosk Nord."
    assert Rule.BOTH_SAID not in rules(query, [(ORDERS, {"shop": "Kiosk Nord", "state": "unpaid"})])


@pytest.mark.parametrize(
    ("query", "first", "last", "asked"),
    [
        ("Sales report for Q2 2024, please.", "2024-04-01", "2024-06-30", False),
        ("Sales report for Q2 2024, please.", "2024-04-01", "2024-05-31", True),
        ("Sales report for the fourth quarter of 2023.", "2023-10-01", "2024-01-01", False),
        ("Sales report for the fourth quarter of 2023.", "2023-09-01", "2023-12-31", True),
        ("Sales report for the second half of 2022.", "2022-07-01", "2022-12-31", False),
        ("Sales report for the second half of 2022.", "2022-06-01", "2022-12-31", True),
        ("Sales report for Q2 of fiscal year 2024.", "2023-10-01", "2023-12-31", False),
    ],
)
def test_quarters_and_halves_have_two_ends(query: str, first: str, last: str, asked: bool) -> None:
    found = rules(query, [(REPORT, {"first_day": first, "last_day": last})])
    assert (Rule.MAY_BE_OTHER_MOMENT in found) is asked


@pytest.mark.parametrize(
    ("query", "right", "wrong"),
    [
        ("What phase is the moon in on the last day of April 2027?", "2027-04-30", "2027-04-29"),
        ("What phase is the moon in on the last day of February 2028?", "2028-02-29", "2028-02-28"),
    ],
)
def test_the_last_day_of_a_month_is_a_day(query: str, right: str, wrong: str) -> None:
    assert not rules(query, [(MOON, {"date": right})])
    assert Rule.MAY_BE_OTHER_MOMENT in rules(query, [(MOON, {"date": wrong})])


def test_an_amount_is_in_the_currency_right_behind_it() -> None:
    query = "I have 640 Polish zlotys left, how much is that in Czech korunas?"
    right = {"amount": 640, "from_currency": "PLN", "to_currency": "CZK"}
    wrong = {"amount": 640, "from_currency": "CZK", "to_currency": "PLN"}
    assert not rules(query, [(RATES, right)])
    assert rules(query, [(RATES, wrong)]) & {Rule.MAY_BE_SWAPPED, Rule.SWAPPED}


@pytest.mark.parametrize(
    ("words", "parameter", "turned"),
    [("no more than 950", "max_rent", "min_rent"), ("no less than 950", "min_rent", "max_rent")],
)
def test_a_bound_with_no_before_it_is_read_whole(words: str, parameter: str, turned: str) -> None:
    query = f"Flats in Halle with a rent of {words} euros."
    assert Rule.BOUND_TURNED not in rules(query, [(FLATS, {"town": "Halle", parameter: 950})])
    assert Rule.BOUND_TURNED in rules(query, [(FLATS, {"town": "Halle", turned: 950})])


def test_a_number_said_twice_is_corrected_too() -> None:
    query = "Two seats for Alien and a pair, no wait, five for Solaris."
    right = [(SEATS, {"film": "Alien", "seats": 2}), (SEATS, {"film": "Solaris", "seats": 5})]
    wrong = [(SEATS, {"film": "Alien", "seats": 2}), (SEATS, {"film": "Solaris", "seats": 2})]
    assert Rule.CORRECTED not in rules(query, right)
    assert Rule.CORRECTED in rules(query, wrong)


@pytest.mark.parametrize(
    "query",
    [
        "Stop press-4, but don't stop press-7 yet.",
        "Stop press-4 and leave press-7 running.",
        "Stop press-4; keep press-7 as it is.",
    ],
)
def test_what_is_to_be_left_alone_is_asked_about(query: str) -> None:
    assert Rule.DENIED_CALL not in rules(query, [(STOP, {"machine": "press-4"})])
    assert Rule.DENIED_CALL in rules(query, [(STOP, {"machine": "press-4"}), (STOP, {"machine": "press-7"})])


INVITE = tool("invite", guests={"type": "array", "items": {"type": "string"}, "description": "Names"})
LOCKER = tool("open_locker", number={"type": "integer", "description": "Locker"})


@pytest.mark.parametrize(
    ("query", "guests"),
    [
        ("Lade bitte Jonas, Mira und Katharina zum Essen ein.", ["Jonas", "Mira", "Katharina"]),
        ("Invita a Lucía, a Pablo y a Ramón a la cena.", ["Lucía", "Pablo", "Ramón"]),
        ("Invite Chloé, Bastien et Noémie au dîner de samedi.", ["Chloé", "Bastien", "Noémie"]),
        ("Zaproś na kolację: Tomasz, Ola i Grażyna, proszę.", ["Tomasz", "Ola", "Grażyna"]),
    ],
)
def test_an_enumeration_is_heard_to_its_end_in_other_languages(query: str, guests: list[str]) -> None:
    assert Rule.ENUMERATION_CUT not in rules(query, [(INVITE, {"guests": guests})])
    assert Rule.ENUMERATION_CUT in rules(query, [(INVITE, {"guests": guests[:-1]})])


def test_a_call_for_one_of_a_series_of_numbers_is_missed() -> None:
    query = "Öffne bitte die Schließfächer 204, 207 und 219."
    assert Rule.ENUMERATION_CUT not in rules(query, [(LOCKER, {"number": each}) for each in (204, 207, 219)])
    assert Rule.ENUMERATION_CUT in rules(query, [(LOCKER, {"number": each}) for each in (204, 207)])


BALLOON = tool("inflate", radius_m=number("Radius in metres"))
INCOME = tool("tax_due", annual_income=number("Income in a year, in euros"))
TRANSLATE = tool("translate", text=text("Text to translate"), language=text("Target language"))
STRIP = tool("strip_accents", text=text("The text"))
SCALE = tool("share_cost", total=number("Total"), people={"type": "integer", "description": "People"})


@pytest.mark.parametrize(
    ("query", "call"),
    [
        ("Inflate a balloon 3 metres across.", (BALLOON, {"radius_m": 3})),
        ("Inflate a balloon with a diameter of 3 m.", (BALLOON, {"radius_m": 3})),
        ("How much tax do I owe on 2,400 euros a month?", (INCOME, {"annual_income": 2400})),
    ],
)
def test_a_number_of_another_measure_is_asked_about(query: str, call: tuple[JsonObject, JsonObject]) -> None:
    assert Rule.OTHER_MEASURE in rules(query, [call])


def test_a_number_of_the_parameters_own_measure_is_not() -> None:
    assert not rules("Inflate a balloon with a radius of 3 m.", [(BALLOON, {"radius_m": 3})])
    assert not rules("Tax due on 28,800 euros a year?", [(INCOME, {"annual_income": 28800})])


def test_a_text_that_is_changed_before_it_is_passed_on_is_asked_about() -> None:
    query = "Translate this into Danish: the ferry leaves at dawn from the old pier"
    whole = "the ferry leaves at dawn from the old pier"
    assert Rule.TEXT_ALTERED not in rules(query, [(TRANSLATE, {"text": whole, "language": "Danish"})])
    changed = "the boat departs at dawn from the old pier"
    assert Rule.TEXT_ALTERED in rules(query, [(TRANSLATE, {"text": changed, "language": "Danish"})])


@pytest.mark.parametrize("marks", ["''", '""', "``", "“”", "«»", "»«", "„“", "‚‘", "‹›", "「」"])
def test_an_accent_that_a_quotation_loses_is_asked_about(marks: str) -> None:
    query = f"Strip the accents of {marks[0]}crème brûlée{marks[1]} for me."
    assert Rule.TEXT_ALTERED not in rules(query, [(STRIP, {"text": "crème brûlée"})])
    assert Rule.TEXT_ALTERED in rules(query, [(STRIP, {"text": "creme brulee"})])


def test_digits_that_no_argument_has_are_asked_about_in_other_languages() -> None:
    query = "Teile 84 Euro durch 5 Personen und dann noch 36 Euro durch 3."
    both = [(SCALE, {"total": 84, "people": 5}), (SCALE, {"total": 36, "people": 3})]
    assert Rule.DIGITS_LEFT_OVER not in rules(query, both)
    assert Rule.DIGITS_LEFT_OVER in rules(query, both[:1])


STEP = tool(
    "move_date", date=text("Day, YYYY-MM-DD"), weeks={"type": "integer", "description": "Weeks; negative moves back."}
)
VIEWING = tool("add_viewing", start=text("Start, YYYY-MM-DDTHH:MM"), minutes=number("Length in minutes"))
NIGHTS = tool("count_nights", arrival=text("First night, YYYY-MM-DD"), departure=text("Day of departure, YYYY-MM-DD"))
ARTICLE = tool("order_article", article_id={"type": "integer", "description": "Article"}, boxes={"type": "integer"})


def test_weeks_before_are_negative_where_the_parameter_says_so() -> None:
    query = "Which day is five weeks before 3 March 2025?"
    assert Rule.SIGN_LOST in rules(query, [(STEP, {"date": "2025-03-03", "weeks": 5})])
    assert not rules(query, [(STEP, {"date": "2025-03-03", "weeks": -5})])
    query = "Which day is five weeks after the one before 3 March 2025?"
    assert Rule.SIGN_LOST not in rules(query, [(STEP, {"date": "2025-03-03", "weeks": 5})])


def test_a_time_in_the_afternoon_stays_there_beside_a_date_and_a_length() -> None:
    query = "Add a viewing on 11 June 2027 at 3:45 pm, 40 minutes."
    assert not rules(query, [(VIEWING, {"start": "2027-06-11T15:45", "minutes": 40})])
    assert Rule.MOMENT_SLIP in rules(query, [(VIEWING, {"start": "2027-06-11T03:45", "minutes": 40})])


def test_day_and_month_are_not_changed_round_where_the_year_stands_at_the_other_date() -> None:
    query = "How many nights from the 5th of March to the 2nd of April 2026?"
    assert not rules(query, [(NIGHTS, {"arrival": "2026-03-05", "departure": "2026-04-02"})])
    assert Rule.MOMENT_SLIP in rules(query, [(NIGHTS, {"arrival": "2026-05-03", "departure": "2026-04-02"})])


PARCEL = tool("parcel_rate", country=text("Destination, ISO 3166 country code"), kilos=number("Weight in kilograms"))
SUBTITLES = tool("get_subtitles", film=text("Film"), language=text("ISO 639-1 language code"))
VISA = tool("visa_needed", from_country=text("Country code"), to_country=text("Country code"))


@pytest.mark.parametrize(
    ("query", "country"),
    [
        ("What does a parcel of 3 kg to Norway cost?", "NO"),
        ("Was kostet ein Paket von 3 kg nach Österreich?", "AT"),
        ("Combien coûte un colis de 3 kg pour la Grèce ?", "GR"),
        ("3 kgの荷物をオランダに送るといくらですか。", "NL"),
        ("How much for a parcel of 3 kg to the UK?", "GB"),
    ],
)
def test_countries_are_heard_behind_their_codes(query: str, country: str) -> None:
    assert ground(query, [PARCEL], [{"name": "parcel_rate", "arguments": {"country": country, "kilos": 3}}]).arguments[
        0
    ][1:] == ("grounded", "stated in other words")
    assert Rule.CODE_OF_ANOTHER in rules(query, [(PARCEL, {"country": "BR", "kilos": 3})])


def test_languages_are_heard_behind_their_codes() -> None:
    query = "I need Finnish subtitles for Alien."
    assert not rules(query, [(SUBTITLES, {"film": "Alien", "language": "fi"})])
    assert rules(query, [(SUBTITLES, {"film": "Alien", "language": "sv"})]) == {Rule.OTHER_CHOICE}


def test_codes_of_two_countries_can_be_swapped() -> None:
    query = "Do I need a visa from Brazil to Vietnam?"
    assert not rules(query, [(VISA, {"from_country": "BR", "to_country": "VN"})])
    assert rules(query, [(VISA, {"from_country": "VN", "to_country": "BR"})]) & {Rule.SWAPPED, Rule.MAY_BE_SWAPPED}
