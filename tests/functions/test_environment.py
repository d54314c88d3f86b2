import pytest

from apigen_assets.functions import environment


def fahrenheit(celsius):
    return round(celsius * 1.8 + 32)


@pytest.mark.parametrize(("f", "humidity", "felt"), [(90, 70, 105), (100, 40, 109), (86, 90, 105), (80, 40, 80)])
def test_heat_index_as_in_the_weather_service_chart(f, humidity, felt):
    assert abs(fahrenheit(environment.heat_index((f - 32) / 1.8, humidity)) - felt) <= 1


@pytest.mark.parametrize(("celsius", "wind", "felt"), [(0, 20, -5), (-10, 30, -20), (-40, 80, -67), (5, 5, 4)])
def test_wind_chill_as_in_the_official_chart(celsius, wind, felt):
    assert round(environment.wind_chill(celsius, wind)) == felt


@pytest.mark.parametrize(
    ("speed", "unit", "force"),
    [(0, "m/s", 0), (0.3, "m/s", 1), (10.8, "m/s", 6), (33, "knot", 7), (34, "knot", 8), (118, "km/h", 12)],
)
def test_beaufort(speed, unit, force):
    assert environment.beaufort_force(speed, unit)["force"] == force


@pytest.mark.parametrize(
    ("value", "pollutant", "index"),
    [
        (0, "pm25", 0),
        (9.0, "pm25", 50),
        (9.09, "pm25", 50),
        (9.1, "pm25", 51),
        (35.4, "pm25", 100),
        (55.5, "pm25", 151),
        (325.4, "pm25", 500),
        (54.9, "pm10", 50),
        (155, "pm10", 101),
        (604, "pm10", 500),
    ],
)
def test_air_quality_at_the_limits(value, pollutant, index):
    assert environment.air_quality_index(value, pollutant)["index"] == index


def test_air_beyond_the_index():
    with pytest.raises(ValueError, match="concentration"):
        environment.air_quality_index(326)
