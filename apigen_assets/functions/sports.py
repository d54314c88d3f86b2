"""Scores, ratings and training figures of sports."""

import re
from typing import Literal

from typing_extensions import TypedDict

from apigen_assets.domain.call import Call
from apigen_assets.functions.ranges import check_choice, check_length, check_number
from apigen_assets.functions.seed import Seed

_RACE_TIME = re.compile(r"(?:(\d{1,2}):)?([0-5]?\d):([0-5]\d)", re.ASCII)


class MatchResult(TypedDict):
    """Final score of one match."""

    home: str
    away: str
    home_goals: int
    away_goals: int


class Standing(TypedDict):
    """One line of a league table."""

    team: str
    played: int
    points: int
    goal_difference: int


def batting_strike_rate(runs: int, balls: int) -> float:
    """Compute a cricket batter's strike rate, the runs scored per 100 balls.

    Args:
        runs: Runs scored, from 0 to 100000.
        balls: Balls faced, from 1 to 100000.

    Returns:
        Strike rate, rounded to two decimals.

    Raises:
        ValueError: A number is out of range, or there are over 6 runs per ball.
    """
    check_number("runs", runs, 0, 100_000)
    check_number("balls", balls, 1, 100_000)
    if runs > balls * 6:
        raise ValueError(f"runs must be at most 6 per ball, got {runs} off {balls}")
    return round(runs * 100 / balls, 2)


def update_elo_rating(
    rating: float, opponent_rating: float, result: Literal["win", "draw", "loss"], k_factor: int = 32
) -> float:
    """Update a player's Elo rating after one game.

    Args:
        rating: Player's rating before the game, 0 to 5000.
        opponent_rating: Opponent's rating before the game, 0 to 5000.
        result: Outcome for the player.
        k_factor: Largest possible change, from 1 to 100.

    Returns:
        New rating, rounded to one decimal.

    Raises:
        ValueError: A number is out of range or the result is unknown.
    """
    check_number("rating", rating, 0, 5000)
    check_number("opponent_rating", opponent_rating, 0, 5000)
    check_choice("result", result, ("win", "draw", "loss"))
    check_number("k_factor", k_factor, 1, 100)
    expected = 1 / (1 + 10 ** ((opponent_rating - rating) / 400))
    return round(rating + k_factor * ({"win": 1.0, "draw": 0.5, "loss": 0.0}[result] - expected), 1)


def running_pace(distance_km: float, time: str, per: Literal["km", "mile"] = "km") -> str:
    """Compute the average running pace of a run.

    Args:
        distance_km: Distance in kilometres, from 0.1 to 1000.
        time: Running time, as MM:SS or H:MM:SS.
        per: Distance unit of the pace.

    Returns:
        Pace in minutes and seconds per unit, as M:SS.

    Raises:
        ValueError: The distance is out of range, or the time is malformed or zero.
    """
    check_number("distance_km", distance_km, 0.1, 1000)
    check_choice("per", per, ("km", "mile"))
    match = _RACE_TIME.fullmatch(time)
    if not match:
        raise ValueError(f"time must be MM:SS or H:MM:SS, got {time!r}")
    seconds = int(match[1] or 0) * 3600 + int(match[2]) * 60 + int(match[3])
    if seconds == 0:
        raise ValueError("time must be longer than zero")
    pace = round(seconds / distance_km * (1.609344 if per == "mile" else 1))
    return f"{pace // 60}:{pace % 60:02d}"


def league_table(matches: list[MatchResult], win_points: int = 3) -> list[Standing]:
    """Build a league table from match results.

    Teams are ordered by points, goal difference, then name; a draw gives one point each.

    Args:
        matches: Results with home, away, home_goals and away_goals.
        win_points: Points for a win, from 2 to 5.

    Returns:
        Standings from first to last.

    Raises:
        ValueError: There are no matches or over 1000, a team plays itself, or a number is out of range.
    """
    check_length("matches", matches, 1, 1000)
    check_number("win_points", win_points, 2, 5)
    table: dict[str, Standing] = {}
    for match in matches:
        if match["home"] == match["away"]:
            raise ValueError(f"matches must have two different teams, got {match['home']!r} twice")
        check_number("matches.home_goals", match["home_goals"], 0, 200)
        check_number("matches.away_goals", match["away_goals"], 0, 200)
        margin = match["home_goals"] - match["away_goals"]
        for team, difference in ((match["home"], margin), (match["away"], -margin)):
            line = table.setdefault(team, {"team": team, "played": 0, "points": 0, "goal_difference": 0})
            line["played"] += 1
            line["points"] += win_points if difference > 0 else int(difference == 0)
            line["goal_difference"] += difference
    return sorted(table.values(), key=lambda line: (-line["points"], -line["goal_difference"], line["team"]))


def one_rep_max(weight: float, reps: int, formula: Literal["epley", "brzycki"] = "epley") -> float:
    """Estimate the heaviest weight a lifter can lift once.

    Args:
        weight: Weight lifted, in any unit, above 0 up to 1000.
        reps: Repetitions done with that weight, from 1 to 20.
        formula: Estimation formula.

    Returns:
        Estimate in the unit of the weight, rounded to one decimal.

    Raises:
        ValueError: A number is out of range or the formula is unknown.
    """
    check_number("weight", weight, 0.1, 1000)
    check_number("reps", reps, 1, 20)
    check_choice("formula", formula, ("epley", "brzycki"))
    if reps == 1:
        return round(float(weight), 1)
    return round(weight * (1 + reps / 30) if formula == "epley" else weight * 36 / (37 - reps), 1)


SEEDS: tuple[Seed, ...] = (
    Seed(
        query="She made 78 runs off 52 balls. Strike rate?",
        answers=(Call(name="batting_strike_rate", arguments={"runs": 78, "balls": 52}),),
    ),
    Seed(
        query="Who scored faster, Arun with 45 off 30 balls or Vik with 112 off 98? Show me both strike rates.",
        answers=(
            Call(name="batting_strike_rate", arguments={"runs": 45, "balls": 30}),
            Call(name="batting_strike_rate", arguments={"runs": 112, "balls": 98}),
        ),
    ),
    Seed(
        query="I'm rated 1540 and just beat a 1720 player at my chess club. What is my new Elo?",
        answers=(
            Call(
                name="update_elo_rating",
                arguments={"rating": 1540, "opponent_rating": 1720, "result": "win"},
            ),
        ),
        others=("league_table", "one_rep_max"),
    ),
    Seed(
        query="Elo with K-factor 20: a 2100 player has a draw against 2250, and a 1890 player takes a loss "
        "against 1700.",
        answers=(
            Call(
                name="update_elo_rating",
                arguments={"rating": 2100, "opponent_rating": 2250, "result": "draw", "k_factor": 20},
            ),
            Call(
                name="update_elo_rating",
                arguments={"rating": 1890, "opponent_rating": 1700, "result": "loss", "k_factor": 20},
            ),
        ),
    ),
    Seed(
        query="I ran 10 km in 52:30, what pace is that per km?",
        answers=(Call(name="running_pace", arguments={"distance_km": 10, "time": "52:30", "per": "km"}),),
    ),
    Seed(
        query="My half marathon, 21.1 km, took 1:48:15. My American friend wants the pace for each mile.",
        answers=(
            Call(
                name="running_pace",
                arguments={"distance_km": 21.1, "time": "1:48:15", "per": "mile"},
            ),
        ),
        others=("one_rep_max", "batting_strike_rate"),
    ),
    Seed(
        query="Make the table for our little tournament: Lions 2-1 Bears, Bears 0-0 Hawks, Hawks 1-3 Lions "
        "(home team first).",
        answers=(
            Call(
                name="league_table",
                arguments={
                    "matches": [
                        {"home": "Lions", "away": "Bears", "home_goals": 2, "away_goals": 1},
                        {"home": "Bears", "away": "Hawks", "home_goals": 0, "away_goals": 0},
                        {"home": "Hawks", "away": "Lions", "home_goals": 1, "away_goals": 3},
                    ]
                },
            ),
        ),
        others=("update_elo_rating",),
    ),
    Seed(
        query="bench press 85 kg for 6 reps, estimate my one-rep max",
        answers=(Call(name="one_rep_max", arguments={"weight": 85, "reps": 6}),),
    ),
    Seed(
        query="Using the Brzycki formula, what could I lift once if I squat 120 kg for five reps and "
        "deadlift "
        "150 kg for three reps?",
        answers=(
            Call(name="one_rep_max", arguments={"weight": 120, "reps": 5, "formula": "brzycki"}),
            Call(name="one_rep_max", arguments={"weight": 150, "reps": 3, "formula": "brzycki"}),
        ),
    ),
    Seed(
        query="Old two-points-per-win scoring: United 1-0 City, City 4-2 United. Give me the standings, "
        "and also "
        "the pace of our 5 km fun run done in 31:40.",
        answers=(
            Call(
                name="league_table",
                arguments={
                    "matches": [
                        {"home": "United", "away": "City", "home_goals": 1, "away_goals": 0},
                        {"home": "City", "away": "United", "home_goals": 4, "away_goals": 2},
                    ],
                    "win_points": 2,
                },
            ),
            Call(name="running_pace", arguments={"distance_km": 5, "time": "31:40"}),
        ),
    ),
    Seed(
        query="Two quick ones: strike rate for 33 runs from 21 balls, and the Elo of a 1200 player after a "
        "loss to 1350.",
        answers=(
            Call(name="batting_strike_rate", arguments={"runs": 33, "balls": 21}),
            Call(
                name="update_elo_rating",
                arguments={"rating": 1200, "opponent_rating": 1350, "result": "loss"},
            ),
        ),
        others=("running_pace",),
    ),
)
