"""Takes the pictures of docs/images from a real browser, over what `make demo` left.

Needs Playwright and a Chromium: `pip install playwright`, and `apt-get install chromium` or CHROMIUM=/path/to/it.
Usage: python docs/screenshots.py [--home data] [--only NAME ...]
"""

import argparse
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

IMAGES = Path(__file__).parent / "images"


@contextmanager
def webserver(home: Path) -> Iterator[str]:
    """The Dagster web server on a free port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [
        str(Path(sys.executable).with_name("dagster-webserver")),
        *("-w", "workspace.yaml", "-h", "127.0.0.1", "-p", str(port)),
    ]
    environment = {**os.environ, "DAGSTER_HOME": str((home / "dagster_home").resolve()), "APIGEN_HOME": str(home)}
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    url = f"http://127.0.0.1:{port}"
    try:
        for _ in range(120):
            try:
                urllib.request.urlopen(f"{url}/server_info", timeout=2)
                break
            except OSError:
                time.sleep(1)
        yield url
    finally:
        process.terminate()
        process.wait(20)


def with_bad_rows(home: Path, copy: Path) -> Path:
    """A copy of the instance and its data set in which one row calls a tool that it does not offer; check included."""
    shutil.copytree(home, copy, ignore=shutil.ignore_patterns("checkpoints", "journal", "bfcl-env", "release"))
    program = """
import dagster as dg, os, polars as pl
from apigen_assets.definitions import defs
from apigen_assets.settings import settings
from resources.lake.lake import Lake
lake = Lake(settings().lake_url)
path = lake.path("function_calling_dataset")
rows = pl.read_parquet(str(path))
call = pl.lit('[{"name": "no_such_tool", "arguments": {}}]')
bad = pl.when(pl.col("id") == 7).then(call).otherwise(pl.col("answers"))
lake.write(rows.with_columns(bad.alias("answers")), path)
checks = dg.AssetSelection.checks_for_assets(dg.AssetKey("function_calling_dataset"))
job = dg.define_asset_job("checks", selection=checks)
own = dg.Definitions(assets=defs.assets, asset_checks=defs.asset_checks, jobs=[job], resources=defs.resources,
                     executor=dg.in_process_executor)
with dg.DagsterInstance.get() as instance:
    own.resolve_job_def("checks").execute_in_process(instance=instance, raise_on_error=False)
"""
    environment = {**os.environ, "APIGEN_HOME": str(copy), "DAGSTER_HOME": str((copy / "dagster_home").resolve())}
    subprocess.run([sys.executable, "-c", program], env=environment, check=True, stderr=subprocess.DEVNULL)
    return copy


def with_secret(home: Path, copy: Path) -> Path:
    """A copy of the instance and its lake in which a table holds what looks like a token, and a release that saw it."""
    shutil.copytree(home, copy, ignore=shutil.ignore_patterns("checkpoints", "journal", "bfcl-env"))
    # no token of anybody: its format is enough
    program = """
import polars as pl
from apigen_assets.settings import settings
from resources.lake.lake import Lake
lake = Lake(settings().lake_url)
page = "Call it with " + "ghp" + "_" + "A1b2C3d4" * 4 + "Zz99"
lake.write(pl.DataFrame({"page": [page]}), lake.path("notes"))
"""
    environment = {**os.environ, "APIGEN_HOME": str(copy), "DAGSTER_HOME": str((copy / "dagster_home").resolve())}
    subprocess.run([sys.executable, "-c", program], env=environment, check=True)
    apigen = str(Path(sys.executable).with_name("apigen"))
    subprocess.run([apigen, "publish"], env=environment, check=False, capture_output=True)
    return copy


def main() -> None:
    """Take every picture, or those named."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--home", type=Path, default=Path("data"))
    parser.add_argument("--only", nargs="*", default=[])
    given = parser.parse_args()
    IMAGES.mkdir(exist_ok=True)
    batch, generator = "builtin", "standin-medium"
    partition = f"{batch}%7C{generator}"
    pages = {
        "lineage": ("/asset-groups", "filtered", (3400, 1750)),
        "partition": (f"/assets/semantic_verified?view=partitions&partition={partition}", "pass_rate", (1600, 1300)),
        "dataset": ("/assets/function_calling_dataset?view=events", "funnel", (1600, 1700)),
        "checks": ("/assets/function_calling_dataset?view=checks", "dataset_is_sound", (1600, 800)),
        "training": (
            "/assets/xlam_checkpoints?view=partitions&partition=verified%7Ctiny",
            "held_out_accuracy",
            (1600, 2000),
        ),
        "columns": ("/assets/semantic_verified?view=overview", "Owners", (1500, 1000)),
        "sources": ("/assets/sources?view=events", "what_to_do", (1600, 990)),
        "sensor": ("/locations/apigen/sensors/new_apis", "new_apis", (1600, 800)),
    }
    wanted = {name: page for name, page in pages.items() if not given.only or name in given.only}
    if wanted:
        take(given.home, wanted)
    if not given.only or "stale" in given.only:
        # what was made under another setting shows as out of step
        os.environ["APIGEN_DATASET_SIZE"] = "5000"
        take(given.home, {"stale": ("/assets/composition?view=overview", "Unsynced", (1500, 1000))})
        del os.environ["APIGEN_DATASET_SIZE"]
    if not given.only or "report" in given.only:
        take_report(given.home)
    if not given.only or "failed-check" in given.only:
        with tempfile.TemporaryDirectory() as folder:
            home = with_bad_rows(given.home, Path(folder) / "home")
            take(home, {"failed-check": pages["checks"]})

    if not given.only or "no-secrets" in given.only:
        with tempfile.TemporaryDirectory() as folder:
            home = with_secret(given.home, Path(folder) / "home")
            take(home, {"no-secrets": ("/assets/huggingface_dataset?view=checks", "no_secrets", (1500, 800))})


def take_report(home: Path) -> None:
    """Photograph the report's first screens; it is a file, and needs no server."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=os.environ.get("CHROMIUM", "/usr/bin/chromium"), args=["--no-sandbox"]
        )
        page = browser.new_page(viewport={"width": 1280, "height": 1900})
        page.goto((home / "report" / "dataset-report.html").resolve().as_uri())
        page.screenshot(path=IMAGES / "dataset-report.png")
        print(IMAGES / "dataset-report.png")
        browser.close()


def take(home: Path, pages: dict[str, tuple[str, str, tuple[int, int]]]) -> None:
    """Photograph pages of one instance."""
    from playwright.sync_api import sync_playwright

    with webserver(home) as url, sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=os.environ.get("CHROMIUM", "/usr/bin/chromium"), args=["--no-sandbox"]
        )
        for name, (path, text, (width, height)) in pages.items():
            page = browser.new_page(viewport={"width": width, "height": height})
            page.goto(url + path)
            try:
                page.get_by_text(re.compile(re.escape(text))).first.wait_for(timeout=60_000)
            except Exception as error:
                print(f"{name}: {text!r} did not appear: {type(error).__name__}")
            if name == "lineage":
                page.keyboard.press("Alt+e")
            page.wait_for_timeout(4_000)
            page.screenshot(path=IMAGES / f"{name}.png")
            print(IMAGES / f"{name}.png")
            page.close()
        browser.close()


if __name__ == "__main__":
    main()
