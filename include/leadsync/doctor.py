"""Checks that a cycle can work here, and creation of what leadsync needs in both systems.

Each check stands alone, so that one answer names everything that is wrong.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from pathlib import Path

from leadsync.clock import format_instant
from leadsync.dynamics.client import DynamicsClient
from leadsync.errors import ConfigurationError, LeadsyncError
from leadsync.gx_project.files import generated_suites as written_suites
from leadsync.gx_project.team import load_team
from leadsync.http.limits import QuotaUse
from leadsync.mapping.model import Mapping as FieldMapping
from leadsync.mapping.plan import SyncPlan
from leadsync.mapping.related import related_tables
from leadsync.mapping.resolve import resolve
from leadsync.marketo.client import MarketoClient
from leadsync.marketo.own_activity_types import OWN_ACTIVITY_TYPES
from leadsync.marketo.schema_fields import NewField
from leadsync.model import (
    DYNAMICS_MARKETO_ID,
    DYNAMICS_MARKETO_ID_KEY,
    DYNAMICS_SYNC_FLAG,
    MARKETO_DYNAMICS_CREATED_AT,
    MARKETO_DYNAMICS_DELETED,
    MARKETO_DYNAMICS_ID,
    MARKETO_DYNAMICS_TYPE,
    TABLES,
    DynamicsTable,
    Schemas,
    Table,
)
from leadsync.validation.suites import differences, generated_suites
from leadsync.validation.team import rules_of

#: seconds by which two clocks may differ: far less than the tolerance of ``newest_wins``.
CLOCKS_APART = 60.0
#: the id of no row: a read of it shows whether a table can be read.
NO_ROW = "00000000-0000-0000-0000-000000000000"
#: leadsync's own person fields as they are created (semantics.md 1).
OWN_FIELDS = (
    NewField(
        MARKETO_DYNAMICS_ID, "Leadsync Dynamics Id", "string", "Id of the linked Dynamics record"
    ),
    NewField(MARKETO_DYNAMICS_TYPE, "Leadsync Dynamics Type", "string", "Lead or Contact"),
    NewField(
        MARKETO_DYNAMICS_DELETED,
        "Leadsync Dynamics Deleted",
        "boolean",
        "The Dynamics record was deleted",
    ),
    NewField(
        MARKETO_DYNAMICS_CREATED_AT,
        "Leadsync Dynamics Created At",
        "datetime",
        "When the Dynamics record was created",
    ),
)


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at. ``remedy`` says what to do when it is not ``ok``."""

    name: str
    ok: bool
    detail: str
    remedy: str = ""


@dataclass(slots=True)
class Diagnosis:
    """All checks, and what ``--provision`` did.

    :param created: fields, columns and keys made now.
    :param instructions: what an administrator has to do, because the APIs do not allow it.
    """

    checks: list[Check] = field(default_factory=list)
    created: list[str] = field(default_factory=list)
    instructions: list[str] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        return all(check.ok for check in self.checks)

    def look(self, name: str, check: Callable[[], str]) -> bool:
        """Run one check; an error of ours becomes a failed check with its remedy."""
        try:
            self.checks.append(Check(name, True, check()))
        except LeadsyncError as error:
            self.checks.append(Check(name, False, error.message, error.remedy))
            return False
        return True


@dataclass(slots=True)
class Doctor:
    """Looks at both systems through their clients.

    :param previous: the schemas that the mapping fitted before; a name that has vanished since
        then suspends its field (S117).
    :param gx: the Great Expectations project, whose files are compared with the rules in use.
    :param quota: what we have used of each system's daily quota.
    """

    mapping: FieldMapping
    marketo: MarketoClient
    dynamics: DynamicsClient
    diagnosis: Diagnosis
    previous: Schemas | None = None
    gx: Path | None = None
    quota: Mapping[str, QuotaUse] = field(default_factory=dict)

    def examine(self, *, provision: bool) -> None:
        """Check both systems and the mapping; create what is missing first, when asked to."""
        reached_marketo = self.diagnosis.look("Marketo answers", self._marketo_answers)
        reached_dynamics = self.diagnosis.look("Dynamics answers", self._dynamics_answers)
        if provision:
            if reached_marketo:
                self.diagnosis.look("Marketo fields provisioned", self._provision_marketo)
                self.diagnosis.look("Marketo activity types provisioned", self._provision_types)
            for table in self._tables() if reached_dynamics else ():
                self.diagnosis.look(
                    f"Dynamics {table} provisioned", partial(self._provision_dynamics, table)
                )
        if reached_marketo:
            self.diagnosis.look("Marketo activity types", self._types_are_usable)
        for table in self._tables() if reached_dynamics else ():
            self.diagnosis.look(
                f"Dynamics {table} can be followed", partial(self._can_follow, table)
            )
        for name in related_tables(self.mapping) if reached_dynamics else ():
            self.diagnosis.look(f"Dynamics {name} can be read", partial(self._can_read, name))
        self._check_conditions(marketo=reached_marketo, dynamics=reached_dynamics)
        if reached_marketo and reached_dynamics:
            self.diagnosis.look("Mapping fits both systems", self._mapping_fits)

    def _check_conditions(self, *, marketo: bool, dynamics: bool) -> None:
        """Check clocks, of the systems that answer, and what is left of the quotas."""
        if marketo:
            clocks = partial(clocks_agree, lambda: self.marketo.clock_ahead)
            self.diagnosis.look("Marketo's clock agrees with ours", clocks)
        if dynamics:
            clocks = partial(clocks_agree, lambda: self.dynamics.clock_ahead)
            self.diagnosis.look("Dynamics' clock agrees with ours", clocks)
        for system, use in self.quota.items():
            self.diagnosis.look(f"Calls to {system.capitalize()}", partial(calls_left, use))

    def _tables(self) -> list[Table]:
        return [table for table in TABLES if self.mapping.columns(table)]

    def _marketo_answers(self) -> str:
        fields = self.marketo.describe()
        usage = self.marketo.usage_today()
        used = f", {usage.total} API calls used today" if usage else ""
        return f"{len(fields)} person fields{used}"

    def _dynamics_answers(self) -> str:
        user = self.dynamics.whoami()
        return f"organisation {user.organization_id}, application user {user.user_id}"

    def _provision_marketo(self) -> str:
        present = self.marketo.describe()
        missing = [new for new in OWN_FIELDS if new.name not in present]
        results = self.marketo.create_fields(missing)
        refused = [result for result in results if not result.created]
        self.diagnosis.created += [f"Marketo: {r.name}" for r in results if r.created]
        if refused:
            reasons = "; ".join(
                f"{result.name}: {error.message}" for result in refused for error in result.errors
            )
            raise ConfigurationError(
                f"Marketo did not create {reasons}.",
                remedy="Create the fields in Admin, Field Management, or give the API user's role "
                "the permission Read-Write Schema Custom Field.",
            )
        return f"{len(missing)} created, {len(OWN_FIELDS) - len(missing)} were there"

    def _provision_types(self) -> str:
        present = self.marketo.activity_types()
        for wanted in OWN_ACTIVITY_TYPES:
            found = present.get(wanted.api_name)
            if found is None or not found.usable:
                self.marketo.provide_activity_type(wanted)
                self.diagnosis.created.append(f"Marketo: activity type {wanted.name}")
        return f"{len(OWN_ACTIVITY_TYPES)} approved"

    def _types_are_usable(self) -> str:
        """Look at the activity types; the sync works without them, so their lack is a note."""
        present = self.marketo.activity_types()
        missing = [
            wanted.name
            for wanted in OWN_ACTIVITY_TYPES
            if wanted.api_name not in present or not present[wanted.api_name].usable
        ]
        if not missing:
            return "approved"
        self.diagnosis.instructions.append(
            f"The custom activity types {' and '.join(missing)} are missing in Marketo or not "
            "approved, so that persons' activity logs do not tell what failed. "
            "Run `leadsync doctor --provision`."
        )
        return f"missing or not approved: {', '.join(missing)}"

    def _provision_dynamics(self, table: Table) -> str:
        done = self.dynamics.provision(table, sync_flag=True)
        self.diagnosis.created += [f"Dynamics {table}: {name}" for name in done.created]
        self.diagnosis.instructions += done.instructions
        return f"{len(done.created)} created"

    def _can_follow(self, table: Table) -> str:
        problem = self.dynamics.read_problem(table)
        if problem is not None:
            raise problem
        schema = self.dynamics.table(table, ())
        _require_own_columns(schema)
        flag = "with" if DYNAMICS_SYNC_FLAG in schema.columns else "without"
        return f"change tracking is on, {flag} the sync filter {DYNAMICS_SYNC_FLAG}"

    def _can_read(self, table: str) -> str:
        schema = self.dynamics.table(table, ())
        if not schema.change_tracking:
            self.dynamics.rows_by_id(table, [NO_ROW], [schema.primary_id])
            return "change tracking is off, changes are found by their time"
        problem = self.dynamics.read_problem(table)
        if problem is not None:
            raise problem
        return "change tracking is on"

    def _mapping_fits(self) -> str:
        tables: dict[str, DynamicsTable] = {
            table: self.dynamics.table(table, sorted(self.mapping.columns(table)))
            for table in self._tables()
        }
        for name, columns in related_tables(self.mapping).items():
            tables[name] = self.dynamics.table(name, sorted(columns))
        plan = resolve(self.mapping, Schemas(self.marketo.describe(), tables), self.previous)
        self.diagnosis.instructions += plan.notes
        if self.gx is not None:
            self.diagnosis.look("Team's expectations fit", partial(_team_fits, self.gx, plan))
            self.diagnosis.instructions += _stale_files(self.gx, plan)
        if plan.suspended:
            raise ConfigurationError(
                f"{_number(len(plan.suspended))} suspended: {'; '.join(plan.suspended)}.",
                remedy="Restore the column or field, or change the mapping file; all other fields "
                "go on meanwhile.",
            )
        return f"{len(plan.names)} fields"


def _team_fits(project: Path, plan: SyncPlan) -> str:
    team = load_team(project)
    for suite in team.stated:
        for table in plan.tables.values():
            if table.table in suite.tables:
                list(rules_of(suite, table))
    return f"{len(team.stated)} suites in JSON, {len(team.code)} files of code"


def _stale_files(project: Path, plan: SyncPlan) -> list[str]:
    """Return a note when the rules in use are not those of the generated files."""
    changes = differences(written_suites(project), generated_suites(plan))
    if not changes:
        return []
    return [
        f"{len(changes)} rules differ from the files in {project}; `leadsync suites --diff` shows "
        "them, `leadsync suites --write` brings the files up to date."
    ]


def clocks_agree(ahead: Callable[[], timedelta | None]) -> str:
    """Compare the system's ``Date`` with our time: windows and ``newest_wins`` need both."""
    difference = ahead()
    if difference is None:
        return "the system does not tell its time"
    seconds = difference.total_seconds()
    if abs(seconds) > CLOCKS_APART:
        raise ConfigurationError(
            f"Our clock is {abs(seconds):.0f} s {'behind' if seconds > 0 else 'ahead'}.",
            remedy="Let NTP set the clock of every machine that runs leadsync.",
        )
    return f"{abs(seconds):.0f} s apart"


def calls_left(use: QuotaUse) -> str:
    if use.budget is None:
        return f"{use.used} made today, no daily quota"
    if use.used >= use.budget:
        raise ConfigurationError(
            f"Our share of the daily quota, {use.budget} calls, is used up.",
            remedy=f"The sync goes on by itself after {format_instant(use.resets_at)}; raise "
            "daily_call_share in the connection if more of the quota is ours.",
        )
    return f"{use.used} of our {use.budget} used today, until {format_instant(use.resets_at)}"


def _require_own_columns(schema: DynamicsTable) -> None:
    if DYNAMICS_MARKETO_ID not in schema.columns:
        missing = f"column {DYNAMICS_MARKETO_ID}"
    elif DYNAMICS_MARKETO_ID_KEY not in schema.keys:
        missing = f"active alternate key {DYNAMICS_MARKETO_ID_KEY}"
    else:
        return
    raise ConfigurationError(
        f"The table {schema.name} has no {missing}.",
        remedy="Run `leadsync doctor --provision`, which creates it or says how to.",
    )


def _number(fields: int) -> str:
    return "1 field is" if fields == 1 else f"{fields} fields are"
