from typing import Any

import pytest

from apigen_assets.functions import sports


def test_elo_of_equals_and_of_a_favourite():
    assert sports.update_elo_rating(1500, 1500, "win") == 1516
    assert sports.update_elo_rating(1613, 1609, "loss") == 1596.8
    assert sports.update_elo_rating(2000, 1600, "draw", 10) == 1995.9


def test_pace():
    assert sports.running_pace(42.195, "3:30:00") == "4:59"
    assert sports.running_pace(1.609344, "6:00", "mile") == "6:00"
    for bad in ("90", "1:60", "0:00", "4h"):
        with pytest.raises(ValueError, match="time"):
            sports.running_pace(5, bad)


def test_table_breaks_ties_by_goals_then_name():
    matches: list[Any] = [
        {"home": "C", "away": "A", "home_goals": 1, "away_goals": 1},
        {"home": "B", "away": "D", "home_goals": 2, "away_goals": 0},
    ]
    assert [(line["team"], line["points"]) for line in sports.league_table(matches)] == [
        ("B", 3),
        ("A", 1),
        ("C", 1),
        ("D", 0),
    ]


def test_one_rep_max():
    assert sports.one_rep_max(100, 10) == 133.3
    assert sports.one_rep_max(100, 10, "brzycki") == 133.3
    assert sports.one_rep_max(100, 1) == 100
