"""Fixtures of the Dynamics client's tests."""

from __future__ import annotations

import pytest
from pytest_httpserver import HTTPServer

from support.web_api import ScriptedOrganisation


@pytest.fixture
def organisation(httpserver: HTTPServer) -> ScriptedOrganisation:
    return ScriptedOrganisation(httpserver)
