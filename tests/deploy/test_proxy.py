"""The UI behind a real nginx with the configuration of deploy/proxy: a login, websockets, no other page."""

import base64
import json
import os
import shutil
import socket
import ssl
import subprocess
import sys
import time
from pathlib import Path

import pytest

from apigen_assets.cli.web import server
from apigen_assets.cli.web.guard import UI_HOSTS
from tests.helpers.paths import ROOT

HOST = "apigen.example.org"
LOGIN = "Basic " + base64.b64encode(b"ada:right").decode()
NGINX = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(NGINX is None or shutil.which("openssl") is None, reason="needs nginx and openssl"),
]


@pytest.fixture(scope="module")
def proxy(tmp_path_factory):
    """The port of the proxy, with the UI of an empty workspace behind it."""
    folder = tmp_path_factory.mktemp("proxy")
    port, behind = free_port(), free_port()
    _configure(folder, port, behind)
    environment = {**os.environ, UI_HOSTS: HOST}
    environment.pop("DAGSTER_HOME", None)
    ui = [sys.executable, "-m", server.__name__, "--empty-workspace", "-p", str(behind)]
    nginx = [str(NGINX), "-c", str(folder / "nginx.conf"), "-p", str(folder), "-g", "daemon off;"]
    with (folder / "log").open("wb") as log:
        started = [subprocess.Popen(command, stdout=log, stderr=log, env=environment) for command in (ui, nginx)]
        try:
            until = time.monotonic() + 100
            while status(port, "GET", "/server_info", Authorization=LOGIN) != 200:
                assert time.monotonic() < until and started[1].poll() is None, (folder / "log").read_text()[-2000:]
                time.sleep(0.5)
            yield port
        finally:
            for process in started:
                process.terminate()
            for process in started:
                process.wait(30)


def _configure(folder: Path, port: int, behind: int) -> None:
    certificate = ["-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "apigen.key", "-out", "apigen.crt"]
    subprocess.run(
        ["openssl", "req", *certificate, "-days", "2", "-subj", f"/CN={HOST}"],
        cwd=folder,
        check=True,
        capture_output=True,
    )
    hashed = subprocess.run(["openssl", "passwd", "-apr1", "right"], capture_output=True, text=True, check=True).stdout
    (folder / "apigen.htpasswd").write_text(f"ada:{hashed}")
    site = (ROOT / "deploy" / "proxy" / "nginx.conf").read_text()
    site = site.replace("/etc/nginx/", f"{folder}/").replace("listen 443", f"listen 127.0.0.1:{port}")
    site = site.replace("127.0.0.1:3000", f"127.0.0.1:{behind}").replace(f"https://{HOST}", f"https://{HOST}:{port}")
    (folder / "site.conf").write_text(site)
    places = "".join(f"{kind}_temp_path {folder};\n" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    (folder / "nginx.conf").write_text(
        f"user {os.environ.get('USER', 'root')};\n"
        * (os.geteuid() == 0)
        + f"pid {folder}/pid;\nerror_log {folder}/error.log;\nevents {{}}\n"
        f"http {{\naccess_log off;\n{places}include {folder}/site.conf;\n}}\n"
    )


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def status(port, method, path, body="", name=HOST, **headers):
    """The status of an answer, 0 where there is none."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    sent = {"Host": f"{name}:{port}", "Content-Length": len(body), **headers}
    lines = [f"{method} {path} HTTP/1.1", *(f"{key.replace('_', '-')}: {value}" for key, value in sent.items())]
    try:
        with context.wrap_socket(socket.create_connection(("127.0.0.1", port), 20), server_hostname=name) as connection:
            connection.sendall(("\r\n".join(lines) + "\r\n\r\n" + body).encode())
            return int(connection.recv(64).split()[1])
    except OSError:
        return 0


JSON = {"Content_Type": "application/json"}
QUERY = json.dumps({"query": "{version}"})


def test_a_login_is_asked_for(proxy):
    assert status(proxy, "GET", "/server_info") == 401
    wrong = "Basic " + base64.b64encode(b"ada:wrong").decode()
    assert status(proxy, "GET", "/server_info", Authorization=wrong) == 401
    assert status(proxy, "POST", "/graphql", QUERY, **JSON) == 401
    assert status(proxy, "GET", "/server_info", Authorization=LOGIN) == 200


def test_pages_graphql_and_websockets_work_behind_it(proxy):
    own = {"Origin": f"https://{HOST}:{proxy}", "Authorization": LOGIN}
    assert status(proxy, "GET", "/", **own) == 200
    assert status(proxy, "POST", "/graphql", QUERY, **JSON, **own) == 200
    upgrade = {"Upgrade": "websocket", "Connection": "Upgrade", "Sec_WebSocket_Version": 13}
    key = base64.b64encode(b"0123456789abcdef").decode()
    protocol = {"Sec_WebSocket_Key": key, "Sec_WebSocket_Protocol": "graphql-ws"}
    assert status(proxy, "GET", "/graphql", **upgrade, **protocol, **own) == 101
    foreign = {**own, "Origin": "https://evil.test"}
    assert status(proxy, "GET", "/graphql", **upgrade, **protocol, **foreign) == 403


def test_other_pages_and_names_are_refused_with_the_right_login_too(proxy):
    logged_in = {"Authorization": LOGIN}
    assert status(proxy, "POST", "/graphql", QUERY, Origin="https://evil.test", **JSON, **logged_in) == 403
    assert status(proxy, "GET", "/graphql?query=mutation%7Bx%7D", **logged_in) == 403
    assert status(proxy, "POST", "/graphql?query=mutation%7Bx%7D", Content_Type="text/plain", **logged_in) == 403
    assert status(proxy, "GET", "/server_info", name="rebound.test", **logged_in) == 421
