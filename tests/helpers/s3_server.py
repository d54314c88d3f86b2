"""An S3-compatible server on loopback: SeaweedFS, with one account and one bucket."""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

KEY, SECRET, BUCKET = "test-key", "test-secret", "tests"
PATIENCE_S = 60


def server_program() -> str | None:
    """The server's program, beside the interpreter or on the path; null where it is not installed."""
    beside = Path(sys.executable).with_name("weed")
    return str(beside) if beside.exists() else shutil.which("weed")


@contextmanager
def s3_server(folder: Path) -> Iterator[dict[str, str]]:
    """A running server over a folder; gives the variables that clients need, and ends with the block."""
    program = server_program()
    assert program is not None
    folder.mkdir(parents=True, exist_ok=True)
    ports = _free_ports(5)
    master, volume, filer, s3, admin = ports
    # As deploy/compose starts it, with ports of its own
    command = [program, f"-logdir={folder}", "mini", f"-dir={folder}", f"-bucket={BUCKET}", f"-s3.port={s3}"]
    command += ["-s3.port.iceberg=0", "-s3.port.lance=0", "-webdav=false", "-admin.ui=false"]
    command += ["-ip=127.0.0.1", "-ip.bind=127.0.0.1", f"-filer.localSocket={folder}/filer.sock"]
    command += [f"-master.port={master}", f"-volume.port={volume}", f"-filer.port={filer}"]
    command += [f"-admin.port={admin}"]
    account = {"AWS_ACCESS_KEY_ID": KEY, "AWS_SECRET_ACCESS_KEY": SECRET}
    with (folder / "server.log").open("wb") as log:
        process = subprocess.Popen(
            command, cwd=folder, stdout=log, stderr=subprocess.STDOUT, env={**os.environ, **account}
        )
        try:
            variables = {**account, "AWS_ENDPOINT_URL": f"http://127.0.0.1:{s3}", "AWS_REGION": "us-east-1"}
            _wait(variables, process, folder / "server.log")
            yield variables
        finally:
            process.kill()  # it takes its time over a graceful end, and its folder goes with the test
            process.wait()
            for port in ports:
                for socket_file in Path(tempfile.gettempdir()).glob(f"seaweedfs-*-{port}.sock"):
                    socket_file.unlink(missing_ok=True)
                for socket_file in Path(tempfile.gettempdir()).glob(f"seaweedfs-*-grpc-{port + 10_000}.sock"):
                    socket_file.unlink(missing_ok=True)


def _wait(variables: dict[str, str], process: "subprocess.Popen[bytes]", log: Path) -> None:
    """Until an object can be put: the gateway answers before its volumes do."""
    from obstore.store import S3Store

    options: Any = {name.lower(): value for name, value in variables.items()}
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline and process.poll() is None:
        try:
            S3Store(BUCKET, config=options, client_options={"allow_http": True}).put("made", b"")
            return
        except Exception:
            time.sleep(0.1)
    raise AssertionError(f"the S3 server did not start: {log.read_text()[-2000:]}")


def _free_ports(count: int) -> list[int]:
    """Ports whose gRPC twins, 10,000 above, are free too."""
    ports: list[int] = []
    start = 20_000 + os.getpid() % 2_000 * 8
    for port in range(start, 50_000):
        if len(ports) == count:
            break
        if all(_is_free(candidate) for candidate in (port, port + 10_000)):
            ports.append(port)
    return ports


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
