"""DAGs as Airflow's processor sees them, and as its test runner runs them."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any, cast

import pytest
from airflow.dag_processing.dagbag import DagBag
from airflow.utils import db

from support.dag_runs import DAGS_FOLDER, Messages


@pytest.fixture(scope="session")
def dagbag() -> DagBag:
    return DagBag(str(DAGS_FOLDER), collect_dags=True)


@pytest.fixture(scope="session")
def metadata() -> None:
    """Airflow's metadata tables."""
    cast("Any", db).initdb()


@pytest.fixture
def told() -> Iterator[list[str]]:
    """The lines that the tasks log."""
    handler, logger = Messages(), logging.getLogger("leadsync_airflow")
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    yield handler.lines
    logger.removeHandler(handler)
