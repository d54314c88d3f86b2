"""Figures of everyday health and medicine; they inform and do not replace a doctor."""

import datetime

from typing_extensions import TypedDict

from apigen_assets.domain.call import Call
from apigen_assets.functions.ranges import check_number
from apigen_assets.functions.seed import Seed
from apigen_assets.functions.timestamps import read_date


class HeartRateZone(TypedDict):
    """A training zone and its limits in beats per minute."""

    zone: str
    low: int
    high: int


class Dose(TypedDict):
    """A single dose and the amount per day, in milligrams."""

    dose_mg: float
    daily_mg: float


def heart_rate_zones(age: int, resting_bpm: int | None = None) -> list[HeartRateZone]:
    """Compute the five training heart rate zones of a person.

    The maximum is taken as 220 minus age; with a resting rate, the zones are those of Karvonen.

    Args:
        age: Age in years, from 10 to 100.
        resting_bpm: Resting heart rate in beats per minute, 30 to 110.

    Returns:
        Zones from very light to maximum, with limits in beats per minute.

    Raises:
        ValueError: A number is out of range.
    """
    check_number("age", age, 10, 100)
    base = 0
    if resting_bpm is not None:
        check_number("resting_bpm", resting_bpm, 30, 110)
        base = resting_bpm
    span = 220 - age - base
    limits = [base + (span * percent + 50) // 100 for percent in (50, 60, 70, 80, 90, 100)]
    names = ("very light", "light", "moderate", "hard", "maximum")
    return [{"zone": name, "low": limits[i], "high": limits[i + 1]} for i, name in enumerate(names)]


def weight_based_dose(
    weight_kg: float, mg_per_kg: float, doses_per_day: int = 1, max_daily_mg: float | None = None
) -> Dose:
    """Compute a medicine's dose from body weight, limited to a daily maximum.

    Args:
        weight_kg: Body weight in kilograms, 0.5 to 400.
        mg_per_kg: Milligrams per kilogram for a single dose, 0.0001 to 1000.
        doses_per_day: Doses per day, from 1 to 24.
        max_daily_mg: Most milligrams allowed per day.

    Returns:
        Single dose and daily amount, rounded to two decimals.

    Raises:
        ValueError: A number is out of range.
    """
    check_number("weight_kg", weight_kg, 0.5, 400)
    check_number("mg_per_kg", mg_per_kg, 0.0001, 1000)
    check_number("doses_per_day", doses_per_day, 1, 24)
    daily = float(weight_kg * mg_per_kg * doses_per_day)
    if max_daily_mg is not None:
        check_number("max_daily_mg", max_daily_mg, 0.001, 1e7)
        daily = min(daily, float(max_daily_mg))
    return {"dose_mg": round(daily / doses_per_day, 2), "daily_mg": round(daily, 2)}


def blood_pressure_category(systolic: int, diastolic: int) -> str:
    """Classify a blood pressure reading by the 2017 ACC/AHA limits.

    Args:
        systolic: Upper value in mmHg, from 50 to 300.
        diastolic: Lower value in mmHg, 20 to 200, below systolic.

    Returns:
        normal, elevated, stage 1 hypertension, stage 2 hypertension or hypertensive crisis.

    Raises:
        ValueError: A value is out of range, or diastolic is not below systolic.
    """
    check_number("systolic", systolic, 50, 300)
    check_number("diastolic", diastolic, 20, 200)
    if diastolic >= systolic:
        raise ValueError(f"diastolic must be below systolic, got {systolic}/{diastolic}")
    if systolic > 180 or diastolic > 120:
        return "hypertensive crisis"
    if systolic >= 140 or diastolic >= 90:
        return "stage 2 hypertension"
    if systolic >= 130 or diastolic >= 80:
        return "stage 1 hypertension"
    return "elevated" if systolic >= 120 else "normal"


def estimate_due_date(last_period: str, cycle_days: int = 28) -> str:
    """Estimate a pregnancy's due date from the last period.

    It is 280 days after the first day of the last period, shifted by the difference of the cycle to 28 days.

    Args:
        last_period: First day of the last period, as YYYY-MM-DD.
        cycle_days: Usual length of the cycle in days, 20 to 45.

    Returns:
        Estimated due date, as YYYY-MM-DD.

    Raises:
        ValueError: The date is malformed or the cycle out of range.
    """
    check_number("cycle_days", cycle_days, 20, 45)
    start = read_date("last_period", last_period)
    return (start + datetime.timedelta(days=252 + cycle_days)).isoformat()


SEEDS: tuple[Seed, ...] = (
    Seed(
        query="I'm 42 with a resting pulse of 58. What are my training heart rate zones?",
        answers=(Call(name="heart_rate_zones", arguments={"age": 42, "resting_bpm": 58}),),
    ),
    Seed(
        query="Our spinning class has Mia, 25, and her father, who is fifty-five. I need the heart rate "
        "zones for both.",
        answers=(
            Call(name="heart_rate_zones", arguments={"age": 25}),
            Call(name="heart_rate_zones", arguments={"age": 55}),
        ),
    ),
    Seed(
        query="A child of 18.5 kg gets 15 mg per kg three times a day. How many milligrams per dose?",
        answers=(
            Call(
                name="weight_based_dose",
                arguments={"weight_kg": 18.5, "mg_per_kg": 15, "doses_per_day": 3},
            ),
        ),
        others=("heart_rate_zones", "blood_pressure_category"),
    ),
    Seed(
        query="The vet prescribes 2 mg/kg once daily for the dogs. Give the dose for Bruno, 31 kg, and Fips, 7.4 kg.",
        answers=(
            Call(name="weight_based_dose", arguments={"weight_kg": 31, "mg_per_kg": 2}),
            Call(name="weight_based_dose", arguments={"weight_kg": 7.4, "mg_per_kg": 2}),
        ),
    ),
    Seed(
        query="The cuff shows 134 over 78, should I worry?",
        answers=(Call(name="blood_pressure_category", arguments={"systolic": 134, "diastolic": 78}),),
        others=("estimate_due_date", "heart_rate_zones"),
    ),
    Seed(
        query="Classify these blood pressure readings: 118/76, 128/79 and 151/94.",
        answers=(
            Call(name="blood_pressure_category", arguments={"systolic": 118, "diastolic": 76}),
            Call(name="blood_pressure_category", arguments={"systolic": 128, "diastolic": 79}),
            Call(name="blood_pressure_category", arguments={"systolic": 151, "diastolic": 94}),
        ),
    ),
    Seed(
        query="last period began 2024-09-03, cycle of 31 days. due date?",
        answers=(Call(name="estimate_due_date", arguments={"last_period": "2024-09-03", "cycle_days": 31}),),
    ),
    Seed(
        query="At the clinic: first, the due date for a last period on 2025-01-20; second, a reading of 122 over 74.",
        answers=(
            Call(name="estimate_due_date", arguments={"last_period": "2025-01-20"}),
            Call(name="blood_pressure_category", arguments={"systolic": 122, "diastolic": 74}),
        ),
    ),
    Seed(
        query="Patient weighs 92 kg: dose at 10 mg per kg, 4 times a day, but never above 3000 mg daily? "
        "And the "
        "heart rate zones at age 63, please.",
        answers=(
            Call(
                name="weight_based_dose",
                arguments={"weight_kg": 92, "mg_per_kg": 10, "doses_per_day": 4, "max_daily_mg": 3000},
            ),
            Call(name="heart_rate_zones", arguments={"age": 63}),
        ),
        others=("estimate_due_date",),
    ),
)
