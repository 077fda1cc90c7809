"""The web app as Airflow mounts it: who gets in, and what it costs other processes."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from airflow.api_fastapi.core_api.security import get_user
from fastapi import FastAPI
from fastapi.routing import APIRoute
from fastapi.testclient import TestClient

PLUGINS = Path(__file__).resolve().parents[3] / "plugins"


def signed_in_routes(app: FastAPI) -> Iterator[tuple[str, str]]:
    for route in app.routes:
        if isinstance(route, APIRoute) and route.path.startswith("/api"):
            yield from ((method, route.path) for method in route.methods)


def test_every_router_is_closed_or_known_to_be_open(app: FastAPI, connections: None) -> None:
    """Each route is called without any key or login; only the definition answers."""
    routes = [
        (method, route.path)
        for route in app.routes
        if isinstance(route, APIRoute)
        for method in route.methods
    ]
    client = TestClient(app)
    opened = {route for route in routes if client.request(*route).status_code != 401}
    assert len(routes) > 8
    assert opened == {("GET", "/ssfs/openapi.json")}


def test_pages_need_a_login(app: FastAPI) -> None:
    routes = list(signed_in_routes(app))
    assert routes
    with TestClient(app) as client:
        answers = {route: client.request(*route).status_code for route in routes}
    assert set(answers.values()) == {401}, answers


@pytest.mark.parametrize("path", ["/docs", "/redoc", "/openapi.json"])
def test_documentation_pages_are_off(app: FastAPI, path: str) -> None:
    with TestClient(app) as client:
        assert client.get(path).status_code == 404


def test_a_signed_in_user_learns_the_version(app: FastAPI) -> None:
    app.dependency_overrides[get_user] = lambda: "somebody"
    with TestClient(app) as client:
        answer = client.get("/api/about")
    app.dependency_overrides.clear()
    assert (answer.status_code, answer.json()["name"]) == (200, "leadsync")


def test_airflow_finds_the_plugin_and_loads_nothing_heavy_with_it() -> None:
    """Each task's process loads all plugins."""
    program = (
        "import runpy, sys, airflow.sdk.plugins_manager;"
        "before = set(sys.modules);"
        f"names = runpy.run_path({str(PLUGINS / 'leadsync_plugin.py')!r});"
        "app = names['LeadSyncPlugin'].fastapi_apps[0];"
        "assert app['url_prefix'] == '/leadsync' and callable(app['app']);"
        "print(sorted({name.partition('.')[0] for name in set(sys.modules) - before}))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip().splitlines()[-1] == "['leadsync_airflow']"


def test_the_web_server_loads_no_frames() -> None:
    """Importing pandas and what checks frames would keep the first caller waiting for seconds."""
    program = (
        "import sys, leadsync.opened;"
        "from leadsync.flow_step import accepting, definition, invocation, outbox;"
        "from leadsync.flow_step import service, status, users, webhook;"
        "print({'pandas', 'pyarrow', 'great_expectations'} & set(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip().splitlines()[-1] == "set()"
