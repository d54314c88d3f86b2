"""One executor for every kind of binding."""

import itertools
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack, contextmanager
from typing import Any, Protocol, cast

import dagster as dg

from apigen_assets.domain.outcome import CallExecutor, CallRequest, CallResult, Outcome
from apigen_assets.files.json_types import JsonObject


class Executors:
    """Hands each call to the executor of its binding's kind and gives the results back in order.

    Requests are taken in groups, so memory stays bounded; within a group the kinds run side by side (a slow REST
    server does not hold up Python calls). A kind without an executor ends as `unavailable`.

    Args:
        executors: by kind of binding: `python`, `rest`, `mcp`.
        group: requests looked ahead.
    """

    def __init__(self, executors: Mapping[str, CallExecutor], group: int = 2048) -> None:
        self._executors = dict(executors)
        self._group = group

    @property
    def kinds(self) -> frozenset[str]:
        """The kinds of binding that can be called here."""
        return frozenset(self._executors)

    def describe(self) -> JsonObject:
        """What the executors say of themselves (isolation level and the like), for a run's metadata."""
        out: JsonObject = {"kinds": ", ".join(sorted(self._executors))}
        for kind, executor in sorted(self._executors.items()):
            if hasattr(executor, "describe"):
                out |= {f"{kind}_{name}": value for name, value in executor.describe().items()}
        return out

    def execute(self, requests: Iterable[CallRequest]) -> Iterator[CallResult]:
        """One result per request, in their order.

        Raises:
            RuntimeError: an executor gave too few or too many results.
        """
        stream = iter(requests)
        while group := list(itertools.islice(stream, self._group)):
            yield from self._one_group(group)

    def _one_group(self, group: list[CallRequest]) -> list[CallResult]:
        places: dict[str, list[int]] = {}
        for i, request in enumerate(group):
            places.setdefault(request.binding.kind, []).append(i)
        out: list[CallResult | None] = [None] * len(group)

        def run(kind: str) -> list[CallResult]:
            wanted = places[kind]
            executor = self._executors.get(kind)
            if executor is None:
                missing = CallResult(outcome=Outcome.UNAVAILABLE, detail=f"no executor for {kind} calls")
                return [missing] * len(wanted)
            results = list(executor.execute([group[i] for i in wanted]))
            if len(results) != len(wanted):
                raise RuntimeError(f"the {kind} executor gave {len(results)} results for {len(wanted)} calls")
            return results

        if len(places) == 1:
            answers = {kind: run(kind) for kind in places}
        else:
            with ThreadPoolExecutor(len(places)) as threads:
                futures = {kind: threads.submit(run, kind) for kind in places}
                answers = {kind: future.result() for kind, future in futures.items()}
        for kind, results in answers.items():
            for i, result in zip(places[kind], results, strict=True):
                out[i] = result
        return [result for result in out if result is not None]


class OpensExecutor(Protocol):
    """A resource that starts an executor for the length of a block, such as the sandbox."""

    def open(self) -> AbstractContextManager[CallExecutor]:
        """A started executor, stopped at the end of the block."""
        ...


class ExecutorsResource(dg.ConfigurableResource):  # type: ignore[type-arg]
    """Every way to make calls: a nested resource per kind of binding; what is null cannot be called."""

    python: dg.ResourceDependency[Any] = None  # type: ignore[assignment]
    rest: dg.ResourceDependency[Any] = None  # type: ignore[assignment]
    mcp: dg.ResourceDependency[Any] = None  # type: ignore[assignment]

    @contextmanager
    def open(self) -> Iterator[Executors]:
        """The executors, started; all are stopped at the end of the block."""
        with ExitStack() as stack:
            by_kind = {"python": self.python, "rest": self.rest, "mcp": self.mcp}
            started = {
                kind: stack.enter_context(cast(OpensExecutor, resource).open())
                for kind, resource in by_kind.items()
                if resource is not None
            }
            yield Executors(started)
