"""Fixtures for the tests of the Marketo stand-in."""

from __future__ import annotations

import pytest

from support.marketo_rest import Rest
from support.sandbox import RunningSandbox


@pytest.fixture
def rest(marketo_sandbox: RunningSandbox) -> Rest:
    return Rest(marketo_sandbox)
