"""What accounts, users and teams have to show in their people's fields (semantics.md 1, S106)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from leadsync.mapping.plan import RelatedPlan, SyncPlan
from leadsync.mapping.related import RELATED_SECTIONS, TEAM, TEAM_NAME, RelatedSection
from leadsync.state.port import RelatedRow, Values

ACCOUNT = "account"
DISABLED = "isdisabled"


@dataclass(frozen=True, slots=True)
class RelatedSource:
    """A table whose rows fill company or owner fields.

    :param columns: the properties to select, primary id first.
    :param tracked: the table has change tracking.
    """

    table: str
    primary_id: str
    columns: tuple[str, ...]
    tracked: bool
    plan: RelatedPlan

    @property
    def seldom(self) -> bool:
        """Whether the rows change so rarely that an hour's delay does no harm."""
        return self.table != ACCOUNT

    def row(self, raw: Mapping[str, Any]) -> RelatedRow:
        """Return a row as it is kept; what the response lacks is left out (S055)."""
        values = self._of_team(raw) if self.table == TEAM else self._of_row(raw)
        return RelatedRow(
            table=self.table,
            id=str(raw[self.primary_id]).lower(),
            fields=values,
            active=raw.get(DISABLED) is not True,
        )

    def _of_row(self, raw: Mapping[str, Any]) -> Values:
        return {
            field.name: field.converter.from_dynamics(raw[name])
            for field in self.plan.fields
            if (name := field.column.read_name) in raw
        }

    def _of_team(self, raw: Mapping[str, Any]) -> Values:
        """A team has a name and no first name, telephone or e-mail of a person."""
        shown: Values = {}
        for field in self.plan.fields:
            name = raw.get(TEAM_NAME) if field.name == self.plan.team_field else None
            shown[field.name] = field.when_team or field.converter.from_dynamics(name)
        return shown


def related_plans(plan: SyncPlan) -> Iterator[tuple[RelatedSection, RelatedPlan]]:
    """Yield the sections that are mapped."""
    for section in RELATED_SECTIONS:
        related = plan.company if section == "company" else plan.owner
        if related is not None:
            yield section, related


def sources(plan: RelatedPlan) -> list[RelatedSource]:
    """Return the tables that fill a section's fields."""
    names = {field.column.read_name for field in plan.fields}
    if DISABLED in plan.schema.columns:
        names.add(DISABLED)
    found = [_source(plan, plan.schema.name, plan.schema.primary_id, names)]
    if plan.teams is not None:
        teams = plan.teams
        found.append(_source(plan, teams.name, teams.primary_id, {TEAM_NAME}))
    return found


def _source(plan: RelatedPlan, table: str, primary_id: str, names: set[str]) -> RelatedSource:
    schema = plan.teams if plan.teams is not None and table == TEAM else plan.schema
    columns = (primary_id, *sorted(names - {primary_id}))
    return RelatedSource(table, primary_id, columns, schema.change_tracking, plan)


def is_gone(row: RelatedRow) -> bool:
    """Tell whether the row was deleted, as opposed to disabled."""
    return not row["active"] and not row["fields"]
