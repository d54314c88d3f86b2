import pytest
from hypothesis import given
from hypothesis import strategies as st

from apigen_assets.functions import text


def test_slug_cuts_between_words():
    assert text.slugify_title("  L'été, à Paris!  ") == "lete-a-paris"
    assert text.slugify_title("one two three four", 12) == "one-two"
    assert text.slugify_title("incomprehensibilities", 8) == "incompre"
    with pytest.raises(ValueError, match="title"):
        text.slugify_title("漢字")


@pytest.mark.parametrize("source", ["parseHTTPResponse", "parse_http_response", "Parse HTTP-response"])
def test_cases_from_any_convention(source):
    assert text.change_text_case(source, "kebab") == "parse-http-response"
    assert text.change_text_case(source, "camel") == "parseHttpResponse"
    assert text.change_text_case(source, "title") == "Parse Http Response"


def test_top_words_breaks_ties_by_alphabet():
    found = text.top_words("b a b a c it's It's it's", 3)
    assert found == [
        {"word": "it's", "count": 3},
        {"word": "a", "count": 2},
        {"word": "b", "count": 2},
    ]


@given(st.text(max_size=30), st.text(max_size=30))
def test_edit_distance_is_a_distance(one, other):
    distance = text.edit_distance(one, other)
    assert distance == text.edit_distance(other, one)
    assert abs(len(one) - len(other)) <= distance <= max(len(one), len(other))
    assert (distance == 0) == (one == other)


def test_edit_distance_of_known_pairs():
    assert text.edit_distance("intention", "execution") == 5
    assert text.edit_distance("ABC", "abc", ignore_case=True) == 0


def test_reading_ease_of_a_known_text():
    assert text.reading_ease_score(100, 5, 150) == {"score": 59.6, "level": "fairly difficult"}


def test_masks():
    assert text.mask_text("4111", 0) == "****"
    assert text.mask_text("abcdef", 2, "start", "x") == "abxxxx"
    assert text.mask_text("abcdef", 6) == "abcdef"
    with pytest.raises(ValueError, match="visible"):
        text.mask_text("abc")
