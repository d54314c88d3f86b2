"""Neighbours: alike in name, description or parameters, the same on every machine."""

import random

import numpy as np

from apigen_assets.generation.similarity import SimilarityIndex, terms_of

APIS = [
    ("getCityWeather", "Current weather of a city.", ["city", "units"]),
    ("weather_forecast", "Forecast for the next days.", ["city", "days"]),
    ("loan_payment", "Monthly payment of a loan.", ["principal", "rate"]),
    ("mortgageRates", "Interest of home loans.", ["state"]),
    ("roll", "Roll dice.", ["sides"]),
    ("temperature", "How warm it is somewhere.", ["city", "units"]),
    ("天气预报", "查询城市天气", ["城市"]),
    ("城市天气", "返回天气", ["城市"]),
]
INDEX = SimilarityIndex([terms_of(*api) for api in APIS])


def test_names_descriptions_and_parameters_make_neighbours() -> None:
    assert INDEX.nearest(0, 2) == [1, 5]
    assert INDEX.nearest(2, 3)[0] == 3
    assert INDEX.nearest(5, 3) == [0, 1]
    assert INDEX.nearest(4, 3) == []


def test_scripts_without_spaces_have_neighbours_too() -> None:
    assert INDEX.nearest(6, 1) == [7]


def test_only_those_that_count_are_given_and_never_the_api_itself() -> None:
    among = np.array([place != 1 for place in range(len(APIS))])
    assert INDEX.ranked(np.where(among, INDEX.scores(0), 0), 2) == [5]
    assert all(place not in INDEX.nearest(place, 8) for place in range(len(APIS)))


def test_the_order_is_that_of_a_plain_cosine() -> None:
    rng = random.Random(3)
    words = [f"word{chr(97 + i)}{chr(97 + j)}" for i in range(12) for j in range(12)]
    docs = [terms_of(" ".join(rng.sample(words, 3)), " ".join(rng.sample(words, 8)), []) for _ in range(200)]
    index = SimilarityIndex(docs)
    frequency = {word: sum(word in doc for doc in docs) for word in words}
    rarity = {word: max(1, round(64 * np.log(201 / (n + 0.5)))) for word, n in frequency.items()}

    def norm(doc: dict[str, int]) -> float:
        return float(np.sqrt(sum((doc[word] * rarity[word]) ** 2 for word in doc)))

    for api in range(0, 200, 17):
        plain = {
            other: round(
                1000
                * sum(
                    docs[api][word] * docs[other][word] * rarity[word] ** 2 for word in docs[api] if word in docs[other]
                )
                / (norm(docs[api]) * norm(docs[other]))
            )
            for other in range(200)
            if other != api
        }
        best = sorted((other for other in plain if plain[other]), key=lambda other: (-plain[other], other))[:5]
        assert index.nearest(api, 5) == best
