"""Settings: defaults that work in a fresh clone, and errors that name variable and value."""

from __future__ import annotations

from pathlib import Path

import pytest

from leadsync.errors import ConfigurationError
from leadsync.settings import PROJECT, load_settings


def test_defaults_lie_inside_the_project() -> None:
    settings = load_settings({})
    assert settings.data == PROJECT / "data"
    assert settings.staging == str(PROJECT / "data" / "staging")
    assert settings.mapping == PROJECT / "include" / "config" / "mapping.yaml"
    assert (settings.overlap_seconds, settings.lease_seconds) == (300, 120)
    assert settings.schema_ttl_seconds == 3600
    assert (PROJECT / "pyproject.toml").is_file()


def test_data_folder_moves_staging_with_it(tmp_path: Path) -> None:
    settings = load_settings({"LEADSYNC_DATA": str(tmp_path)})
    assert settings.data == tmp_path
    assert settings.staging == str(tmp_path / "staging")


def test_values_come_from_the_environment() -> None:
    settings = load_settings(
        {
            "LEADSYNC_STAGING": "s3://bucket/leadsync",
            "LEADSYNC_MAPPING": "/etc/leadsync/mapping.yaml",
            "LEADSYNC_OVERLAP_SECONDS": "0",
            "LEADSYNC_LEASE_SECONDS": " 30.5 ",
            "LEADSYNC_SCHEMA_TTL_SECONDS": "60",
            "LEADSYNC_DELETED_LEADS_DAYS": "7",
            "LEADSYNC_LEAD_CHANGES_DAYS": "30.5",
        }
    )
    assert settings.staging == "s3://bucket/leadsync"
    assert settings.mapping == Path("/etc/leadsync/mapping.yaml")
    assert settings.overlap_seconds == 0
    assert settings.lease_seconds == 30.5
    assert settings.schema_ttl_seconds == 60
    assert (settings.deleted_leads_days, settings.lead_changes_days) == (7, 30.5)


def test_relative_paths_start_at_the_project(tmp_path: Path) -> None:
    environ = {"LEADSYNC_DATA": "var", "LEADSYNC_STAGING": "frames", "LEADSYNC_MAPPING": "m.yaml"}
    settings = load_settings(environ, project=tmp_path)
    assert settings.data == tmp_path / "var"
    assert settings.staging == str(tmp_path / "frames")
    assert settings.mapping == tmp_path / "m.yaml"


def test_the_process_environment_is_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEADSYNC_LEASE_SECONDS", "77")
    assert load_settings().lease_seconds == 77


@pytest.mark.parametrize("name", ["OVERLAP", "LEASE", "SCHEMA_TTL"])
def test_blank_means_not_set(name: str) -> None:
    assert load_settings({f"LEADSYNC_{name}_SECONDS": "  "}) == load_settings({})


@pytest.mark.parametrize("value", ["five", "-1", "nan", "inf", "1e999", "10 s"])
@pytest.mark.parametrize("name", ["OVERLAP", "LEASE", "SCHEMA_TTL"])
def test_wrong_numbers_name_variable_value_and_example(name: str, value: str) -> None:
    variable = f"LEADSYNC_{name}_SECONDS"
    with pytest.raises(ConfigurationError, match=f"{variable} is '{value}'") as caught:
        load_settings({variable: value})
    assert "unset it" in caught.value.remedy


def test_a_lease_too_short_to_renew_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="from 10 up"):
        load_settings({"LEADSYNC_LEASE_SECONDS": "1"})
