"""The few calls to Airflow's REST API that starting a first cycle needs."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import requests

Json = dict[str, Any]
HEALTHY_PARTS = ("metadatabase", "scheduler", "dag_processor")
TIMEOUT = 60


class AirflowApi:
    """A logged-in client of ``base_url``.

    :raises requests.RequestException: from every method, when Airflow does not answer or refuses.
    """

    def __init__(self, base_url: str, login: tuple[str, str]) -> None:
        self.base_url = base_url.rstrip("/")
        self._login = login
        self._session = requests.Session()

    def healthy(self) -> bool:
        """Tell whether database, scheduler and DAG processor report that they are healthy."""
        try:
            answer = self._session.get(f"{self.base_url}/api/v2/monitor/health", timeout=TIMEOUT)
        except (requests.ConnectionError, requests.Timeout):
            return False
        if not answer.ok:
            return False
        parts = answer.json()
        return all((parts.get(part) or {}).get("status") == "healthy" for part in HEALTHY_PARTS)

    def log_in(self) -> None:
        """Fetch a token and use it from now on."""
        user, password = self._login
        body = {"username": user, "password": password}
        answer = self._session.post(f"{self.base_url}/auth/token", json=body, timeout=TIMEOUT)
        answer.raise_for_status()
        self._session.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"

    def knows_dag(self, dag_id: str) -> bool:
        """Tell whether the DAG has been parsed."""
        return self._send("GET", f"dags/{dag_id}", accept=(200, 404)).status_code == 200

    def import_errors(self) -> list[str]:
        """Return why DAG files could not be parsed."""
        errors = self._send("GET", "importErrors").json()["import_errors"]
        return [f"{error['filename']}: {error['stack_trace']}" for error in errors]

    def put_connection(self, connection: Json) -> None:
        """Create the connection, or replace the one with its ``connection_id``."""
        path = f"connections/{connection['connection_id']}"
        if self._send("PATCH", path, json=connection, accept=(200, 404)).status_code == 404:
            self._send("POST", "connections", json=connection)

    def connection(self, connection_id: str) -> Json | None:
        """Return the stored connection without its secrets, or ``None``."""
        answer = self._send("GET", f"connections/{connection_id}", accept=(200, 404))
        return answer.json() if answer.status_code == 200 else None

    def trigger(self, dag_id: str) -> str:
        """Start a run without a logical date and return its id."""
        answer = self._send("POST", f"dags/{dag_id}/dagRuns", json={"logical_date": None})
        return str(answer.json()["dag_run_id"])

    def unpause(self, dag_id: str) -> None:
        """Let the DAG's runs start."""
        self._send("PATCH", f"dags/{dag_id}", json={"is_paused": False})

    def is_paused(self, dag_id: str) -> bool:
        """Tell whether the DAG's runs wait."""
        return bool(self._send("GET", f"dags/{dag_id}").json()["is_paused"])

    def active_run(self, dag_id: str) -> str | None:
        """Return the id of the oldest run that is queued or running."""
        query = {"state": ["running", "queued"], "order_by": "run_after", "limit": 1}
        runs = self._send("GET", f"dags/{dag_id}/dagRuns", params=query).json()["dag_runs"]
        return str(runs[0]["dag_run_id"]) if runs else None

    def run_state(self, dag_id: str, run_id: str) -> str:
        """Return ``queued``, ``running``, ``success`` or ``failed``."""
        return str(self._send("GET", _run_path(dag_id, run_id)).json()["state"])

    def task_states(self, dag_id: str, run_id: str) -> dict[str, tuple[str, float | None]]:
        """Return state and duration in seconds by task id, in no given order."""
        answer = self._send("GET", f"{_run_path(dag_id, run_id)}/taskInstances")
        return {
            task["task_id"]: (task["state"] or "waiting", task["duration"])
            for task in answer.json()["task_instances"]
        }

    def run_times(self, dag_id: str, run_id: str, task_id: str) -> tuple[str, str]:
        """Return when the run was queued, and when its task started."""
        run = self._send("GET", _run_path(dag_id, run_id)).json()
        task = self._send("GET", f"{_run_path(dag_id, run_id)}/taskInstances/{task_id}").json()
        return str(run["queued_at"]), str(task["start_date"])

    def result(self, dag_id: str, run_id: str, task_id: str) -> Any:
        """Return what the task returned."""
        path = f"{_run_path(dag_id, run_id)}/taskInstances/{task_id}/xcomEntries/return_value"
        return self._send("GET", path, params={"deserialize": "true"}).json()["value"]

    def log_tail(self, dag_id: str, run_id: str, task_id: str, lines: int = 15) -> list[str]:
        """Return the last ``lines`` messages of the task's first attempt."""
        path = f"{_run_path(dag_id, run_id)}/taskInstances/{task_id}/logs/1"
        content = self._send("GET", path).json()["content"]
        messages = [line["event"] if isinstance(line, dict) else str(line) for line in content]
        return messages[-lines:]

    def _send(
        self, method: str, path: str, *, accept: tuple[int, ...] = (), **keywords: Any
    ) -> requests.Response:
        url = f"{self.base_url}/api/v2/{path}"
        answer = self._session.request(method, url, timeout=TIMEOUT, **keywords)
        if answer.status_code not in accept:
            answer.raise_for_status()
        return answer


def _run_path(dag_id: str, run_id: str) -> str:
    return f"dags/{dag_id}/dagRuns/{quote(run_id, safe='')}"
