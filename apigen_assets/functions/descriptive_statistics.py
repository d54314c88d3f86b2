"""Statistics: summaries of lists of numbers, rank correlation, sample sizes and updated probabilities."""

import math
from itertools import pairwise
from statistics import NormalDist
from typing import Literal

from typing_extensions import TypedDict

from apigen_assets.domain.call import Call
from apigen_assets.functions.ranges import check_choice, check_number, check_numbers, finite
from apigen_assets.functions.seed import Seed


class FiveNumbers(TypedDict):
    """Smallest value, quartiles and largest value."""

    minimum: float
    lower_quartile: float
    median: float
    upper_quartile: float
    maximum: float


def _quantile(ordered: list[float], share: float) -> float:
    """Quantile by linear interpolation between order statistics (Hyndman and Fan's type 7)."""
    position = share * (len(ordered) - 1)
    below = math.floor(position)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (position - below) * (ordered[above] - ordered[below])


def _ranks(values: list[float]) -> list[float]:
    """Ranks from 1; equal values share the average of their ranks."""
    order = sorted(values)
    first: dict[float, int] = {}
    count: dict[float, int] = {}
    for position, value in enumerate(order, start=1):
        first.setdefault(value, position)
        count[value] = count.get(value, 0) + 1
    return [first[value] + (count[value] - 1) / 2 for value in values]


def weighted_median(values: list[float], weights: list[float]) -> float:
    """Find the value at which half of the total weight is reached.

    Args:
        values: Numbers, 1 to 1,000.
        weights: Weight of each value, 0 or more.

    Returns:
        The weighted median; midway between two values where the weight splits evenly.

    Raises:
        ValueError: If the lists differ in length, or no weight is above 0.
    """
    check_numbers("values", values, 1, 1000)
    check_numbers("weights", weights, len(values), len(values), 0)
    half = math.fsum(weights) / 2
    if half == 0:
        raise ValueError("weights must hold at least one number above 0")
    pairs = sorted((value, weight) for value, weight in zip(values, weights, strict=True) if weight > 0)
    reached = 0.0
    for (value, weight), (following, _) in pairwise(pairs):
        reached += weight
        if math.isclose(reached, half):
            return (value + following) / 2
        if reached > half:
            return float(value)
    return float(pairs[-1][0])


def percentile_value(values: list[float], percent: float, method: Literal["linear", "nearest"] = "linear") -> float:
    """Find the value below which a given percentage of the numbers lies.

    Args:
        values: Numbers, 1 to 1,000.
        percent: Percentile, 0 to 100.
        method: Interpolate between neighbours, or take the nearest rank.

    Returns:
        The percentile.

    Raises:
        ValueError: If percent is outside 0 to 100 or the list is empty.
    """
    check_numbers("values", values, 1, 1000)
    check_number("percent", percent, 0, 100)
    check_choice("method", method, ("linear", "nearest"))
    ordered = sorted(values)
    if method == "nearest":
        return float(ordered[max(math.ceil(percent / 100 * len(ordered)), 1) - 1])
    return float(_quantile(ordered, percent / 100))


def five_number_summary(values: list[float]) -> FiveNumbers:
    """Summarise numbers by their minimum, quartiles and maximum.

    Args:
        values: Numbers, 1 to 1,000.

    Returns:
        Minimum, lower quartile, median, upper quartile and maximum.

    Raises:
        ValueError: If the list is empty or too long.
    """
    check_numbers("values", values, 1, 1000)
    ordered = sorted(values)
    return {
        "minimum": float(ordered[0]),
        "lower_quartile": float(_quantile(ordered, 0.25)),
        "median": float(_quantile(ordered, 0.5)),
        "upper_quartile": float(_quantile(ordered, 0.75)),
        "maximum": float(ordered[-1]),
    }


def spearman_correlation(first: list[float], second: list[float]) -> float:
    """Measure how well the ranks of two lists of numbers agree.

    Args:
        first: Numbers, 2 to 1,000.
        second: As many numbers, paired with the first list.

    Returns:
        The rank correlation, -1 to 1.

    Raises:
        ValueError: If the lists differ in length, or all numbers of one are equal.
    """
    check_numbers("first", first, 2, 1000)
    check_numbers("second", second, len(first), len(first))
    for name, values in (("first", first), ("second", second)):
        if len(set(values)) == 1:
            raise ValueError(f"{name} must hold at least two different numbers")
    middle = (len(first) + 1) / 2
    left = [rank - middle for rank in _ranks(first)]
    right = [rank - middle for rank in _ranks(second)]
    product = math.fsum(a * b for a, b in zip(left, right, strict=True))
    spread = math.fsum(a * a for a in left) * math.fsum(b * b for b in right)
    return max(-1.0, min(1.0, product / math.sqrt(spread)))


def find_outliers(values: list[float], factor: float = 1.5) -> list[float]:
    """List the numbers that lie far outside the quartiles.

    Args:
        values: Numbers, 4 to 1,000.
        factor: Allowed distance in interquartile ranges, above 0.

    Returns:
        The outliers, in the order given.

    Raises:
        ValueError: If there are fewer than 4 numbers or the factor is not above 0.
    """
    check_numbers("values", values, 4, 1000)
    check_number("factor", factor, above=0, high=1000)
    ordered = sorted(values)
    lower, upper = _quantile(ordered, 0.25), _quantile(ordered, 0.75)
    reach = factor * (upper - lower)
    return [value for value in values if value < lower - reach or value > upper + reach]


def sample_size_for_proportion(
    margin: float, confidence: Literal[90, 95, 99] = 95, population: int | None = None
) -> int:
    """Compute how many people a survey must ask for a given margin of error.

    Args:
        margin: Margin of error in percentage points, 0.1 to 50.
        confidence: Confidence level in percent.
        population: Size of the whole population, if it is known.

    Returns:
        The number of answers needed.

    Raises:
        ValueError: If the margin, the confidence or the population is out of range.
    """
    check_number("margin", margin, 0.1, 50)
    check_choice("confidence", confidence, (90, 95, 99))
    z = NormalDist().inv_cdf(0.5 + confidence / 200)
    needed = (z * 50 / margin) ** 2
    if population is not None:
        check_number("population", population, 1)
        needed = needed / (1 + (needed - 1) / population)
        return min(math.ceil(needed), population)
    return math.ceil(needed)


def bayes_posterior(prior: float, hit_rate: float, false_alarm_rate: float) -> float:
    """Compute how likely a condition is after a positive test.

    Args:
        prior: Share that has the condition, in percent, 0 to 100.
        hit_rate: Positive tests among those with it, in percent.
        false_alarm_rate: Positive tests among those without it, in percent.

    Returns:
        The probability of the condition in percent.

    Raises:
        ValueError: If a rate is outside 0 to 100, or a positive test is impossible.
    """
    check_number("prior", prior, 0, 100)
    check_number("hit_rate", hit_rate, 0, 100)
    check_number("false_alarm_rate", false_alarm_rate, 0, 100)
    true_alarms = prior * hit_rate
    false_alarms = (100 - prior) * false_alarm_rate
    if true_alarms + false_alarms == 0:
        raise ValueError("hit_rate and false_alarm_rate must allow a positive test, but none can occur")
    return 100 * true_alarms / (true_alarms + false_alarms)


def moving_average(values: list[float], window: int) -> list[float]:
    """Smooth a series by averaging each run of neighbouring values.

    Args:
        values: Numbers in order of time, 1 to 1,000.
        window: How many values to average, 1 to the length.

    Returns:
        One average per full window.

    Raises:
        ValueError: If the window is below 1 or longer than the series.
    """
    check_numbers("values", values, 1, 1000)
    check_number("window", window, 1, len(values))
    return [finite(math.fsum(values[start : start + window]) / window) for start in range(len(values) - window + 1)]


SEEDS: tuple[Seed, ...] = (
    Seed(
        query=(
            "Our branches charge 12, 15 and 22 euros and sold 100, 40 and 30 tickets. What's the median "
            "price weighted by tickets?"
        ),
        answers=(Call(name="weighted_median", arguments={"values": [12, 15, 22], "weights": [100, 40, 30]}),),
        others=("percentile_value", "five_number_summary"),
    ),
    Seed(
        query=(
            "Weighted medians, please. North: values 3, 8, 9 with weights 1, 1, 4. South: values 5, 6 "
            "with weights 2, 7."
        ),
        answers=(
            Call(name="weighted_median", arguments={"values": [3, 8, 9], "weights": [1, 1, 4]}),
            Call(name="weighted_median", arguments={"values": [5, 6], "weights": [2, 7]}),
        ),
    ),
    Seed(
        query="Response times in ms were 120, 95, 310, 150, 101, 99 and 870. Tell me the 90th percentile.",
        answers=(
            Call(
                name="percentile_value",
                arguments={"values": [120, 95, 310, 150, 101, 99, 870], "percent": 90},
            ),
        ),
    ),
    Seed(
        query=(
            "Exam points: 55, 61, 70, 72, 88, 93. Where is the 25th percentile by nearest rank? And "
            "smooth the same series with a window of three."
        ),
        answers=(
            Call(
                name="percentile_value",
                arguments={"values": [55, 61, 70, 72, 88, 93], "percent": 25, "method": "nearest"},
            ),
            Call(name="moving_average", arguments={"values": [55, 61, 70, 72, 88, 93], "window": 3}),
        ),
    ),
    Seed(
        query="I want to draw a box plot of 4, 7, 7, 9, 12, 15 and 30. What are the five numbers for it?",
        answers=(Call(name="five_number_summary", arguments={"values": [4, 7, 7, 9, 12, 15, 30]}),),
    ),
    Seed(
        query=(
            "Here are my commute minutes: 31, 29, 35, 33, 90, 30, 28. Give me minimum, quartiles and "
            "maximum, and point out any outliers."
        ),
        answers=(
            Call(name="five_number_summary", arguments={"values": [31, 29, 35, 33, 90, 30, 28]}),
            Call(name="find_outliers", arguments={"values": [31, 29, 35, 33, 90, 30, 28]}),
        ),
    ),
    Seed(
        query=("Two judges scored five cakes: 7, 9, 4, 6, 8 and 6, 9, 3, 7, 8. How well do their rankings agree?"),
        answers=(
            Call(
                name="spearman_correlation",
                arguments={"first": [7, 9, 4, 6, 8], "second": [6, 9, 3, 7, 8]},
            ),
        ),
        others=("weighted_median", "bayes_posterior"),
    ),
    Seed(
        query=("Rank-correlate hours slept 5, 6, 7, 8 with mood 2, 4, 3, 5, and again with coffees 4, 3, 2, 1."),
        answers=(
            Call(name="spearman_correlation", arguments={"first": [5, 6, 7, 8], "second": [2, 4, 3, 5]}),
            Call(name="spearman_correlation", arguments={"first": [5, 6, 7, 8], "second": [4, 3, 2, 1]}),
        ),
    ),
    Seed(
        query="Any outliers in 10.1, 9.8, 10.3, 10.0, 14.9, 9.9 if I allow three interquartile ranges?",
        answers=(
            Call(
                name="find_outliers",
                arguments={"values": [10.1, 9.8, 10.3, 10.0, 14.9, 9.9], "factor": 3},
            ),
        ),
        others=("five_number_summary", "moving_average", "percentile_value"),
    ),
    Seed(
        query=("How many people must I survey for a margin of error of 3 percentage points at 99 % confidence?"),
        answers=(Call(name="sample_size_for_proportion", arguments={"margin": 3, "confidence": 99}),),
    ),
    Seed(
        query=(
            "We have 850 employees. For the staff survey, how many answers do we need for plus or minus "
            "5 points, and how many for plus or minus 2?"
        ),
        answers=(
            Call(name="sample_size_for_proportion", arguments={"margin": 5, "population": 850}),
            Call(name="sample_size_for_proportion", arguments={"margin": 2, "population": 850}),
        ),
    ),
    Seed(
        query=(
            "A disease affects 1 percent of people. The test catches 95 percent of cases and wrongly "
            "flags 4 percent of healthy people. I tested positive: how worried should I be?"
        ),
        answers=(
            Call(
                name="bayes_posterior",
                arguments={"prior": 1, "hit_rate": 95, "false_alarm_rate": 4},
            ),
        ),
        others=("sample_size_for_proportion", "percentage_change"),
    ),
    Seed(
        query=(
            "Spam makes up 40% of our mail; filter A flags 90% of spam and 2% of good mail, filter B "
            "flags 97% of spam and 8% of good mail. For each: how likely is a flagged mail really spam?"
        ),
        answers=(
            Call(name="bayes_posterior", arguments={"prior": 40, "hit_rate": 90, "false_alarm_rate": 2}),
            Call(name="bayes_posterior", arguments={"prior": 40, "hit_rate": 97, "false_alarm_rate": 8}),
        ),
    ),
    Seed(
        query="4-day moving average of 20, 22, 21, 25, 27, 26, 30",
        answers=(Call(name="moving_average", arguments={"values": [20, 22, 21, 25, 27, 26, 30], "window": 4}),),
    ),
)
