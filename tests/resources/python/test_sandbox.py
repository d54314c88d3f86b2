"""Hazards cost exactly their own row; isolation levels; order; deaths; nothing left behind."""

import importlib.util
import json
import os
import signal
import socket
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apigen_assets.domain.api import PythonBinding, RestBinding
from apigen_assets.domain.outcome import CallRequest, Outcome
from resources.python.launch import Launcher
from resources.python.resource import PythonSandbox, SandboxError, SandboxLimits, SandboxResource
from tests.helpers.paths import ROOT

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the isolation is Linux's")

HOSTILE = Path(__file__).with_name("hostile.py")
LEVELS = ("bubblewrap", "namespaces", "rlimits")
SECRET = "s3cret-value"


def _load(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, Path(__file__).with_name(f"{name}.py"))
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


_HAZARDS = _load("hazards")


def call(function: str, _path: Path = HOSTILE, **arguments: Any) -> CallRequest:
    binding = PythonBinding(module=_path.stem, path=str(_path), function=function)
    return CallRequest(binding=binding, arguments=arguments)


GOOD = [call("add", a=1), call("root", x=4), call("size", items=[1, 2, 3])]
GOOD_RESULTS = ["3", "2.0", "3"]


def wait_until_gone(groups: list[int]) -> list[str]:
    left: list[str] = []
    for _ in range(200):
        left = [pid for group in groups for pid in _HAZARDS.processes(group)]
        if not left:
            break
        time.sleep(0.02)
    return left


def start_or_skip(**options: Any) -> PythonSandbox:
    sandbox = PythonSandbox(**options)
    try:
        sandbox.start()
    except SandboxError as error:
        pytest.skip(f"not possible on this machine: {error}")
    return sandbox


@pytest.fixture(params=LEVELS)
def sandbox(request: pytest.FixtureRequest) -> PythonSandbox:
    """One sandbox per level for the whole module: what one hazard leaves behind must not matter to the next."""
    if request.param not in _BY_LEVEL:
        _BY_LEVEL[request.param] = start_or_skip(
            limits=SandboxLimits(timeout_s=0.6), workers=1, level=request.param, check_determinism="never"
        )
    return _BY_LEVEL[request.param]


@pytest.fixture(scope="module")
def targets(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    folder = tmp_path_factory.mktemp("host")
    secret = folder / "secret.txt"
    secret.write_text(SECRET)
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        server.settimeout(0)
        yield {
            "{port}": server.getsockname()[1],
            "{outside}": str(folder / "written.txt"),
            "{secret}": str(secret),
            "server": server,
            "folder": folder,
        }


@pytest.mark.parametrize(
    ("sandbox", "hazard"),
    [
        pytest.param(level, hazard, id=f"{level}-{hazard.function}")
        for level in LEVELS
        for hazard in _HAZARDS.HAZARDS
        if level == LEVELS[0] or hazard.function in _HAZARDS.AT_EVERY_LEVEL
    ],
    indirect=["sandbox"],
)
def test_hazard_costs_its_own_row(hazard: Any, sandbox: PythonSandbox, targets: dict[str, Any]) -> None:
    arguments = {name: targets.get(str(value), value) for name, value in hazard.arguments.items()}
    requests = [*GOOD, *GOOD, call(hazard.function, **arguments), *GOOD]

    results = list(sandbox.execute(requests))

    own = results.pop(len(GOOD) * 2)
    assert own.outcome in hazard.outcomes, own
    assert hazard.detail in own.detail
    assert [result.result for result in results] == GOOD_RESULTS * 3
    assert SECRET not in own.model_dump_json()
    assert sorted(path.name for path in targets["folder"].iterdir()) == ["secret.txt"]
    with pytest.raises(BlockingIOError):
        targets["server"].accept()
    (worker,) = sandbox._workers
    if sandbox.level == "rlimits":  # supervisor and zygote, perhaps one executor
        assert len(_HAZARDS.processes(worker.process.group)) <= 3


def test_every_hazard_repeats_after_every_other(sandbox: PythonSandbox) -> None:
    """State left by one call never reaches another, in whatever batch both are."""
    quick = [
        "patch_builtins",
        "patch_library",
        "count_calls",
        "leave_thread",
        "change_table_deep",
        "patch_default",
    ]
    requests = [request for name in quick * 3 for request in (call(name), *GOOD)]
    results = [result.result for result in sandbox.execute(requests)]
    expected = {
        "count_calls": "1",
        "change_table_deep": "2",
        "patch_default": "1",
        "leave_thread": '"started"',
    }
    for index, name in enumerate(quick * 3):
        block = results[index * 4 : index * 4 + 4]
        assert block == [expected.get(name, '"patched"'), *GOOD_RESULTS]


@settings(deadline=None, max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.one_of(
            st.tuples(st.just("add"), st.integers()),
            st.tuples(st.just("exit_at_once"), st.none()),
            st.tuples(st.just("patch_builtins"), st.none()),
            st.tuples(st.just("raise_plainly"), st.none()),
            st.tuples(st.just("garbage_to_descriptors"), st.none()),
            st.tuples(st.just("nowhere"), st.none()),
        ),
        max_size=60,
    )
)
def test_results_come_in_the_order_of_requests(calls: list[tuple[str, int | None]]) -> None:
    right = {
        "exit_at_once": Outcome.CRASHED,
        "patch_builtins": Outcome.OK,
        "raise_plainly": Outcome.EXCEPTION,
        "garbage_to_descriptors": Outcome.CRASHED,
        "nowhere": Outcome.NOT_FOUND,
    }
    requests = [call(name) if value is None else call(name, a=value, b=1) for name, value in calls]
    results = list(_shared().execute(iter(requests)))
    assert len(results) == len(calls)
    for (name, value), result in zip(calls, results, strict=True):
        if value is None:
            assert result.outcome is right[name]
        else:
            assert result.result == str(value + 1)


_SHARED: list[PythonSandbox] = []
_BY_LEVEL: dict[str, PythonSandbox] = {}


def _shared() -> PythonSandbox:
    if not _SHARED:
        _SHARED.append(PythonSandbox(SandboxLimits(timeout_s=5), workers=2, check_determinism="never"))
        _SHARED[0].start()
    return _SHARED[0]


@pytest.fixture(scope="module", autouse=True)
def _close_shared() -> Iterator[None]:
    os.environ["APIGEN_TEST_SECRET"] = SECRET
    yield
    del os.environ["APIGEN_TEST_SECRET"]
    for one in [*_SHARED, *_BY_LEVEL.values()]:
        one.close()
    _SHARED.clear()
    _BY_LEVEL.clear()


def test_reads_ahead_only_a_bounded_number_of_requests() -> None:
    taken = 0

    def endless() -> Iterator[CallRequest]:
        nonlocal taken
        while True:
            taken += 1
            yield call("add", a=taken, b=0)

    results = _shared().execute(endless())
    first = [next(results).result for _ in range(3000)]
    results.close()  # type: ignore[attr-defined]
    assert first == [str(n) for n in range(1, 3001)]
    assert taken < 3000 + 3000
    assert next(_shared().execute([call("add", a=1)])).result == "3"


def test_a_second_run_at_the_same_time_is_refused() -> None:
    first = _shared().execute([call("add", a=1)] * 2)
    next(first)
    with pytest.raises(SandboxError, match="still giving results"):
        next(_shared().execute([call("add", a=1)]))
    assert [result.result for result in first] == ["3"]


def test_a_killed_worker_costs_only_the_call_it_was_at() -> None:
    with PythonSandbox(SandboxLimits(timeout_s=20), workers=1, check_determinism="never") as sandbox:
        results = sandbox.execute(call("add", a=n) for n in range(3000))
        out = [next(results)]
        os.killpg(sandbox._workers[0].process.group, signal.SIGKILL)
        out += results
    assert [result.result for result in out] == [str(n + 2) for n in range(3000)]


def test_arguments_are_bound_before_the_call() -> None:
    missing, unknown, inside = _shared().execute([call("add"), call("add", a=1, c=2), call("add", a="x", b=1)])
    assert (missing.outcome, missing.detail) == (Outcome.ARGUMENT_ERROR, "missing a required argument: 'a'")
    assert (unknown.outcome, unknown.detail) == (
        Outcome.ARGUMENT_ERROR,
        "got an unexpected keyword argument 'c'",
    )
    assert inside.outcome is Outcome.EXCEPTION and inside.detail.startswith("TypeError")


def test_results_have_a_stated_json_form(tmp_path: Path) -> None:
    module = tmp_path / "forms.py"
    module.write_text(
        textwrap.dedent("""
        import dataclasses, datetime, decimal, enum, collections, uuid, fractions
        class Colour(enum.Enum):
            RED = "red"
        @dataclasses.dataclass
        class Point:
            x: int
            tags: set
        Pair = collections.namedtuple("Pair", "a b")
        def all_forms():
            return {
                "dataclass": Point(1, {"b", "a"}), "pair": Pair(1, 2), "date": datetime.date(2024, 10, 2),
                "moment": datetime.datetime(2024, 1, 2, 3, 4), "span": datetime.timedelta(minutes=1),
                "decimal": decimal.Decimal("1.10"), "fraction": fractions.Fraction(1, 3), "enum": Colour.RED,
                "range": range(3), 1: None, "text": "Zürich",
            }
        """)
    )
    (result,) = _shared().execute([call("all_forms", module)])
    assert json.loads(result.result or "") == {
        "dataclass": {"x": 1, "tags": ["a", "b"]},
        "pair": [1, 2],
        "date": "2024-10-02",
        "moment": "2024-01-02T03:04:00",
        "span": 60.0,
        "decimal": "1.10",
        "fraction": "1/3",
        "enum": "red",
        "range": [0, 1, 2],
        "1": None,
        "text": "Zürich",
    }


def test_long_results_are_cut_with_a_mark(tmp_path: Path) -> None:
    module = tmp_path / "long.py"
    module.write_text("def text(n: int) -> str:\n    return 'x' * n\n")
    short, long = _shared().execute([call("text", module, n=10), call("text", module, n=20_000)])
    assert (short.result, short.truncated) == ('"' + "x" * 10 + '"', False)
    assert long.truncated and long.outcome is Outcome.OK
    assert len(long.result or "") == _shared().limits.stored_characters


def test_modules_that_cannot_be_imported(tmp_path: Path) -> None:
    """Each costs its own calls, and is not tried again for the second one."""
    broken = [
        ("import os; os._exit(9)", Outcome.CRASHED, "status 9"),
        ("raise RuntimeError('broken')", Outcome.EXCEPTION, "RuntimeError: broken"),
        ("import no_such_package_at_all", Outcome.EXCEPTION, "no_such_package_at_all"),
        ("while True: pass", Outcome.TIMEOUT, "longer than 1 s"),
        ("def f(:", Outcome.EXCEPTION, "SyntaxError"),
        ("import socket; socket.create_connection(('127.0.0.1', 9))", Outcome.EXCEPTION, "PermissionError"),
    ]
    requests = [call("add", a=0)]
    for number, (body, _, _) in enumerate(broken):
        module = tmp_path / f"broken_{number}.py"
        module.write_text(f"{body}\ndef f():\n    return 1\n")
        requests += [call("f", module), call("f", module), call("add", a=number)]
    with PythonSandbox(SandboxLimits(import_timeout_s=1), workers=1) as sandbox:
        before, *results = sandbox.execute(requests)
    assert before.result == "2"
    for number, (_, outcome, detail) in enumerate(broken):
        *failed, after = results[number * 3 : number * 3 + 3]
        assert after.result == str(number + 2)
        for result in failed:
            assert result.outcome is outcome and detail in result.detail, result


def test_code_of_many_authors_starts_a_worker_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a worker can read is fixed at its start, so it is told at once of all code that waits to be called."""
    started = []
    start = Launcher.start
    monkeypatch.setattr(Launcher, "start", lambda *given: started.append(given) or start(*given))
    modules = [tmp_path / f"author_{number}.py" for number in range(5)]
    for number, module in enumerate(modules):
        module.write_text(f"def f():\n    return {number}\n")
    with PythonSandbox(workers=1, check_determinism="never") as sandbox:
        assert [result.result for result in sandbox.execute([call("f", module) for module in modules])] == [*"01234"]
    # those without code only find out which level works here
    assert len([code for _, code in started if code]) == 1


def test_what_is_not_there() -> None:
    rest = RestBinding(url="https://example.com")
    requests = [
        call("add", Path("/no/such/file.py")),
        CallRequest(binding=PythonBinding(module="no_such_module.sub", function="f"), arguments={}),
        CallRequest(binding=PythonBinding(module="json.no_such_part", function="f"), arguments={}),
        CallRequest(binding=PythonBinding(module="math", function="sqrt"), arguments={"x": 4}),
        CallRequest(binding=rest, arguments={}),
        CallRequest(
            binding=PythonBinding(module="textwrap", function="shorten"),
            arguments={"text": "a b", "width": 9},
        ),
    ]
    *absent, unavailable, fine = _shared().execute(requests)
    assert [result.outcome for result in absent] == [Outcome.NOT_FOUND] * 4
    assert unavailable.outcome is Outcome.UNAVAILABLE
    assert fine.result == '"a b"'


def test_functions_that_differ_between_calls_are_found() -> None:
    with PythonSandbox(workers=1, check_determinism="always") as sandbox:
        names = ["roll", "now", "count_calls", "add"]
        results = list(sandbox.execute([call("add", a=1) if name == "add" else call(name) for name in names]))
    assert [result.outcome for result in results] == [Outcome.NON_DETERMINISTIC] * 3 + [Outcome.OK]
    assert "the same call gave" in results[0].detail


def test_a_function_found_to_differ_once_stays_suspect() -> None:
    with PythonSandbox(workers=1, check_determinism="first") as sandbox:
        for _ in range(2):
            assert next(sandbox.execute([call("roll")])).outcome is Outcome.NON_DETERMINISTIC


def test_a_stale_file_of_one_author_cannot_spoil_another(tmp_path: Path) -> None:
    spoiler = tmp_path / "statistics.py"  # named like a module of the standard library
    spoiler.write_text("import math\nmath.sqrt = lambda x: 42.0\ndef mean() -> int:\n    return 42\n")
    results = list(_shared().execute([call("mean", spoiler), call("root", x=4), call("mean", spoiler)]))
    assert [result.result for result in results] == ["42", "2.0", "42"]


# Levels


def test_levels_can_be_forced_and_are_described(sandbox: PythonSandbox, request: pytest.FixtureRequest) -> None:
    told = sandbox.describe()
    assert told["level"] == request.node.callspec.params["sandbox"] and "rlimits" in told["mechanisms"]
    assert next(sandbox.execute([call("add", a=1)])).result == "3"


@pytest.mark.parametrize("without", ["landlock", "seccomp"])
def test_a_kernel_with_less_still_contains_calls(without: str, targets: dict[str, Any]) -> None:
    """With Landlock or seccomp missing, the other mechanisms carry on."""
    mechanisms = [name for name in ("landlock", "seccomp") if name != without]
    level = "rlimits" if without == "landlock" else "namespaces"
    limits = SandboxLimits(timeout_s=1)
    with start_or_skip(limits=limits, level=level, mechanisms=mechanisms, workers=1) as sandbox:
        groups = [worker.process.group for worker in sandbox._workers]
        write, loop, net, good = sandbox.execute(
            [
                call("write_outside", path=targets["{outside}"]),
                call("loop_swallowing"),
                call("connect", port=targets["{port}"]),
                call("add", a=1),
            ]
        )
        groups += [worker.process.group for worker in sandbox._workers]
    assert write.outcome is Outcome.BLOCKED and not Path(targets["{outside}"]).exists()
    assert loop.outcome is Outcome.TIMEOUT
    assert net.outcome in (Outcome.BLOCKED, Outcome.EXCEPTION)
    assert good.result == "3"
    assert not wait_until_gone(groups)


def test_the_next_level_is_taken_where_bubblewrap_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")
    with PythonSandbox(workers=1) as sandbox:
        assert sandbox.level in ("namespaces", "rlimits")
        assert "bwrap is not installed" in sandbox.describe()["unavailable"]["bubblewrap"]
        assert next(sandbox.execute([call("add", a=1)])).result == "3"


def test_a_minimum_that_is_not_reached_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")
    with pytest.raises(SandboxError, match=r"'bubblewrap' that is demanded .*APIGEN_SANDBOX_MINIMUM"):
        PythonSandbox(minimum="bubblewrap").start()
    with pytest.raises(SandboxError, match="demanded"):
        PythonSandbox(minimum="namespaces", level="rlimits").start()


def test_a_broken_bubblewrap_is_reported_with_its_words(tmp_path: Path) -> None:
    broken = tmp_path / "bwrap"
    broken.write_text("#!/bin/sh\necho 'bwrap: No permissions to create new namespace' >&2\nexit 1\n")
    broken.chmod(0o755)
    with pytest.raises(SandboxError, match="No permissions to create new namespace"):
        Launcher(SandboxLimits(), "bubblewrap", bubblewrap=str(broken)).start(())


def test_no_workers_is_refused() -> None:
    with pytest.raises(SandboxError, match="at least one"):
        PythonSandbox(workers=0)


# Nothing left behind


@pytest.mark.parametrize("level", LEVELS)
def test_closing_leaves_no_process_and_no_folder(level: Any, tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with start_or_skip(level=level, workers=2, limits=SandboxLimits(timeout_s=1)) as sandbox:
        list(sandbox.execute([call("write_scratch"), call("fork_bomb"), *GOOD * 100]))
        groups = [worker.process.group for worker in sandbox._workers]
        assert groups
    assert not wait_until_gone(groups)
    assert list(tmp_path.iterdir()) == []


def test_killing_the_parent_leaves_no_worker(sandbox: PythonSandbox) -> None:
    program = textwrap.dedent(f"""
        from apigen_assets.domain.api import PythonBinding
        from apigen_assets.domain.outcome import CallRequest
        from resources.python.limits import SandboxLimits
        from resources.python.pool import PythonSandbox
        def call(name):
            binding = PythonBinding(module="hostile", path={str(HOSTILE)!r}, function=name)
            return CallRequest(binding=binding, arguments={{}})
        limits = SandboxLimits(timeout_s=60)
        sandbox = PythonSandbox(limits, workers=1, level={sandbox.level!r}, check_determinism="never")
        sandbox.start()
        list(sandbox.execute([call("write_scratch")]))
        print(sandbox._workers[0].process.group, flush=True)
        list(sandbox.execute([call("loop_for_ever")]))
    """)
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    parent = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, env=environment, text=True)
    assert parent.stdout is not None
    group = int(parent.stdout.readline())
    assert _HAZARDS.processes(group)
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    parent.stdout.close()
    assert not wait_until_gone([group])


def test_the_dagster_resource_opens_a_sandbox() -> None:
    """By default it makes every call twice: a function may differ for some arguments only."""
    requests = [call("add", a=1), *(call("roll_unless_zero", n=n) for n in (0, 1))]
    with SandboxResource(workers=1).open() as sandbox:
        good, same, other = sandbox.execute(requests)
    assert (good.result, same.result) == ("3", "0.0")
    assert other.outcome is Outcome.NON_DETERMINISTIC


FOLDER = {
    "shop/__init__.py": "",
    "shop/base.py": "def half(x: float) -> float:\n    return x / 2\n",
    "shop/tools.py": "from .base import half\nimport shop.base\n\n"
    "def area(w: float, h: float) -> float:\n    return half(w * h)\n",
    "flat/helpers.py": "COUNT = {'n': 1}\n\ndef up(text):\n    return text.upper()\n",
    "flat/calendar.py": "def day(n: int) -> int:\n    return n + 1\n",
    "flat/main.py": "import helpers\n\ndef shout(text: str) -> str:\n    return helpers.up(text)\n\n"
    "def count(n: int) -> int:\n    helpers.COUNT['n'] += n\n    return helpers.COUNT['n']\n",
    "project/src/pkg/__init__.py": "TWO = 2\n",
    "project/src/pkg/a.py": "from pkg import TWO\nfrom . import TWO as TOO\n\n"
    "def f(n: int) -> int:\n    return n + TWO + TOO\n",
    "resources/__init__.py": "",
    "resources/t.py": "from .u import z\n\ndef q(n: int) -> int:\n    return z(n)\n",
    "resources/u.py": "def z(n):\n    return n + 1\n",
    "secret.py": "def f(n: int) -> int:\n    return n\n",
    "flat/nosy.py": "def look(name: str) -> str:\n    return open(name).read()\n",
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Sources as people drop them: packages, flat folders, a `src` layout, names that are taken."""
    root = tmp_path_factory.mktemp("incoming")
    for name, text in FOLDER.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


def of_folder(folder, root, module, file, function, **arguments):
    binding = PythonBinding(module=module, path=str(folder / file), root=str(folder / root), function=function)
    return CallRequest(binding=binding, arguments=arguments)


@pytest.mark.parametrize("level", [None, "rlimits"])
def test_modules_of_a_folder_import_each_other_and_no_more(folder, level):
    requests = [
        of_folder(folder, "shop", "shop.tools", "shop/tools.py", "area", w=2.0, h=3.0),
        of_folder(folder, "shop", "shop.base", "shop/base.py", "half", x=3),
        of_folder(folder, "flat", "main", "flat/main.py", "shout", text="a"),
        of_folder(folder, "flat", "calendar", "flat/calendar.py", "day", n=1),
        of_folder(folder, "project", "pkg.a", "project/src/pkg/a.py", "f", n=3),
        of_folder(folder, "resources", "resources.t", "resources/t.py", "q", n=2),
        of_folder(folder, "flat", "main", "flat/main.py", "count", n=1),
        of_folder(folder, "flat", "nosy", "flat/nosy.py", "look", name=str(folder / "secret.py")),
        of_folder(folder, "flat", "secret", "secret.py", "f", n=1),
    ]
    with PythonSandbox(level=level, minimum="rlimits") as sandbox:
        *good, dirty, nosy, outside = sandbox.execute(requests)
    assert [result.result for result in good] == ["3.0", "1.5", '"A"', "2", "7", "3"]
    assert dirty.outcome is Outcome.NON_DETERMINISTIC
    assert nosy.outcome in (Outcome.BLOCKED, Outcome.EXCEPTION) and outside.outcome is Outcome.NOT_FOUND


DESCRIBED = """
from typing import Annotated, Optional
from pydantic import Field

def label(
    name: str = Field(...), size: int = Field(default=3, ge=1), tags: list[str] = Field(default_factory=list)
) -> str:
    return f"{name}{size}{tags}"

def product(n: Annotated[int, Field(default=4)], m: Annotated[int, Field(ge=1)] = 2) -> int:
    return n * m

def whole(n: int, items: list[int], o: Optional[int] = None, x: float = 1.0, u: int | float = 3) -> str:
    return repr((n, items, o, x, u))

class Box:
    @staticmethod
    def volume(a: int, b: int = 2) -> int:
        return a * b

    @classmethod
    def of(cls, a: int) -> str:
        return cls.__name__ + str(a)

    def grow(self, a: int) -> int:
        return a

def missing(n: int) -> dict:
    return {"error": "no such shelf", "status": 404}

def job(n: int) -> dict:
    return {"id": n, "status": "failed", "log": [1]}

def text(n: int) -> str:
    return "Error: invalid"
"""


def test_described_defaults_whole_numbers_methods_and_error_payloads(tmp_path):
    path = tmp_path / "described.py"
    path.write_text(DESCRIBED)
    wanted = [
        (call("label", path, name="b"), "ok", '"b3[]"'),
        (call("label", path, size=2), "argument_error", None),
        (call("product", path), "ok", "8"),
        (call("whole", path, n=2.0, items=[1.0, 2], o=3.0, x=2.0, u=2.0), "ok", '"(2, [1, 2], 3, 2.0, 2.0)"'),
        (call("Box.volume", path, a=3), "ok", "6"),
        (call("Box.of", path, a=3), "ok", '"Box3"'),
        (call("Box.grow", path, a=3), "not_found", None),
        (call("missing", path, n=3), "soft_error", '{"error":"no such shelf","status":404}'),
        (call("job", path, n=3), "ok", '{"id":3,"status":"failed","log":[1]}'),
        (call("text", path, n=3), "ok", '"Error: invalid"'),
    ]
    with PythonSandbox(minimum="rlimits") as sandbox:
        results = list(sandbox.execute(request for request, _, _ in wanted))
    assert [(result.outcome, result.result) for result in results] == [(outcome, text) for _, outcome, text in wanted]
