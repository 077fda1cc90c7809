"""Private certificate authorities: trusted when ca_bundle names them, and only then."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from leadsync.clock import SystemClock
from leadsync.errors import UnreachableError
from leadsync.http.ledger import MemoryLedger
from leadsync.marketo.client import MarketoClient, open_client
from leadsync.marketo.connection import MarketoConnection
from leadsync_sandbox.common.tls import loopback_certificate
from support.sandbox import RunningSandbox, serve_marketo


@pytest.fixture
def secured(tmp_path: Path) -> Iterator[RunningSandbox]:
    with serve_marketo(tmp_path / "marketo", loopback_certificate(tmp_path / "tls")) as running:
        yield running


def client(running: RunningSandbox, ca_bundle: str | None) -> MarketoClient:
    clock = SystemClock()
    connection = MarketoConnection(
        running.url, running.client_id, running.client_secret, ca_bundle=ca_bundle
    )
    return open_client(connection, MemoryLedger(clock), clock)


def test_the_bundle_of_the_connection_comes_before_the_environment(
    secured: RunningSandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import certifi

    monkeypatch.setenv("REQUESTS_CA_BUNDLE", certifi.where())
    bundle = str(tmp_path / "tls" / "sandbox-cert.pem")
    assert client(secured, bundle).describe()


def test_an_unknown_authority_is_refused(secured: RunningSandbox) -> None:
    with pytest.raises(UnreachableError, match="ca_bundle"):
        client(secured, None).describe()
