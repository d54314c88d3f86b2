import pytest

from apigen_assets.functions import validation


@pytest.mark.parametrize(
    ("number", "valid"), [("79927398713", True), ("79927398710", False), ("0000-0000", True), ("18", True)]
)
def test_luhn(number, valid):
    assert validation.check_luhn(number) is valid


@pytest.mark.parametrize("iban", ["NO9386011117947", "MT84MALT011000012345MTLCAST001S", "be68 5390 0754 7034"])
def test_valid_ibans(iban):
    assert validation.check_iban(iban) == {"valid": True, "problem": ""}


@pytest.mark.parametrize(
    ("iban", "problem"),
    [
        ("DE88370400440532013000", "check digits"),
        ("DE8937040044053201300", "needs 22"),
        ("US64SVBKUS6S3300958879", "country US"),
        ("hello", "two letters"),
    ],
)
def test_a_bad_iban_says_why(iban, problem):
    checked = validation.check_iban(iban)
    assert not checked["valid"] and problem in checked["problem"]


@pytest.mark.parametrize(
    ("isbn", "valid"),
    [
        ("080442957X", True),
        ("0-8044-2957-0", False),
        ("9783161484100", True),
        ("9783161484101", False),
        ("123", False),
    ],
)
def test_isbn(isbn, valid):
    assert validation.check_isbn(isbn)["valid"] is valid


def test_password_rules():
    assert validation.check_password_rules("", 1, need_symbol=True) == [
        "at least 1 characters",
        "a lowercase letter",
        "an uppercase letter",
        "a digit",
        "a symbol",
    ]
    assert validation.check_password_rules("LongEnough", need_digit=False) == []
