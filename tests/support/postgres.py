"""A real PostgreSQL server for the tests, from Debian's binaries or those on the PATH."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import NullPool, create_engine, text
from sqlalchemy.exc import OperationalError

_START_SECONDS = 60.0
_DEBIAN = Path("/usr/lib/postgresql")
#: durability is of no use to a server that lives for one test run.
_SETTINGS = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_connections": "200",
    "listen_addresses": "127.0.0.1",
}


@dataclass
class PostgresServer:
    """A server on loopback that trusts everybody as user ``postgres``."""

    port: int

    def url(self, database: str = "postgres") -> str:
        """Return the SQLAlchemy URL of a database."""
        return f"postgresql+psycopg2://postgres@127.0.0.1:{self.port}/{database}"

    def execute(self, statement: str) -> None:
        """Run one statement in the server's own database."""
        engine = create_engine(self.url(), isolation_level="AUTOCOMMIT", poolclass=NullPool)
        with engine.connect() as connection:
            connection.execute(text(statement))

    def new_database(self) -> str:
        """Create an empty database and return its URL."""
        name = f"test_{uuid.uuid4().hex}"
        self.execute(f'CREATE DATABASE "{name}"')
        return self.url(name)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """Start a server for the whole session (one for each pytest-xdist worker)."""
    folder = Path(tempfile.mkdtemp(prefix="leadsync-postgres-"))
    server = PostgresServer(_free_port())
    command = _as_unprivileged(folder)
    process: subprocess.Popen[bytes] | None = None
    try:
        data = folder / "data"
        _run([*command, str(_binary("initdb")), "-D", str(data), "-U", "postgres", "-A", "trust"])
        settings = [f"--{name}={value}" for name, value in _SETTINGS.items()]
        process = subprocess.Popen(
            [
                *[*command, str(_binary("postgres")), "-D", str(data)],
                *["-p", str(server.port), "-k", str(folder), *settings],
            ],
            stdout=subprocess.DEVNULL,
            stderr=(folder / "log").open("wb"),
        )
        _wait_until_ready(server, process, folder / "log")
        yield server
    finally:
        if process:
            process.terminate()
            process.wait(timeout=_START_SECONDS)
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def postgres_database(postgres_server: PostgresServer) -> Callable[[], str]:
    """Return a function that makes an empty database and returns its URL."""
    return postgres_server.new_database


def _binary(name: str) -> Path:
    versions = sorted(_DEBIAN.glob("*/bin"), key=lambda path: int(path.parent.name))
    found = shutil.which(name, path=os.pathsep.join([str(v) for v in reversed(versions)]))
    found = found or shutil.which(name)
    if not found:
        raise FileNotFoundError(
            f"{name} of PostgreSQL is missing: install it with `apt-get install postgresql`, "
            "or put its bin folder on the PATH."
        )
    return Path(found)


def _as_unprivileged(folder: Path) -> list[str]:
    """Return what to put before a command, because PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return []
    shutil.chown(folder, "postgres")
    return ["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups", "--"]


def _run(command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd="/")
    if done.returncode:
        raise RuntimeError(f"{command[-1]} failed: {done.stderr or done.stdout}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_until_ready(server: PostgresServer, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while True:
        try:
            server.execute("SELECT 1")
        except OperationalError as error:
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"PostgreSQL did not start: {log.read_text()}") from error
            time.sleep(0.05)
        else:
            return
