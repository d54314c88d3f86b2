import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import dagster as dg
import pytest

from apigen_assets.settings import Settings
from sensors import failures as module


@dg.op
def breaks():
    raise ValueError("the server said\nno")


@dg.job
def a_job():
    breaks()


@pytest.fixture
def report(tmp_path, monkeypatch):
    with dg.DagsterInstance.ephemeral() as instance:

        def run(tags=None):
            result = a_job.execute_in_process(instance=instance, raise_on_error=False, tags=tags)
            context = dg.build_run_status_sensor_context(
                sensor_name="failures",
                dagster_instance=instance,
                dagster_run=result.dagster_run,
                dagster_event=result.get_run_failure_event(),
                resources={"settings": Settings(home=tmp_path, _env_file=None)},
            ).for_run_failure()
            module.failures(context)
            path = module.report_path(tmp_path)
            return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []

        run_and_report: Any = run
        run_and_report.instance = instance
        yield run_and_report


def test_a_failed_run_is_one_line_with_where_and_why(report):
    (line,) = report()
    assert (line["job"], line["step"], line["error"]) == ("a_job", "breaks", "ValueError: the server said no")
    assert len(report()) == 2


def test_a_run_whose_source_was_removed_is_no_alarm(report):
    assert report({"dagster/partition": "gone"}) == []
    assert report({"dagster/partition": "gone|one", "dagster/partition/api_batch": "gone"}) == []
    assert len(report({"dagster/partition": "verified|tiny", "dagster/partition/model": "tiny"})) == 1
    report.instance.add_dynamic_partitions("api_batch", ["here"])
    assert [line["partition"] for line in report({"dagster/partition": "here"})] == ["verified|tiny", "here"]


def test_the_webhook_gets_the_text_and_its_failure_is_none_of_ours(report, monkeypatch):
    got = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            got.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200 if len(got) == 1 else 500)
            self.end_headers()

        def log_message(self, *args):
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        monkeypatch.setenv("APIGEN_FAILURE_WEBHOOK", f"http://127.0.0.1:{server.server_port}/hook")
        report()
        assert got == [{"text": "apigen: a_job breaks failed: ValueError: the server said no"}]
        assert len(report()) == 2
    finally:
        server.shutdown()
        server.server_close()
