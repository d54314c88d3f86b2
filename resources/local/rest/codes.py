"""Numbers with check digits in trade and finance (python-stdnum)."""

import importlib

from apigen_assets.files.json_types import JsonObject, JsonValue
from resources.local.rest.endpoint import Endpoints, NotFoundError, choice, text

finance = Endpoints("Finance")
commerce = Endpoints("Commerce")


def _verdict(module: str, value: str) -> JsonObject:
    """What stdnum says of a number; its own registries are packaged, nothing is asked online."""
    from stdnum.exceptions import ValidationError

    checker = importlib.import_module(f"stdnum.{module}")
    try:
        compact = checker.validate(value)
    except ValidationError as error:
        return {"value": value, "valid": False, "reason": str(error).rstrip(".")}
    return {"value": value, "valid": True, "normalised": compact}


@finance.get(
    "/finance/iban",
    "Check an International Bank Account Number, its country's format and its check digits.",
    text(
        "iban",
        "Account number, with or without spaces.",
        "DE89370400440532013000",
        "GB82WEST12345698765432",
        "FR1420041010050500013M02606",
    ),
)
def validate_iban(iban: str) -> JsonValue:
    """Verdict on an IBAN."""
    out = _verdict("iban", iban)
    if out["valid"]:
        out |= {"country": out["normalised"][:2], "check_digits": out["normalised"][2:4]}
    return out


@finance.get(
    "/finance/bic",
    "Check a bank identifier code (SWIFT) and split it into bank, country, location and branch.",
    text("bic", "Eight or eleven characters.", "DEUTDEFF", "BNPAFRPPXXX", "CHASUS33"),
)
def validate_bic(bic: str) -> JsonValue:
    """Verdict on a BIC."""
    out = _verdict("bic", bic)
    if out["valid"]:
        code = out["normalised"]
        out |= {"bank": code[:4], "country": code[4:6], "location": code[6:8], "branch": code[8:] or "XXX"}
    return out


@finance.get(
    "/finance/lei",
    "Check a Legal Entity Identifier and its check digits.",
    text("lei", "Twenty characters.", "213800KUD8LAJWSQ9D15", "5493001KJTIIGC8Y1R12", "213800KUD8LAJWSQ9D16"),
)
def validate_lei(lei: str) -> JsonValue:
    """Verdict on an LEI."""
    return _verdict("lei", lei)


@finance.get(
    "/finance/isin",
    "Check an International Securities Identification Number.",
    text("isin", "Twelve characters.", "US0378331005", "GB0002634946", "DE000BAY0017"),
)
def validate_isin(isin: str) -> JsonValue:
    """Verdict on an ISIN."""
    out = _verdict("isin", isin)
    if out["valid"]:
        out["country"] = out["normalised"][:2]
    return out


@commerce.get(
    "/commerce/card",
    "Check a payment card number with the Luhn algorithm; nothing is charged.",
    text(
        "number",
        "Card number, digits only.",
        "4111111111111111",
        "5500005555555559",
        "378282246310005",
        pattern="^[0-9]{12,19}$",
    ),
)
def check_card_number(number: str) -> JsonValue:
    """Verdict on a card number."""
    return _verdict("luhn", number)


@commerce.get(
    "/commerce/ean",
    "Check a product bar code (EAN-8, EAN-13, UPC-A or GTIN-14).",
    text("code", "Digits under the bars.", "4006381333931", "73513537", "036000291452", pattern="^[0-9]{8,14}$"),
)
def validate_ean(code: str) -> JsonValue:
    """Verdict on a bar code."""
    return _verdict("ean", code)


@commerce.get(
    "/commerce/isbn/{isbn}",
    "Check a book number and give it as ISBN-10, ISBN-13 and with hyphens.",
    text("isbn", "Ten or thirteen digits.", "9780306406157", "0306406152", "9783161484100"),
    tag="Education",
)
def convert_isbn(isbn: str) -> JsonValue:
    """A book number in each form."""
    from stdnum import isbn as checker

    out = _verdict("isbn", isbn)
    if out["valid"]:
        thirteen = checker.to_isbn13(out["normalised"])
        out |= {"isbn13": thirteen, "hyphenated": checker.format(thirteen)}
        out["isbn10"] = checker.to_isbn10(thirteen) if thirteen.startswith("978") else None
    return out


@commerce.get(
    "/commerce/vat",
    "Check the format and check digits of a European Union VAT number, offline.",
    text("number", "VAT number with its country prefix.", "DE136695976", "NL004495445B01", "IT00743110157"),
)
def validate_vat_number(number: str) -> JsonValue:
    """Verdict on a VAT number."""
    out = _verdict("eu.vat", number)
    if out["valid"]:
        out["country"] = out["normalised"][:2]
    return out


@commerce.get(
    "/commerce/imei",
    "Check the identity number of a mobile device (IMEI).",
    text("imei", "Fifteen digits.", "490154203237518", "356938035643809", "352099001761481", pattern="^[0-9]{15}$"),
    tag="Technology",
)
def validate_imei(imei: str) -> JsonValue:
    """Verdict on an IMEI."""
    out = _verdict("imei", imei)
    if out["valid"]:
        out["type_allocation_code"] = out["normalised"][:8]
    return out


@commerce.get(
    "/commerce/check-digit",
    "Compute the check digit that completes a number under a scheme.",
    text(
        "number",
        "Number without its check digit.",
        "7992739871",
        "978030640615",
        "49015420323751",
        pattern="^[0-9]{1,30}$",
    ),
    choice("scheme", "Check digit scheme.", "luhn", "verhoeff", "damm"),
    tag="Math",
)
def compute_check_digit(number: str, scheme: str) -> JsonValue:
    """A check digit."""
    checker = importlib.import_module(f"stdnum.{scheme}")
    digit = checker.calc_check_digit(number)
    if digit is None:
        raise NotFoundError("there is no check digit for that number")
    return {"scheme": scheme, "check_digit": str(digit), "number": f"{number}{digit}"}
