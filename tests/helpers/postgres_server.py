"""A Postgres server on loopback with one empty database."""

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

USER, PASSWORD, DATABASE = "dagster", "test-password", "dagster"


def programs() -> Path | None:
    """The folder of `initdb` and `pg_ctl`; null where no server is installed."""
    found = shutil.which("pg_ctl")
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))
    beside = Path(found).resolve().parent if found else versions[-1] if versions else None
    return beside if beside is not None and (beside / "initdb").exists() else None


@contextmanager
def postgres_server() -> Iterator[str]:
    """A running server; gives the URL of its database, and ends with the block."""
    folder = programs()
    assert folder is not None
    root = Path(tempfile.mkdtemp(prefix="apigen-postgres-"))
    # The server refuses to run as root.
    account = "postgres" if os.geteuid() == 0 else None
    if account is not None:
        shutil.chown(root, account)
    data, password = root / "data", root / "password"
    password.write_text(PASSWORD)
    password.chmod(0o644)

    def call(*command: str) -> None:
        subprocess.run(command, check=True, capture_output=True, user=account, cwd=root)

    try:
        call(
            f"{folder}/initdb", "-D", f"{data}", "-U", USER, "-A", "scram-sha-256", f"--pwfile={password}", "--no-sync"
        )
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={root} -c fsync=off"
        call(f"{folder}/pg_ctl", "-D", f"{data}", "-o", options, "-l", f"{root}/log", "-w", "-t", "60", "start")
        try:
            _create_database(port)
            yield f"postgresql+psycopg2://{USER}:{PASSWORD}@127.0.0.1:{port}/{DATABASE}"
        finally:
            call(f"{folder}/pg_ctl", "-D", f"{data}", "-m", "immediate", "-w", "stop")
    finally:
        shutil.rmtree(root, ignore_errors=True)


def _create_database(port: int) -> None:
    import psycopg2

    connection = psycopg2.connect(host="127.0.0.1", port=port, user=USER, password=PASSWORD, dbname="postgres")
    try:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(f"CREATE DATABASE {DATABASE}")
    finally:
        connection.close()
