"""One of the paper's 21 categories per API: by a language model where one is configured, else by rules."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from apigen_assets.catalog.descriptions import words
from apigen_assets.catalog.filters.category_rules import FOLDERS, MODULES, WORDS
from apigen_assets.catalog.names import BUILTIN
from apigen_assets.domain.api import CATEGORIES, Api
from apigen_assets.domain.chat import ChatModel, ChatRequest
from apigen_assets.files.canonical import dumps
from apigen_assets.files.json_types import JsonObject

RULES_VERSION = "1"
PER_REQUEST = 15
"""APIs per request: enough to share the instructions, few enough for one wrong line to cost little."""

_TITLE, _NAME, _TEXT, _PARAMETER = 3.0, 2.5, 1.0, 0.4
_LEAST = 1.0

MEANINGS = {
    "Finance": "markets, money, banking, crypto and NFTs, economic figures",
    "Data": "search engines, reference data on places, people or public records, data handling",
    "Sports": "matches, teams, players, betting odds",
    "Travel": "trips, flights, hotels, transport, vehicles, maps and routes",
    "Technology": "software, networks, security, AI models, devices",
    "Social": "social networks and their users and posts",
    "Media": "news, videos, images, podcasts",
    "Entertainment": "films, television, jokes, quotes, horoscopes, lotteries, quizzes",
    "Tools": "converters, generators, formatters, documents, dates, text utilities",
    "Math": "mathematics and statistics",
    "Business": "companies, jobs, customers, marketing, logistics, office work",
    "Music": "songs, artists, lyrics, charts",
    "Gaming": "video games, e-sports, board and card games",
    "Commerce": "products, shops, carts, prices, coupons",
    "Environment": "weather, climate, air, energy, oceans",
    "Education": "schools, courses, books, dictionaries, history",
    "Communication": "e-mail, SMS, phone, chat, translation",
    "Lifestyle": "food, pets, homes, events, fashion",
    "Health": "medicine, fitness, nutrition",
    "Other": "nothing above, or too little said to tell",
    "Science": "physics, chemistry, biology, astronomy",
}
"""What each category means here; the paper names them without saying."""


@dataclass(frozen=True)
class Classified:
    """Categories in the order of the APIs, and by what they were found."""

    categories: list[str]
    by: list[str]
    """`rules`, or `model`."""


def classify(apis: Sequence[Api], model: ChatModel | None = None, generator: str | None = None) -> Classified:
    """The category of each API.

    Args:
        apis: the APIs.
        model: asks a language model; null for rules alone.
        generator: the model's name in generators.yaml.

    Returns:
        The model's answer where it is one of the 21, else the rules' answer.
    """
    by_rules = [category_by_rules(api) for api in apis]
    if model is None or generator is None or not apis:
        return Classified(by_rules, ["rules"] * len(apis))
    groups = [list(range(at, min(at + PER_REQUEST, len(apis)))) for at in range(0, len(apis), PER_REQUEST)]
    completions = model.complete(generator, [_request([apis[i] for i in group]) for group in groups])
    categories, by = list(by_rules), ["rules"] * len(apis)
    for group, completion in zip(groups, completions, strict=True):
        for place, category in parse_categories(completion.text, len(group)).items():
            categories[group[place]], by[group[place]] = category, "model"
    return Classified(categories, by)


def category_by_rules(api: Api) -> str:
    """The category whose words and source folder speak loudest for an API; `Other` where nothing speaks.

    The words of the tool's title and the API's name weigh more than those of the description.
    """
    source = api.source
    if source.name == BUILTIN and source.original_category in MODULES:
        return MODULES[source.original_category]
    if source.format == "openapi" and (source.original_category or "").title() in CATEGORIES:
        return str(source.original_category).title()  # the owner tagged it with one of the 21
    scores = dict.fromkeys(CATEGORIES, 0.0)
    folder = FOLDERS.get(source.original_category or "")
    if folder is not None:
        scores[folder[0]] += folder[1]
    title, own = f"{source.name} {source.original_category or ''}", api.name
    if source.format == "toolbench":  # <Category>/<tool>/<API>, where the API's own name may hold slashes
        _, _, rest = source.original_name.partition("/")
        title, _, own = rest.partition("/")
    fields = (
        (title, _TITLE),
        (own, _NAME),
        (api.description[:600], _TEXT),
        (" ".join(api.parameters.get("properties", {})), _PARAMETER),
    )
    for text, weight in fields:
        mentioned = _forms(text)
        for category, known in WORDS.items():
            hits = len(mentioned & known)
            # a second and third word confirm; ten words of a long text are not ten times the evidence
            scores[category] += weight * min(hits, 3) ** 0.8 if hits else 0.0
    best = max(CATEGORIES, key=lambda category: scores[category])
    return best if scores[best] >= _LEAST else "Other"


def parse_categories(text: str, count: int) -> dict[int, str]:
    """Place (from 0) to category out of a model's answer; whatever is not one of the 21 is left out."""
    start, end = text.find("{"), text.rfind("}")
    if start < 0 or end < start:
        return {}
    try:
        value = json.loads(text[start : end + 1])
    except (ValueError, RecursionError):
        return {}
    known = {category.lower(): category for category in CATEGORIES}
    out: dict[int, str] = {}
    for key, answer in value.items() if isinstance(value, dict) else ():
        category = known.get(str(answer).strip().lower())
        if str(key).isdecimal() and 1 <= int(key) <= count and category:
            out[int(key) - 1] = category
    return out


def _request(apis: Sequence[Api]) -> ChatRequest:
    listed = {str(i + 1): _shown(api) for i, api in enumerate(apis)}
    meanings = "\n".join(f"- {name}: {meaning}" for name, meaning in MEANINGS.items())
    return ChatRequest(
        messages=(
            {
                "role": "system",
                "content": "You sort APIs into subject categories. Answer with one JSON object and nothing else: the "
                f"number of each API as key, its category as value. The categories are:\n{meanings}",
            },
            {"role": "user", "content": dumps(listed)},
        ),
        temperature=0.0,
        max_tokens=40 * len(apis) + 50,
        purpose="classify",
    )


def _shown(api: Api) -> JsonObject:
    return {
        "name": api.source.original_name,
        "description": api.description[:400],
        "parameters": list(api.parameters.get("properties", {}))[:15],
    }


def _forms(text: str) -> set[str]:
    """Words of a text, each also without a plural s."""
    singles = set(words(text))
    return singles | {word[:-1] for word in singles if len(word) > 3 and word.endswith("s")}
