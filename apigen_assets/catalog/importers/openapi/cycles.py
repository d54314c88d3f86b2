"""Which schemas contain themselves."""

from collections.abc import Callable


class Cycles:
    """Tells nodes of a graph that lie on a cycle, looking only at what can be reached from what is asked for.

    Args:
        targets_of: the nodes to which one leads.
    """

    def __init__(self, targets_of: Callable[[str], list[str]]) -> None:
        self._targets_of = targets_of
        self._on_cycle: dict[str, bool] = {}

    def __contains__(self, node: str) -> bool:
        if node not in self._on_cycle:
            self._search(node)
        return self._on_cycle[node]

    def _search(self, start: str) -> None:
        """Tarjan's algorithm without recursion: strongly connected components with an edge to themselves."""
        index: dict[str, int] = {}
        low: dict[str, int] = {}
        path: list[str] = []
        on_path: set[str] = set()
        work: list[tuple[str, list[str], int]] = []

        def enter(node: str) -> None:
            index[node] = low[node] = len(index)
            path.append(node)
            on_path.add(node)
            work.append((node, self._targets_of(node), 0))

        enter(start)
        while work:
            node, targets, at = work.pop()
            if at < len(targets):
                work.append((node, targets, at + 1))
                target = targets[at]
                if target in self._on_cycle:
                    continue
                if target not in index:
                    enter(target)
                elif target in on_path:
                    low[node] = min(low[node], index[target])
                continue
            if work:
                parent = work[-1][0]
                low[parent] = min(low[parent], low[node])
            if low[node] == index[node]:
                group = []
                while True:
                    member = path.pop()
                    on_path.discard(member)
                    group.append(member)
                    if member == node:
                        break
                for member in group:
                    self._on_cycle[member] = len(group) > 1 or member in self._targets_of(member)
