"""Known values of the functions on mathematics, science and finance, and the arguments they refuse."""

import math

import pytest

from apigen_assets.functions.library import all_functions

FUNCTIONS = all_functions()

EXPECTED = [
    # Mathematics
    ("continued_fraction", {"numerator": 649, "denominator": 200}, [3, 4, 12, 4]),
    ("continued_fraction", {"numerator": -7, "denominator": 3}, [-3, 1, 2]),
    ("evaluate_polynomial", {"coefficients": [1, -6, 11, -6], "x": 3}, 0),
    ("evaluate_polynomial", {"coefficients": [5], "x": 100}, 5),
    ("interpolate_table", {"points": [{"x": 4, "y": 8}, {"x": 0, "y": 0}, {"x": 2, "y": 6}], "x": 1}, 3),
    ("interpolate_table", {"points": [{"x": 0, "y": 1}, {"x": 1, "y": 3}], "x": -2, "extrapolate": True}, -3),
    ("sequence_sum", {"first": 1, "change": 1, "terms": 100}, 5050),
    ("sequence_sum", {"first": 1, "change": 0.5, "terms": 50, "kind": "geometric"}, 2),
    ("sequence_sum", {"first": 3, "change": 1, "terms": 4, "kind": "geometric"}, 12),
    ("percentage_change", {"old": -50, "new": -25}, 50),
    ("round_to_significant", {"value": -123456, "digits": 2}, -120000),
    ("round_to_significant", {"value": 0}, 0),
    ("complex_to_polar", {"real": 0, "imaginary": -2}, {"modulus": 2, "angle": -90}),
    ("divide_in_ratio", {"total": 10, "ratio": [0.5, 1.5]}, [2.5, 7.5]),
    # Number theory
    ("modular_inverse", {"value": 3, "modulus": 11}, 4),
    ("modular_inverse", {"value": -3, "modulus": 11}, 7),
    ("euler_totient", {"n": 1}, 1),
    ("euler_totient", {"n": 10**12}, 4 * 10**11),
    ("euler_totient", {"n": 999_999_999_989}, 999_999_999_988),
    ("list_divisors", {"number": 36}, [1, 2, 3, 4, 6, 9, 12, 18, 36]),
    ("list_divisors", {"number": 1, "proper": True}, []),
    ("primes_between", {"low": 0, "high": 10}, [2, 3, 5, 7]),
    ("primes_between", {"low": 0, "high": 0}, []),
    ("primes_between", {"low": 24, "high": 28}, []),
    ("primes_between", {"low": 999_999_900, "high": 10**9}, [999999929, 999999937]),
    ("modular_power", {"base": 2, "exponent": 10, "modulus": 1000}, 24),
    ("modular_power", {"base": 5, "exponent": 3, "modulus": 1}, 0),
    (
        "solve_congruences",
        {"congruences": [{"remainder": 1, "modulus": 2}, {"remainder": 3, "modulus": 4}]},
        {"smallest": 3, "step": 4},
    ),
    ("collatz_sequence", {"start": 6}, [6, 3, 10, 5, 16, 8, 4, 2, 1]),
    # Statistics
    ("weighted_median", {"values": [1, 2, 3, 4], "weights": [1, 1, 1, 1]}, 2.5),
    ("weighted_median", {"values": [5, 1, 9], "weights": [0.1, 0.2, 0.7]}, 9),
    ("percentile_value", {"values": [15, 20, 35, 40, 50], "percent": 40}, 29),
    ("percentile_value", {"values": [15, 20, 35, 40, 50], "percent": 30, "method": "nearest"}, 20),
    ("percentile_value", {"values": [3, 1, 2], "percent": 0, "method": "nearest"}, 1),
    (
        "five_number_summary",
        {"values": [6, 1, 3, 2, 5, 4]},
        {"minimum": 1, "lower_quartile": 2.25, "median": 3.5, "upper_quartile": 4.75, "maximum": 6},
    ),
    (
        "spearman_correlation",
        {
            "first": [106, 100, 86, 101, 99, 103, 97, 113, 112, 110],
            "second": [7, 27, 2, 50, 28, 29, 20, 12, 6, 17],
        },
        -29 / 165,
    ),
    ("spearman_correlation", {"first": [1, 1, 2], "second": [1, 2, 3]}, math.sqrt(3) / 2),
    ("find_outliers", {"values": [1, 2, 3, 4, 100, -90]}, [100, -90]),
    ("sample_size_for_proportion", {"margin": 5}, 385),
    ("sample_size_for_proportion", {"margin": 5, "population": 1000}, 278),
    ("sample_size_for_proportion", {"margin": 5, "population": 3}, 3),
    ("bayes_posterior", {"prior": 50, "hit_rate": 80, "false_alarm_rate": 20}, 80),
    ("moving_average", {"values": [1, 2, 6], "window": 3}, [3]),
    # Geometry
    (
        "triangle_angles",
        {"a": 3, "b": 4, "c": 5},
        {"alpha": 36.86989764584402, "beta": 53.13010235415598, "gamma": 90, "kind": "right"},
    ),
    (
        "triangle_angles",
        {"a": 1, "b": 1, "c": math.sqrt(3)},
        {"alpha": 30, "beta": 30, "gamma": 120, "kind": "obtuse"},
    ),
    ("spherical_cap_volume", {"radius": 3, "height": 6}, 36 * math.pi),
    ("cylinder_surface_area", {"radius": 1, "height": 1}, 4 * math.pi),
    ("cylinder_surface_area", {"radius": 1, "height": 1, "open_top": True}, 3 * math.pi),
    (
        "regular_polygon_properties",
        {"sides": 4, "length": 2},
        {"interior_angle": 90, "perimeter": 8, "apothem": 1, "circumradius": math.sqrt(2)},
    ),
    (
        "point_to_line_distance",
        {"point": {"x": 0, "y": 5}, "start": {"x": 3, "y": 1}, "end": {"x": 9, "y": 1}},
        4,
    ),
    (
        "point_to_line_distance",
        {"point": {"x": 0, "y": 5}, "start": {"x": 3, "y": 1}, "end": {"x": 9, "y": 1}, "segment": True},
        5,
    ),
    (
        "rotate_point",
        {"point": {"x": 2, "y": 1}, "degrees": 90, "center": {"x": 1, "y": 1}},
        {"x": 1, "y": 2},
    ),
    ("rotate_point", {"point": {"x": 1, "y": 0}, "degrees": 90, "clockwise": True}, {"x": 0, "y": -1}),
    (
        "convex_hull",
        {"points": [{"x": x, "y": y} for x in (0, 1, 2) for y in (0, 1, 2)]},
        [{"x": 0, "y": 0}, {"x": 2, "y": 0}, {"x": 2, "y": 2}, {"x": 0, "y": 2}],
    ),
    # Finance
    ("effective_annual_rate", {"rate": 12}, 12.682503013196977),
    ("effective_annual_rate", {"rate": 7, "compounding": "yearly"}, 7),
    ("effective_annual_rate", {"rate": 0, "compounding": "continuous"}, 0),
    ("loan_to_value_ratio", {"loan": 90, "value": 120}, 75),
    ("break_even_units", {"fixed_cost": 1000, "price": 30, "unit_cost": 10}, 50),
    ("break_even_units", {"fixed_cost": 0.3, "price": 0.2, "unit_cost": 0.1}, 3),
    ("break_even_units", {"fixed_cost": 0, "price": 2, "unit_cost": 1}, 0),
    (
        "depreciation_schedule",
        {"cost": 1000, "salvage": 100, "years": 3, "method": "sum_of_years"},
        [450, 300, 150],
    ),
    (
        "depreciation_schedule",
        {"cost": 1000, "salvage": 100, "years": 5, "method": "declining_balance"},
        [400, 240, 144, 86.4, 29.6],
    ),
    ("depreciation_schedule", {"cost": 50, "salvage": 5, "years": 1, "method": "declining_balance"}, [45]),
    ("payback_period", {"investment": 100, "cash_flows": [-20, 60, 120]}, 2.5),
    ("payback_period", {"investment": 100, "cash_flows": [50, 10]}, None),
    (
        "tax_by_brackets",
        {"income": 0, "brackets": [{"start": 0, "rate": 20}]},
        {"tax": 0, "average_rate": 0, "top_rate": 0},
    ),
    (
        "tax_by_brackets",
        {
            "income": 100,
            "brackets": [{"start": 0, "rate": 10}, {"start": 50, "rate": 20}, {"start": 80, "rate": 50}],
        },
        {"tax": 21, "average_rate": 21, "top_rate": 50},
    ),
    (
        "portfolio_weights",
        {"holdings": [{"name": "a", "shares": 1, "price": 30}, {"name": "b", "shares": 2, "price": 5}]},
        {"a": 75, "b": 25},
    ),
    ("card_payoff_plan", {"balance": 1000, "annual_rate": 0, "payment": 300}, {"months": 4, "interest": 0}),
    (
        "card_payoff_plan",
        {"balance": 1000, "annual_rate": 12, "payment": 1010},
        {"months": 1, "interest": 10},
    ),
    ("price_from_margin", {"cost": 60, "percent": 40}, 100),
    ("price_from_margin", {"cost": 60, "percent": 40, "basis": "markup"}, 84),
    # Physics
    (
        "thin_lens_image",
        {"focal_length": 10, "object_distance": 20},
        {"image_distance": 20, "magnification": -1, "kind": "real"},
    ),
    (
        "thin_lens_image",
        {"focal_length": -10, "object_distance": 10},
        {"image_distance": -5, "magnification": 0.5, "kind": "virtual"},
    ),
    ("pendulum_period", {"length": 9.80665}, 2 * math.pi),
    ("equivalent_resistance", {"resistors": [6, 3], "wiring": "parallel"}, 2),
    ("equivalent_resistance", {"resistors": [6, 3], "wiring": "series"}, 9),
    ("doppler_frequency", {"frequency": 500, "observer_speed": -34.3}, 450),
    ("doppler_frequency", {"frequency": 500, "source_speed": 171.5}, 1000),
    ("refraction_angle", {"angle": 0, "from_medium": "diamond", "to_medium": "air"}, 0),
    ("refraction_angle", {"angle": 48.6, "from_medium": "water", "to_medium": "water"}, 48.6),
    ("photon_energy", {"wavelength": 1239.8419843320026}, 1),
    ("combined_sound_level", {"levels": [60, 60]}, 60 + 10 * math.log10(2)),
    ("heat_needed", {"mass": 2, "temperature_rise": 10}, 83_720),
    # Chemistry
    ("molar_mass", {"formula": "H2O"}, 18.015),
    ("molar_mass", {"formula": "(NH4)2SO4"}, 132.134),
    ("molar_mass", {"formula": "K4[Fe(CN)6]·3H2O"}, 422.39),
    ("empirical_formula", {"percentages": {"N": 30.45, "O": 69.55}}, "NO2"),
    ("empirical_formula", {"percentages": {"O": 34.7, "C": 52.2, "H": 13.1}}, "C2H6O"),
    ("empirical_formula", {"percentages": {"P": 43.64, "O": 56.36}}, "O5P2"),
    ("dilution_volume", {"stock": 5, "target": 1, "volume": 100}, {"stock_volume": 20, "solvent_volume": 80}),
    ("ph_of_strong_solution", {"concentration": 0}, 7),
    ("ph_of_strong_solution", {"concentration": 0.001, "kind": "base"}, 11),
    ("buffer_ph", {"pka": 9.25, "acid": 1, "base": 0.1}, 8.25),
    ("ideal_gas_pressure", {"moles": 1, "volume": 22.413969545, "temperature": 0, "unit": "atm"}, 1),
    ("remaining_after_decay", {"amount": 100, "half_life": 3, "elapsed": 9}, 12.5),
    ("remaining_after_decay", {"amount": 100, "half_life": 1e-9, "elapsed": 1e9}, 0),
    (
        "limiting_reagent",
        {
            "reagents": [
                {"name": "A", "moles": 3, "coefficient": 2},
                {"name": "B", "moles": 2, "coefficient": 1},
            ]
        },
        {"limiting": "A", "leftover": {"A": 0, "B": 0.5}},
    ),
    # Astronomy
    ("orbital_period", {"distance": 4}, 8),
    ("orbital_period", {"distance": 1, "mass": 4}, 0.5),
    ("planet_escape_speed", {"body": "Earth"}, pytest.approx(11.186, abs=1e-3)),
    ("planet_escape_speed", {"body": "Moon"}, pytest.approx(2.376, abs=1e-3)),
    ("distance_from_parallax", {"parallax": 100}, 10),
    ("absolute_magnitude", {"apparent": 5, "distance": 100, "extinction": 1}, -1),
    ("angular_separation", {"first": {"ra": 0, "dec": 0}, "second": {"ra": 180, "dec": 0}}, 180),
    ("angular_separation", {"first": {"ra": 10, "dec": 89}, "second": {"ra": 190, "dec": 89}}, 2),
    ("telescope_magnification", {"telescope": 1000, "eyepiece": 25, "barlow": 0.5}, 20),
    # Linear algebra
    ("matrix_determinant", {"matrix": [[0, 2], [3, 0]]}, -6),
    ("matrix_determinant", {"matrix": [[0.1, 0.2], [0.3, 0.6]]}, 0),
    ("matrix_determinant", {"matrix": [[2, 0, 1], [1, 3, 2], [1, 1, 1]]}, 0),
    ("matrix_determinant", {"matrix": [[2, 0, 1], [1, 3, 2], [1, 1, 4]]}, 18),
    ("solve_linear_system", {"coefficients": [[0, 1], [2, 0]], "constants": [3, 4]}, [2, 3]),
    ("transpose_matrix", {"matrix": [[1], [2]]}, [[1, 2]]),
    ("vector_cross_product", {"first": [1, 0, 0], "second": [0, 1, 0]}, [0, 0, 1]),
    ("vector_norm", {"vector": [3, -4]}, 5),
    ("vector_norm", {"vector": [3, -4], "kind": "maximum"}, 4),
    ("matrix_rank", {"matrix": [[0.1, 0.2], [0.3, 0.6], [0, 0]]}, 1),
    ("matrix_rank", {"matrix": [[0, 0]]}, 0),
]

POINT = {"x": 1, "y": 1}
REFUSED = [
    ("continued_fraction", {"numerator": 1, "denominator": 0}, "denominator must be at least 1"),
    ("interpolate_table", {"points": [{"x": 0, "y": 0}, {"x": 1, "y": 1}], "x": 2}, "x must be at least 0"),
    (
        "interpolate_table",
        {"points": [{"x": 0, "y": 0}, {"x": 0, "y": 1}], "x": 0},
        "points must have distinct x",
    ),
    ("sequence_sum", {"first": 1, "change": 10, "terms": 5000, "kind": "geometric"}, "the sum is too large"),
    ("percentage_change", {"old": 0, "new": 5}, "old must not be 0"),
    ("modular_inverse", {"value": 6, "modulus": 9}, "value 6 has no inverse modulo 9"),
    ("euler_totient", {"n": 10**400}, r"n must be at least 1 .* an integer of 1329 bits"),
    ("primes_between", {"low": 100, "high": 90}, "high must be at least 100"),
    ("primes_between", {"low": 1, "high": 10**9}, "high must be at least 1 and at most 10001"),
    (
        "solve_congruences",
        {"congruences": [{"remainder": 0, "modulus": 2}, {"remainder": 1, "modulus": 4}]},
        "congruences contradict",
    ),
    ("weighted_median", {"values": [1, 2], "weights": [1]}, "weights must have 2 items, but has 1"),
    ("spearman_correlation", {"first": [1, 2], "second": [4, 4]}, "second must hold at least two different"),
    ("sample_size_for_proportion", {"margin": 5, "confidence": 80}, "confidence must be one of 90, 95, 99"),
    ("percentile_value", {"values": [1, float("nan")], "percent": 5}, r"values\[1\] must be .* is nan"),
    ("triangle_angles", {"a": 1, "b": 2, "c": 3}, "do not form a triangle"),
    ("spherical_cap_volume", {"radius": 1, "height": 2.1}, "height must be at least 0 and at most 2"),
    (
        "point_to_line_distance",
        {"point": POINT, "start": POINT, "end": POINT},
        "start and end must be different",
    ),
    ("convex_hull", {"points": [POINT, POINT, {"x": 2, "y": 2}]}, "points must not all lie on one line"),
    (
        "break_even_units",
        {"fixed_cost": 1, "price": 2, "unit_cost": 2},
        "unit_cost must be at least 0 and below 2",
    ),
    (
        "tax_by_brackets",
        {"income": 5, "brackets": [{"start": 5, "rate": 1}, {"start": 0, "rate": 2}]},
        "brackets must be in rising order",
    ),
    (
        "card_payoff_plan",
        {"balance": 1000, "annual_rate": 24, "payment": 20},
        "payment must be above .* 20.00",
    ),
    ("price_from_margin", {"cost": 1, "percent": 100}, "percent must be"),
    ("thin_lens_image", {"focal_length": 5, "object_distance": 5}, "object_distance must differ"),
    (
        "doppler_frequency",
        {"frequency": 100, "source_speed": 343},
        "source_speed must be above -343 and below 343",
    ),
    (
        "refraction_angle",
        {"angle": 50, "from_medium": "water", "to_medium": "air"},
        "angle must be at most 48.6",
    ),
    ("molar_mass", {"formula": "Xx2"}, "'Xx', which has no standard atomic weight"),
    ("molar_mass", {"formula": "Ca(OH"}, "opening bracket"),
    ("molar_mass", {"formula": "H)2"}, "closing bracket"),
    ("molar_mass", {"formula": "h2o"}, "'h' where an element"),
    ("molar_mass", {"formula": "H2O."}, "a part without elements"),
    ("empirical_formula", {"percentages": {"C": 40, "H": 10}}, "percentages must add up to 100"),
    ("dilution_volume", {"stock": 1, "target": 2, "volume": 1}, "target must be above 0 and at most 1"),
    (
        "ideal_gas_pressure",
        {"moles": 1, "volume": 1, "temperature": -300},
        "temperature must be above -273.15",
    ),
    (
        "angular_separation",
        {"first": {"ra": 0, "dec": 91}, "second": {"ra": 0, "dec": 0}},
        "first.dec must be",
    ),
    ("matrix_determinant", {"matrix": [[1, 2, 3], [4, 5, 6]]}, "matrix must be square, but is 2 by 3"),
    ("transpose_matrix", {"matrix": [[1, 2], [3]]}, "matrix must have rows of equal length"),
    (
        "solve_linear_system",
        {"coefficients": [[1, 1], [2, 2]], "constants": [1, 2]},
        "no solution or infinitely",
    ),
]


def close(expected):
    """The expected value, with numbers compared to twelve digits, inside lists and records too."""
    if isinstance(expected, bool | str | None):
        return expected
    if isinstance(expected, list):
        return [close(item) for item in expected]
    if isinstance(expected, dict):
        return {key: close(item) for key, item in expected.items()}
    return pytest.approx(expected, rel=1e-9, abs=1e-9) if isinstance(expected, int | float) else expected


@pytest.mark.parametrize(("name", "arguments", "expected"), EXPECTED)
def test_known_values(name, arguments, expected):
    assert FUNCTIONS[name](**arguments) == close(expected)


@pytest.mark.parametrize(("name", "arguments", "message"), REFUSED)
def test_arguments_out_of_range_are_refused_with_the_parameters_name(name, arguments, message):
    with pytest.raises(ValueError, match=message):
        FUNCTIONS[name](**arguments)


def test_every_function_of_these_domains_has_a_known_value():
    domains = (
        "mathematics",
        "number_theory",
        "descriptive_statistics",
        "geometry",
        "finance",
        "physics",
        "chemistry",
        "astronomy",
        "linear_algebra",
    )
    here = {name for name, function in FUNCTIONS.items() if function.__module__.endswith(domains)}
    assert here <= {name for name, _, _ in EXPECTED}
    assert len(here) == 67
