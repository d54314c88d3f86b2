import pytest

from apigen_assets.functions import travel


def test_fuel():
    assert travel.trip_fuel_cost(100, 5, 2) == 10
    assert travel.trip_fuel_cost(100, 5, 2, round_trip=True, passengers=4) == 5


def test_the_greater_weight_is_charged():
    assert travel.chargeable_weight(50, 40, 30, 20) == {"volumetric_kg": 12, "chargeable_kg": 20}
    assert travel.chargeable_weight(50, 40, 30, 5, 6000) == {"volumetric_kg": 10, "chargeable_kg": 10}


def test_arrival_can_be_before_departure_on_the_clock():
    assert travel.flight_arrival("2024-03-01 01:00", "9:30", "+09:00", "-08:00") == "2024-02-29 17:30"
    with pytest.raises(ValueError, match="duration"):
        travel.flight_arrival("2024-03-01 01:00", "49:00", "+09:00", "-08:00")


@pytest.mark.parametrize(
    ("bearing", "points", "name"),
    [
        (0, 16, "N"),
        (360, 16, "N"),
        (348.75, 16, "N"),
        (348.7, 16, "NNW"),
        (225, 8, "SW"),
        (44, 4, "N"),
        (46, 4, "E"),
    ],
)
def test_compass(bearing, points, name):
    assert travel.compass_direction(bearing, points) == name
