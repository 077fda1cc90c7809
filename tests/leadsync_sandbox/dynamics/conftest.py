"""An organisation per test, copied from one that was laid out once."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from leadsync_sandbox.dynamics.app import DynamicsSandbox
from support.organisation import Organisation


@pytest.fixture(scope="session")
def untouched(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The database of an organisation that nobody used."""
    folder = tmp_path_factory.mktemp("untouched")
    sandbox = DynamicsSandbox(folder)
    sandbox.database.close()
    return folder / "dynamics.db"


@pytest.fixture
def org(untouched: Path, tmp_path: Path) -> Iterator[Organisation]:
    """A fresh organisation with an authorised client."""
    shutil.copy(untouched, tmp_path)
    organisation = Organisation(tmp_path)
    yield organisation
    organisation.sandbox.database.close()
