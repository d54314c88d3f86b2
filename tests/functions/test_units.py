import pytest
from hypothesis import given
from hypothesis import strategies as st

from apigen_assets.functions import units


def test_defined_values():
    assert units.convert_length(1, "nautical_mile", "metre") == 1852
    assert units.convert_length(1, "mile", "foot") == 5280
    assert units.convert_mass(1, "stone", "pound") == 14
    assert units.convert_mass(16, "ounce", "pound") == 1
    assert units.convert_speed(100, "m/s") == 27.777778
    assert units.convert_data_size(1, "GiB", "MB") == 1073.7418


def test_fuel_economy():
    assert units.convert_fuel_economy(30, "mpg_us", "litres_per_100km") == 7.84
    assert units.convert_fuel_economy(30, "mpg_uk", "mpg_us") == 24.98
    assert units.convert_fuel_economy(5, "litres_per_100km", "km_per_litre") == 20


@given(st.floats(0.001, 1e5), st.sampled_from(sorted(units._METRES)), st.sampled_from(sorted(units._METRES)))
def test_there_and_back(value, one, other):
    there = units.convert_length(value, one, other)
    assert units.convert_length(there, other, one) == pytest.approx(value, rel=1e-6)
