"""Draws docs/images/architecture.svg from the imports as they are: which room uses which, and what they stand on.

The rooms and their order are those of the import rule in pyproject.toml; what a room is for is its docstring.
Usage: python docs/architecture.py [--check]; --check changes nothing and fails where the picture is out of date.
"""

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from html import escape
from pathlib import Path

import grimp

ROOT = Path(__file__).resolve().parents[1]
PICTURE = ROOT / "docs" / "images" / "architecture.svg"

ROOM_WIDTH, ROW_HEIGHT, LEFT, TOP = 104, 26, 470, 180
INK, FAINT, ROOM, SYSTEM, GROUND = "#1f2328", "#8c959f", "#4f6bed", "#1a7f64", "#9a6700"


def layers() -> list[str]:
    """The parts of `apigen_assets` from the ground up, as the contract `flow` orders them."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    flow = next(contract for contract in contracts if contract["id"] == "flow")
    return [part.strip() for layer in reversed(flow["layers"]) for part in layer.replace("|", ":").split(":")]


def about(module: str) -> str:
    """The first sentence of a module's docstring, up to its first stop, colon or semicolon."""
    path = ROOT.joinpath(*module.split("."))
    file = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    text = (ast.get_docstring(ast.parse(file.read_text())) or "").split("\n\n")[0].replace("\n", " ")
    return re.split(r"[.:;] ", text)[0].rstrip(".").replace("`", "")


class House:
    """Who imports whom, by room."""

    def __init__(self) -> None:
        self.graph = grimp.build_graph("apigen_assets", "resources", "sensors")
        parts = layers()
        self.ground = [part for part in parts if parts.index(part) < parts.index("functions")]
        self.rooms = [part for part in parts if part not in {*self.ground, "definitions", "cli"}]
        self.systems = sorted(name.split(".")[1] for name in self.graph.find_children("resources"))
        self.pairs = {
            (self.place(importer), self.place(imported))
            for importer in self.graph.modules
            for imported in self.graph.find_modules_directly_imported_by(importer)
        }

    @staticmethod
    def place(module: str) -> str:
        """Room, system or part of the ground floor in which a module lies."""
        package, _, rest = module.partition(".")
        name = rest.split(".")[0]
        return name if package == "apigen_assets" else f"{package}.{name}".rstrip(".")


def draw(house: House) -> str:
    """The picture as SVG text."""
    rows = [("resources." + name, SYSTEM) for name in house.systems]
    rows += [(name, GROUND) for name in reversed(house.ground)]
    width = LEFT + ROOM_WIDTH * len(house.rooms) + 16
    height = TOP + 56 + ROW_HEIGHT * len(rows) + 40
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif">',
        f'<rect width="{width}" height="{height}" fill="white"/>',
        *_arcs(house),
        *_rooms(house),
        *_matrix(house, rows),
        "</svg>",
    ]
    return "\n".join(lines) + "\n"


def _centre(house: House, room: str) -> float:
    return LEFT + ROOM_WIDTH * (house.rooms.index(room) + 0.5)


def _arcs(house: House) -> Iterator[str]:
    """An arc over the rooms for each pair; the dot is at the room that imports."""
    yield _text(16, 30, "The rooms, in the order of the flow", INK, 15, weight="bold")
    yield _text(16, 52, "An arc joins a room to an earlier one that it imports;", FAINT, 12)
    yield _text(16, 68, "the dot is at the one that imports.", FAINT, 12)
    for later in house.rooms:
        for earlier in house.rooms[: house.rooms.index(later)]:
            if (later, earlier) not in house.pairs:
                continue
            x1, x2 = _centre(house, earlier), _centre(house, later)
            rise = 26 + 22 * (house.rooms.index(later) - house.rooms.index(earlier))
            path = f"M {x1:.0f} {TOP} C {x1:.0f} {TOP - rise}, {x2:.0f} {TOP - rise}, {x2:.0f} {TOP}"
            yield f'<path d="{path}" fill="none" stroke="{ROOM}" stroke-width="1.5" opacity="0.7"/>'
            yield f'<circle cx="{x2:.0f}" cy="{TOP}" r="4" fill="{ROOM}"/>'


def _rooms(house: House) -> Iterator[str]:
    for room in house.rooms:
        x = _centre(house, room) - ROOM_WIDTH / 2 + 4
        yield f'<rect x="{x:.0f}" y="{TOP}" width="{ROOM_WIDTH - 8}" height="34" rx="5" fill="{ROOM}">'
        yield f"<title>{escape(about('apigen_assets.' + room))}</title></rect>"
        yield _text(_centre(house, room), TOP + 22, room, "white", 13, anchor="middle", weight="bold")
    yield _text(16, TOP + 22, "What each stands on", INK, 15, weight="bold")


def _matrix(house: House, rows: list[tuple[str, str]]) -> Iterator[str]:
    """One line per outside system and part of the ground floor, with a dot under each room that imports it."""
    for number, (name, colour) in enumerate(rows):
        y = TOP + 56 + ROW_HEIGHT * (number + 0.5)
        module = name if name.startswith("resources.") else f"apigen_assets.{name}"
        yield f'<line x1="16" y1="{y + 13:.0f}" x2="{_end(house)}" y2="{y + 13:.0f}" stroke="#d0d7de"/>'
        yield _text(16, y + 4, name, colour, 13, weight="bold")
        yield _text(178, y + 4, _short(about(module), 48), FAINT, 11)
        for room in house.rooms:
            if (room, name) in house.pairs:
                yield f'<circle cx="{_centre(house, room):.0f}" cy="{y:.0f}" r="5" fill="{colour}"/>'
    y = TOP + 56 + ROW_HEIGHT * len(rows) + 28
    yield _text(16, y, "sensors, definitions and cli come after the rooms and may import all of them.", FAINT, 12)


def _end(house: House) -> int:
    return LEFT + ROOM_WIDTH * len(house.rooms)


def _short(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[:limit].rsplit(" ", 1)[0].rstrip(",;") + " …"


def _text(x: float, y: float, text: str, colour: str, size: int, anchor: str = "start", weight: str = "normal") -> str:
    style = f'fill="{colour}" font-size="{size}" text-anchor="{anchor}" font-weight="{weight}"'
    return f'<text x="{x:.0f}" y="{y:.0f}" {style}>{escape(text)}</text>'


def main() -> int:
    """Write the picture, or compare it with the one that is there."""
    picture = draw(House())
    if "--check" not in sys.argv:
        PICTURE.write_text(picture)
        return 0
    if PICTURE.exists() and PICTURE.read_text() == picture:
        return 0
    print(f"{PICTURE.relative_to(ROOT)} is out of date: python docs/architecture.py", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
