"""The figures that a machine watches, as Prometheus reads them."""

import json
import threading
import urllib.request
from wsgiref.simple_server import make_server

import dagster as dg
import polars as pl
import pytest
from prometheus_client.parser import text_string_to_metric_families
from typer.testing import CliRunner

from apigen_assets.cli.main import app
from apigen_assets.cli.metrics import application
from apigen_assets.settings import settings
from resources.lake.lake import Lake
from resources.llm.journal import Journal
from resources.llm.usage import JournalUsage
from sensors.metrics import metrics


@pytest.fixture
def home():
    """Two tables, a journal of an answer and a failure, a source without APIs."""
    config = settings()
    config.incoming_dir.mkdir(parents=True)
    (config.incoming_dir / "shop.yaml").write_text("openapi: 3.1.0\n")
    lake = Lake(config.lake_url)
    batch = {"api_batch": "shop", "generator": "g"}
    lake.write(pl.DataFrame({"candidate_id": ["a", "b"]}), lake.path("raw_candidates", batch))
    rejected = {"generator": ["g"], "stage": ["format"], "reason": ["not_json"]}
    lake.write(pl.DataFrame(rejected), lake.path("format_rejected", batch))
    journal = Journal(config.journal_dir / "g")
    usage = {"prompt_tokens": 1_000_000, "completion_tokens": 10}
    body = json.dumps({"choices": [{"message": {"content": "x"}, "finish_reason": "stop"}], "usage": usage})
    price = {"input": 2.0, "output": 0.0}
    journal.append({"key": "a" * 64, "body": body, "request": {}, "outcome": "answer", "price": price})
    journal.append({"key": "b" * 64, "body": "", "error": "429"})
    journal.close()
    return config


def read(text):
    return {
        (sample.name, *sorted(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_the_sensor_writes_what_there_is_and_starts_nothing(home):
    with dg.DagsterInstance.ephemeral() as instance:
        context = dg.build_sensor_context(instance=instance, resources={"settings": home})
        assert isinstance(metrics(context), dg.SkipReason)
    figures = read((home.home / "metrics" / "apigen.prom").read_text())
    assert figures["apigen_rows", "raw_candidates"] == 2
    assert figures["apigen_rejected_rows", "format", "not_json"] == 1
    assert figures["apigen_journal_answers", "g"] == 1 and figures["apigen_journal_failures", "g"] == 1
    assert figures["apigen_journal_prompt_tokens", "g"] == 1_000_000
    assert figures["apigen_journal_bytes", "g"] == sum(
        path.stat().st_size for path in (home.journal_dir / "g").glob("*.jsonl")
    )
    assert figures["apigen_runs", "failure"] == 0 and figures[("apigen_disk_free_bytes",)] > 0
    assert sum(value for key, value in figures.items() if key[0] == "apigen_sources") == 1


def test_the_journal_is_read_once_and_in_parts(home):
    usage = JournalUsage(home.journal_dir)
    assert not usage.refresh(1) and usage.by_generator["g"].answers == 1
    assert usage.refresh() and usage.by_generator["g"].failures == 1
    Journal(home.journal_dir / "g").append({"key": "c" * 64, "body": "", "error": "500"})
    assert usage.refresh() and (usage.by_generator["g"].answers, usage.by_generator["g"].failures) == (1, 2)


def test_the_command_prints_and_serves_them(home):
    for wrong, why in ((["--port", "70000"], "65535"), (["--port", "0", "--host", "203.0.113.1"], "cannot listen on")):
        refused = CliRunner().invoke(app, ["metrics", *wrong])
        assert refused.exit_code == 2 and why in refused.output
    printed = CliRunner().invoke(app, ["metrics"])
    assert printed.exit_code == 0 and read(printed.output)["apigen_rows", "raw_candidates"] == 2
    with make_server("127.0.0.1", 0, application) as server:
        threading.Thread(target=server.handle_request, daemon=True).start()
        with urllib.request.urlopen(f"http://127.0.0.1:{server.server_port}/metrics", timeout=20) as answer:
            assert read(answer.read().decode())["apigen_rows", "raw_candidates"] == 2
