"""Settings from environment variables, with defaults that work in a fresh clone."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from leadsync.errors import ConfigurationError

#: the folder that holds ``include/``, ``dags/`` and, unless set otherwise, ``data/``.
PROJECT = Path(__file__).resolve().parents[2]

#: cycles look back as far to know their own writes again.
LEAST_DAYS = 2.0


@dataclass(frozen=True, slots=True)
class KeepDays:
    """For how many days what is done with is kept; what still waits is kept as long as it does.

    :param journal_days: the journal, which ``explain`` and ``undo`` read:
        ``LEADSYNC_KEEP_JOURNAL_DAYS``.
    :param cycles_days: cycles, their reports and validation reports: ``LEADSYNC_KEEP_CYCLES_DAYS``.
    :param requests_days: answered requests: ``LEADSYNC_KEEP_REQUESTS_DAYS``.
    :param quarantine_days: rows that left the quarantine: ``LEADSYNC_KEEP_QUARANTINE_DAYS``.
    :param intents_days: writes and their answers: ``LEADSYNC_KEEP_INTENTS_DAYS``.
    :param staging_days: frames of failed cycles, which a cleared task needs:
        ``LEADSYNC_KEEP_STAGING_DAYS``.
    """

    journal_days: float = 400.0
    cycles_days: float = 90.0
    requests_days: float = 90.0
    quarantine_days: float = 90.0
    intents_days: float = 14.0
    staging_days: float = 7.0


@dataclass(frozen=True, slots=True)
class Settings:
    """What can be set without touching connections or the mapping file.

    :param data: folder for files that leadsync makes: ``LEADSYNC_DATA``.
    :param staging: fsspec URL or path of the frames between tasks: ``LEADSYNC_STAGING``.
    :param mapping: path of the mapping file: ``LEADSYNC_MAPPING``.
    :param gx: the Great Expectations project with the team's own suites: ``LEADSYNC_GX``.
    :param overlap_seconds: how long Marketo's paging tokens are kept, because activities can appear
        late: ``LEADSYNC_OVERLAP_SECONDS``.
    :param lease_seconds: after which a crashed cycle is taken over: ``LEADSYNC_LEASE_SECONDS``.
    :param schema_ttl_seconds: how long a schema read from a system is trusted:
        ``LEADSYNC_SCHEMA_TTL_SECONDS``.
    :param deleted_leads_days: how old the cursor of Marketo's deletions may be before all persons
        are compared instead; Marketo keeps 14 days: ``LEADSYNC_DELETED_LEADS_DAYS``.
    :param cycle_seconds: after which a cycle leaves plain updates to the next one, so that what is
        new or urgent waits no longer than that; after half of it a backlog of changes is left
        unread likewise: ``LEADSYNC_CYCLE_SECONDS``.
    :param pause_seconds: how long a scheduled cycle waits after the end of the one before:
        ``LEADSYNC_PAUSE_SECONDS``.
    :param lead_changes_days: the same for changed values, of which Marketo keeps 90 days:
        ``LEADSYNC_LEAD_CHANGES_DAYS``.
    :param reports: fsspec URL or path of the validation reports; empty keeps none:
        ``LEADSYNC_REPORTS``.
    """

    data: Path
    staging: str
    mapping: Path
    gx: Path = PROJECT / "include/gx"
    overlap_seconds: float = 300.0
    lease_seconds: float = 120.0
    schema_ttl_seconds: float = 3600.0
    deleted_leads_days: float = 13.0
    lead_changes_days: float = 85.0
    reports: str = ""
    cycle_seconds: float = 300.0
    pause_seconds: float = 0.0
    keep: KeepDays = KeepDays()


def load_settings(environ: Mapping[str, str] | None = None, project: Path = PROJECT) -> Settings:
    """Read settings; a relative path starts at ``project``, a blank variable counts as not set.

    :param environ: variables by name; default: those of this process.

    :raises ConfigurationError: a value is no number or out of range; names variable and value.
    """
    environ = os.environ if environ is None else environ
    data = _path(environ, "LEADSYNC_DATA", project, default="data")
    staging = _storage(environ, "LEADSYNC_STAGING", project, str(data / "staging"))
    return Settings(
        data=data,
        staging=staging,
        reports=_storage(environ, "LEADSYNC_REPORTS", project, f"{staging}/reports"),
        mapping=_path(environ, "LEADSYNC_MAPPING", project, default="include/config/mapping.yaml"),
        gx=_path(environ, "LEADSYNC_GX", project, default="include/gx"),
        overlap_seconds=_seconds(environ, "LEADSYNC_OVERLAP_SECONDS", 300.0, least=0.0),
        lease_seconds=_seconds(environ, "LEADSYNC_LEASE_SECONDS", 120.0, least=10.0),
        schema_ttl_seconds=_seconds(environ, "LEADSYNC_SCHEMA_TTL_SECONDS", 3600.0, least=0.0),
        deleted_leads_days=_days(environ, "LEADSYNC_DELETED_LEADS_DAYS", 13.0),
        lead_changes_days=_days(environ, "LEADSYNC_LEAD_CHANGES_DAYS", 85.0),
        cycle_seconds=_seconds(environ, "LEADSYNC_CYCLE_SECONDS", 300.0, least=1.0),
        pause_seconds=_seconds(environ, "LEADSYNC_PAUSE_SECONDS", 0.0, least=0.0),
        keep=_keep(environ),
    )


def _keep(environ: Mapping[str, str]) -> KeepDays:
    kept = KeepDays()
    days = {
        name: _number(
            environ,
            f"LEADSYNC_KEEP_{name.upper()}",
            getattr(kept, name),
            least=LEAST_DAYS,
            unit="days",
        )
        for name in KeepDays.__slots__
    }
    return KeepDays(**days)


def _value(environ: Mapping[str, str], name: str) -> str:
    return environ.get(name, "").strip()


def _path(environ: Mapping[str, str], name: str, project: Path, *, default: str) -> Path:
    return project / Path(_value(environ, name) or default).expanduser()


def _storage(environ: Mapping[str, str], name: str, project: Path, default: str) -> str:
    value = _value(environ, name)
    if "://" in value:
        return value
    return str(project / Path(value).expanduser()) if value else default


def _days(environ: Mapping[str, str], name: str, default: float) -> float:
    return _number(environ, name, default, least=0.0, unit="days")


def _seconds(environ: Mapping[str, str], name: str, default: float, *, least: float) -> float:
    return _number(environ, name, default, least=least, unit="seconds")


def _number(
    environ: Mapping[str, str], name: str, default: float, *, least: float, unit: str
) -> float:
    text = _value(environ, name)
    if not text:
        return default
    try:
        number = float(text)
    except ValueError:
        number = float("nan")
    if not least <= number < float("inf"):
        raise ConfigurationError(
            f"{name} is {text!r}, which is no number of {unit} from {least:g} up.",
            remedy=f"Set it to a number such as {default:g}, or unset it.",
        )
    return number
