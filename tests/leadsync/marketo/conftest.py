"""Fixtures: a scripted Marketo with its client and clock, and a client of the sandbox."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from pytest_httpserver import HTTPServer

from leadsync.marketo.client import MarketoClient
from support.marketo_stub import ScriptedMarketo, SteppingClock, client_of, sandbox_client
from support.sandbox import RunningSandbox


@dataclass(frozen=True)
class Scripted:
    """A scripted Marketo, the clock that nobody waits for, and a client."""

    marketo: ScriptedMarketo
    clock: SteppingClock
    client: MarketoClient


@pytest.fixture
def scripted(httpserver: HTTPServer) -> Scripted:
    marketo, clock = ScriptedMarketo(httpserver), SteppingClock()
    return Scripted(marketo, clock, client_of(marketo.url, clock, max_concurrency=1))


@pytest.fixture
def sandboxed(marketo_sandbox: RunningSandbox) -> MarketoClient:
    return sandbox_client(marketo_sandbox)
