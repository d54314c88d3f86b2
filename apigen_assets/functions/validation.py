"""Check digits and rules for numbers and words that people type in."""

import re

from typing_extensions import TypedDict

from apigen_assets.domain.call import Call
from apigen_assets.functions.ranges import check_length, check_number
from apigen_assets.functions.seed import Seed

_IBAN_LENGTHS = {
    "AD": 24, "AE": 23, "AL": 28, "AT": 20, "AZ": 28, "BA": 20, "BE": 16, "BG": 22, "BH": 22, "BR": 29,
    "CH": 21, "CR": 22, "CY": 28, "CZ": 24, "DE": 22, "DK": 18, "DO": 28, "EE": 20, "ES": 24, "FI": 18,
    "FO": 18, "FR": 27, "GB": 22, "GE": 22, "GI": 23, "GL": 18, "GR": 27, "GT": 28, "HR": 21, "HU": 28,
    "IE": 22, "IL": 23, "IS": 26, "IT": 27, "JO": 30, "KW": 30, "KZ": 20, "LB": 28, "LI": 21, "LT": 20,
    "LU": 20, "LV": 21, "MC": 27, "MD": 24, "ME": 22, "MK": 19, "MR": 27, "MT": 31, "MU": 30, "NL": 18,
    "NO": 15, "PK": 24, "PL": 28, "PS": 29, "PT": 25, "QA": 29, "RO": 24, "RS": 22, "SA": 24, "SE": 24,
    "SI": 19, "SK": 24, "SM": 27, "TN": 24, "TR": 26, "UA": 29, "VG": 24, "XK": 20,
}  # fmt: skip


class NumberCheck(TypedDict):
    """Whether a number is valid, and if not, why; `problem` is empty for a valid one."""

    valid: bool
    problem: str


def check_luhn(number: str) -> bool:
    """Check a card or device number with the Luhn formula.

    Args:
        number: 2 to 30 digits; spaces and hyphens are ignored.

    Returns:
        True if the check digit fits.

    Raises:
        ValueError: The number has other characters, or too few or too many digits.
    """
    digits = re.sub(r"[ -]", "", number)
    if not re.fullmatch(r"[0-9]{2,30}", digits):
        raise ValueError(f"number must have 2 to 30 digits, spaces and hyphens apart, got {number[:60]!r}")
    total = 0
    for place, digit in enumerate(map(int, reversed(digits))):
        total += digit if place % 2 == 0 else sum(divmod(digit * 2, 10))
    return total % 10 == 0


def check_iban(iban: str) -> NumberCheck:
    """Check an international bank account number: country, length and check digits.

    Args:
        iban: Account number; spaces and case are ignored.

    Returns:
        Whether it is valid, and the problem if not.

    Raises:
        ValueError: The text is empty or over 60 characters.
    """
    check_length("iban", iban, 1, 60, "characters")
    code = re.sub(r"\s", "", iban).upper()
    if not re.fullmatch(r"[A-Z]{2}[0-9]{2}[A-Z0-9]+", code):
        return {"valid": False, "problem": "it must be two letters, two digits, then letters and digits"}
    length = _IBAN_LENGTHS.get(code[:2])
    if length is None:
        return {"valid": False, "problem": f"no IBAN format is known for country {code[:2]}"}
    if len(code) != length:
        return {"valid": False, "problem": f"{code[:2]} needs {length} characters, it has {len(code)}"}
    if int("".join(str(int(character, 36)) for character in code[4:] + code[:4])) % 97 != 1:
        return {"valid": False, "problem": "the check digits do not fit"}
    return {"valid": True, "problem": ""}


def check_isbn(isbn: str) -> NumberCheck:
    """Check the length and check digit of a book number, ISBN-10 or ISBN-13.

    Args:
        isbn: Book number; spaces and hyphens are ignored.

    Returns:
        Whether it is valid, and the problem if not.

    Raises:
        ValueError: The text is empty or over 40 characters.
    """
    check_length("isbn", isbn, 1, 40, "characters")
    code = re.sub(r"[ -]", "", isbn).upper()
    if re.fullmatch(r"[0-9]{9}[0-9X]", code):
        fits = sum((10 - i) * (10 if c == "X" else int(c)) for i, c in enumerate(code)) % 11 == 0
    elif re.fullmatch(r"97[89][0-9]{10}", code):
        fits = sum(int(c) * (3 if i % 2 else 1) for i, c in enumerate(code)) % 10 == 0
    else:
        return {"valid": False, "problem": "it must have 10 digits, or 13 that start with 978 or 979"}
    return {"valid": fits, "problem": "" if fits else "the check digit does not fit"}


def check_password_rules(
    password: str, min_length: int = 8, need_digit: bool = True, need_symbol: bool = False
) -> list[str]:
    """List the rules that a password breaks: length, mixed case, digit, symbol.

    Args:
        password: Password to check, up to 200 characters.
        min_length: Shortest length allowed, from 1 to 128.
        need_digit: Whether a digit is required.
        need_symbol: Whether a character other than letters and digits is required.

    Returns:
        Broken rules, empty for a good password.

    Raises:
        ValueError: The password is too long or min_length out of range.
    """
    check_length("password", password, 0, 200, "characters")
    check_number("min_length", min_length, 1, 128)
    rules = (
        (len(password) >= min_length, f"at least {min_length} characters"),
        (any(c.islower() for c in password), "a lowercase letter"),
        (any(c.isupper() for c in password), "an uppercase letter"),
        (not need_digit or any(c.isdigit() for c in password), "a digit"),
        (not need_symbol or any(not c.isalnum() for c in password), "a symbol"),
    )
    return [text for kept, text in rules if not kept]


SEEDS: tuple[Seed, ...] = (
    Seed(
        query="Does the test card 4111 1111 1111 1111 pass the Luhn check?",
        answers=(Call(name="check_luhn", arguments={"number": "4111 1111 1111 1111"}),),
    ),
    Seed(
        query="Luhn-check these IMEIs: 490154203237518, 356938035643809 and 490154203237519",
        answers=(
            Call(name="check_luhn", arguments={"number": "490154203237518"}),
            Call(name="check_luhn", arguments={"number": "356938035643809"}),
            Call(name="check_luhn", arguments={"number": "490154203237519"}),
        ),
    ),
    Seed(
        query="Before I send the rent: is DE89 3704 0044 0532 0130 00 a proper account number?",
        answers=(Call(name="check_iban", arguments={"iban": "DE89 3704 0044 0532 0130 00"}),),
        others=("check_luhn", "check_isbn"),
    ),
    Seed(
        query="Validate both supplier IBANs, GB82WEST12345698765432 and NL91ABNA0417164301.",
        answers=(
            Call(name="check_iban", arguments={"iban": "GB82WEST12345698765432"}),
            Call(name="check_iban", arguments={"iban": "NL91ABNA0417164301"}),
        ),
    ),
    Seed(
        query="Someone wrote 0-306-40615-2 on the order slip for a book. Is that ISBN right?",
        answers=(Call(name="check_isbn", arguments={"isbn": "0-306-40615-2"}),),
        others=("check_iban", "check_password_rules"),
    ),
    Seed(
        query="isbn 978-0-306-40615-7 valid?",
        answers=(Call(name="check_isbn", arguments={"isbn": "978-0-306-40615-7"}),),
    ),
    Seed(
        query="What's wrong with the password 'sunshine22' if we ask for 12 characters and a symbol?",
        answers=(
            Call(
                name="check_password_rules",
                arguments={"password": "sunshine22", "min_length": 12, "need_symbol": True},
            ),
        ),
    ),
    Seed(
        query="Test the password 'Tr1cky-Horse' against the default rules and card number 5105 1051 0510 "
        "5100 "
        "against Luhn.",
        answers=(
            Call(name="check_password_rules", arguments={"password": "Tr1cky-Horse"}),
            Call(name="check_luhn", arguments={"number": "5105 1051 0510 5100"}),
        ),
    ),
    Seed(
        query="The bookshop form has IBAN FR1420041010050500013M02606 and ISBN 979-10-90636-07-1. Check each.",
        answers=(
            Call(name="check_iban", arguments={"iban": "FR1420041010050500013M02606"}),
            Call(name="check_isbn", arguments={"isbn": "979-10-90636-07-1"}),
        ),
        others=("check_password_rules",),
    ),
)
