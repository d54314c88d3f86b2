"""Further prompts a stand-in understands: writing a description, choosing a category."""

import json
import re
from collections.abc import Sequence

from apigen_assets.files.json_types import JsonObject
from apigen_assets.tool_formats.api_phrases import name_words
from resources.local.standin.reader import first_json, sections, text_of


def classify(messages: Sequence[JsonObject]) -> str:
    """One category per item asked about, of those the prompt lists, by the words they share."""
    categories = _categories(text_of(messages))
    items = _items(text_of(messages, "user"))
    chosen = {name: _nearest(body, categories) for name, body in items.items()}
    if list(items) == [""]:
        return json.dumps({"category": chosen[""]})
    return json.dumps(chosen)


def document(messages: Sequence[JsonObject]) -> str:
    """A description made of an API's name and its parameters' names."""
    api = first_json(text_of(messages, "user"))
    api = api if isinstance(api, dict) else {}
    words = name_words(str(api.get("name") or "this operation"))
    verbs = ("get", "list", "search", "find", "create", "update", "delete", "check", "convert", "calculate")
    sentence = words if words.split()[0] in verbs else f"get {words}"
    parameters = api.get("parameters")
    properties = parameters.get("properties", parameters) if isinstance(parameters, dict) else {}
    described = {
        name: _clean(schema.get("description") if isinstance(schema, dict) else None) or f"The {name_words(name)}."
        for name, schema in (properties.items() if isinstance(properties, dict) else ())
    }
    by = f" by {' and '.join(name_words(name) for name in list(described)[:3])}" if described else " of this service"
    return json.dumps({"description": f"{sentence.capitalize()}{by}.", "parameters": described}, ensure_ascii=False)


def _clean(text: object) -> str:
    """The first sentence of a description, empty where it holds links or markup."""
    first = str(text or "").split(". ")[0].strip()[:200]
    return "" if re.search(r"https?:|[<>`*\[\]#]", first) else first


def _categories(text: str) -> dict[str, str]:
    """The categories a prompt lists and what it says of each: `- Name: meaning` lines, a JSON list, or a line."""
    bullets = dict(re.findall(r"^[-*] ([A-Z][A-Za-z ]{1,30})(?::[ \t]*(.*))?$", text, re.MULTILINE))
    if len(bullets) > 1:
        return bullets
    for body in [*sections(text).values(), text]:
        value = first_json(body)
        if isinstance(value, list) and value and all(isinstance(item, str) for item in value):
            return dict.fromkeys(value, "")
    line = re.search(r"(?:categories|one of)[^:\n]*:\s*([^\n]+)", text, re.IGNORECASE)
    names = re.split(r",\s*", line[1].rstrip(". ")) if line else []
    return dict.fromkeys([name.strip(" `'\"") for name in names] or ["Other"], "")


def _items(text: str) -> dict[str, str]:
    """What is to be sorted, by its name or number; a single thing has the empty name."""
    for start in re.finditer(r"[\[{]", text):
        value = first_json(text[start.start() :])
        if isinstance(value, dict) and value:
            if all(isinstance(item, dict) for item in value.values()) and "name" not in value:
                return {str(key): json.dumps(item) for key, item in value.items()}
            return {"": json.dumps(value)}
        if isinstance(value, list) and value and all(isinstance(item, dict) for item in value):
            return {str(item.get("name", i)): json.dumps(item) for i, item in enumerate(value)}
    return {"": text}


_HINTS: dict[str, str] = {
    "Finance": "price stock currency exchange loan interest bank payment crypto tax market invest",
    "Data": "data database dataset record json csv lookup list sort",
    "Sports": "team league player match score sport game football",
    "Travel": "flight hotel airport trip booking destination city route",
    "Technology": "software device server domain ip code developer computer",
    "Social": "user profile post follow social friend hashtag",
    "Media": "news video image photo article headline",
    "Entertainment": "movie show tv series film actor celebrity joke",
    "Tools": "convert generate format tool encode decode validate url",
    "Math": "number calculate sum matrix equation prime geometry statistic",
    "Business": "company business industry invoice employee job",
    "Music": "song artist album music track lyric playlist",
    "Gaming": "game steam character level item pokemon",
    "Commerce": "product shop order cart buy store retail",
    "Environment": "weather air temperature forecast climate pollution",
    "Education": "school course student university word dictionary quiz",
    "Communication": "email sms message phone chat send",
    "Lifestyle": "recipe food horoscope fashion pet home",
    "Health": "health medical disease drug calorie fitness patient",
    "Science": "planet chemical physics element molecule star energy",
}


def _nearest(text: str, categories: dict[str, str]) -> str:
    words = set(re.findall(r"[a-z]{3,}", name_words(text)))
    words |= {word.removesuffix("s") for word in words}

    def score(category: str) -> float:
        hints = set(f"{_HINTS.get(category, '')} {category.lower()}".split())
        meant = set(re.findall(r"[a-z]{4,}", categories[category].lower())) - hints
        return len(words & hints) + 0.5 * len(words & meant)

    best = max(categories, key=score)
    return best if score(best) else ("Other" if "Other" in categories else list(categories)[-1])
