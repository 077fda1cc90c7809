"""Fixtures: both stand-ins over real HTTP, each with fresh state."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests

from leadsync_sandbox.common.sandbox import Sandbox
from leadsync_sandbox.common.serving import application, serve_in_thread
from leadsync_sandbox.common.tls import Certificate
from leadsync_sandbox.dynamics import switches
from leadsync_sandbox.dynamics.app import DynamicsSandbox
from leadsync_sandbox.marketo.app import MarketoSandbox
from leadsync_sandbox.marketo.defaults import CLIENT_ID, CLIENT_SECRET

Json = dict[str, Any]


class Control:
    """The control endpoints of one stand-in; a refusal is a ``RuntimeError`` with its reason.

    :param verify: CA bundle when the stand-in serves HTTPS.
    """

    def __init__(self, url: str, verify: str | bool = True) -> None:
        self._url = url
        self._verify = verify

    def call(self, method: str, path: str, content: Any = None, **query: Any) -> Any:
        """Call ``/_control/{path}`` and return its JSON."""
        answer = requests.request(
            method,
            f"{self._url}/_control/{path}",
            json=content,
            params=query,
            timeout=300,
            verify=self._verify,
        )
        if not answer.ok:
            raise RuntimeError(f"{method} {path}: {answer.text}")
        return answer.json()

    def edit(self, operation: str, **edit: Any) -> Any:
        """Make a user's edit and return the record's id."""
        return self.call("POST", "edit", {"operation": operation, **edit})["id"]

    def faults(self, kind: str, **rule: Any) -> None:
        """Add a fault rule: ``match``, ``times``, ``after_n``, ``probability``, ``params``."""
        self.call("POST", "faults", {"kind": kind, **rule})

    def clear_faults(self) -> None:
        """Remove all fault rules."""
        self.call("DELETE", "faults")

    def records(self, kind: str, **query: Any) -> list[Json]:
        """Return all stored records of a kind."""
        found: list[Json] = self.call("GET", f"records/{kind}", **query)["records"]
        return found

    def load(self, *, log: bool = False, **records: list[Json]) -> Json:
        """Store many records at once, by kind."""
        content = {"records": records, "log": log}
        loaded: Json = self.call("POST", "import", content)
        return loaded

    def journal(self) -> list[Json]:
        """Return the calls received, oldest first."""
        entries: list[Json] = self.call("GET", "journal")["entries"]
        return entries

    def clear_journal(self) -> None:
        """Empty the journal and the counters."""
        self.call("DELETE", "journal")

    def stats(self) -> Json:
        """Return ``{calls: {all, read, write, token}, by_path}``."""
        counted: Json = self.call("GET", "stats")
        return counted

    def advance(self, seconds: float) -> None:
        """Move the sandbox's clock."""
        self.call("POST", "clock", {"advance_seconds": seconds})

    def set_time(self, instant: str, *, frozen: bool = False) -> None:
        """Set the sandbox's clock, and stop it if asked."""
        self.call("POST", "clock", {"set_to": instant, "frozen": frozen})

    def settings(self, **changes: Any) -> Json:
        """Change switches and return all of them."""
        changed: Json = self.call("POST", "settings", changes)
        return changed


@dataclass(frozen=True, slots=True)
class RunningSandbox:
    """A stand-in that is being served."""

    url: str
    client_id: str
    client_secret: str
    control: Control
    sandbox: Sandbox
    tenant_id: str = ""


@contextmanager
def serve_marketo(folder: Path, tls: Certificate | None = None) -> Iterator[RunningSandbox]:
    """Serve Marketo from ``folder`` while the block runs."""
    sandbox = MarketoSandbox(folder)
    verify = str(tls.certificate) if tls else True
    with serve_in_thread(application(sandbox), tls=tls) as url:
        yield RunningSandbox(url, CLIENT_ID, CLIENT_SECRET, Control(url, verify), sandbox)


@contextmanager
def serve_dynamics(folder: Path, tls: Certificate | None = None) -> Iterator[RunningSandbox]:
    """Serve Dynamics from ``folder`` while the block runs."""
    sandbox = DynamicsSandbox(folder)
    verify = str(tls.certificate) if tls else True
    with serve_in_thread(application(sandbox), tls=tls) as url:
        yield RunningSandbox(
            url,
            switches.CLIENT_ID,
            switches.CLIENT_SECRET,
            Control(url, verify),
            sandbox,
            switches.TENANT_ID,
        )


@pytest.fixture(scope="session")
def _served_marketo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSandbox]:
    with serve_marketo(tmp_path_factory.mktemp("marketo")) as running:
        yield running


@pytest.fixture(scope="session")
def _served_dynamics(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSandbox]:
    with serve_dynamics(tmp_path_factory.mktemp("dynamics")) as running:
        yield running


@pytest.fixture
def marketo_sandbox(_served_marketo: RunningSandbox) -> RunningSandbox:
    """Marketo with fresh state; its server is shared by the tests of a session."""
    _served_marketo.sandbox.reset()
    return _served_marketo


@pytest.fixture
def dynamics_sandbox(_served_dynamics: RunningSandbox) -> RunningSandbox:
    """Dynamics with fresh state; its server is shared by the tests of a session."""
    _served_dynamics.sandbox.reset()
    return _served_dynamics
