"""How varied rows are, beside rows of others.

    python benchmarks/diversity.py [--lake data/lake] [--rows FILE ...] [--by generator]

    python benchmarks/diversity.py --references NAME=FILE ...

A file is a Parquet table or JSONL with `query`, `tools` and `answers`. `--lake` reads the verified rows, and groups
them by style, generator and round. With none, the stand-ins write for the built-in functions. `--references` writes the
figures of others that the report shows beside its own, apigen_assets/dataset/reference_diversity.json.
"""

import argparse
import json
from pathlib import Path

import polars as pl

from apigen_assets.catalog.importers.python_modules import import_python_package
from apigen_assets.dataset.diversity import diversity, table_of
from apigen_assets.files.atomic import write_text
from apigen_assets.functions.library import all_seeds
from apigen_assets.generation.generate import generate
from apigen_assets.verification.stages.format import check_format
from resources.lake.lake import Lake
from resources.llm.client import ChatClient
from resources.llm.generators import generators

REFERENCES = Path(__file__).parents[1] / "apigen_assets/dataset/reference_diversity.json"


def main() -> None:
    """Print a table for every source."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lake", type=Path)
    parser.add_argument("--rows", type=Path, nargs="*", default=[])
    parser.add_argument("--by")
    parser.add_argument("--candidates", type=int, default=600)
    parser.add_argument("--references", nargs="*", default=[], metavar="NAME=FILE")
    options = parser.parse_args()
    if options.references:
        _write_references(dict(entry.split("=", 1) for entry in options.references))
        return
    if options.lake:
        rows = Lake(str(options.lake)).scan("semantic_verified").collect()
        for by in (None, "style", "generator", *(["round"] if "round" in rows.columns else [])):
            print(f"\n{options.lake}, by {by or 'nothing'}\n\n{table_of(diversity(rows, by))}")
    for path in options.rows:
        print(f"\n{path.name}\n\n{table_of(diversity(_read(path), options.by))}")
    if not options.lake and not options.rows:
        print(f"\nstand-ins, format-checked\n\n{table_of(diversity(_standins(options.candidates), 'generator'))}")


def _read(path: Path) -> pl.DataFrame:
    return (pl.read_parquet if path.suffix == ".parquet" else pl.read_ndjson)(path)


def _write_references(files: dict[str, str]) -> None:
    figures = [diversity(_read(Path(file)))[0]._replace(group=name) for name, file in files.items()]
    rounded = [
        {key: round(value, 4) if isinstance(value, float) else value for key, value in one._asdict().items()}
        for one in figures
    ]
    about = "Written by benchmarks/diversity.py --references; rows of others, whose figures stand beside one's own."
    write_text(REFERENCES, json.dumps({"about": about, "figures": rounded}, indent=1) + "\n")
    print(table_of(figures))


def _standins(candidates: int) -> pl.DataFrame:
    import tempfile

    apis = import_python_package("apigen_assets.functions", "builtin", only_with="SEEDS").apis
    with tempfile.TemporaryDirectory() as folder, ChatClient(generators(), Path(folder)) as chat:
        parts = [generate(apis, all_seeds(), name, "builtin", candidates, chat).candidates for name in generators()]
    return check_format(pl.concat(parts)).filter("passed")


if __name__ == "__main__":
    main()
