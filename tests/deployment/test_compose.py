"""The Compose deployment: valid, complete, and the same settings in every Airflow service."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from support.compose_file import REPOSITORY, MissingVariableError, load_compose, required_variables

SECRETS = {"POSTGRES_PASSWORD": "pw", "AIRFLOW_FERNET_KEY": "fernet", "AIRFLOW_JWT_SECRET": "jwt"}
AIRFLOW_SERVICES = (
    "airflow-init",
    "airflow-api-server",
    "airflow-scheduler",
    "airflow-dag-processor",
    "airflow-triggerer",
    "airflow-worker",
)
SCHEMA = Path(__file__).resolve().parents[1] / "data" / "compose-spec.json"


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    return load_compose(SECRETS)


def test_file_follows_the_compose_specification(compose: dict[str, Any]) -> None:
    jsonschema.Draft201909Validator(json.loads(SCHEMA.read_text())).validate(compose)


@pytest.mark.parametrize("name", sorted(SECRETS))
def test_missing_secret_stops_with_its_name(name: str) -> None:
    with pytest.raises(MissingVariableError, match=name):
        load_compose({key: value for key, value in SECRETS.items() if key != name})


def test_example_environment_names_every_variable() -> None:
    named = re.findall(r"^(\w+)=", (REPOSITORY / ".env.example").read_text(), flags=re.MULTILINE)
    used = re.findall(r"\$\{(\w+)", (REPOSITORY / "docker-compose.yaml").read_text())
    assert set(named) == set(used)
    assert required_variables() == set(SECRETS)


def test_no_secret_is_written_into_the_file() -> None:
    text = (REPOSITORY / "docker-compose.yaml").read_text()
    assigned = re.findall(r"^ +\w+(?:_PASSWORD|_SECRET|_KEY): (\S+)", text, re.MULTILINE)
    assert assigned
    assert all(value.startswith("${") for value in assigned)


def test_all_airflow_services_share_image_settings_and_staging(compose: dict[str, Any]) -> None:
    services = [compose["services"][name] for name in AIRFLOW_SERVICES]
    settings = [
        {key: value for key, value in service["environment"].items() if key != "DUMB_INIT_SETSID"}
        for service in services
    ]
    assert all(other == settings[0] for other in settings)
    assert {service["image"] for service in services} == {"leadsync:latest"}
    assert all("staging:/opt/leadsync/staging" in service["volumes"] for service in services)


def test_tasks_scale_out_over_celery_and_postgres(compose: dict[str, Any]) -> None:
    worker = compose["services"]["airflow-worker"]
    assert worker["deploy"]["replicas"] == 2
    environment = worker["environment"]
    assert environment["AIRFLOW__CORE__EXECUTOR"] == "CeleryExecutor"
    assert environment["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"].endswith("@postgres:5432/airflow")
    assert environment["AIRFLOW_CONN_LEADSYNC_DB"].endswith("@postgres:5432/leadsync")


def test_every_named_volume_and_dependency_exists(compose: dict[str, Any]) -> None:
    for service in compose["services"].values():
        assert set(service.get("depends_on", {})) <= set(compose["services"])
        for volume in service.get("volumes", []):
            source = volume.split(":")[0]
            assert source in compose["volumes"] or (REPOSITORY / source).exists(), volume


def test_only_the_web_server_is_published_and_on_loopback(compose: dict[str, Any]) -> None:
    published = {name: svc["ports"] for name, svc in compose["services"].items() if "ports" in svc}
    assert published == {"airflow-api-server": ["127.0.0.1:8080:8080"]}


def test_sandbox_runs_only_when_asked_for(compose: dict[str, Any]) -> None:
    profiles = {name: service.get("profiles") for name, service in compose["services"].items()}
    assert {name for name, profile in profiles.items() if profile == ["sandbox"]} == {
        "sandbox-marketo",
        "sandbox-dynamics",
        "sandbox-connect",
    }
    assert all(profile in (None, ["sandbox"]) for profile in profiles.values())


def test_image_has_the_airflow_of_the_lock_file() -> None:
    dockerfile = (REPOSITORY / "Dockerfile").read_text()
    image = re.search(r"^FROM apache/airflow:([\d.]+)-python3\.1[123]$", dockerfile, re.MULTILINE)
    locked = re.search(
        r"^apache-airflow==(\S+)", (REPOSITORY / "requirements.lock").read_text(), re.MULTILINE
    )
    assert image
    assert locked
    assert image[1] == locked[1]


def test_image_copies_only_what_the_build_context_has() -> None:
    dockerfile = (REPOSITORY / "Dockerfile").read_text()
    for line in re.findall(r"^COPY (.*)$", dockerfile, re.MULTILINE):
        *sources, _ = [word for word in shlex.split(line) if not word.startswith("--")]
        assert all((REPOSITORY / source).exists() for source in sources), line
    kept = re.findall(r"^!(\S+)", (REPOSITORY / ".dockerignore").read_text(), re.MULTILINE)
    assert all((REPOSITORY / path).exists() for path in kept)
    assert {"requirements.lock", "pyproject.toml", "dags/", "include/", "plugins/"} <= set(kept)
