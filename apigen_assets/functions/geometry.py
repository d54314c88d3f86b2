"""Geometry: triangles, solids, regular polygons, and points in the plane."""

import math

from typing_extensions import TypedDict

from apigen_assets.domain.call import Call
from apigen_assets.functions.ranges import check_length, check_number, finite
from apigen_assets.functions.seed import Seed

_LONGEST = 1e9


class Point(TypedDict):
    """A point in the plane."""

    x: float
    """Horizontal coordinate."""
    y: float
    """Vertical coordinate."""


class TriangleAngles(TypedDict):
    """Angles opposite the sides a, b and c, in degrees, and the kind of triangle."""

    alpha: float
    beta: float
    gamma: float
    kind: str


class PolygonProperties(TypedDict):
    """Sizes of a regular polygon."""

    interior_angle: float
    perimeter: float
    apothem: float
    circumradius: float


def _check_point(name: str, point: Point) -> None:
    check_number(f"{name}.x", point["x"], -_LONGEST, _LONGEST)
    check_number(f"{name}.y", point["y"], -_LONGEST, _LONGEST)


def triangle_angles(a: float, b: float, c: float) -> TriangleAngles:
    """Find the angles of a triangle from its three sides.

    Args:
        a: First side, above 0.
        b: Second side, above 0.
        c: Third side, above 0.

    Returns:
        The angle opposite each side in degrees, and acute, right or obtuse.

    Raises:
        ValueError: If a side is not above 0 or the sides do not form a triangle.
    """
    for name, side in (("a", a), ("b", b), ("c", c)):
        check_number(name, side, above=0, high=_LONGEST)
    if 2 * max(a, b, c) >= a + b + c:
        raise ValueError(
            f"a, b and c do not form a triangle: the longest of {a}, {b}, {c} must be below the others' sum"
        )
    scale = max(a, b, c)
    a, b, c = a / scale, b / scale, c / scale

    def opposite(side: float, left: float, right: float) -> float:
        # The half-angle form keeps its accuracy for needle-like triangles, where the cosine rule loses it.
        half = (a + b + c) / 2
        return math.degrees(
            2
            * math.atan2(math.sqrt(max((half - left) * (half - right), 0.0)), math.sqrt(max(half * (half - side), 0.0)))
        )

    angles = opposite(a, b, c), opposite(b, a, c), opposite(c, a, b)
    largest = max(angles)
    kind = "right" if math.isclose(largest, 90, abs_tol=1e-9) else "obtuse" if largest > 90 else "acute"
    return {"alpha": angles[0], "beta": angles[1], "gamma": angles[2], "kind": kind}


def spherical_cap_volume(radius: float, height: float) -> float:
    """Compute the volume of a cap cut off a sphere, such as liquid in a round tank.

    Args:
        radius: Radius of the whole sphere, above 0.
        height: Height of the cap, 0 to twice the radius.

    Returns:
        The volume in cubic units.

    Raises:
        ValueError: If the radius or the height is out of range.
    """
    check_number("radius", radius, above=0, high=_LONGEST)
    check_number("height", height, 0, 2 * radius)
    return math.pi * height**2 * (3 * radius - height) / 3


def cylinder_surface_area(radius: float, height: float, open_top: bool = False) -> float:
    """Compute the outer surface of a cylinder.

    Args:
        radius: Radius, above 0.
        height: Height, above 0.
        open_top: Whether the top is missing, as on a cup.

    Returns:
        The area in square units.

    Raises:
        ValueError: If the radius or the height is not above 0.
    """
    check_number("radius", radius, above=0, high=_LONGEST)
    check_number("height", height, above=0, high=_LONGEST)
    ends = 1 if open_top else 2
    return math.pi * radius * (2 * height + ends * radius)


def regular_polygon_properties(sides: int, length: float) -> PolygonProperties:
    """Find the angles and sizes of a polygon with equal sides.

    Args:
        sides: Number of sides, 3 to 10,000.
        length: Length of one side, above 0.

    Returns:
        Interior angle in degrees, perimeter, apothem and circumradius.

    Raises:
        ValueError: If the number of sides or the length is out of range.
    """
    check_number("sides", sides, 3, 10_000)
    check_number("length", length, above=0, high=_LONGEST)
    half_angle = math.pi / sides
    return {
        "interior_angle": 180 * (sides - 2) / sides,
        "perimeter": float(sides * length),
        "apothem": length / (2 * math.tan(half_angle)),
        "circumradius": length / (2 * math.sin(half_angle)),
    }


def point_to_line_distance(point: Point, start: Point, end: Point, segment: bool = False) -> float:
    """Measure how far a point is from the line through two others.

    Args:
        point: Point to measure from.
        start: First point of the line.
        end: Second point of the line.
        segment: Whether the line ends at the two points.

    Returns:
        The shortest distance.

    Raises:
        ValueError: If start and end are the same point.
    """
    for name, checked in (("point", point), ("start", start), ("end", end)):
        _check_point(name, checked)
    along_x, along_y = end["x"] - start["x"], end["y"] - start["y"]
    length = math.hypot(along_x, along_y)
    if length == 0:
        raise ValueError("start and end must be different points")
    unit_x, unit_y = along_x / length, along_y / length
    away_x, away_y = point["x"] - start["x"], point["y"] - start["y"]
    position = away_x * unit_x + away_y * unit_y
    if segment and position < 0:
        return math.hypot(away_x, away_y)
    if segment and position > length:
        return math.hypot(point["x"] - end["x"], point["y"] - end["y"])
    return finite(abs(away_x * unit_y - away_y * unit_x))


def rotate_point(point: Point, degrees: float, center: Point | None = None, clockwise: bool = False) -> Point:
    """Turn a point around a center.

    Args:
        point: Point to turn.
        degrees: Angle of the turn, -3,600 to 3,600.
        center: Point to turn around; the origin if left out.
        clockwise: Whether to turn clockwise.

    Returns:
        The point after the turn.

    Raises:
        ValueError: If the angle or a coordinate is out of range.
    """
    middle: Point = {"x": 0.0, "y": 0.0} if center is None else center
    _check_point("point", point)
    _check_point("center", middle)
    check_number("degrees", degrees, -3600, 3600)
    angle = math.radians(-degrees if clockwise else degrees)
    x, y = point["x"] - middle["x"], point["y"] - middle["y"]
    return {
        "x": middle["x"] + x * math.cos(angle) - y * math.sin(angle),
        "y": middle["y"] + x * math.sin(angle) + y * math.cos(angle),
    }


def convex_hull(points: list[Point]) -> list[Point]:
    """Find the corner points of the tightest fence around a set of points.

    Args:
        points: Points in the plane, 3 to 1,000.

    Returns:
        The corners, counter-clockwise from the leftmost.

    Raises:
        ValueError: If there are fewer than 3 points, or all lie on one line.
    """
    check_length("points", points, 3, 1000)
    for index, point in enumerate(points):
        _check_point(f"points[{index}]", point)
    ordered = sorted({(point["x"], point["y"]) for point in points})

    def chain(corners: list[tuple[float, float]]) -> list[tuple[float, float]]:
        kept: list[tuple[float, float]] = []
        for x, y in corners:
            while len(kept) > 1:
                (x0, y0), (x1, y1) = kept[-2:]
                if (x1 - x0) * (y - y0) > (y1 - y0) * (x - x0):
                    break
                kept.pop()
            kept.append((x, y))
        return kept[:-1]

    hull = chain(ordered) + chain(ordered[::-1])
    if len(hull) < 3:
        raise ValueError("points must not all lie on one line")
    return [{"x": x, "y": y} for x, y in hull]


SEEDS: tuple[Seed, ...] = (
    Seed(
        query="What angles does a triangle with sides 5, 6 and 7 have?",
        answers=(Call(name="triangle_angles", arguments={"a": 5, "b": 6, "c": 7}),),
    ),
    Seed(
        query=(
            "Is a 9-40-41 frame square at the corner? Also check 10, 24, 25 for me; I need the angles of "
            "both triangles."
        ),
        answers=(
            Call(name="triangle_angles", arguments={"a": 9, "b": 40, "c": 41}),
            Call(name="triangle_angles", arguments={"a": 10, "b": 24, "c": 25}),
        ),
    ),
    Seed(
        query=(
            "Our round water tank has a radius of 1.5 m and the water stands 0.8 m high at the deepest "
            "point. How many cubic metres are in it?"
        ),
        answers=(Call(name="spherical_cap_volume", arguments={"radius": 1.5, "height": 0.8}),),
        others=("cylinder_surface_area", "regular_polygon_properties"),
    ),
    Seed(
        query=(
            "A dome is the top two metres of a ball with radius five metres: its volume? And how much "
            "sheet metal covers a closed drum of radius 0.3 m and height 0.9 m?"
        ),
        answers=(
            Call(name="spherical_cap_volume", arguments={"radius": 5, "height": 2}),
            Call(name="cylinder_surface_area", arguments={"radius": 0.3, "height": 0.9}),
        ),
    ),
    Seed(
        query=(
            "I'm glazing the outside of mugs without lids. One kind is 4 cm in radius and 10 cm high, "
            "the other 5 cm and 8 cm. What area do I cover on each?"
        ),
        answers=(
            Call(
                name="cylinder_surface_area",
                arguments={"radius": 4, "height": 10, "open_top": True},
            ),
            Call(
                name="cylinder_surface_area",
                arguments={"radius": 5, "height": 8, "open_top": True},
            ),
        ),
    ),
    Seed(
        query="Regular octagon, side 2.5: angles, perimeter, radius?",
        answers=(Call(name="regular_polygon_properties", arguments={"sides": 8, "length": 2.5}),),
        others=("triangle_angles", "convex_hull", "rotate_point"),
    ),
    Seed(
        query=(
            "A gazebo has six equal sides of 2 m. What does its floor plan look like in numbers? And "
            "what are the angles of its triangular roof panels with edges 2, 3 and 3 m?"
        ),
        answers=(
            Call(name="regular_polygon_properties", arguments={"sides": 6, "length": 2}),
            Call(name="triangle_angles", arguments={"a": 2, "b": 3, "c": 3}),
        ),
    ),
    Seed(
        query="A straight road passes through (0, 0) and (10, 4). How far off it is my house at (3, 7)?",
        answers=(
            Call(
                name="point_to_line_distance",
                arguments={"point": {"x": 3, "y": 7}, "start": {"x": 0, "y": 0}, "end": {"x": 10, "y": 4}},
            ),
        ),
    ),
    Seed(
        query=(
            "The wall runs only from (2, 1) to (8, 1) and stops there. How far are a lamp at (10, 4) and "
            "a bench at (5, -3) from it?"
        ),
        answers=(
            Call(
                name="point_to_line_distance",
                arguments={
                    "point": {"x": 10, "y": 4},
                    "start": {"x": 2, "y": 1},
                    "end": {"x": 8, "y": 1},
                    "segment": True,
                },
            ),
            Call(
                name="point_to_line_distance",
                arguments={
                    "point": {"x": 5, "y": -3},
                    "start": {"x": 2, "y": 1},
                    "end": {"x": 8, "y": 1},
                    "segment": True,
                },
            ),
        ),
    ),
    Seed(
        query="Turn the point (6, 2) by 30 degrees clockwise around (1, 1). Where does it land?",
        answers=(
            Call(
                name="rotate_point",
                arguments={
                    "point": {"x": 6, "y": 2},
                    "degrees": 30,
                    "center": {"x": 1, "y": 1},
                    "clockwise": True,
                },
            ),
        ),
        others=("point_to_line_distance", "convex_hull"),
    ),
    Seed(
        query="Rotate (4, 0) counter-clockwise about the origin by 45 degrees, and by 120 degrees as well.",
        answers=(
            Call(name="rotate_point", arguments={"point": {"x": 4, "y": 0}, "degrees": 45}),
            Call(name="rotate_point", arguments={"point": {"x": 4, "y": 0}, "degrees": 120}),
        ),
    ),
    Seed(
        query=(
            "My trees stand at (0,0), (4,1), (2,2), (5,5), (1,4). At which of them do I need fence posts "
            "to enclose all with the shortest fence?"
        ),
        answers=(
            Call(
                name="convex_hull",
                arguments={
                    "points": [
                        {"x": 0, "y": 0},
                        {"x": 4, "y": 1},
                        {"x": 2, "y": 2},
                        {"x": 5, "y": 5},
                        {"x": 1, "y": 4},
                    ]
                },
            ),
        ),
        others=("regular_polygon_properties", "rotate_point"),
    ),
    Seed(
        query=(
            "Convex hull of (1,1), (3,1), (2,4), (2,2) please, plus the distance from (2,2) to the "
            "endless line through (1,1) and (2,4)."
        ),
        answers=(
            Call(
                name="convex_hull",
                arguments={"points": [{"x": 1, "y": 1}, {"x": 3, "y": 1}, {"x": 2, "y": 4}, {"x": 2, "y": 2}]},
            ),
            Call(
                name="point_to_line_distance",
                arguments={"point": {"x": 2, "y": 2}, "start": {"x": 1, "y": 1}, "end": {"x": 2, "y": 4}},
            ),
        ),
    ),
)
