"""Changes of persons whose record was deleted meanwhile: the deletion wins (S075)."""

from __future__ import annotations

from collections.abc import Iterator

from leadsync.cycle.context import Cycle, Engine
from leadsync.cycle.fingerprint import fields_from
from leadsync.cycle.gather.window import Window
from leadsync.cycle.reading import as_table
from leadsync.cycle.work import Work, event
from leadsync.mapping.plan import FieldPlan, SyncPlan
from leadsync.state.port import JournalRow, LinkRow, Values
from leadsync.values.marks import ABSENT, shown


def journal_cancelled(
    engine: Engine, cycle: Cycle, plan: SyncPlan, window: Window, work: Work
) -> None:
    """Journal what would have gone to a row that is deleted; the person keeps it."""
    removed = {
        removal.link["marketo_id"]: removal.link
        for removal in work.removals
        if removal.link["status"] != "out_of_scope"
    }
    changed = {
        person["marketo_id"]: values
        for person, values in window.persons
        if person["marketo_id"] in removed and person["event"] == "changed"
    }
    links = [removed[marketo_id] for marketo_id in changed]
    bases = engine.store.base_of([link["link_id"] for link in links]) if links else {}
    for link in links:
        values, base = changed[link["marketo_id"]], bases.get(link["link_id"], {})
        for field in _differing(plan, link, values, base):
            line = event(
                cycle.cycle_id, cycle.opened_at, "cancelled", link, rule="deleted in Dynamics"
            )
            work.journal.append(_of_field(line, field.name, values, base))


def _differing(plan: SyncPlan, link: LinkRow, values: Values, base: Values) -> Iterator[FieldPlan]:
    """Yield the fields that a user has changed and that flow to Dynamics."""
    for field in fields_from("to_dynamics", plan.tables[as_table(link["dynamics_table"])]):
        value, known = values.get(field.name, ABSENT), base.get(field.name, ABSENT)
        is_known = ABSENT not in (value, known)
        if is_known and field.comparable(value) != field.comparable(known):
            yield field


def _of_field(line: JournalRow, name: str, values: Values, base: Values) -> JournalRow:
    return {
        **line,
        "field": name,
        "base": shown(base[name]),
        "marketo": shown(values[name]),
        "dynamics": None,
        "winner": "dynamics",
    }
