"""Find the linked pairs that differ, by hashes, before any cycle is spent on them (S121).

Both sides are read at current values, and each is compared with the base by a fingerprint of its
mapped values; nothing else of them is kept. A pair of which both sides equal the base has nothing
to write. All others, and those whose link itself is in doubt, are for a cycle to judge.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from leadsync.cycle.context import Engine
from leadsync.cycle.fingerprint import equals_base, fields_from
from leadsync.cycle.gather.inactive_rows import ACTIVE
from leadsync.cycle.reading import person_values, read_persons, read_rows, row_id_of, row_values
from leadsync.cycle.related.related_values import is_gone, related_plans, sources
from leadsync.mapping.plan import SyncPlan, TablePlan
from leadsync.mapping.related_fields import TARGETS, VIA
from leadsync.model import DYNAMICS_SYNC_FLAG, Json
from leadsync.state.port import LinkRow, RelatedRow, Values
from leadsync.values.keys import canonical_guid
from leadsync.values.marks import ABSENT, is_marked


@dataclass(slots=True)
class DriftSearch:
    """Looks for pairs that differ.

    :ivar read: pairs that were read; ``calls`` by system.
    """

    engine: Engine
    plan: SyncPlan
    read: int = 0
    calls: dict[str, int] = field(default_factory=dict)

    def among(self, table: TablePlan, links: Sequence[LinkRow]) -> list[LinkRow]:
        """Return the links of ``table`` whose pair does not equal its base on both sides."""
        if not links:
            return []
        before = self.engine.ledger.calls()
        people = read_persons(self.engine, self.plan, [link["marketo_id"] for link in links])
        rows = read_rows(self.engine, table, (link["dynamics_id"] for link in links))
        shown = _Shown(self.engine, self.plan, table, _referred(self.engine, self.plan, rows))
        bases = self.engine.store.base_of([link["link_id"] for link in links])
        self.read += len(links)
        for system, calls in self.engine.ledger.calls().items():
            self.calls[system] = self.calls.get(system, 0) + calls - before.get(system, 0)
        return [
            link
            for link in links
            if not shown.agrees(
                link,
                people.get(link["marketo_id"]),
                rows.get(link["dynamics_id"]),
                bases.get(link["link_id"], {}),
            )
        ]


@dataclass(frozen=True, slots=True)
class _Shown:
    """What the rows of a table show, with what comes through their lookups.

    :param referred: accounts, users and teams by id.
    """

    engine: Engine
    plan: SyncPlan
    table: TablePlan
    referred: Mapping[str, RelatedRow]

    def agrees(self, link: LinkRow, person: Json | None, row: Json | None, base: Values) -> bool:
        """Tell whether there is nothing for a cycle to judge."""
        if person is None or row is None or row_id_of(person) != link["dynamics_id"]:
            return False
        if row.get(DYNAMICS_SYNC_FLAG) is False or row.get("statecode") not in (None, int(ACTIVE)):
            return False
        to_dynamics = fields_from("to_dynamics", self.table)
        to_marketo = fields_from("to_marketo", self.table)
        related = self._related(row, base)
        return (
            related is not None
            and equals_base(to_dynamics, person_values(self.table, person), base)
            and equals_base(to_marketo, row_values(self.table, row) | related, base)
        )

    def _related(self, row: Json, base: Values) -> Values | None:
        """Return what comes through lookups, or ``None`` where one leads nowhere."""
        values: Values = {}
        for column in self.table.lookups:
            through = [plan.name for plan in self.table.fields if plan.via == column]
            target = canonical_guid(row.get(f"_{column}_value", ABSENT))
            if target is not None and is_marked(target):
                continue
            found = self.referred.get(target) if target is not None else None
            if target is not None and (found is None or is_gone(found)):
                return None
            if found is not None and found["fields"]:
                known = found["fields"]
                values |= {name: known[name] for name in through if name in known}
            elif self.plan.policies.on_account_removed == "clear":
                values |= dict.fromkeys(name for name in through if base.get(name) is not None)
        return values


def _referred(engine: Engine, plan: SyncPlan, rows: Mapping[str, Json]) -> dict[str, RelatedRow]:
    """Read what rows refer to, 5,000 a call; a table that fills no field shows none."""
    found: dict[str, RelatedRow] = {}
    for section, related in related_plans(plan):
        columns = [f"_{column}_value" for column in VIA[section].values()]
        wanted = set(_targets(rows, columns)) - found.keys()
        known = {source.table: source for source in sources(related)}
        for name in TARGETS[section]:
            source = known.get(name)
            ids = source.columns if source else (f"{name}id",)
            for raw in engine.dynamics.rows_by_id(name, sorted(wanted), ids) if wanted else ():
                row_id = str(raw[ids[0]]).lower()
                empty = RelatedRow(table=name, id=row_id, fields={}, active=True)
                found[row_id] = source.row(raw) if source else empty
            wanted -= found.keys()
    return found


def _targets(rows: Mapping[str, Json], columns: Sequence[str]) -> Iterator[str]:
    for row in rows.values():
        for column in columns:
            target = canonical_guid(row.get(column))
            if target is not None and not is_marked(target):
                yield target
