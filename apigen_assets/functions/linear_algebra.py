"""Linear algebra: systems of equations, determinants, ranks and vectors.

Matrices are computed exactly on the decimal values given, so that 0.1 means one tenth.
"""

import math
from fractions import Fraction
from typing import Literal

from apigen_assets.domain.call import Call
from apigen_assets.functions.ranges import check_choice, check_length, check_numbers, finite
from apigen_assets.functions.seed import Seed

_MAX_SIZE = 10
_MAX_ENTRY = 1e9


def _exact(matrix: list[list[float]], name: str) -> list[list[Fraction]]:
    """Rows of exact numbers; raises ValueError unless the matrix is rectangular, small and finite."""
    check_length(name, matrix, 1, _MAX_SIZE)
    for index, row in enumerate(matrix):
        check_numbers(f"{name}[{index}]", row, 1, _MAX_SIZE, -_MAX_ENTRY, _MAX_ENTRY)
        if len(row) != len(matrix[0]):
            raise ValueError(
                f"{name} must have rows of equal length, but row 0 has {len(matrix[0])} and row {index} "
                f"has {len(row)} numbers"
            )
    return [[Fraction(str(value)) for value in row] for row in matrix]


def _square(matrix: list[list[float]], name: str) -> list[list[Fraction]]:
    rows = _exact(matrix, name)
    if len(rows) != len(rows[0]):
        raise ValueError(f"{name} must be square, but is {len(rows)} by {len(rows[0])}")
    return rows


def _number(value: Fraction) -> float:
    try:
        return finite(float(value))
    except OverflowError:
        raise ValueError("the result is too large to be given as a number; use larger coefficients") from None


def _eliminate(rows: list[list[Fraction]], columns: int) -> tuple[int, Fraction]:
    """Bring rows to reduced echelon form in place; give the rank and the product of pivots with its sign."""
    rank, product = 0, Fraction(1)
    for column in range(columns):
        pivot = next((index for index in range(rank, len(rows)) if rows[index][column]), None)
        if pivot is None:
            continue
        if pivot != rank:
            rows[rank], rows[pivot] = rows[pivot], rows[rank]
            product = -product
        head = rows[rank][column]
        product *= head
        rows[rank] = [value / head for value in rows[rank]]
        for index in range(len(rows)):
            if index != rank and rows[index][column]:
                factor = rows[index][column]
                rows[index] = [value - factor * lead for value, lead in zip(rows[index], rows[rank], strict=True)]
        rank += 1
        if rank == len(rows):
            break
    return rank, product


def matrix_determinant(matrix: list[list[float]]) -> float:
    """Compute the determinant of a square matrix.

    Args:
        matrix: Rows of numbers, at most 10 by 10.

    Returns:
        The determinant.

    Raises:
        ValueError: If the matrix is not square, too large or out of range.
    """
    rows = _square(matrix, "matrix")
    rank, product = _eliminate(rows, len(rows))
    return _number(product) if rank == len(rows) else 0.0


def solve_linear_system(coefficients: list[list[float]], constants: list[float]) -> list[float]:
    """Solve a system of linear equations that has exactly one solution.

    Args:
        coefficients: One row per equation, at most 10 unknowns.
        constants: Right-hand side of each equation.

    Returns:
        The value of each unknown, in the order of the columns.

    Raises:
        ValueError: If the system is not square or has no unique solution.
    """
    rows = _square(coefficients, "coefficients")
    check_numbers("constants", constants, len(rows), len(rows), -_MAX_ENTRY, _MAX_ENTRY)
    extended = [[*row, Fraction(str(value))] for row, value in zip(rows, constants, strict=True)]
    rank, _ = _eliminate(extended, len(rows))
    if rank < len(rows):
        raise ValueError("coefficients have determinant 0: the equations have no solution or infinitely many")
    return [_number(row[-1]) for row in extended]


def transpose_matrix(matrix: list[list[float]]) -> list[list[float]]:
    """Swap the rows and columns of a matrix.

    Args:
        matrix: Rows of numbers, at most 10 by 10.

    Returns:
        The transposed matrix.

    Raises:
        ValueError: If rows differ in length or the matrix is too large.
    """
    _exact(matrix, "matrix")
    return [list(column) for column in zip(*matrix, strict=True)]


def vector_cross_product(first: list[float], second: list[float]) -> list[float]:
    """Compute the cross product of two vectors in space.

    Args:
        first: Left vector, three numbers.
        second: Right vector, three numbers.

    Returns:
        The vector at right angles to both.

    Raises:
        ValueError: If a vector does not have three numbers.
    """
    check_numbers("first", first, 3, 3)
    check_numbers("second", second, 3, 3)
    (a, b, c), (x, y, z) = first, second
    return [b * z - c * y, c * x - a * z, a * y - b * x]


def vector_norm(vector: list[float], kind: Literal["euclidean", "manhattan", "maximum"] = "euclidean") -> float:
    """Compute the length of a vector.

    Args:
        vector: Components, 1 to 1,000 numbers.
        kind: Way of measuring length.

    Returns:
        The length, 0 or more.

    Raises:
        ValueError: If the vector is empty or too long.
    """
    check_numbers("vector", vector, 1, 1000)
    check_choice("kind", kind, ("euclidean", "manhattan", "maximum"))
    if kind == "manhattan":
        return math.fsum(abs(value) for value in vector)
    if kind == "maximum":
        return float(max(abs(value) for value in vector))
    return math.hypot(*vector)


def matrix_rank(matrix: list[list[float]]) -> int:
    """Count the linearly independent rows of a matrix.

    Args:
        matrix: Rows of numbers, at most 10 by 10.

    Returns:
        The rank.

    Raises:
        ValueError: If rows differ in length or the matrix is too large.
    """
    rows = _exact(matrix, "matrix")
    return _eliminate(rows, len(rows[0]))[0]


SEEDS: tuple[Seed, ...] = (
    Seed(
        query="Determinant of [[4, 7], [2, 6]]?",
        answers=(Call(name="matrix_determinant", arguments={"matrix": [[4, 7], [2, 6]]}),),
        others=("matrix_rank", "transpose_matrix"),
    ),
    Seed(
        query=(
            "Take the matrix with rows 1 2 3, 4 5 6 and 7 8 9. What is its determinant, and how many of "
            "its rows are independent?"
        ),
        answers=(
            Call(name="matrix_determinant", arguments={"matrix": [[1, 2, 3], [4, 5, 6], [7, 8, 9]]}),
            Call(name="matrix_rank", arguments={"matrix": [[1, 2, 3], [4, 5, 6], [7, 8, 9]]}),
        ),
    ),
    Seed(
        query="Solve for x and y: 3x + 2y = 16 and x - y = 2.",
        answers=(
            Call(
                name="solve_linear_system",
                arguments={"coefficients": [[3, 2], [1, -1]], "constants": [16, 2]},
            ),
        ),
    ),
    Seed(
        query=(
            "Two adults and three kids paid 54 euros for the zoo, one adult and one kid paid 23. What "
            "does each kind of ticket cost?"
        ),
        answers=(
            Call(
                name="solve_linear_system",
                arguments={"coefficients": [[2, 3], [1, 1]], "constants": [54, 23]},
            ),
        ),
        others=("divide_in_ratio", "matrix_determinant", "transpose_matrix"),
    ),
    Seed(
        query="Flip rows and columns of [[1, 2, 3], [4, 5, 6]].",
        answers=(Call(name="transpose_matrix", arguments={"matrix": [[1, 2, 3], [4, 5, 6]]}),),
    ),
    Seed(
        query=(
            "I have two score sheets, [[12, 15], [9, 20], [7, 11]] and [[3, 8, 5]]. Transpose both so "
            "that players become columns."
        ),
        answers=(
            Call(name="transpose_matrix", arguments={"matrix": [[12, 15], [9, 20], [7, 11]]}),
            Call(name="transpose_matrix", arguments={"matrix": [[3, 8, 5]]}),
        ),
    ),
    Seed(
        query="I need a vector perpendicular to both (2, 0, 1) and (1, -3, 4), in that order.",
        answers=(Call(name="vector_cross_product", arguments={"first": [2, 0, 1], "second": [1, -3, 4]}),),
        others=("vector_norm", "solve_linear_system"),
    ),
    Seed(
        query=(
            "A force of (10, 0, 5) newtons acts at (0.2, 0.4, 0). Give me the torque as position cross "
            "force, and also the plain magnitude of the force."
        ),
        answers=(
            Call(name="vector_cross_product", arguments={"first": [0.2, 0.4, 0], "second": [10, 0, 5]}),
            Call(name="vector_norm", arguments={"vector": [10, 0, 5]}),
        ),
    ),
    Seed(
        query=(
            "A delivery robot moved by (6, -8) on the floor grid. Tell me the straight-line length of "
            "that move and its Manhattan length too."
        ),
        answers=(
            Call(name="vector_norm", arguments={"vector": [6, -8]}),
            Call(name="vector_norm", arguments={"vector": [6, -8], "kind": "manhattan"}),
        ),
    ),
    Seed(
        query="How many independent rows are there in [[1, 2, 0], [2, 4, 0], [0, 1, 5]]?",
        answers=(Call(name="matrix_rank", arguments={"matrix": [[1, 2, 0], [2, 4, 0], [0, 1, 5]]}),),
    ),
)
