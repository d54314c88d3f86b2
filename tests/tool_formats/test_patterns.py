"""Patterns of foreign schemas: searched as `re` does, in bounded time.

A search that is not bounded would not end within the suite's time limit.
"""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apigen_assets.tool_formats.json_schema import is_valid
from apigen_assets.tool_formats.patterns import BoundedValidator, PatternTimeError, searcher

EVIL = "a" * 40 + "!"
BACKTRACKS = r"^(?!x)(a|aa)+$"


def test_a_pattern_that_would_backtrack_without_end_is_searched():
    assert searcher("(a+)+$")(EVIL) is False
    assert searcher("(a+)+$")(EVIL + "a") is True
    assert searcher("(a+)+$")("a" * 100_000 + "!") is False


def test_a_pattern_with_look_around_is_searched_and_given_up_when_it_takes_too_long():
    search = searcher(BACKTRACKS)
    assert search("aaaa") is True
    assert search("xaaa") is False
    with pytest.raises(PatternTimeError, match=re.escape(BACKTRACKS)):
        search(EVIL)


@pytest.mark.parametrize("pattern", ["(", "[", "(?P<a", r"\p{L}", "*a", r"[a--b]"])
def test_what_re_does_not_read_is_no_pattern(pattern):
    with pytest.raises(re.error):
        searcher(pattern)


@pytest.mark.filterwarnings("ignore:Possible (nested set|set):FutureWarning")
@pytest.mark.parametrize(
    ("pattern", "texts"),
    [
        (r"\<b\>", ["<b>", "b"]),
        ("[a&&b]", ["&", "b", "c"]),
        ("[[a]]", ["a]", "[]", "a"]),
        ("[^[a]", ["[", "b"]),
        ("[+--]", [",", "-", "."]),
        (r"(a|b)\1", ["aa", "ab"]),
        ("^.{2,9000}$", ["a", "aé"]),
        (r"\Aa\Z", ["a", "ab"]),
        ("a{,2}b", ["aab", "b"]),
        (r"\u00e9|\x41|\.\/\-\_", ["é", "A", "./-_", "x"]),
    ],
)
def test_both_engines_read_a_pattern_as_re_does(pattern, texts):
    for text in texts:
        assert searcher(pattern)(text) is (re.search(pattern, text) is not None), text


pieces = st.sampled_from(
    ["a", "b", ".", r"\d", r"\w", r"\s", r"\b", "^", "$", "[ab]", "[^a-c]", "(a|b)", "(?:ab)", "(?i:a)", r"\.", "é"]
)
repeats = st.sampled_from(["", "", "*", "+?", "?", "{2}", "{1,3}"])


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(pieces, repeats).map("".join), max_size=5).map("".join), st.text("abcAB1 .é", max_size=6))
def test_random_patterns_are_searched_as_by_re(pattern, text):
    try:
        wanted = re.search(pattern, text) is not None
    except re.error:
        with pytest.raises(re.error):
            searcher(pattern)
    else:
        assert searcher(pattern)(text) is wanted


@pytest.mark.parametrize(
    "schema",
    [
        {"pattern": "(a+)+$"},
        {"propertyNames": {"pattern": "(a+)+$"}},
        {"patternProperties": {"(a+)+$": True}, "additionalProperties": False},
        {"patternProperties": {"(a+)+$": True}, "additionalProperties": {"type": "string"}},
    ],
)
def test_the_validator_is_bounded_wherever_it_searches(schema):
    value = EVIL if "pattern" in schema else {EVIL: 1}
    assert BoundedValidator(schema).is_valid(value) is False
    assert is_valid(value, schema) is False


def test_additional_properties_are_those_that_no_pattern_covers():
    schema = {
        "properties": {"b": {}},
        "patternProperties": {"^a": {"type": "integer"}},
        "additionalProperties": {"type": "string"},
    }
    fits = BoundedValidator(schema).is_valid
    assert fits({"a1": 1, "b": None, "c": "x"})
    assert not fits({"a1": "x"})
    assert not fits({"c": 1})
    assert not BoundedValidator({**schema, "additionalProperties": False}).is_valid({"c": "x"})
