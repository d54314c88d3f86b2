"""The hand-labelled sample of API categories, and the accuracy on it."""

from collections import Counter
from pathlib import Path

FILE = Path(__file__).with_name("category_labels.tsv")


def labels() -> dict[str, str]:
    """Original name to category, in the order drawn."""
    lines = FILE.read_text().splitlines()
    return dict(line.split("\t") for line in lines if line and not line.startswith("#"))


def accuracy(apis, classify) -> tuple[float, Counter]:
    """Share of labelled APIs whose category is the label, and the confusions as (label, given)."""
    wanted = labels()
    found = {api.source.original_name: api for api in apis if api.source.original_name in wanted}
    missing = set(wanted) - set(found)
    assert not missing, f"labelled APIs are not in the import: {sorted(missing)[:3]}"
    given = {name: classify(found[name]) for name in wanted}
    confusions = Counter((wanted[name], given[name]) for name in wanted if wanted[name] != given[name])
    return 1 - sum(confusions.values()) / len(wanted), confusions
