import re

from hypothesis import given
from hypothesis import strategies as st

from apigen_assets.catalog.names import distinct, identifier, slugify, tool_name
from apigen_assets.domain.api import NAME_PATTERN


def test_a_name_that_fits_is_written_in_full_and_repeats_nothing():
    assert tool_name(("petstore",), "listPets") == "petstore_listPets"
    assert tool_name(("petstore",), "listPets", dotted=True) == "petstore.listPets"
    assert tool_name((), "is_leap_year") == "is_leap_year"
    assert tool_name(("open-weather", "open_weather"), "current") == "open-weather_current"


def test_long_names_are_abbreviated_by_rule_and_stay_apart():
    one = tool_name(("rapid-collection", "community_neutrino_bin_lookup_service_extended"), "bin_lookup")
    assert re.fullmatch(r"rc-cnblse-[0-9a-f]{4}_bin_lookup", one)
    head = "get_all_of_the_very_long_list_of_things_that_are_there_for_"
    first, second = tool_name(("x",), head + "cats_and_dogs"), tool_name(("x",), head + "birds_and_bees")
    assert first != second and len(first) <= 64
    assert first.rpartition("-")[0].endswith("_the_very_long_list_of_things_that_are_there")


def test_repeated_names_are_numbered_without_taking_another_name():
    assert distinct(["a", "a_2", "a", "a"]) == ["a", "a_2", "a_3", "a_4"]
    long = "x" * 64
    out = distinct([long, long])
    assert out[0] == long and len(out[1]) <= 64 and out[1].endswith("_2")


@given(st.lists(st.text(max_size=40), min_size=1, max_size=3), st.text(max_size=90))
def test_every_name_fits_the_contract(namespace, own):
    parts = [slugify(part) for part in namespace]
    assert NAME_PATTERN.fullmatch(tool_name(parts, identifier(own) or "api", dotted=True))
    assert re.fullmatch(r"[a-zA-Z0-9_-]{1,64}", tool_name(parts, identifier(own) or "api", dotted=False))


@given(st.lists(st.sampled_from(["a", "b", "a_2", "y" * 64]), max_size=12))
def test_distinct_names_are_distinct_and_keep_their_order(names):
    out = distinct(names)
    assert len(set(out)) == len(names)
    assert all(NAME_PATTERN.fullmatch(name) for name in out)
    assert distinct(names) == out


@given(st.text())
def test_a_slug_is_a_safe_partition_key(text):
    assert re.fullmatch(r"([a-z0-9]+(-[a-z0-9]+)*)?", slugify(text))
