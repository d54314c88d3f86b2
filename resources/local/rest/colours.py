"""Colours of the web (webcolors: the CSS 3 names)."""

import colorsys
import functools

from apigen_assets.files.json_types import JsonObject, JsonValue
from resources.local.rest.endpoint import Endpoints, NotFoundError, text

endpoints = Endpoints("Media")

_HEX = "^#?[0-9A-Fa-f]{6}$"


def _rgb(value: str) -> tuple[int, int, int]:
    value = value.lstrip("#")
    return int(value[:2], 16), int(value[2:4], 16), int(value[4:], 16)


def _hex(rgb: tuple[int, int, int]) -> str:
    return "#{:02x}{:02x}{:02x}".format(*rgb)


@functools.cache
def _names() -> dict[str, tuple[int, int, int]]:
    import webcolors

    by_name = {name: webcolors.name_to_rgb(name) for name in webcolors.names("css3")}
    return {name: (rgb.red, rgb.green, rgb.blue) for name, rgb in by_name.items()}


def _described(rgb: tuple[int, int, int]) -> JsonObject:
    hue, lightness, saturation = colorsys.rgb_to_hls(*(channel / 255 for channel in rgb))
    return {
        "hex": _hex(rgb),
        "rgb": list(rgb),
        "hsl": [round(hue * 360), round(saturation * 100), round(lightness * 100)],
    }


def _luminance(rgb: tuple[int, int, int]) -> float:
    """Relative luminance of WCAG 2.1."""
    parts = [channel / 255 for channel in rgb]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@endpoints.get(
    "/colors/by-name/{name}",
    "Get the hexadecimal, RGB and HSL values of a CSS colour name.",
    text("name", "Colour name.", "orchid", "tomato", "steelblue", "gold"),
)
def get_color_by_name(name: str) -> JsonValue:
    """One colour."""
    rgb = _names().get(name.lower().replace(" ", ""))
    if rgb is None:
        raise NotFoundError(f"no CSS colour is called {name}")
    return {"name": name.lower(), **_described(rgb)}


@endpoints.get(
    "/colors/nearest-name",
    "Find the CSS colour name nearest to a hexadecimal colour.",
    text("hex", "Six hexadecimal digits.", "3a7bd5", "ff6347", "0b6623", pattern=_HEX),
)
def find_nearest_color_name(hex: str) -> JsonValue:
    """The nearest name by distance in RGB; the first in the alphabet among equals."""
    wanted = _rgb(hex)
    near = min(
        sorted(_names()), key=lambda name: sum((a - b) ** 2 for a, b in zip(_names()[name], wanted, strict=True))
    )
    return {"hex": _hex(wanted), "name": near, "exact": _names()[near] == wanted, "name_hex": _hex(_names()[near])}


@endpoints.get(
    "/colors/contrast",
    "Compute the WCAG contrast ratio of a text colour on a background and the accessibility levels it reaches.",
    text("foreground", "Text colour, six hexadecimal digits.", "333333", "1a73e8", "ffffff", pattern=_HEX),
    text("background", "Background colour, six hexadecimal digits.", "ffffff", "f1f3f4", "000000", pattern=_HEX),
)
def get_color_contrast(foreground: str, background: str) -> JsonValue:
    """Legibility of a pair of colours."""
    light, dark = sorted((_luminance(_rgb(foreground)), _luminance(_rgb(background))), reverse=True)
    ratio = (light + 0.05) / (dark + 0.05)
    return {"ratio": round(ratio, 2), "aa": ratio >= 4.5, "aa_large": ratio >= 3, "aaa": ratio >= 7}


@endpoints.get(
    "/colors/complement",
    "Get the complementary and the two triadic colours of a hexadecimal colour.",
    text("hex", "Six hexadecimal digits.", "e91e63", "2196f3", "4caf50", pattern=_HEX),
)
def get_color_complement(hex: str) -> JsonValue:
    """Colours around the wheel."""
    hue, lightness, saturation = colorsys.rgb_to_hls(*(channel / 255 for channel in _rgb(hex)))

    def turned(by: float) -> str:
        rgb = colorsys.hls_to_rgb((hue + by) % 1, lightness, saturation)
        return _hex((round(rgb[0] * 255), round(rgb[1] * 255), round(rgb[2] * 255)))

    return {"hex": _hex(_rgb(hex)), "complement": turned(1 / 2), "triad": [turned(1 / 3), turned(2 / 3)]}
