"""Home, kitchen, shopping and car: everyday quantities."""

import math
import re

from typing_extensions import TypedDict

from apigen_assets.domain.call import Call
from apigen_assets.functions.ranges import check_length, check_number
from apigen_assets.functions.seed import Seed


class Ingredient(TypedDict):
    """One line of a recipe."""

    name: str
    amount: float
    unit: str


class PackOffer(TypedDict):
    """A pack on sale: its price and how much is in it."""

    name: str
    price: float
    quantity: float


class BestOffer(TypedDict):
    """The cheapest offer and its price per unit of quantity."""

    name: str
    unit_price: float


class TyreDimensions(TypedDict):
    """Measures of a tyre in millimetres."""

    width_mm: int
    sidewall_mm: float
    diameter_mm: float
    circumference_mm: float


def paint_needed(
    length_m: float,
    width_m: float,
    height_m: float,
    coats: int = 2,
    openings_m2: float = 0.0,
    coverage_m2: float = 10.0,
) -> float:
    """Estimate the litres of paint for the four walls of a room.

    Args:
        length_m: Room length in metres, 0.5 to 100.
        width_m: Room width in metres, 0.5 to 100.
        height_m: Wall height in metres, 0.5 to 20.
        coats: Coats of paint, from 1 to 5.
        openings_m2: Area of doors and windows in square metres.
        coverage_m2: Square metres one litre covers, 1 to 30.

    Returns:
        Litres of paint, rounded to two decimals.

    Raises:
        ValueError: A number is out of range, or the openings exceed the walls.
    """
    check_number("length_m", length_m, 0.5, 100)
    check_number("width_m", width_m, 0.5, 100)
    check_number("height_m", height_m, 0.5, 20)
    check_number("coats", coats, 1, 5)
    check_number("coverage_m2", coverage_m2, 1, 30)
    walls = 2 * (length_m + width_m) * height_m
    check_number("openings_m2", openings_m2, 0, walls)
    return round((walls - openings_m2) * coats / coverage_m2, 2)


def scale_recipe(ingredients: list[Ingredient], servings: int, wanted: int) -> list[Ingredient]:
    """Scale the ingredients of a recipe to another number of servings.

    Args:
        ingredients: Ingredients, each with name, amount and unit.
        servings: Servings the recipe is written for, 1 to 1000.
        wanted: Servings wanted, 1 to 1000.

    Returns:
        Ingredients with scaled amounts, rounded to two decimals.

    Raises:
        ValueError: There are no ingredients or over 100, or a number is out of range.
    """
    check_length("ingredients", ingredients, 1, 100)
    check_number("servings", servings, 1, 1000)
    check_number("wanted", wanted, 1, 1000)
    scaled: list[Ingredient] = []
    for item in ingredients:
        check_number("ingredients.amount", item["amount"], 0, 1e6)
        amount = round(item["amount"] * wanted / servings, 2)
        scaled.append({"name": item["name"], "amount": amount, "unit": item["unit"]})
    return scaled


def split_bill(total: float, people: int, tip_percent: float = 0.0, round_up: bool = False) -> float:
    """Split a restaurant bill evenly, tip included.

    Args:
        total: Amount of the bill before tip, above 0.
        people: Number of people paying, from 1 to 500.
        tip_percent: Tip in percent of the bill, 0 to 100.
        round_up: Whether each share is rounded up to a whole amount.

    Returns:
        Amount each person pays, rounded to cents.

    Raises:
        ValueError: A number is out of range.
    """
    check_number("total", total, 0.01, 1e7)
    check_number("people", people, 1, 500)
    check_number("tip_percent", tip_percent, 0, 100)
    share = round(total * (1 + tip_percent / 100) / people, 2)
    return float(math.ceil(share)) if round_up else share


def tiles_needed(
    floor_length_m: float,
    floor_width_m: float,
    tile_length_cm: float,
    tile_width_cm: float,
    waste_percent: float = 10.0,
) -> int:
    """Count the tiles to buy for a rectangular floor, with a reserve for cuts.

    Args:
        floor_length_m: Floor length in metres, 0.1 to 200.
        floor_width_m: Floor width in metres, 0.1 to 200.
        tile_length_cm: Tile length in centimetres, 1 to 300.
        tile_width_cm: Tile width in centimetres, 1 to 300.
        waste_percent: Reserve for cuts and breakage in percent, 0 to 50.

    Returns:
        Number of tiles, rounded up.

    Raises:
        ValueError: A number is out of range.
    """
    check_number("floor_length_m", floor_length_m, 0.1, 200)
    check_number("floor_width_m", floor_width_m, 0.1, 200)
    check_number("tile_length_cm", tile_length_cm, 1, 300)
    check_number("tile_width_cm", tile_width_cm, 1, 300)
    check_number("waste_percent", waste_percent, 0, 50)
    tiles = floor_length_m * floor_width_m * 10_000 / (tile_length_cm * tile_width_cm)
    return math.ceil(round(tiles * (1 + waste_percent / 100), 6))


def tyre_dimensions(size: str) -> TyreDimensions:
    """Decode a metric tyre size such as 205/55R16 into millimetres.

    Args:
        size: Size as width/aspect R rim, such as 205/55R16.

    Returns:
        Tread width, sidewall height, outer diameter and circumference.

    Raises:
        ValueError: The size is malformed or out of the usual range.
    """
    match = re.fullmatch(r"(\d{3})/(\d{2})\s?Z?R\s?(\d{2})", size.strip().upper(), re.ASCII)
    if not match:
        raise ValueError(f"size must look like 205/55R16, got {size[:40]!r}")
    width, aspect, rim = (int(part) for part in match.groups())
    check_number("the width of size", width, 105, 455)
    check_number("the aspect ratio of size", aspect, 20, 95)
    check_number("the rim of size", rim, 10, 30)
    sidewall = width * aspect / 100
    diameter = rim * 25.4 + 2 * sidewall
    return {
        "width_mm": width,
        "sidewall_mm": round(sidewall, 1),
        "diameter_mm": round(diameter, 1),
        "circumference_mm": round(diameter * math.pi, 1),
    }


def best_unit_price(offers: list[PackOffer]) -> BestOffer:
    """Find the offer with the lowest price per unit among packs of different size.

    Args:
        offers: Packs with name, price and quantity, all in the same unit.

    Returns:
        Name of the cheapest pack and its price per unit.

    Raises:
        ValueError: There are fewer than 2 or over 200 offers, or a number is out of range.
    """
    check_length("offers", offers, 2, 200)
    for offer in offers:
        check_number("offers.price", offer["price"], 0, 1e7)
        check_number("offers.quantity", offer["quantity"], 0.001, 1e7)
    best = min(offers, key=lambda offer: offer["price"] / offer["quantity"])
    return {"name": best["name"], "unit_price": round(best["price"] / best["quantity"], 4)}


SEEDS: tuple[Seed, ...] = (
    Seed(
        query="How much paint for a room 5 m long, 4 m wide and 2.5 m high, with 6 square metres of windows and doors?",
        answers=(
            Call(
                name="paint_needed",
                arguments={"length_m": 5, "width_m": 4, "height_m": 2.5, "openings_m2": 6},
            ),
        ),
    ),
    Seed(
        query="I'm giving two bedrooms a single coat each (1 coat). One is 3.5 by 3 m, the other 4.2 by "
        "3.8 m, "
        "both 2.4 m high. Litres of paint for each?",
        answers=(
            Call(
                name="paint_needed",
                arguments={"length_m": 3.5, "width_m": 3, "height_m": 2.4, "coats": 1},
            ),
            Call(
                name="paint_needed",
                arguments={"length_m": 4.2, "width_m": 3.8, "height_m": 2.4, "coats": 1},
            ),
        ),
    ),
    Seed(
        query="The pancake recipe serves 4: 250 g flour, 500 ml milk, 2 pieces of egg. We'll be 10 people.",
        answers=(
            Call(
                name="scale_recipe",
                arguments={
                    "ingredients": [
                        {"name": "flour", "amount": 250, "unit": "g"},
                        {"name": "milk", "amount": 500, "unit": "ml"},
                        {"name": "egg", "amount": 2, "unit": "pieces"},
                    ],
                    "servings": 4,
                    "wanted": 10,
                },
            ),
        ),
        others=("split_bill", "best_unit_price"),
    ),
    Seed(
        query="Soup for six, but we're only two: 1.5 l stock and 300 g lentils. Scale it down, please.",
        answers=(
            Call(
                name="scale_recipe",
                arguments={
                    "ingredients": [
                        {"name": "stock", "amount": 1.5, "unit": "l"},
                        {"name": "lentils", "amount": 300, "unit": "g"},
                    ],
                    "servings": 6,
                    "wanted": 2,
                },
            ),
        ),
    ),
    Seed(
        query="Dinner came to 186.40 for five of us and we want to leave a 15 percent tip. What does each one owe?",
        answers=(Call(name="split_bill", arguments={"total": 186.40, "people": 5, "tip_percent": 15}),),
        others=("scale_recipe", "best_unit_price"),
    ),
    Seed(
        query="split 94 between 4 people, and the 61.50 taxi between 3, rounding everyone's part up",
        answers=(
            Call(name="split_bill", arguments={"total": 94, "people": 4, "round_up": True}),
            Call(name="split_bill", arguments={"total": 61.50, "people": 3, "round_up": True}),
        ),
    ),
    Seed(
        query="Tiles of 60 by 30 cm for a floor of 4.8 by 3.6 m: how many should I buy?",
        answers=(
            Call(
                name="tiles_needed",
                arguments={
                    "floor_length_m": 4.8,
                    "floor_width_m": 3.6,
                    "tile_length_cm": 60,
                    "tile_width_cm": 30,
                },
            ),
        ),
        others=("paint_needed", "tyre_dimensions"),
    ),
    Seed(
        query="What's the outer diameter of a 205/55R16 tyre?",
        answers=(Call(name="tyre_dimensions", arguments={"size": "205/55R16"}),),
    ),
    Seed(
        query="Will my speedometer change if I swap 195/65R15 for 225/45R17? I need the dimensions of the two tyres.",
        answers=(
            Call(name="tyre_dimensions", arguments={"size": "195/65R15"}),
            Call(name="tyre_dimensions", arguments={"size": "225/45R17"}),
        ),
    ),
    Seed(
        query="Rice: the small bag is 2.19 for 0.5 kg, the family bag 6.99 for 2 kg, the sack 15.50 for 5 "
        "kg. "
        "Where do I get most for my money?",
        answers=(
            Call(
                name="best_unit_price",
                arguments={
                    "offers": [
                        {"name": "small bag", "price": 2.19, "quantity": 0.5},
                        {"name": "family bag", "price": 6.99, "quantity": 2},
                        {"name": "sack", "price": 15.50, "quantity": 5},
                    ]
                },
            ),
        ),
        others=("split_bill", "scale_recipe"),
    ),
    Seed(
        query="Renovating a bathroom 3 m by 2 m and 2.3 m high. Paint for the walls, two coats? And how many "
        "20 by 20 cm tiles for the floor with 5 percent waste?",
        answers=(
            Call(name="paint_needed", arguments={"length_m": 3, "width_m": 2, "height_m": 2.3, "coats": 2}),
            Call(
                name="tiles_needed",
                arguments={
                    "floor_length_m": 3,
                    "floor_width_m": 2,
                    "tile_length_cm": 20,
                    "tile_width_cm": 20,
                    "waste_percent": 5,
                },
            ),
        ),
    ),
    Seed(
        query="Coffee is 4.49 for 250 g as 'Classic' and 7.99 for 500 g as 'Crema'; which is cheaper per "
        "gram? "
        "And share a bill of 38.20 between two.",
        answers=(
            Call(
                name="best_unit_price",
                arguments={
                    "offers": [
                        {"name": "Classic", "price": 4.49, "quantity": 250},
                        {"name": "Crema", "price": 7.99, "quantity": 500},
                    ]
                },
            ),
            Call(name="split_bill", arguments={"total": 38.20, "people": 2}),
        ),
        others=("scale_recipe",),
    ),
)
