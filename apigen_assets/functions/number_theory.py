"""Number theory: divisors, primes, residues and congruences."""

import math

from typing_extensions import TypedDict

from apigen_assets.domain.call import Call
from apigen_assets.functions.ranges import check_length, check_number
from apigen_assets.functions.seed import Seed


class Congruence(TypedDict):
    """A condition: the number leaves this remainder when divided by this modulus."""

    remainder: int
    """Remainder left."""
    modulus: int
    """Divisor, 1 to 1,000,000."""


class CongruenceSolution(TypedDict):
    """All solutions: the smallest one, and the step between them."""

    smallest: int
    step: int


def modular_inverse(value: int, modulus: int) -> int:
    """Find the number whose product with a value leaves remainder one.

    Args:
        value: Number to invert.
        modulus: Modulus, 2 or more.

    Returns:
        The inverse, between 1 and modulus - 1.

    Raises:
        ValueError: If the modulus is below 2, or value and modulus share a factor.
    """
    check_number("value", value)
    check_number("modulus", modulus, 2)
    if math.gcd(value, modulus) != 1:
        raise ValueError(f"value {value} has no inverse modulo {modulus}: they share a factor above 1")
    return pow(value, -1, modulus)


def euler_totient(n: int) -> int:
    """Count the numbers up to n that share no factor with n.

    Args:
        n: Positive whole number, up to 10^12.

    Returns:
        The count, Euler's phi of n.

    Raises:
        ValueError: If n is out of range.
    """
    check_number("n", n, 1, 10**12)
    count, rest, factor = n, n, 2
    while factor * factor <= rest:
        if rest % factor == 0:
            count -= count // factor
            while rest % factor == 0:
                rest //= factor
        factor += 1 if factor == 2 else 2
    return count - count // rest if rest > 1 else count


def list_divisors(number: int, proper: bool = False) -> list[int]:
    """List all whole numbers that divide a number.

    Args:
        number: Positive whole number, up to 10^12.
        proper: Whether to leave out the number itself.

    Returns:
        The divisors in rising order.

    Raises:
        ValueError: If the number is out of range.
    """
    check_number("number", number, 1, 10**12)
    small = [divisor for divisor in range(1, math.isqrt(number) + 1) if number % divisor == 0]
    large = [number // divisor for divisor in reversed(small) if divisor * divisor != number]
    divisors = small + large
    return divisors[:-1] if proper else divisors


def primes_between(low: int, high: int) -> list[int]:
    """List the prime numbers in a range, both ends included.

    Args:
        low: Start of the range, 0 or more.
        high: End of the range, at most low + 10,000 and 10^9.

    Returns:
        The primes in rising order.

    Raises:
        ValueError: If the range is empty, too wide or too high.
    """
    check_number("low", low, 0, 10**9)
    check_number("high", high, low, min(low + 10_000, 10**9))
    is_prime = bytearray([1]) * (high - low + 1)
    for number in range(low, min(high, 1) + 1):
        is_prime[number - low] = 0
    for factor in range(2, math.isqrt(high) + 1):
        first = max(factor * factor, -(-low // factor) * factor)
        for multiple in range(first, high + 1, factor):
            is_prime[multiple - low] = 0
    return [low + offset for offset, prime in enumerate(is_prime) if prime]


def modular_power(base: int, exponent: int, modulus: int) -> int:
    """Compute the remainder of a large power.

    Args:
        base: Number to raise.
        exponent: Power, 0 or more.
        modulus: Divisor that leaves the remainder, 1 or more.

    Returns:
        base to the exponent, modulo the modulus.

    Raises:
        ValueError: If the exponent is negative or the modulus is below 1.
    """
    check_number("base", base)
    check_number("exponent", exponent, 0)
    check_number("modulus", modulus, 1)
    return pow(base, exponent, modulus)


def solve_congruences(congruences: list[Congruence]) -> CongruenceSolution:
    """Find the smallest number that leaves given remainders for several moduli.

    Args:
        congruences: Remainder and modulus pairs, 1 to 10; moduli 1 to 1,000,000.

    Returns:
        The smallest solution that is 0 or more, and the step to the next.

    Raises:
        ValueError: If the congruences contradict each other or a modulus is out of range.
    """
    check_length("congruences", congruences, 1, 10)
    smallest, step = 0, 1
    for index, congruence in enumerate(congruences):
        remainder, modulus = congruence["remainder"], congruence["modulus"]
        check_number(f"congruences[{index}].remainder", remainder)
        check_number(f"congruences[{index}].modulus", modulus, 1, 10**6)
        common = math.gcd(step, modulus)
        if (remainder - smallest) % common:
            raise ValueError(f"congruences contradict each other: no number fits the first {index + 1}")
        reduced = modulus // common
        times = (remainder - smallest) // common * pow(step // common, -1, reduced) % reduced
        smallest, step = smallest + step * times, step * reduced
    if step > 10**15:
        raise ValueError("congruences have a combined modulus above 10^15: use fewer or smaller moduli")
    return {"smallest": smallest % step, "step": step}


def collatz_sequence(start: int) -> list[int]:
    """Follow the Collatz rule (halve if even, else triple plus one) down to one.

    Args:
        start: Number to begin with, 1 to 10^9.

    Returns:
        The numbers visited, from start to 1.

    Raises:
        ValueError: If start is out of range.
    """
    check_number("start", start, 1, 10**9)
    visited = [start]
    while visited[-1] != 1:
        last = visited[-1]
        visited.append(3 * last + 1 if last % 2 else last // 2)
    return visited


SEEDS: tuple[Seed, ...] = (
    Seed(
        query="Which number times 17 leaves remainder 1 modulo 3120? I need it for a toy RSA key.",
        answers=(Call(name="modular_inverse", arguments={"value": 17, "modulus": 3120}),),
        others=("modular_power", "euler_totient"),
    ),
    Seed(
        query="Modulo 26, find the inverses of 5, 7 and 11 for my affine cipher.",
        answers=(
            Call(name="modular_inverse", arguments={"value": 5, "modulus": 26}),
            Call(name="modular_inverse", arguments={"value": 7, "modulus": 26}),
            Call(name="modular_inverse", arguments={"value": 11, "modulus": 26}),
        ),
    ),
    Seed(
        query="phi(3233)?",
        answers=(Call(name="euler_totient", arguments={"n": 3233}),),
        others=("list_divisors", "primes_between", "modular_inverse"),
    ),
    Seed(
        query=(
            "How many of the numbers up to three hundred sixty share no factor with it, and which "
            "numbers divide 360 evenly?"
        ),
        answers=(
            Call(name="euler_totient", arguments={"n": 360}),
            Call(name="list_divisors", arguments={"number": 360}),
        ),
    ),
    Seed(
        query="List everything that divides 496, but leave out 496 itself.",
        answers=(Call(name="list_divisors", arguments={"number": 496, "proper": True}),),
    ),
    Seed(
        query="We're arranging chairs in equal rows. What row lengths work for 84 chairs, and what for 90?",
        answers=(
            Call(name="list_divisors", arguments={"number": 84}),
            Call(name="list_divisors", arguments={"number": 90}),
        ),
    ),
    Seed(
        query="Show me all the primes from 100 through 150.",
        answers=(Call(name="primes_between", arguments={"low": 100, "high": 150}),),
    ),
    Seed(
        query=(
            "I'd like the prime numbers between 1000 and 1050; then tell me what 3 to the 200 leaves "
            "when you divide by 1009."
        ),
        answers=(
            Call(name="primes_between", arguments={"low": 1000, "high": 1050}),
            Call(name="modular_power", arguments={"base": 3, "exponent": 200, "modulus": 1009}),
        ),
    ),
    Seed(
        query="What remainder does 7 to the power of 1,000 leave on division by 13?",
        answers=(Call(name="modular_power", arguments={"base": 7, "exponent": 1000, "modulus": 13}),),
        others=("modular_inverse", "solve_congruences"),
    ),
    Seed(
        query=(
            "A basket of eggs: counted by threes 2 are left over, by fives 3 are left, by sevens 2. "
            "What's the smallest number of eggs?"
        ),
        answers=(
            Call(
                name="solve_congruences",
                arguments={
                    "congruences": [
                        {"remainder": 2, "modulus": 3},
                        {"remainder": 3, "modulus": 5},
                        {"remainder": 2, "modulus": 7},
                    ]
                },
            ),
        ),
    ),
    Seed(
        query=(
            "Find the least number that is 1 mod 4 and 3 mod 9. Separately, find the one that is 4 mod 6 and 7 mod 15."
        ),
        answers=(
            Call(
                name="solve_congruences",
                arguments={"congruences": [{"remainder": 1, "modulus": 4}, {"remainder": 3, "modulus": 9}]},
            ),
            Call(
                name="solve_congruences",
                arguments={"congruences": [{"remainder": 4, "modulus": 6}, {"remainder": 7, "modulus": 15}]},
            ),
        ),
    ),
    Seed(
        query="Run the Collatz rule starting from 27 and show me the path.",
        answers=(Call(name="collatz_sequence", arguments={"start": 27}),),
        others=("sequence_sum", "list_divisors"),
    ),
    Seed(
        query=(
            "Kids' maths club: play the halve-or-triple-plus-one game from nineteen, and list all primes "
            "from 1 to 19 for the second table."
        ),
        answers=(
            Call(name="collatz_sequence", arguments={"start": 19}),
            Call(name="primes_between", arguments={"low": 1, "high": 19}),
        ),
    ),
)
