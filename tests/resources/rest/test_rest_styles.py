"""Every style of OpenAPI against another writer: the tables of OpenAPI 3.1.1 by the expansions of RFC 6570."""

from random import Random

import pytest

from apigen_assets.domain.api import RestBinding, RestParameter
from resources.rest.policy import RestPolicy
from resources.rest.request import RequestRefusedError, build

UNRESERVED = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~"
CHARACTERS = "ab Z9,;.|/&=+%?#[]@:\"'ü✓-_~"
STYLES = [
    (place, style, explode)
    for place, styles in {
        "path": ["simple", "label", "matrix"],
        "query": ["form", "spaceDelimited", "pipeDelimited", "deepObject"],
        "header": ["simple"],
        "cookie": ["form"],
    }.items()
    for style in styles
    for explode in (True, False)
]


def percent(text):
    """Section 3.2.1 of RFC 6570: all but unreserved characters."""
    return "".join(char if char in UNRESERVED else "".join(f"%{byte:02X}" for byte in char.encode()) for char in text)


def plain(text):
    return text


def text_of(value):
    return str(value).lower() if isinstance(value, bool) else str(value)


def path_like(value, style, explode, encode):
    first, between, named = {"simple": ("", ",", ""), "label": (".", ".", ""), "matrix": (";", ";", "color=")}[style]
    if isinstance(value, dict):
        if explode:
            return first + between.join(f"{encode(key)}={encode(text_of(item))}" for key, item in value.items())
        value = [part for pair in value.items() for part in pair]
    elif isinstance(value, list) and explode:
        return first + between.join(named + encode(text_of(item)) for item in value)
    return first + named + ",".join(encode(text_of(item)) for item in (value if isinstance(value, list) else [value]))


def pairs(value, style, explode):
    """Names and values of a query or of cookies; the latter by RFC 6570 too."""
    between = {"form": ",", "spaceDelimited": "%20", "pipeDelimited": "%7C"}.get(style, "")
    if style == "deepObject":
        if isinstance(value, list):
            return [("color%5B%5D", percent(text_of(item))) for item in value]
        return [(percent(f"color[{key}]"), percent(text_of(item))) for key, item in value.items()]
    if isinstance(value, dict):
        if explode:
            return [(percent(key), percent(text_of(item))) for key, item in value.items()]
        value = [part for pair in value.items() for part in pair]
    elif isinstance(value, list) and explode:
        return [("color", percent(text_of(item))) for item in value]
    listed = value if isinstance(value, list) else [value]
    return [("color", between.join(percent(text_of(item)) for item in listed))]


def parts_of(value):
    return value.values() if isinstance(value, dict) else value if isinstance(value, list) else [value]


def some_value(random):
    kind = random.choice(["text", "number", "flag"])
    if kind == "text":
        return "".join(random.choice(CHARACTERS) for _ in range(random.randint(1, 5)))
    return random.randint(-5, 99) if kind == "number" else random.random() < 0.5


@pytest.mark.parametrize(("place", "style", "explode"), STYLES)
def test_a_value_is_written_as_the_standard_says_or_not_at_all(place, style, explode):
    random = Random(f"{place} {style} {explode}")
    url = "https://h.example/p" + ("/{color}/e" if place == "path" else "")
    parameter = RestParameter(place=place, wire_name="color", style=style, explode=explode)
    binding = RestBinding(url=url, parameters={"color": parameter})
    written = 0
    for _ in range(150):
        value = random.choice(
            [
                some_value(random),
                [some_value(random) for _ in range(random.randint(1, 3))],
                {key: some_value(random) for key in random.sample(["R", "G", "Bx"], random.randint(1, 3))},
            ]
        )
        if style not in ("form", "simple", "label", "matrix") and not isinstance(value, list | dict):
            continue
        try:
            request = build(binding, {"color": value}, RestPolicy(), {})
        except RequestRefusedError:  # a comma inside an item of a header, and the like
            assert any(isinstance(part, str) for part in parts_of(value))
            continue
        written += 1
        if place == "path":
            assert request.url == f"https://h.example/p/{path_like(value, style, explode, percent)}/e"
        elif place == "query":
            query = "&".join(f"{name}={text}" for name, text in pairs(value, style, explode))
            assert request.url == f"https://h.example/p?{query}"
        elif place == "header":
            assert request.headers["color"].encode("latin-1").decode() == path_like(value, "simple", explode, plain)
        else:
            cookies = "; ".join(f"{name}={text}" for name, text in pairs(value, style, explode))
            assert request.headers["Cookie"] == cookies
    assert written > 60
