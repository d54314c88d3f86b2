"""Dagster's web server over the project, and a real browser."""

import shutil
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.helpers.dagster_process import dagster_process

PATIENCE_S = 240


@contextmanager
def web_ui(log: Path, **variables: str) -> Iterator[str]:
    """Its address, with the environment of this process and some more variables; ended with the block."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with dagster_process("dagster-webserver", ["-h", "127.0.0.1", "-p", str(port)], log, **variables) as process:
        url = f"http://127.0.0.1:{port}"
        _wait(url, process, log)
        yield url


@contextmanager
def browser_page() -> Iterator[Any]:
    """A page of a headless Chromium; the test is skipped where there is none."""
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        pytest.skip("no Chromium on this machine")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1500, "height": 1100})
        page.set_default_timeout(PATIENCE_S * 1000)
        yield page
        browser.close()


def _wait(url: str, process: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline and process.poll() is None:
        try:
            urllib.request.urlopen(f"{url}/server_info", timeout=5).close()
            return
        except OSError:
            time.sleep(0.5)
    raise AssertionError(f"the web server did not start: {log.read_text()[-2000:]}")
