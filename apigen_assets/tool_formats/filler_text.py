"""Filler of web designers (lorem ipsum), which stands in some documentation where a text or a value is missing."""

import re

_LATIN = frozenset(
    re.findall(
        r"\w+",
        "lorem ipsum dolor amet consectetur consectetuer adipiscing adipisicing elit sed eiusmod tempor "
        "incididunt labore dolore magna aliqua enim minim veniam quis nostrud exercitation ullamco laboris "
        "nisi aliquip commodo consequat duis aute irure reprehenderit voluptate velit esse cillum eu fugiat "
        "nulla pariatur excepteur sint occaecat cupidatat proident sunt qui officia deserunt mollit anim "
        "laborum nam condimentum est tortor eleifend nec vel vitae justo vestibulum ante primis faucibus orci "
        "luctus ultrices posuere cubilia curae maecenas bibendum pellentesque habitant morbi tristique "
        "senectus netus malesuada fames turpis egestas praesent dapibus pulvinar sagittis phasellus pretium "
        "tellus aenean lectus pharetra laoreet nunc mauris massa vulputate dignissim suspendisse potenti "
        "accumsan sollicitudin volutpat scelerisque hendrerit imperdiet venenatis fermentum lobortis feugiat "
        "gravida curabitur quisque aliquam mattis ornare arcu odio auctor neque porttitor rhoncus purus cras "
        "sodales interdum blandit viverra congue leo diam varius iaculis sapien nibh proin risus urna "
        "fringilla euismod donec vivamus ligula augue convallis cursus tincidunt molestie ullamcorper ut et "
        "ac sem metus erat eros felis libero lacus lacinia placerat vehicula tempus sociis natoque penatibus "
        "magnis parturient montes nascetur ridiculus ultricies facilisis facilisi etiam elementum dictum "
        "dictumst platea hac habitasse nullam aliquet",
    )
)
_ALSO = frozenset(re.findall(r"\w+", "in at a ad id sit non ex ea"))
"""Words of the filler that are words of other texts too."""
_WORD = re.compile(r"[^\W\d_]+")
_FEWEST = 3


def without_filler(text: str) -> str:
    """The text without its filler: from three such words in a row to the last such word."""
    words = [(match.start(), match.end(), match[0].lower()) for match in _WORD.finditer(text)]
    core = [word in _LATIN for _, _, word in words]
    starts = [place for place in range(len(words) - _FEWEST + 1) if all(core[place : place + _FEWEST])]
    if not starts:
        return text
    last = max(place for place, is_core in enumerate(core) if is_core)
    return " ".join((text[: words[starts[0]][0]] + " " + text[words[last][1] :].lstrip(" .,;")).split())


def is_filler(value: object) -> bool:
    """Whether a value is text, or a list of texts, of which nothing but filler is said."""
    if isinstance(value, list):
        return bool(value) and all(map(is_filler, value))
    if not isinstance(value, str):
        return False
    words = [word.lower() for word in _WORD.findall(value)]
    filler = sum(word in _LATIN for word in words)
    if len(words) < _FEWEST:
        return bool(words) and words[0] in ("lorem", "ipsum")
    return filler >= _FEWEST and all(word in _LATIN or word in _ALSO for word in words)
