"""Precision and recall of the outcome classes on hand-labelled recorded responses, ours beside ToolBench's rule.

    python benchmarks/outcomes.py [recorded_calls.jsonl.gz]

The labels are in tests/resources/rest/outcome_labels.json, by line number and hash of the text; the texts are not part
of this project. ToolBench's class is the code that its server wrote into the record, by substrings of the whole text.
The rules as first written, before any label was compared, had 156 of 172 right (90.7 %); later figures are optimistic,
since the rules were then improved on the other records of the same file, with the errors on these ones known.
"""

import hashlib
import json
import os
import sys
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
LABELS = ROOT / "tests" / "resources" / "rest" / "outcome_labels.json"
SHARED = Path(os.environ.get("APIGEN_SHARED") or ROOT.parent / "shared")
CALLS = SHARED / "data" / "toolbench" / "recorded_calls.jsonl.gz"
TOOLBENCH = {0: "ok", 6: "soft_error", 7: "auth", 8: "auth", 11: "soft_error"}
"""What ToolBench's codes mean in our classes; an empty answer and a web page are successes there."""


def labelled(path: Path) -> list[tuple[int, str, str, str]]:
    """Line number, label, our class and ToolBench's class of every labelled record."""
    sys.path.insert(0, str(ROOT))
    from apigen_assets.catalog.importers.toolbench.recorded_calls import outcome_of, recorded_calls

    labels = json.loads(LABELS.read_text())
    out = []
    for number, call in enumerate(recorded_calls(path)):
        if str(number) not in labels or call is None:
            continue
        digest, label = labels[str(number)]
        if hashlib.sha256(call.response.encode()).hexdigest()[:12] != digest:
            raise SystemExit(f"{path}: line {number + 1} is not the text that was labelled")
        reading = outcome_of(call)
        out.append((number, label, reading.outcome.value if reading else "none", TOOLBENCH[call.code]))
    return out


def scores(pairs: list[tuple[str, str]]) -> dict[str, tuple[int, int, int]]:
    """By class: true positives, predicted, labelled."""
    predicted = Counter(guess for _, guess in pairs)
    actual = Counter(label for label, _ in pairs)
    right = Counter(label for label, guess in pairs if label == guess)
    return {name: (right[name], predicted[name], actual[name]) for name in sorted(set(actual) | set(predicted))}


def usable(pairs: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """The same pairs with two classes: an answer that holds data, or none."""
    return [("ok" if a == "ok" else "not ok", "ok" if b == "ok" else "not ok") for a, b in pairs]


def show(title: str, pairs: list[tuple[str, str]]) -> None:
    right = sum(a == b for a, b in pairs)
    print(f"\n{title}: {right} of {len(pairs)} right ({right / len(pairs):.1%})")
    print(f"  {'class':12} {'labelled':>8} {'said':>6} {'precision':>10} {'recall':>8}")
    for name, (hits, said, actual) in scores(pairs).items():
        precision = f"{hits / said:.1%}" if said else "-"
        recall = f"{hits / actual:.1%}" if actual else "-"
        print(f"  {name:12} {actual:8} {said:6} {precision:>10} {recall:>8}")


def main() -> None:
    path = Path(sys.argv[1]) if len(sys.argv) > 1 else CALLS
    if not path.exists():
        raise SystemExit(f"{path} is not here: give the file of recorded calls")
    rows = labelled(path)
    ours = [(label, guess) for _, label, guess, _ in rows]
    theirs = [(label, guess) for _, label, _, guess in rows]
    show("Ours, by status and structure", ours)
    show("ToolBench's substrings", theirs)
    show("Ours, usable or not", usable(ours))
    show("ToolBench's substrings, usable or not", usable(theirs))
    for number, label, guess, _ in rows:
        if label != guess:
            print(f"  line {number + 1}: labelled {label}, ours says {guess}")


if __name__ == "__main__":
    main()
