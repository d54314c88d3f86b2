from typing import Any

import pytest

from apigen_assets.functions import everyday


def test_paint():
    assert everyday.paint_needed(4, 3, 2.5, openings_m2=5) == 6
    with pytest.raises(ValueError, match="openings_m2"):
        everyday.paint_needed(4, 3, 2.5, openings_m2=36)


def test_tiles_are_whole_and_an_exact_fit_needs_no_extra():
    assert everyday.tiles_needed(3, 3, 30, 30, 0) == 100
    assert everyday.tiles_needed(3, 3, 30, 30) == 110
    assert everyday.tiles_needed(1, 1, 30, 30, 0) == 12


def test_bill():
    assert everyday.split_bill(100, 3) == 33.33
    assert everyday.split_bill(100, 3, 20) == 40
    assert everyday.split_bill(100, 3, round_up=True) == 34


def test_tyre():
    assert everyday.tyre_dimensions("205/55 r16") == {
        "width_mm": 205,
        "sidewall_mm": 112.8,
        "diameter_mm": 631.9,
        "circumference_mm": 1985.2,
    }
    for bad in ("205-55-16", "205/55R99", "999/55R16", ""):
        with pytest.raises(ValueError, match="size"):
            everyday.tyre_dimensions(bad)


def test_the_first_of_equal_offers_wins():
    offers: list[Any] = [{"name": "a", "price": 2, "quantity": 4}, {"name": "b", "price": 1, "quantity": 2}]
    assert everyday.best_unit_price(offers) == {"name": "a", "unit_price": 0.5}
