"""Telephone numbers (phonenumbers) and emoji."""

import functools

from apigen_assets.files.json_types import JsonValue
from resources.local.rest.endpoint import BadArgumentError, Endpoints, NotFoundError, choice, text, whole

endpoints = Endpoints("Communication")
social = Endpoints("Social")

_NUMBERS = ("+442083661177", "+14155552671", "+4930901820", "+81312345678")
_TYPES = {0: "fixed_line", 1: "mobile", 2: "fixed_line_or_mobile", 3: "toll_free", 4: "premium_rate",
          5: "shared_cost", 6: "voip", 7: "personal", 8: "pager", 9: "uan", 10: "voicemail", 99: "unknown"}  # fmt: skip
_NUMBER = text("number", "Telephone number in international format.", *_NUMBERS, pattern=r"^\+?[0-9 ()./-]{4,25}$")


def _parsed(number: str) -> JsonValue:
    import phonenumbers

    try:
        # A plus sign that was not percent-encoded arrives as a space.
        return phonenumbers.parse("+" + number.strip().removeprefix("+"))
    except phonenumbers.NumberParseException as error:
        raise BadArgumentError(f"not a valid telephone number: {error}") from None


@endpoints.get(
    "/phone/parse",
    "Parse an international telephone number into country code, national number, region and type.",
    _NUMBER,
)
def parse_phone_number(number: str) -> JsonValue:
    """A number's parts."""
    import phonenumbers

    parsed = _parsed(number)
    return {
        "country_code": parsed.country_code,
        "national_number": str(parsed.national_number),
        "region": phonenumbers.region_code_for_number(parsed),
        "type": _TYPES.get(phonenumbers.number_type(parsed), "unknown"),
    }


@endpoints.get("/phone/validate", "Check whether a telephone number is possible and valid.", _NUMBER)
def validate_phone_number(number: str) -> JsonValue:
    """Whether a number can exist."""
    import phonenumbers

    parsed = _parsed(number)
    return {
        "number": number,
        "possible": phonenumbers.is_possible_number(parsed),
        "valid": phonenumbers.is_valid_number(parsed),
    }


@endpoints.get(
    "/phone/format",
    "Write a telephone number in a given format.",
    _NUMBER,
    choice("style", "Format to write.", "international", "national", "e164", "rfc3966"),
)
def format_phone_number(number: str, style: str) -> JsonValue:
    """A number as people write it."""
    import phonenumbers

    styles = {"e164": 0, "international": 1, "national": 2, "rfc3966": 3}
    return {"style": style, "text": phonenumbers.format_number(_parsed(number), styles[style])}


@endpoints.get(
    "/phone/calling-code/{country}",
    "Get the international calling code of a country.",
    text("country", "Two-letter ISO country code.", "NO", "AR", "TH", pattern="^[A-Za-z]{2}$"),
)
def get_calling_code(country: str) -> JsonValue:
    """A country's prefix."""
    import phonenumbers

    code = phonenumbers.country_code_for_region(country.upper())
    if not code:
        raise NotFoundError(f"no calling code is known for {country.upper()}")
    return {"country": country.upper(), "calling_code": f"+{code}"}


@endpoints.get(
    "/phone/regions/{calling_code}",
    "List the countries that share an international calling code.",
    whole("calling_code", "Calling code without the plus sign.", 1, 44, 7, 39, minimum=1, maximum=999),
)
def list_calling_code_regions(calling_code: int) -> JsonValue:
    """Countries of a prefix."""
    import phonenumbers

    countries = phonenumbers.region_codes_for_country_code(calling_code)
    if not countries or countries == ("001",):
        raise NotFoundError(f"no country uses +{calling_code}")
    return {"calling_code": f"+{calling_code}", "countries": sorted(countries)}


@functools.cache
def _emoji() -> dict[str, str]:
    """Every fully qualified emoji by its English name without colons."""
    import emoji

    full = emoji.STATUS["fully_qualified"]
    return {data["en"].strip(":"): sign for sign, data in emoji.EMOJI_DATA.items() if data["status"] == full}


@social.get(
    "/emoji/{name}",
    "Get an emoji by its English name, with its code points.",
    text("name", "Name with underscores.", "thumbs_up", "red_heart", "rocket", "party_popper"),
)
def get_emoji(name: str) -> JsonValue:
    """One emoji."""
    sign = _emoji().get(name)
    if sign is None:
        raise NotFoundError(f"no emoji is called {name}")
    return {"name": name, "emoji": sign, "code_points": [f"U+{ord(character):04X}" for character in sign]}


@social.get(
    "/emoji",
    "Search emoji whose name contains a word.",
    text("query", "Word to look for.", "heart", "cat", "flag", pattern="^[A-Za-z0-9_]{2,30}$"),
    whole("limit", "Most emoji to return.", 5, 10, required=False, default=10, minimum=1, maximum=50),
)
def search_emoji(query: str, limit: int) -> JsonValue:
    """Emoji by name."""
    matches = [
        {"name": name, "emoji": sign} for name, sign in sorted(_emoji().items()) if query.lower() in name.lower()
    ]
    if not matches:
        raise NotFoundError(f"no emoji's name contains {query!r}")
    return {"total": len(matches), "emoji": matches[:limit]}


@social.get(
    "/emoji/describe",
    "Replace every emoji in a text by its name in a language.",
    text("text", "Text with emoji.", "Great job 👍", "I ❤️ pizza 🍕", "Launch day 🚀🎉"),
    choice("language", "Language of the names.", "en", "es", "de", "fr", required=False, default="en"),
)
def describe_emoji(text: str, language: str) -> JsonValue:
    """A text without pictures."""
    import emoji

    return {"text": emoji.demojize(text, language=language), "emoji_count": emoji.emoji_count(text)}
