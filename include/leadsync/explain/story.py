"""Put a person's story together from both systems and the store (product.md, Shapes)."""

from __future__ import annotations

from leadsync.cycle.context import Engine
from leadsync.cycle.plan.schemas import load_plan
from leadsync.cycle.reading import (
    person_values,
    read_persons,
    read_rows,
    row_record,
    row_values,
)
from leadsync.explain.blockers import Seen, reasons, value_cells
from leadsync.explain.history import events_of
from leadsync.explain.subject import Subject, find_subject
from leadsync.mapping.plan import SyncPlan, TablePlan
from leadsync.model import Json
from leadsync.state.port import LIVE, CycleRecord, LookupRow, QuarantineRow, RelatedRow, Values

#: kinds of cycles that bring the sync up to their time.
_MOVING = ("scheduled", "manual")


def explain(engine: Engine, key: str) -> tuple[Json, list[QuarantineRow]]:
    """Return the story of whom ``key`` names, and the quarantine items that hold it back.

    At most two calls to Marketo and four to Dynamics; nothing is written.

    :param key: a Marketo id, a GUID, ``TABLE:GUID`` or an e-mail address.
    :returns: ``{subject, links, fields, events, blocked_by}``; times are datetimes.
    :raises ConfigurationError: ``key`` is none of these.
    """
    plan = load_plan(engine)
    subject = find_subject(engine, plan, key)
    seen = _look(engine, plan, subject)
    remembered = seen.remembered
    journal = (
        engine.store.journal(marketo_ids=subject.persons, dynamics_ids=subject.row_ids)
        if subject.persons or subject.row_ids
        else []
    )
    items = [item["id"] for item in remembered.quarantine]
    item_events = engine.store.quarantine_events(items) if items else []
    story: Json = {
        "subject": _subject(subject),
        "links": [dict(link) for link in subject.links],
        "fields": value_cells(seen),
        "events": events_of(journal, remembered.quarantine, item_events, remembered.requests),
        "blocked_by": reasons(seen),
    }
    return story, remembered.waiting


def _subject(subject: Subject) -> Json:
    table, row = subject.row or (None, None)
    return {
        "marketo_id": subject.person,
        "table": table,
        "dynamics_id": row,
        "others": subject.others,
    }


def _look(engine: Engine, plan: SyncPlan, subject: Subject) -> Seen:
    table = plan.tables.get(subject.row[0]) if subject.row else None
    persons = read_persons(engine, plan, [subject.person] if subject.person is not None else [])
    raw_person = next(iter(persons.values()), None)
    rows = read_rows(engine, table, [subject.row[1]]) if table and subject.row else {}
    raw_row = next(iter(rows.values()), None)
    shown = table or next(iter(plan.tables.values()), None)
    return Seen(
        subject=subject,
        plan=plan,
        table=shown,
        person=raw_person is not None,
        row=row_record(table, raw_row, "changed", "requested") if table and raw_row else None,
        base=_base(engine, subject),
        marketo=person_values(shown, raw_person) if shown and raw_person else {},
        dynamics=_dynamics(engine, subject, table, raw_row) if table and raw_row else {},
        remembered=engine.store.remembered(subject.persons, subject.row_ids),
        last=_last_cycle(engine),
        now=engine.clock.now(),
    )


def _base(engine: Engine, subject: Subject) -> Values:
    link = subject.link
    if link is None or link["status"] not in LIVE:
        return {}
    return engine.store.base_of([link["link_id"]]).get(link["link_id"], {})


def _dynamics(engine: Engine, subject: Subject, table: TablePlan, raw: Json) -> Values:
    """Return the row's values, and those of what it refers to as they were last read."""
    values = row_values(table, raw)
    link = subject.link
    lookups = engine.store.lookups_of([link["link_id"]]) if link is not None else []
    for lookup in lookups:
        names = {plan.name for plan in table.fields if plan.via == lookup["column"]}
        for related in _target(engine, lookup):
            values |= {name: value for name, value in related["fields"].items() if name in names}
    return values


def _target(engine: Engine, lookup: LookupRow) -> list[RelatedRow]:
    table, target = lookup["target_table"], lookup["target_id"]
    return engine.store.related(table, [target]) if table and target else []


def _last_cycle(engine: Engine) -> CycleRecord | None:
    finished = (c for c in engine.store.cycles() if c.status != "open" and c.kind in _MOVING)
    return next(finished, None)
