"""The mutation suite with a judge: what damage is rejected alone, told to the judge, and rejected once it has answered.

    python -m benchmarks.judged_damage                            # damage to the hand-written seeds, the stand-in judge
    python -m benchmarks.judged_damage --judge NAME --per-row 2    # a model of generators.yaml, two faults a seed

Damaged and good rows take the way of production: format check, execution, grounding, and the judge's prompt with
grounding's questions over HTTP, its answer read and decided on as in a run. The stand-in judges by rules of its own,
which compare words and digits, and errs on purpose; with it the figures say that what is told reaches a judge and is
acted on, and nothing of what a language model would catch.
"""

import argparse
import tempfile
import time
from pathlib import Path

import polars as pl

from apigen_assets.catalog.importers.python_modules import import_python_package
from apigen_assets.settings import settings
from apigen_assets.verification.mutation.suite import VALID, make_mutants, run_suite
from apigen_assets.verification.stages.execution import check_execution
from apigen_assets.verification.stages.judge import JudgeOptions
from apigen_assets.verification.stages.semantic import SemanticCheck
from benchmarks.grounding_rules import seeds
from resources.executors import ExecutorsResource
from resources.llm.resource import LlmResource
from resources.python.resource import SandboxResource


def main() -> None:
    """Read the arguments, print the figures."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--judge", default="standin-large", help="a model of generators.yaml, or a stand-in")
    arguments.add_argument("--per-row", type=int, help="faults per seed; all by default")
    options = arguments.parse_args()
    good = seeds()
    mutants = make_mutants(good, 0, per_row=options.per_row)
    bindings = {api.api_id: api.binding for api in import_python_package("apigen_assets.functions", "builtin").apis}
    with tempfile.TemporaryDirectory() as folder:
        llm = LlmResource(generators_file=str(settings().generators_file), journal_dir=str(Path(folder) / "journal"))
        judge = SemanticCheck(llm, [options.judge], JudgeOptions(controls=8), "suite")
        started = time.process_time()
        try:
            with ExecutorsResource(python=SandboxResource()).open() as executor:

                def execute(frame: pl.DataFrame) -> pl.DataFrame:
                    return check_execution(frame, bindings, executor)

                alone = run_suite(good, mutants, execute).table
                judged = run_suite(good, mutants, execute, judge).table
        finally:
            llm.close()
    print(f"{good.height} seeds, {mutants.height} damaged rows, judge {options.judge}")
    print("; ".join(control.says for control in judge.controls))
    for family in [*sorted(set(alone["family"]) - {"valid"}), "valid"]:
        before, after = alone.filter(pl.col("family") == family), judged.filter(pl.col("family") == family)
        rows = int(before["mutants"].sum())
        told = int(before["asked"].sum())
        rejected = rows - told - int(before["missed"].sum())
        in_all = rows - int(after["asked"].sum()) - int(after["missed"].sum())
        settled = told - int(after["asked"].sum())
        print(
            f"{VALID if family == 'valid' else family}: {rows} rows; rejected alone {rejected / rows:.1%}, "
            f"rejected or told {(rejected + told) / rows:.1%}, rejected with the judge {in_all / rows:.1%} "
            f"(of {told} told, {settled})"
        )
    print(f"{time.process_time() - started:.0f} s CPU in this process")


if __name__ == "__main__":
    main()
