"""Small jobs on lists and records: totals, pages, comparisons, ranks."""

from collections import Counter
from typing import Literal

from typing_extensions import TypedDict

from apigen_assets.domain.call import Call
from apigen_assets.functions.ranges import check_choice, check_length, check_number
from apigen_assets.functions.seed import Seed


class LabelledAmount(TypedDict):
    """An amount and the group it belongs to."""

    label: str
    amount: float


class PageBounds(TypedDict):
    """First and last item of a page, counted from 1, and the number of pages."""

    first: int
    last: int
    pages: int


class NamedScore(TypedDict):
    """A participant and the score reached."""

    name: str
    score: float


class RankedScore(TypedDict):
    """A participant with score and rank."""

    rank: int
    name: str
    score: float


def aggregate_by_label(
    entries: list[LabelledAmount], operation: Literal["sum", "mean", "min", "max", "count"] = "sum"
) -> dict[str, float]:
    """Group amounts by label and combine each group into one number.

    Args:
        entries: Records, each with a label and an amount.
        operation: How the amounts of a label are combined.

    Returns:
        One number per label, in order of first appearance, rounded to six decimals.

    Raises:
        ValueError: There are no entries or over 5000, an amount exceeds 1e12, or the operation is unknown.
    """
    check_length("entries", entries, 1, 5000)
    check_choice("operation", operation, ("sum", "mean", "min", "max", "count"))
    groups: dict[str, list[float]] = {}
    for entry in entries:
        check_number("entries.amount", entry["amount"], -1e12, 1e12)
        groups.setdefault(entry["label"], []).append(entry["amount"])
    results: dict[str, float] = {}
    for label, amounts in groups.items():
        if operation == "count":
            results[label] = len(amounts)
        elif operation in ("min", "max"):
            results[label] = min(amounts) if operation == "min" else max(amounts)
        else:
            results[label] = round(sum(amounts) / (len(amounts) if operation == "mean" else 1), 6)
    return results


def page_bounds(total_items: int, page: int, per_page: int = 20) -> PageBounds:
    """Work out which items a page of a paginated list shows.

    Args:
        total_items: Number of items in the whole list, at least 1.
        page: Page number, counted from 1.
        per_page: Items on a page, from 1 to 1000.

    Returns:
        First and last item shown, counted from 1, and the number of pages.

    Raises:
        ValueError: A number is out of range, or there is no such page.
    """
    check_number("total_items", total_items, 1, 10**12)
    check_number("per_page", per_page, 1, 1000)
    pages = -(-total_items // per_page)
    check_number("page", page, 1, pages)
    first = (page - 1) * per_page + 1
    return {"first": first, "last": min(first + per_page - 1, total_items), "pages": pages}


def compare_lists(
    first: list[str], second: list[str], keep: Literal["both", "only_first", "only_second", "one_side"]
) -> list[str]:
    """Compare two lists and keep the shared items or those missing from one.

    Args:
        first: First list of items.
        second: Second list of items.
        keep: Items in both, only in first, only in second, or either one_side.

    Returns:
        Items without repetition, in order of appearance.

    Raises:
        ValueError: A list has over 10000 items, or keep is unknown.
    """
    check_length("first", first, 0, 10_000)
    check_length("second", second, 0, 10_000)
    check_choice("keep", keep, ("both", "only_first", "only_second", "one_side"))
    left, right = dict.fromkeys(first), dict.fromkeys(second)
    if keep == "both":
        return [item for item in left if item in right]
    only_left = [item for item in left if item not in right] if keep != "only_second" else []
    only_right = [item for item in right if item not in left] if keep != "only_first" else []
    return only_left + only_right


def rescale_values(values: list[float], low: float = 0.0, high: float = 1.0) -> list[float]:
    """Rescale numbers linearly so that they span a given range (min-max scaling).

    Args:
        values: At least two numbers that are not all equal.
        low: What the smallest value becomes.
        high: What the largest value becomes, above low.

    Returns:
        Rescaled numbers in the same order, rounded to six decimals.

    Raises:
        ValueError: The values are too few, too many, all equal or beyond 1e12, or high is not above low.
    """
    check_length("values", values, 2, 10_000)
    for value in values:
        check_number("values", value, -1e12, 1e12)
    check_number("low", low, -1e9, 1e9)
    check_number("high", high, -1e9, 1e9)
    if high <= low:
        raise ValueError(f"high must be above low, got {low} and {high}")
    smallest, largest = min(values), max(values)
    if smallest == largest:
        raise ValueError("values must not all be equal")
    return [round(low + (value - smallest) / (largest - smallest) * (high - low), 6) for value in values]


def find_duplicates(items: list[str], ignore_case: bool = False) -> dict[str, int]:
    """Find the items that occur more than once in a list, with their counts.

    Args:
        items: The list to search, up to 10000 items.
        ignore_case: Whether upper and lower case count as equal.

    Returns:
        Count of each repeated item, spelled as it first appears.

    Raises:
        ValueError: The list is too long.
    """
    check_length("items", items, 0, 10_000)
    keys = [item.casefold() if ignore_case else item for item in items]
    counts = Counter(keys)
    spelling: dict[str, str] = {}
    for key, item in zip(keys, items, strict=True):
        spelling.setdefault(key, item)
    return {spelling[key]: count for key, count in counts.items() if count > 1}


def rank_scores(
    scores: list[NamedScore], ties: Literal["standard", "dense"] = "standard", lowest_first: bool = False
) -> list[RankedScore]:
    """Rank participants by score, giving equal scores the same rank.

    Args:
        scores: Participants, each with name and score.
        ties: After two firsts comes third (standard) or second (dense).
        lowest_first: Whether the lowest score wins.

    Returns:
        Participants from best to worst; equal scores keep their order.

    Raises:
        ValueError: There are no scores or over 5000, a score exceeds 1e12, or ties is unknown.
    """
    check_length("scores", scores, 1, 5000)
    check_choice("ties", ties, ("standard", "dense"))
    for entry in scores:
        check_number("scores.score", entry["score"], -1e12, 1e12)
    ranked: list[RankedScore] = []
    for place, entry in enumerate(sorted(scores, key=lambda entry: entry["score"], reverse=not lowest_first), 1):
        if ranked and ranked[-1]["score"] == entry["score"]:
            rank = ranked[-1]["rank"]
        else:
            rank = place if ties == "standard" or not ranked else ranked[-1]["rank"] + 1
        ranked.append({"rank": rank, "name": entry["name"], "score": entry["score"]})
    return ranked


SEEDS: tuple[Seed, ...] = (
    Seed(
        query="Total my spending per category: food 42.5, transport 18, food 27.25, rent 850.",
        answers=(
            Call(
                name="aggregate_by_label",
                arguments={
                    "entries": [
                        {"label": "food", "amount": 42.5},
                        {"label": "transport", "amount": 18},
                        {"label": "food", "amount": 27.25},
                        {"label": "rent", "amount": 850},
                    ]
                },
            ),
        ),
    ),
    Seed(
        query="The sensors reported north 21.4, south 25.1, north 22.0, south 24.3. What's the mean per site?",
        answers=(
            Call(
                name="aggregate_by_label",
                arguments={
                    "entries": [
                        {"label": "north", "amount": 21.4},
                        {"label": "south", "amount": 25.1},
                        {"label": "north", "amount": 22.0},
                        {"label": "south", "amount": 24.3},
                    ],
                    "operation": "mean",
                },
            ),
        ),
        others=("rescale_values", "rank_scores"),
    ),
    Seed(
        query="There are 467 search hits, 25 to a page. Which hits are on page 7?",
        answers=(Call(name="page_bounds", arguments={"total_items": 467, "page": 7, "per_page": 25}),),
    ),
    Seed(
        query="An archive of 1203 photos is shown twenty per page. I want the ranges for page 3 and page 61.",
        answers=(
            Call(name="page_bounds", arguments={"total_items": 1203, "page": 3}),
            Call(name="page_bounds", arguments={"total_items": 1203, "page": 61}),
        ),
    ),
    Seed(
        query="Invited: Ana, Ben, Chloe, Dev. Replied: Chloe, Ana. Who is only on the first list?",
        answers=(
            Call(
                name="compare_lists",
                arguments={
                    "first": ["Ana", "Ben", "Chloe", "Dev"],
                    "second": ["Chloe", "Ana"],
                    "keep": "only_first",
                },
            ),
        ),
        others=("find_duplicates", "aggregate_by_label"),
    ),
    Seed(
        query="Tool stacks: we use git, docker, redis; they use docker, kafka, git. List what both share, "
        "and "
        "separately what only the second list, theirs, has.",
        answers=(
            Call(
                name="compare_lists",
                arguments={
                    "first": ["git", "docker", "redis"],
                    "second": ["docker", "kafka", "git"],
                    "keep": "both",
                },
            ),
            Call(
                name="compare_lists",
                arguments={
                    "first": ["git", "docker", "redis"],
                    "second": ["docker", "kafka", "git"],
                    "keep": "only_second",
                },
            ),
        ),
    ),
    Seed(
        query="Scale the values 12, 30, 18 and 48 to run from 0 to 100.",
        answers=(Call(name="rescale_values", arguments={"values": [12, 30, 18, 48], "low": 0, "high": 100}),),
        others=("rank_scores", "page_bounds"),
    ),
    Seed(
        query="min-max normalise [3, 7, 11] to the usual 0-1 range, and [250, 900, 400] likewise",
        answers=(
            Call(name="rescale_values", arguments={"values": [3, 7, 11], "low": 0, "high": 1}),
            Call(name="rescale_values", arguments={"values": [250, 900, 400], "low": 0, "high": 1}),
        ),
    ),
    Seed(
        query="Are there repeats among these sign-ups, regardless of upper or lower case: kim@x.org, "
        "Lee@x.org, KIM@x.org, sam@x.org?",
        answers=(
            Call(
                name="find_duplicates",
                arguments={
                    "items": ["kim@x.org", "Lee@x.org", "KIM@x.org", "sam@x.org"],
                    "ignore_case": True,
                },
            ),
        ),
    ),
    Seed(
        query="Rank the pie contest with the highest score on top: Rosa 8.5, Tom 9.1, Ida 8.5, Max 7.9.",
        answers=(
            Call(
                name="rank_scores",
                arguments={
                    "scores": [
                        {"name": "Rosa", "score": 8.5},
                        {"name": "Tom", "score": 9.1},
                        {"name": "Ida", "score": 8.5},
                        {"name": "Max", "score": 7.9},
                    ]
                },
            ),
        ),
        others=("aggregate_by_label", "find_duplicates"),
    ),
    Seed(
        query="Golf: Lee 71, Kim 68, Pat 71, lowest wins, dense ranking please. Also, which names repeat in "
        "this caddie list: Jo, Al, Jo, Vi?",
        answers=(
            Call(
                name="rank_scores",
                arguments={
                    "scores": [
                        {"name": "Lee", "score": 71},
                        {"name": "Kim", "score": 68},
                        {"name": "Pat", "score": 71},
                    ],
                    "ties": "dense",
                    "lowest_first": True,
                },
            ),
            Call(name="find_duplicates", arguments={"items": ["Jo", "Al", "Jo", "Vi"]}),
        ),
    ),
    Seed(
        query="Two checks for the shop: which SKUs of A1, B2, C3 and B2, C3, D4 are in both lists, and "
        "what items "
        "does page 2 of 95 products show at 40 per page?",
        answers=(
            Call(
                name="compare_lists",
                arguments={"first": ["A1", "B2", "C3"], "second": ["B2", "C3", "D4"], "keep": "both"},
            ),
            Call(name="page_bounds", arguments={"total_items": 95, "page": 2, "per_page": 40}),
        ),
        others=("rescale_values",),
    ),
)
