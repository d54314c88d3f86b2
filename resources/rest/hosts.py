"""Politeness by host: rate, concurrency, and leaving a host alone that does not answer."""

import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import Generic, TypeVar

from resources.rest.policy import HostLimits

T = TypeVar("T")
R = TypeVar("R")


class Host:
    """The state of one host. The scheduler's lock guards it."""

    def __init__(self, limits: HostLimits) -> None:
        self.limits = limits
        self.running = 0
        self.next_start = 0.0
        self.failures = 0
        self.closed_until = 0.0
        """The breaker: until then calls end at once; afterwards one trial call decides."""

    def take_slot(self, now: float) -> float:
        """Reserve the next start of a request; returns the seconds to wait for it."""
        if self.limits.rate is None:
            return 0.0
        start = max(now, self.next_start)
        self.next_start = start + 1 / self.limits.rate
        return start - now


class Hosts:
    """All hosts, by name."""

    def __init__(self, limits_of: Callable[[str], HostLimits]) -> None:
        self._limits_of = limits_of
        self._hosts: dict[str, Host] = {}
        self.changed = threading.Condition()

    def get(self, name: str) -> Host:
        """The state of a host; call with `changed` held."""
        host = self._hosts.get(name)
        if host is None:
            host = self._hosts[name] = Host(self._limits_of(name))
        return host

    def wait_for_slot(self, name: str, longest_s: float) -> bool:
        """Wait for the host's next start; false, at once, where that would take longer than allowed."""
        with self.changed:
            host = self.get(name)
            now = time.monotonic()
            if host.limits.rate is not None and host.next_start - now > longest_s:
                return False
            wait = host.take_slot(now)
        if wait > 0:
            time.sleep(wait)
        return True

    def refusal(self, name: str) -> str | None:
        """Why the host is left alone now, or null; a trial call after the pause is let through, one at a time."""
        with self.changed:
            host = self.get(name)
            limit = host.limits.breaker_failures
            if not limit or host.failures < limit:
                return None
            now = time.monotonic()
            if now < host.closed_until:
                return f"{name} failed {host.failures} times in a row and is left alone for a while; no call was made"
            host.closed_until = now + host.limits.breaker_reset_s
            return None

    def report(self, name: str, answered: bool) -> None:
        """What came of a call: the host answered, whatever it said, or it could not be reached."""
        with self.changed:
            host = self.get(name)
            host.failures = 0 if answered else host.failures + 1
            if host.limits.breaker_failures and host.failures == host.limits.breaker_failures:
                host.closed_until = time.monotonic() + host.limits.breaker_reset_s


def run_by_host(
    hosts: Hosts,
    items: Iterable[T],
    host_of: Callable[[T], str | None],
    work: Callable[[T], R],
    workers: int,
    window: int,
) -> Iterator[R]:
    """Work on items in threads, no host above its concurrency, and give the results in the items' order.

    A thread never waits for a busy host while another host has work. At most `window` items are taken ahead of the
    result that is given next.

    Args:
        hosts: limits and state by host.
        items: taken lazily.
        host_of: the host of an item; null for one that needs none and is done at once.
        work: must not raise; what it raises ends the iteration.
        workers: threads.
        window: items in hand.
    """
    run = _Run(hosts, host_of, work, workers)
    try:
        yield from run.results(iter(items), window)
    finally:
        run.stop()


class _Slot(Generic[T, R]):
    def __init__(self, item: T) -> None:
        self.item = item
        self.done = False
        self.result: R | None = None
        self.error: BaseException | None = None


class _Run(Generic[T, R]):
    def __init__(self, hosts: Hosts, host_of: Callable[[T], str | None], work: Callable[[T], R], workers: int) -> None:
        self._hosts = hosts
        self._host_of = host_of
        self._work = work
        self._workers = workers
        self._threads = 0
        self._idle = 0
        self._waiting: dict[str, deque[_Slot[T, R]]] = {}
        self._stopped = False

    def results(self, items: Iterator[T], window: int) -> Iterator[R]:
        ordered: deque[_Slot[T, R]] = deque()
        more = True
        while more or ordered:
            while more and len(ordered) < window:
                try:
                    item = next(items)
                except StopIteration:
                    more = False
                    break
                ordered.append(self._submit(item))
            if not ordered:
                return
            first = ordered.popleft()
            with self._hosts.changed:
                while not first.done:
                    self._hosts.changed.wait()
            if first.error is not None:
                raise first.error
            yield first.result  # type: ignore[misc]

    def stop(self) -> None:
        """Start nothing more; what runs ends at its deadline by itself."""
        with self._hosts.changed:
            self._stopped = True
            self._waiting.clear()
            self._hosts.changed.notify_all()

    def _submit(self, item: T) -> "_Slot[T, R]":
        slot: _Slot[T, R] = _Slot(item)
        name = self._host_of(item)
        if name is None:
            self._do(slot)
            return slot
        with self._hosts.changed:
            self._waiting.setdefault(name, deque()).append(slot)
            if self._idle == 0 and self._threads < self._workers:
                self._threads += 1
                threading.Thread(target=self._worker, name=f"rest-{self._threads}", daemon=True).start()
            self._hosts.changed.notify_all()
        return slot

    def _worker(self) -> None:
        changed = self._hosts.changed
        while True:
            with changed:
                while True:
                    if self._stopped:
                        return
                    name, pause = self._next()
                    if name is not None:
                        break
                    self._idle += 1
                    changed.wait(pause)
                    self._idle -= 1
                queue = self._waiting[name]
                slot = queue.popleft()
                if not queue:
                    del self._waiting[name]
                host = self._hosts.get(name)
                host.running += 1
            try:
                self._do(slot)
            finally:
                with changed:
                    host.running -= 1
                    changed.notify_all()

    def _next(self) -> tuple[str | None, float | None]:
        """A host that may be called now, or the seconds until one may."""
        now = time.monotonic()
        pause: float | None = None
        for name in self._waiting:
            host = self._hosts.get(name)
            if host.running >= host.limits.concurrency:
                continue
            wait = host.next_start - now if host.limits.rate is not None else 0.0
            if wait <= 0:
                return name, None
            pause = wait if pause is None else min(pause, wait)
        return None, pause

    def _do(self, slot: "_Slot[T, R]") -> None:
        try:
            slot.result = self._work(slot.item)
        except BaseException as error:
            slot.error = error
        with self._hosts.changed:
            slot.done = True
            self._hosts.changed.notify_all()
