"""Which answers in public result folders are taken for failures of an endpoint: benchmarks/bfcl_failures.py FOLDER ...

Every distinct text that a model's result files hold is judged by its words. Printed are those taken for failures, the
commonest first: a refusal of a model among them would be one thrown away.
"""

import argparse
import json
import sys
import time
from collections import Counter
from pathlib import Path

from apigen_assets.evaluation.failures import failure_text


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("folders", nargs="+", type=Path)
    given = options.parse_args()
    texts: Counter[str] = Counter()
    for folder in given.folders:
        for path in sorted(folder.rglob("*_result.json")):
            if "multi_turn" not in path.name:
                texts.update(_texts(path))
    started = time.process_time()
    failures = {text: count for text, count in texts.items() if failure_text(text)}
    seconds = time.process_time() - started
    print(f"{sum(texts.values()):,} answers in text, {len(texts):,} distinct; {len(failures)} taken for failures")
    print(f"{1e6 * seconds / max(1, len(texts)):.0f} microseconds of CPU each")
    for text, count in sorted(failures.items(), key=lambda pair: -pair[1]):
        print(f"{count:>6}  {' '.join(text.split())[:150]}")
    return 0


def _texts(path: Path) -> list[str]:
    found = []
    for line in path.read_text(encoding="utf-8", errors="replace").split("\n"):
        try:
            entry = json.loads(line)
        except ValueError:
            continue
        result = entry.get("result") if isinstance(entry, dict) else None
        if isinstance(result, str) and result.strip():
            found.append(result.strip())
    return found


if __name__ == "__main__":
    sys.exit(main())
