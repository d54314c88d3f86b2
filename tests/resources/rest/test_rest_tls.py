"""HTTPS: the certificate is checked against the name, although the checked address is what is connected to."""

import shutil
import socket
import ssl
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from apigen_assets.domain.api import RestBinding
from apigen_assets.domain.outcome import CallRequest, Outcome

NAME = "api.example.com"


@pytest.fixture
def secure(tmp_path, monkeypatch):
    """Port and certificate of a server for `api.example.com`, and the server names that clients asked for."""
    if shutil.which("openssl") is None:
        pytest.skip("openssl, which makes the test's certificate, is not installed")
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
         "-keyout", key, "-out", certificate, "-subj", f"/CN={NAME}", "-addext", f"subjectAltName=DNS:{NAME}"],
        check=True, capture_output=True,
    )  # fmt: skip
    asked = []

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_):
            pass

        def do_GET(self):
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b'{"a": 1}')

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    context.sni_callback = lambda _, name, __: asked.append(name)

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_):
            pass

    server = Server(("127.0.0.1", 0), Handler)
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    real = socket.getaddrinfo

    def resolve(host, port, *more, **named):
        return real("127.0.0.1" if host.endswith("example.com") else host, port, *more, **named)

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    yield server.server_address[1], str(certificate), asked
    server.shutdown()
    server.server_close()


def get(executor, host, port):
    (result,) = executor.execute([CallRequest(binding=RestBinding(url=f"https://{host}:{port}/x"), arguments={})])
    return result


def test_the_name_is_asked_for_and_checked(secure, make_executor):
    port, certificate, asked = secure
    assert get(make_executor(ca_bundle=certificate), NAME, port).outcome is Outcome.OK
    assert asked == [NAME]


def test_an_unknown_authority_is_not_trusted(secure, make_executor):
    port, _, _ = secure
    result = get(make_executor(retries=0), NAME, port)
    assert result.outcome is Outcome.TRANSPORT and "certificate" in result.detail.lower()


def test_a_certificate_for_another_name_is_not_trusted(secure, make_executor):
    port, certificate, _ = secure
    result = get(make_executor(ca_bundle=certificate, retries=0), "other.example.com", port)
    assert result.outcome is Outcome.TRANSPORT and "certificate" in result.detail.lower()
