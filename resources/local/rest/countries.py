"""Countries, languages and currencies (the Unicode CLDR data that Babel carries)."""

import datetime as dt
import functools

from apigen_assets.files.json_types import JsonObject, JsonValue
from resources.local.rest.endpoint import Endpoints, NotFoundError, date, number, text, whole

endpoints = Endpoints("Data")

_COUNTRY = "^[A-Za-z]{2}$"
_CURRENCY = "^[A-Za-z]{3}$"
_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_LANGUAGES = ("en", "de", "fr", "es", "ja")


@functools.cache
def _locale(name: str) -> JsonValue:
    from babel import Locale, UnknownLocaleError

    try:
        return Locale.parse(name.replace("-", "_"))
    except (UnknownLocaleError, ValueError, TypeError):
        raise NotFoundError(f"no locale is called {name}") from None


@functools.cache
def _countries() -> dict[str, JsonObject]:
    """Every country by its two letters, with its ISO 3166-1 three letters and number (CLDR's territory aliases)."""
    from babel.core import get_global

    out: dict[str, JsonObject] = {}
    for alias, targets in get_global("territory_aliases").items():
        if len(targets) == 1 and len(alias) == 3:
            codes = out.setdefault(str(targets[0]), {})
            codes.setdefault("numeric" if alias.isdigit() else "alpha3", str(alias))
    names = _locale("en").territories
    return {
        code: {"alpha2": code, "name": str(names[code]), **codes}
        for code, codes in out.items()
        if code in names and len(code) == 2 and len(codes) == 2
    }


def _country(code: str) -> JsonObject:
    country = _countries().get(code.upper())
    if country is None:
        raise NotFoundError(f"no country has the code {code.upper()}")
    return country


@endpoints.get(
    "/countries/{code}",
    "Get facts about a country: name, ISO codes, currencies, official languages, calling code and first weekday.",
    text("code", "Two-letter ISO country code.", "CH", "JP", "BR", "KE", pattern=_COUNTRY),
)
def get_country(code: str) -> JsonValue:
    """One country."""
    import phonenumbers
    from babel import Locale, UnknownLocaleError
    from babel.languages import get_official_languages
    from babel.numbers import get_territory_currencies

    country = _country(code)
    try:
        day = _WEEKDAYS[Locale.parse(f"und_{country['alpha2']}").first_week_day]
    except UnknownLocaleError:  # CLDR has no locale for a few territories
        day = None
    calling = phonenumbers.country_code_for_region(country["alpha2"])
    return {
        **country,
        "currencies": list(get_territory_currencies(country["alpha2"], dt.date(2025, 1, 1))),
        "official_languages": list(get_official_languages(country["alpha2"], de_facto=True)),
        "calling_code": f"+{calling}" if calling else None,
        "first_weekday": day,
    }


@endpoints.get(
    "/countries",
    "Search countries by a part of their English name.",
    text("name", "Part of the country's English name.", "land", "united", "guinea", pattern="^.{2,40}$"),
    whole("limit", "Most countries to return.", 5, 10, required=False, default=10, minimum=1, maximum=50),
)
def search_countries(name: str, limit: int) -> JsonValue:
    """Countries by name."""
    countries = [country for _, country in sorted(_countries().items()) if name.lower() in country["name"].lower()]
    if not countries:
        raise NotFoundError(f"no country's name contains {name!r}")
    return {"total": len(countries), "countries": countries[:limit]}


@endpoints.get(
    "/countries/{code}/name",
    "Translate the name of a country into another language.",
    text("code", "Two-letter ISO country code.", "DE", "CN", "EG", pattern=_COUNTRY),
    text("language", "Code of the language to translate into.", "fr", "es", "ja", "ar"),
    tag="Education",
)
def translate_country_name(code: str, language: str) -> JsonValue:
    """A country's name elsewhere."""
    country = _country(code)
    name = _locale(language).territories.get(country["alpha2"])
    if not name:
        raise NotFoundError(f"{language} has no name for {country['alpha2']}")
    return {"code": country["alpha2"], "language": language, "name": name}


@endpoints.get(
    "/countries/{code}/languages",
    "List the languages spoken in a country with the share of its population that uses each.",
    text("code", "Two-letter ISO country code.", "BE", "IN", "ZA", "CA", pattern=_COUNTRY),
    whole("limit", "Most languages to return.", 3, 5, required=False, default=5, minimum=1, maximum=50),
)
def list_country_languages(code: str, limit: int) -> JsonValue:
    """Languages by share."""
    from babel.languages import get_territory_language_info

    country = _country(code)
    names = _locale("en").languages
    shares = get_territory_language_info(country["alpha2"])
    ranked = sorted(shares.items(), key=lambda item: (-item[1]["population_percent"], item[0]))
    return {
        "code": country["alpha2"],
        "languages": [
            {
                "code": language_code,
                "name": names.get(language_code, language_code),
                "population_percent": info["population_percent"],
                "official": info["official_status"],
            }
            for language_code, info in ranked[:limit]
        ],
    }


@endpoints.get(
    "/languages/{code}",
    "Get the English and native name of a language, its writing direction and its plural categories.",
    text("code", "ISO 639 language code.", "sv", "he", "pl", "ko", pattern="^[A-Za-z]{2,3}$"),
    tag="Education",
)
def get_language(code: str) -> JsonValue:
    """One language."""
    locale = _locale(code.lower())
    return {
        "code": code.lower(),
        "english_name": locale.english_name,
        "native_name": locale.display_name,
        "direction": "right-to-left" if locale.text_direction == "rtl" else "left-to-right",
        "plural_categories": sorted({*locale.plural_form.tags, "other"}),
    }


@endpoints.get(
    "/languages/{code}/date",
    "Write a calendar date out in full in a given language.",
    text("code", "Language or locale code.", *_LANGUAGES),
    date("date", "Calendar date.", "2025-05-17", "2024-12-31", "1999-08-11"),
    tag="Education",
)
def write_date(code: str, date: dt.date) -> JsonValue:
    """A date in words."""
    from babel.dates import format_date

    return {"language": code, "text": format_date(date, "full", locale=_locale(code))}


@endpoints.get(
    "/languages/{code}/list",
    "Join items into a grammatical enumeration in a given language, such as 'a, b and c'.",
    text("code", "Language or locale code.", *_LANGUAGES[:4]),
    text("items", "Items separated by semicolons.", "apples;pears;plums", "Anna;Ben", "red;green;blue;white"),
    tag="Education",
)
def join_list(code: str, items: str) -> JsonValue:
    """An enumeration in words."""
    from babel.lists import format_list

    parts = [part.strip() for part in items.split(";") if part.strip()]
    return {"language": code, "text": format_list(parts, locale=_locale(code))}


finance = Endpoints("Finance")


@functools.cache
def _currency(code: str) -> JsonObject:
    from babel.numbers import get_currency_name, get_currency_precision, get_currency_symbol, is_currency

    code = code.upper()
    if not is_currency(code):
        raise NotFoundError(f"no currency has the code {code}")
    return {
        "code": code,
        "name": get_currency_name(code, locale="en"),
        "symbol": get_currency_symbol(code, locale="en"),
        "decimal_digits": get_currency_precision(code),
    }


@finance.get(
    "/currencies/{code}",
    "Get the name, symbol and number of decimal digits of a currency.",
    text("code", "Three-letter ISO 4217 currency code.", "EUR", "JPY", "KWD", "INR", pattern=_CURRENCY),
)
def get_currency(code: str) -> JsonValue:
    """One currency."""
    return _currency(code)


@finance.get(
    "/currencies/{code}/format",
    "Format an amount of money the way a locale writes it.",
    text("code", "Three-letter ISO 4217 currency code.", "EUR", "USD", "JPY", pattern=_CURRENCY),
    number("amount", "Amount of money.", 1234.5, 99.99, 1000000),
    text("locale", "Locale to write the amount for.", "de_DE", "en_US", "fr_CH", required=False, default="en_US"),
)
def format_currency(code: str, amount: float, locale: str) -> JsonValue:
    """An amount as text."""
    from babel.numbers import format_currency as formatted

    return {"text": formatted(amount, _currency(code)["code"], locale=_locale(locale)), "locale": locale}


@finance.get(
    "/currencies/of/{country}",
    "Tell which currencies were legal tender in a country on a date.",
    text("country", "Two-letter ISO country code.", "DE", "HR", "PL", pattern=_COUNTRY),
    date("date", "Calendar date.", "1995-06-01", "2015-06-01", "2024-06-01"),
)
def get_country_currencies(country: str, date: dt.date) -> JsonValue:
    """Legal tender in history."""
    from babel.numbers import get_territory_currencies

    currencies = get_territory_currencies(_country(country)["alpha2"], date, date)
    return {
        "country": country.upper(),
        "date": date.isoformat(),
        "currencies": [_currency(currency) for currency in currencies],
    }


@finance.get(
    "/currencies/{code}/name",
    "Translate the name of a currency into another language.",
    text("code", "Three-letter ISO 4217 currency code.", "USD", "GBP", "CHF", pattern=_CURRENCY),
    text("language", "Code of the language to translate into.", "es", "it", "ru"),
)
def translate_currency_name(code: str, language: str) -> JsonValue:
    """A currency's name elsewhere."""
    from babel.numbers import get_currency_name

    return {"code": _currency(code)["code"], "name": get_currency_name(code.upper(), locale=_locale(language))}
