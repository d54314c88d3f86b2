"""Parameters that Python takes by their place alone are given by name, as all others are; a returned exception."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apigen_assets.catalog.importers.python_modules import import_python_path
from apigen_assets.domain.outcome import CallRequest
from resources.python.executor import Target
from resources.python.pool import PythonSandbox

MODULE = '''
from datetime import date
from functools import wraps


def _checked(function):
    @wraps(function)
    def wrapper(*args, **kwargs):
        try:
            return function(*args, **kwargs) or ValueError("not " + function.__name__)
        except Exception as error:
            return error
    return wrapper


@_checked
def between(value: int, /, low: int = 0, *, high: int = 10) -> bool:
    """Whether a value lies between two others."""
    return low <= value <= high


def shown(first: int, second: str = "b", third: date = date(2020, 1, 1), /, **more: int) -> str:
    """What came."""
    return f"{first} {second} {third.year} {sorted(more)}"
'''


@pytest.fixture(scope="module")
def called(tmp_path_factory):
    path = tmp_path_factory.mktemp("by_place") / "m.py"
    path.write_text(MODULE)
    result = import_python_path(path, "s")
    assert not result.rejects
    tools = {api.name: api for api in result.apis}
    with PythonSandbox(workers=1) as sandbox:

        def call(name, **arguments):
            (answer,) = sandbox.execute([CallRequest(binding=tools[name].binding, arguments=arguments)])
            return answer.outcome.value, answer.result or answer.detail

        yield call


@pytest.mark.parametrize(
    ("name", "arguments", "result"),
    [
        ("s_between", {"value": 3}, "true"),
        ("s_between", {"value": 3, "low": 1, "high": 3}, "true"),
        ("s_shown", {"first": 1}, '"1 b 2020 []"'),
        ("s_shown", {"first": 1, "third": "2024-02-29"}, '"1 b 2024 []"'),
        ("s_shown", {"third": "2024-02-29", "second": "x", "first": 2}, '"2 x 2024 []"'),
    ],
)
def test_they_are_passed_by_their_place(called, name, arguments, result):
    assert called(name, **arguments) == ("ok", result)


def test_a_missing_or_unknown_one_is_named(called):
    assert called("s_between", low=1) == ("argument_error", "missing a required argument: 'value'")
    outcome, detail = called("s_between", value=1, hight=3)
    assert outcome == "argument_error" and "hight" in detail


def test_a_returned_exception_counts_as_raised(called):
    assert called("s_between", value=11) == ("exception", "ValueError: not between")


@settings(max_examples=80, deadline=None)
@given(st.integers(0, 3), st.integers(0, 3), st.integers(0, 2), st.data())
def test_every_parameter_gets_its_own_value(by_place, either, by_name, data):
    kinds = [*["p"] * by_place, *["e"] * either, *["n"] * by_name]
    required = data.draw(st.integers(0, by_place + either))
    optional = [at >= required for at in range(len(kinds))]
    parts = [f"a{at}={at}" if optional[at] else f"a{at}" for at in range(len(kinds))]
    parts[by_place:by_place] = ["/"] if by_place else []
    if by_name:
        parts.insert(len(parts) - by_name, "*")
    space = {}
    exec(f"def f({', '.join(parts)}): return dict(locals())", space)
    arguments = {
        f"a{at}": at + 100 for at in range(len(kinds)) if not optional[at] or data.draw(st.booleans(), label=f"a{at}")
    }
    target = Target(space["f"])
    assert target.misfit(arguments) == ""
    expected = {f"a{at}": arguments.get(f"a{at}", at) for at in range(len(kinds))}
    left = dict(arguments)
    assert target.function(*target.placed(left), **left) == expected
