"""Correct a quarantined row where it comes from, so that both sides agree afterwards.

The new values are checked by the rules of the row's target and of its source before anything is
written. Then the next cycle finds a change like any user's. A process that dies after the write has
corrected the record; only the history does not tell of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from leadsync.cycle.context import Engine
from leadsync.cycle.plan.schemas import load_plan
from leadsync.cycle.quarantine.quarantining import from_validation
from leadsync.cycle.reading import as_table
from leadsync.errors import ConfigurationError
from leadsync.frames import cells_by_field
from leadsync.mapping.plan import SyncPlan
from leadsync.model import Json, System
from leadsync.review.decide import waiting_items
from leadsync.review.history import event_of
from leadsync.review.new_values import canonical_value, find_field
from leadsync.review.source import SourceRecord, read_source, write_source
from leadsync.state.port import LIVE, JournalRow, QuarantineRow, StateChanges, Values
from leadsync.state.turn import turn
from leadsync.validation.generate import rules_for
from leadsync.validation.model import Failure, Operation
from leadsync.values.marks import shown

RULE = "quarantine_fix"


@dataclass(frozen=True, slots=True)
class Fix:
    """A correction of an item by somebody.

    :param actor: who corrects, for the item's history.
    """

    engine: Engine
    actor: str

    def apply(self, item_id: str, given: Mapping[str, str], *, release: bool = False) -> Json:
        """Write new values to the record that the item comes from.

        :param given: values as typed, by field: its Marketo name or its column; nothing clears.
        :param release: have the next cycle try the item even if it sees no change.
        :returns: ``{id, side, record, changes: [{field, from, to}], still_failing, released}``.
        :raises ConfigurationError: the item does not wait; a field is none of the row's; a value
            does not fit its field or breaks a rule. Nothing is written.
        :raises RejectedError: the system refuses the values; nothing is written.
        :raises LeaseHeldError: a cycle runs for longer than we wait.
        """
        engine, plan = self.engine, load_plan(self.engine)
        with turn(engine.store, engine.clock, self.actor) as lease:
            (item,) = waiting_items(engine.store, [item_id])
            table = plan.tables[as_table(item["dynamics_table"])]
            fields = [find_field(table, name, item["direction"]) for name in given]
            source = read_source(engine, plan, table, item)
            new: Values = {
                field.name: canonical_value(field, source.side, text)
                for field, text in zip(fields, given.values(), strict=True)
            }
            failing = _check(engine, plan, item, source, new)
            write_source(engine, source, fields, new)
            engine.store.apply(self._changes(item, source, new, release=release), lease=lease)
        return _document(item, source, new, failing, release=release)

    def _changes(
        self, item: QuarantineRow, source: SourceRecord, new: Values, *, release: bool
    ) -> StateChanges:
        now = self.engine.clock.now()
        detail = f"{', '.join(new)} in {source.side}"
        events = [event_of(item, "fixed", now, self.actor, detail)]
        if release:
            events.append(event_of(item, "released", now, self.actor))
        return StateChanges(
            quarantine=[{**item, "status": "released"}] if release else [],
            quarantine_events=events,
            journal=_journalled(self.engine, item, source, new),
        )


def _check(
    engine: Engine, plan: SyncPlan, item: QuarantineRow, source: SourceRecord, new: Values
) -> list[Failure]:
    """Refuse values that break a rule; returns what the row would fail besides."""
    target: System = "dynamics" if source.side == "marketo" else "marketo"
    operation: Operation = "create" if item["operation"] == "create" else "update"
    sent = {name: source.values[name] for name in item["row"] if name in source.values}
    failing = _failures(engine, plan, item, (target, operation), {**sent, **new})
    broken = [failure for failure in failing if failure.rule.field in new]
    broken += _failures(engine, plan, item, (source.side, "update"), new)
    if broken:
        reasons = "; ".join(dict.fromkeys(failure.message for failure in broken))
        raise ConfigurationError(
            f"The new values of item {item['id']} break a rule: {reasons}. Nothing was written.",
            remedy="Give values that both systems take.",
        )
    return failing


def _failures(
    engine: Engine,
    plan: SyncPlan,
    item: QuarantineRow,
    target: tuple[System, Operation],
    values: Values,
) -> list[Failure]:
    table = as_table(item["dynamics_table"])
    names = [field.name for field in plan.tables[table].fields]
    return engine.check(cells_by_field(names, [values]), rules_for(plan, table, *target))


def _journalled(
    engine: Engine, item: QuarantineRow, source: SourceRecord, new: Values
) -> list[JournalRow]:
    """Tell the fix like every write: the side that was written shows the value before."""
    base = _base(engine, item)
    before = source.values
    return [
        JournalRow(
            cycle_id=f"item:{item['id']}",
            at=engine.clock.now(),
            kind="fixed",
            side=source.side,
            dynamics_table=item["dynamics_table"],
            marketo_id=item["marketo_id"],
            dynamics_id=item["dynamics_id"],
            field=name,
            base=base.get(name),
            marketo=before.get(name) if source.side == "marketo" else value,
            dynamics=before.get(name) if source.side == "dynamics" else value,
            winner=None,
            rule=RULE,
        )
        for name, value in new.items()
    ]


def _base(engine: Engine, item: QuarantineRow) -> Values:
    """Return what both sides of the item's pair agreed on; nothing for a record without a pair."""
    persons = [item["marketo_id"]] if item["marketo_id"] is not None else []
    links = [link for link in engine.store.links_of_persons(persons) if link["status"] in LIVE]
    bases = engine.store.base_of([link["link_id"] for link in links])
    return next(iter(bases.values()), {})


def _document(
    item: QuarantineRow,
    source: SourceRecord,
    new: Values,
    failing: list[Failure],
    *,
    release: bool,
) -> Json:
    return {
        "id": item["id"],
        "side": source.side,
        "record": source.name,
        "changes": [
            {"field": name, "from": shown(source.values.get(name)), "to": shown(value)}
            for name, value in new.items()
        ],
        "still_failing": from_validation(failing),
        "released": release,
    }
