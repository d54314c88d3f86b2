"""Functions of the everyday kind, for measuring the cost of a call around them."""

import math


def add_numbers(a: float, b: float) -> float:
    """Add two numbers."""
    return a + b


def multiply_numbers(a: float, b: float) -> float:
    """Multiply two numbers."""
    return a * b


def greatest_common_divisor(a: int, b: int) -> int:
    """The greatest common divisor of two integers."""
    return math.gcd(a, b)


def is_prime(n: int) -> bool:
    """Whether an integer is prime."""
    return n > 1 and all(n % d for d in range(2, math.isqrt(n) + 1))


def circle_area(radius: float) -> float:
    """The area of a circle."""
    return math.pi * radius**2


def reverse_text(text: str) -> str:
    """A text back to front."""
    return text[::-1]


def count_words(text: str) -> int:
    """The number of words of a text."""
    return len(text.split())


def mean(values: list[float]) -> float:
    """The mean of some numbers."""
    return sum(values) / len(values)


def convert_celsius(degrees: float) -> dict[str, float]:
    """A temperature in Fahrenheit and Kelvin."""
    return {"fahrenheit": degrees * 9 / 5 + 32, "kelvin": degrees + 273.15}


def compound_interest(principal: float, rate: float, years: int) -> float:
    """A capital with interest, after some years."""
    return round(principal * (1 + rate) ** years, 2)
