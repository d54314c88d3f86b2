"""Asynchronous functions are awaited, each call in a loop of its own, under the same limits as any call."""

from pathlib import Path

import pytest

from apigen_assets.catalog.importers.python_modules import import_python_path
from apigen_assets.domain.outcome import CallRequest, CallResult
from apigen_assets.files.json_types import JsonObject
from resources.python.limits import SandboxLimits
from resources.python.pool import PythonSandbox

MODULE = '''
import asyncio

async def add(a: int, b: int) -> int:
    """Add."""
    await asyncio.sleep(0)
    return a + b

async def lengths(names: list[str]) -> dict[str, int]:
    """Lengths, all at once."""
    async def length(name):
        await asyncio.sleep(0.001)
        return len(name)
    return dict(zip(names, await asyncio.gather(*map(length, names))))

async def in_thread(text: str) -> str:
    """Upper case, in a thread."""
    return await asyncio.to_thread(str.upper, text)

async def fails(a: int) -> int:
    """Raises."""
    raise ValueError("no such number")

async def never(a: int) -> int:
    """Waits."""
    await asyncio.Event().wait()

async def leaves_a_task(a: int) -> int:
    """Starts what it does not await."""
    async def later():
        await asyncio.sleep(60)
    asyncio.create_task(later())
    return a

async def stream(a: int):
    """Yields."""
    yield a

def holds_one(a: int) -> list:
    """A coroutine inside a list."""
    return [add(a, a)]

class Desk:
    @staticmethod
    async def double(a: int) -> int:
        """Double."""
        return 2 * a
'''


@pytest.fixture(scope="module")
def called(tmp_path_factory: pytest.TempPathFactory):
    path: Path = tmp_path_factory.mktemp("tools") / "tools.py"
    path.write_text(MODULE)
    result = import_python_path(path, "t")
    assert result.rejects == []
    bindings = {api.binding.function: api.binding for api in result.apis}
    with PythonSandbox(workers=1, limits=SandboxLimits(timeout_s=1)) as sandbox:

        def call(function: str, arguments: JsonObject, times: int = 1) -> list[CallResult]:
            return list(sandbox.execute([CallRequest(binding=bindings[function], arguments=arguments)] * times))

        yield call


@pytest.mark.parametrize(
    ("function", "arguments", "result"),
    [
        ("add", {"a": 1, "b": 2}, "3"),
        ("lengths", {"names": ["x", "yy"]}, '{"x":1,"yy":2}'),
        ("in_thread", {"text": "abc"}, '"ABC"'),
        ("leaves_a_task", {"a": 4}, "4"),
        ("Desk.double", {"a": 4}, "8"),
    ],
)
def test_what_an_asynchronous_function_gives_is_the_result(called, function, arguments, result):
    answers = called(function, arguments, 3)
    assert [(answer.outcome, answer.result) for answer in answers] == [("ok", result)] * 3


@pytest.mark.parametrize(
    ("function", "outcome", "detail"),
    [
        ("fails", "exception", "no such number"),
        ("never", "timeout", "no result"),
        ("stream", "unserialisable", "async_generator"),
        ("holds_one", "unserialisable", "coroutine"),
    ],
)
def test_what_goes_wrong_in_one_costs_its_own_row(called, function, outcome, detail):
    (answer,) = called(function, {"a": 1})
    assert answer.outcome == outcome and detail in answer.detail
    assert called("add", {"a": 1, "b": 2})[0].result == "3"
