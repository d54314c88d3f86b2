"""Finance: loans, prices, taxes, depreciation and portfolios."""

import math
from typing import Literal

from typing_extensions import TypedDict

from apigen_assets.domain.call import Call
from apigen_assets.functions.ranges import check_choice, check_length, check_number, check_numbers, finite
from apigen_assets.functions.seed import Seed

_MOST_MONEY = 1e12
_PERIODS = {"yearly": 1, "quarterly": 4, "monthly": 12, "weekly": 52, "daily": 365}


class TaxBracket(TypedDict):
    """One step of a progressive tax."""

    start: float
    """Income from which the rate applies, 0 or more."""
    rate: float
    """Tax rate in percent, 0 to 100."""


class TaxBill(TypedDict):
    """Tax due, its share of the income and the rate on the last bit of income, both in percent."""

    tax: float
    average_rate: float
    top_rate: float


class Holding(TypedDict):
    """One position of a portfolio."""

    name: str
    """Name of the position."""
    shares: float
    """Number of shares, 0 or more."""
    price: float
    """Price of one share."""


class PayoffPlan(TypedDict):
    """Months until a debt is gone, and the interest paid on the way."""

    months: int
    interest: float


def effective_annual_rate(
    rate: float,
    compounding: Literal["yearly", "quarterly", "monthly", "weekly", "daily", "continuous"] = "monthly",
) -> float:
    """Convert a nominal yearly interest rate to the effective one.

    Args:
        rate: Nominal yearly rate in percent, 0 to 1,000.
        compounding: How often interest is added.

    Returns:
        The effective yearly rate in percent.

    Raises:
        ValueError: If the rate is out of range.
    """
    check_number("rate", rate, 0, 1000)
    check_choice("compounding", compounding, (*_PERIODS, "continuous"))
    if compounding == "continuous":
        return 100 * math.expm1(rate / 100)
    periods = _PERIODS[compounding]
    return 100 * math.expm1(periods * math.log1p(rate / 100 / periods))


def loan_to_value_ratio(loan: float, value: float) -> float:
    """Compute a loan as a percentage of the value of the property behind it.

    Args:
        loan: Amount borrowed, 0 or more.
        value: Appraised value of the property, above 0.

    Returns:
        The ratio in percent.

    Raises:
        ValueError: If the loan is negative or the value is not above 0.
    """
    check_number("loan", loan, 0, _MOST_MONEY)
    check_number("value", value, 0.01, _MOST_MONEY)
    return 100 * loan / value


def break_even_units(fixed_cost: float, price: float, unit_cost: float) -> int:
    """Compute how many units must be sold to cover all costs.

    Args:
        fixed_cost: Costs that do not depend on sales, 0 or more.
        price: Selling price of one unit.
        unit_cost: Cost of making one unit, below the price.

    Returns:
        The smallest number of whole units without a loss.

    Raises:
        ValueError: If the price does not exceed the unit cost, or an amount is negative.
    """
    check_number("fixed_cost", fixed_cost, 0, _MOST_MONEY)
    check_number("price", price, above=0, high=_MOST_MONEY)
    check_number("unit_cost", unit_cost, 0, below=price)
    units = finite(fixed_cost / (price - unit_cost))
    # Amounts of money are decimal; a quotient a hair above a whole number is that number.
    return round(units) if math.isclose(units, round(units), rel_tol=1e-12) else math.ceil(units)


def depreciation_schedule(
    cost: float,
    salvage: float,
    years: int,
    method: Literal["straight_line", "declining_balance", "sum_of_years"] = "straight_line",
) -> list[float]:
    """Spread the loss of value of an asset over its useful life.

    Args:
        cost: Purchase price, above 0.
        salvage: Value left at the end, 0 to the cost.
        years: Useful life in years, 1 to 100.
        method: Straight line, double declining balance or sum of years' digits.

    Returns:
        The depreciation of each year, rounded to cents.

    Raises:
        ValueError: If an amount or the years are out of range.
    """
    check_number("cost", cost, above=0, high=_MOST_MONEY)
    check_number("salvage", salvage, 0, cost)
    check_number("years", years, 1, 100)
    check_choice("method", method, ("straight_line", "declining_balance", "sum_of_years"))
    base = cost - salvage
    if method == "straight_line":
        return [round(base / years, 2)] * years
    if method == "sum_of_years":
        digits = years * (years + 1) / 2
        return [round(base * left / digits, 2) for left in range(years, 0, -1)]
    schedule, book = [], cost
    for _ in range(years):
        loss = min(book * 2 / years, book - salvage)
        schedule.append(round(loss, 2))
        book -= loss
    return schedule


def payback_period(investment: float, cash_flows: list[float]) -> float | None:
    """Compute after how many years an investment has paid for itself.

    Args:
        investment: Money spent at the start, above 0.
        cash_flows: Money earned in each year, 1 to 100 numbers.

    Returns:
        The years, with a fraction of the last one; null if it never pays back.

    Raises:
        ValueError: If the investment is not above 0 or there are no cash flows.
    """
    check_number("investment", investment, above=0, high=_MOST_MONEY)
    check_numbers("cash_flows", cash_flows, 1, 100, -_MOST_MONEY, _MOST_MONEY)
    missing = investment
    for year, flow in enumerate(cash_flows):
        if flow >= missing:
            return year + missing / flow
        missing -= flow
    return None


def tax_by_brackets(income: float, brackets: list[TaxBracket]) -> TaxBill:
    """Compute a progressive income tax.

    Args:
        income: Taxable income, 0 or more.
        brackets: Where each rate begins, in rising order, 1 to 30.

    Returns:
        The tax, the average rate and the top rate.

    Raises:
        ValueError: If brackets are not in rising order or a rate is outside 0 to 100.
    """
    check_number("income", income, 0, _MOST_MONEY)
    check_length("brackets", brackets, 1, 30)
    for index, bracket in enumerate(brackets):
        check_number(f"brackets[{index}].start", bracket["start"], 0, _MOST_MONEY)
        check_number(f"brackets[{index}].rate", bracket["rate"], 0, 100)
        if index and bracket["start"] <= brackets[index - 1]["start"]:
            raise ValueError("brackets must be in rising order of start, each start once")
    tax, top_rate = 0.0, 0.0
    for index, bracket in enumerate(brackets):
        if income <= bracket["start"]:
            break
        end = brackets[index + 1]["start"] if index + 1 < len(brackets) else income
        tax += (min(income, end) - bracket["start"]) * bracket["rate"] / 100
        top_rate = float(bracket["rate"])
    return {
        "tax": round(tax, 2),
        "average_rate": round(100 * tax / income, 4) if income else 0.0,
        "top_rate": top_rate,
    }


def portfolio_weights(holdings: list[Holding]) -> dict[str, float]:
    """Compute which percentage of a portfolio each holding makes up.

    Args:
        holdings: Name, shares and price of each position, 1 to 200.

    Returns:
        The percentage of each holding by name.

    Raises:
        ValueError: If a number is negative, a name comes twice or nothing has value.
    """
    check_length("holdings", holdings, 1, 200)
    values: dict[str, float] = {}
    for index, holding in enumerate(holdings):
        check_number(f"holdings[{index}].shares", holding["shares"], 0, _MOST_MONEY)
        check_number(f"holdings[{index}].price", holding["price"], 0, _MOST_MONEY)
        if holding["name"] in values:
            raise ValueError(f"holdings must have distinct names, but {holding['name']!r} comes twice")
        values[holding["name"]] = holding["shares"] * holding["price"]
    total = math.fsum(values.values())
    if total == 0:
        raise ValueError("holdings must have a total value above 0")
    return {name: round(100 * (value / total), 4) for name, value in values.items()}


def card_payoff_plan(balance: float, annual_rate: float, payment: float) -> PayoffPlan:
    """Compute how long a fixed monthly payment takes to clear a credit card.

    Args:
        balance: Debt today, above 0.
        annual_rate: Yearly interest in percent, 0 to 100.
        payment: Amount paid each month, more than the monthly interest.

    Returns:
        The months needed and the total interest.

    Raises:
        ValueError: If the payment does not cover the interest or takes over 100 years.
    """
    check_number("balance", balance, above=0, high=_MOST_MONEY)
    check_number("annual_rate", annual_rate, 0, 100)
    check_number("payment", payment, above=0, high=_MOST_MONEY)
    monthly = annual_rate / 1200
    if payment <= balance * monthly:
        raise ValueError(
            f"payment must be above the first month's interest of {balance * monthly:.2f}, but is {payment}"
        )
    months, interest, left = 0, 0.0, float(balance)
    while left > 0.005:
        charge = left * monthly
        interest += charge
        left += charge - payment
        months += 1
        if months > 1200:
            raise ValueError(f"payment {payment} takes over 100 years to clear the balance: pay more")
    return {"months": months, "interest": round(interest, 2)}


def price_from_margin(cost: float, percent: float, basis: Literal["margin", "markup"] = "margin") -> float:
    """Compute the selling price that gives a wanted profit margin or markup.

    Args:
        cost: What the item costs, above 0.
        percent: Wanted profit in percent, 0 or more.
        basis: Profit as share of the price (margin) or of the cost (markup).

    Returns:
        The selling price, rounded to cents.

    Raises:
        ValueError: If the cost is not above 0, or a margin is 100 percent or more.
    """
    check_number("cost", cost, above=0, high=_MOST_MONEY)
    check_choice("basis", basis, ("margin", "markup"))
    if basis == "markup":
        check_number("percent", percent, 0, 10_000)
        return round(cost * (1 + percent / 100), 2)
    check_number("percent", percent, 0, 99.99)
    return round(cost / (1 - percent / 100), 2)


SEEDS: tuple[Seed, ...] = (
    Seed(
        query=("My savings account pays 4.2 percent nominal, credited quarterly. What is that effectively per year?"),
        answers=(Call(name="effective_annual_rate", arguments={"rate": 4.2, "compounding": "quarterly"}),),
        others=("price_from_margin", "payback_period"),
    ),
    Seed(
        query=(
            "Compare two cards for me: 18.9 % with monthly interest, and 18.5 % with daily interest. "
            "What are the effective annual rates?"
        ),
        answers=(
            Call(name="effective_annual_rate", arguments={"rate": 18.9, "compounding": "monthly"}),
            Call(name="effective_annual_rate", arguments={"rate": 18.5, "compounding": "daily"}),
        ),
    ),
    Seed(
        query="Borrowing 280k against a house appraised at 350k: what's the LTV?",
        answers=(Call(name="loan_to_value_ratio", arguments={"loan": 280000, "value": 350000}),),
    ),
    Seed(
        query=(
            "Client file: loan of 150,000 on a flat worth 210,000, plus 6,400 of card debt at 21 percent "
            "being paid down with 300 a month. I need the loan-to-value and the time to clear the card."
        ),
        answers=(
            Call(name="loan_to_value_ratio", arguments={"loan": 150000, "value": 210000}),
            Call(
                name="card_payoff_plan",
                arguments={"balance": 6400, "annual_rate": 21, "payment": 300},
            ),
        ),
    ),
    Seed(
        query=(
            "My food truck has fixed costs of 2,600 a month. A burrito sells for 9.50 and costs me 3.20 "
            "to make. How many do I have to sell so I don't lose money?"
        ),
        answers=(
            Call(
                name="break_even_units",
                arguments={"fixed_cost": 2600, "price": 9.5, "unit_cost": 3.2},
            ),
        ),
        others=("price_from_margin", "payback_period", "percentage_change"),
    ),
    Seed(
        query=(
            "With overheads of 12000, how many units break even at a price of 40 with unit cost 22, and "
            "how many at a price of 45?"
        ),
        answers=(
            Call(name="break_even_units", arguments={"fixed_cost": 12000, "price": 40, "unit_cost": 22}),
            Call(name="break_even_units", arguments={"fixed_cost": 12000, "price": 45, "unit_cost": 22}),
        ),
    ),
    Seed(
        query=(
            "We bought a van for 32,000 and expect to get 6,000 for it after five years. Straight-line "
            "depreciation per year?"
        ),
        answers=(
            Call(
                name="depreciation_schedule",
                arguments={"cost": 32000, "salvage": 6000, "years": 5, "method": "straight_line"},
            ),
        ),
    ),
    Seed(
        query=(
            "Depreciate a 9,000 laser cutter with 1,000 salvage over 4 years by declining balance, and a "
            "2,400 server with no salvage over 3 years by sum of years' digits."
        ),
        answers=(
            Call(
                name="depreciation_schedule",
                arguments={"cost": 9000, "salvage": 1000, "years": 4, "method": "declining_balance"},
            ),
            Call(
                name="depreciation_schedule",
                arguments={"cost": 2400, "salvage": 0, "years": 3, "method": "sum_of_years"},
            ),
        ),
    ),
    Seed(
        query=(
            "Solar panels cost us 14,000 and save 1800, 2100, 2400, 2600, 2900 and 3200 over the first "
            "six years. When have they paid for themselves?"
        ),
        answers=(
            Call(
                name="payback_period",
                arguments={"investment": 14000, "cash_flows": [1800, 2100, 2400, 2600, 2900, 3200]},
            ),
        ),
        others=("break_even_units", "effective_annual_rate"),
    ),
    Seed(
        query=(
            "A 5,000 oven brings in 2,000 in each of the next three years: payback time? It also makes "
            "trays of buns costing 6 each; what price gives me a 40 % margin?"
        ),
        answers=(
            Call(
                name="payback_period",
                arguments={"investment": 5000, "cash_flows": [2000, 2000, 2000]},
            ),
            Call(name="price_from_margin", arguments={"cost": 6, "percent": 40, "basis": "margin"}),
        ),
    ),
    Seed(
        query="Tax on 58,000 if the rate is 0 % at first, 20 % from 12,000 on and 40 % from 50,000 on?",
        answers=(
            Call(
                name="tax_by_brackets",
                arguments={
                    "income": 58000,
                    "brackets": [
                        {"start": 0, "rate": 0},
                        {"start": 12000, "rate": 20},
                        {"start": 50000, "rate": 40},
                    ],
                },
            ),
        ),
    ),
    Seed(
        query=(
            "Under a scheme of 10 % from the first euro and 30 % above 20,000, how much tax do Ana on "
            "18,500 and Ben on 41,000 pay?"
        ),
        answers=(
            Call(
                name="tax_by_brackets",
                arguments={
                    "income": 18500,
                    "brackets": [{"start": 0, "rate": 10}, {"start": 20000, "rate": 30}],
                },
            ),
            Call(
                name="tax_by_brackets",
                arguments={
                    "income": 41000,
                    "brackets": [{"start": 0, "rate": 10}, {"start": 20000, "rate": 30}],
                },
            ),
        ),
    ),
    Seed(
        query=(
            "I own 30 shares of Acme at 45.20, 12 of Globex at 210 and 100 of Initech at 8.75. What "
            "share of my portfolio is each?"
        ),
        answers=(
            Call(
                name="portfolio_weights",
                arguments={
                    "holdings": [
                        {"name": "Acme", "shares": 30, "price": 45.2},
                        {"name": "Globex", "shares": 12, "price": 210},
                        {"name": "Initech", "shares": 100, "price": 8.75},
                    ]
                },
            ),
        ),
        others=("loan_to_value_ratio", "divide_in_ratio", "tax_by_brackets"),
    ),
    Seed(
        query=(
            "Weights please for 5 gold coins at 1,900 and 400 shares of a bond fund at 25. Separately: "
            "at 5 % nominal compounded continuously, what's the effective rate?"
        ),
        answers=(
            Call(
                name="portfolio_weights",
                arguments={
                    "holdings": [
                        {"name": "gold coins", "shares": 5, "price": 1900},
                        {"name": "bond fund", "shares": 400, "price": 25},
                    ]
                },
            ),
            Call(name="effective_annual_rate", arguments={"rate": 5, "compounding": "continuous"}),
        ),
    ),
    Seed(
        query=(
            "I owe 3,200 on a card at 19.99 percent and can put 150 towards it every month. How long "
            "until I'm free of it?"
        ),
        answers=(
            Call(
                name="card_payoff_plan",
                arguments={"balance": 3200, "annual_rate": 19.99, "payment": 150},
            ),
        ),
    ),
    Seed(
        query="A jacket costs our shop 48. What do we charge with a seventy-five percent markup?",
        answers=(Call(name="price_from_margin", arguments={"cost": 48, "percent": 75, "basis": "markup"}),),
        others=("break_even_units", "percentage_change"),
    ),
)
