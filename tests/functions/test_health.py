import pytest

from apigen_assets.functions import health


def test_zones_touch_and_end_at_the_maximum():
    zones = health.heart_rate_zones(40, 60)
    assert [zone["low"] for zone in zones] == [120, 132, 144, 156, 168]
    assert zones[-1]["high"] == 180
    assert health.heart_rate_zones(40)[0] == {"zone": "very light", "low": 90, "high": 108}


def test_the_daily_maximum_limits_each_dose():
    assert health.weight_based_dose(80, 15, 4, 4000) == {"dose_mg": 1000, "daily_mg": 4000}
    assert health.weight_based_dose(20, 15, 4, 4000) == {"dose_mg": 300, "daily_mg": 1200}


@pytest.mark.parametrize(
    ("systolic", "diastolic", "category"),
    [
        (119, 79, "normal"),
        (120, 79, "elevated"),
        (119, 80, "stage 1 hypertension"),
        (139, 89, "stage 1 hypertension"),
        (140, 60, "stage 2 hypertension"),
        (180, 120, "stage 2 hypertension"),
        (181, 90, "hypertensive crisis"),
        (150, 121, "hypertensive crisis"),
    ],
)
def test_blood_pressure(systolic, diastolic, category):
    assert health.blood_pressure_category(systolic, diastolic) == category


def test_due_date():
    assert health.estimate_due_date("2024-01-01") == "2024-10-07"
    assert health.estimate_due_date("2024-01-01", 30) == "2024-10-09"
