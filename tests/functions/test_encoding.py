import pytest
from hypothesis import given
from hypothesis import strategies as st

from apigen_assets.functions import encoding


@pytest.mark.parametrize(
    ("number", "numeral"),
    [(1, "I"), (4, "IV"), (1994, "MCMXCIV"), (3888, "MMMDCCCLXXXVIII"), (3999, "MMMCMXCIX")],
)
def test_roman_numerals(number, numeral):
    assert encoding.to_roman_numeral(number) == numeral


def test_morse():
    assert encoding.encode_morse("Paris 50") == ".--. .- .-. .. ... / ..... -----"
    with pytest.raises(ValueError, match="Ä"):
        encoding.encode_morse("Bär")


@given(st.text(min_size=1, max_size=50), st.integers(-25, 25))
def test_caesar_decodes_what_it_encoded(plain, shift):
    assert encoding.caesar_shift(encoding.caesar_shift(plain, shift), shift, decode=True) == plain


def test_run_lengths():
    assert encoding.run_length_encode("aaabbb  c") == "3a3b2 1c"
    assert encoding.run_length_encode("aaabbbc", skip_ones=True) == "3a3bc"
    with pytest.raises(ValueError, match="digits"):
        encoding.run_length_encode("a1")


@pytest.mark.parametrize(
    ("algorithm", "digest"),
    [
        ("md5", "900150983cd24fb0d6963f7d28e17f72"),
        ("sha1", "a9993e364706816aba3e25717850c26c9cd0d89d"),
        ("sha256", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        ("crc32", "352441c2"),
    ],
)
def test_digests_of_the_standards(algorithm, digest):
    assert encoding.text_digest("abc", algorithm) == digest


def test_radio_alphabet():
    assert encoding.spell_phonetically("ax-9") == ["Alfa", "X-ray", "Nine"]
