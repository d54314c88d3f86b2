"""What imports and what runs of Python modules and MCP servers that were not written for this project.

    python benchmarks/python_and_mcp.py SOURCE...

A source is a `.py` file, a folder, the dotted name of an installed package, or a client's file of MCP servers. Every
API is called once with the example values that a probe would use, so failures for a made-up value are to be expected;
MCP tools that are not declared read-only are not called.
"""

import sys
import time
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def main() -> None:
    sys.path.insert(0, str(ROOT))
    from apigen_assets.catalog.filters.example_values import example_arguments
    from apigen_assets.catalog.importers.sources import import_source
    from apigen_assets.domain.outcome import CallRequest
    from resources.executors import Executors
    from resources.mcp.executor import McpExecutor
    from resources.python.pool import PythonSandbox

    if len(sys.argv) < 2:
        raise SystemExit(__doc__)
    print(f"{'source':24} {'APIs':>5} {'seconds':>8}  rejects; outcomes of one call each")
    with PythonSandbox() as sandbox, McpExecutor("live") as servers:
        executors = Executors({"python": sandbox, "mcp": servers})
        for source in sys.argv[1:]:
            started = time.perf_counter()
            result = import_source(source, format="auto" if source.endswith(".json") else "python")
            seconds = time.perf_counter() - started
            calls = [
                CallRequest(binding=api.binding, arguments=example_arguments(api.parameters).arguments)
                for api in result.apis
            ]
            outcomes = Counter(answer.outcome.value for answer in executors.execute(calls))
            rejects = Counter(reject.reason for reject in result.rejects)
            told = [", ".join(f"{count} {name}" for name, count in sorted(c.items())) for c in (rejects, outcomes)]
            print(
                f"{Path(source).name:24} {len(result.apis):5} {seconds:8.2f}  {told[0] or 'none'}; {told[1] or 'none'}"
            )


if __name__ == "__main__":
    main()
