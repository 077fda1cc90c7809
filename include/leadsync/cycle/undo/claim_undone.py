"""Let the values from before a cycle take part in the merge, as claims on both sides.

Both sides of a pair get the old value, so that neither brings the new one back. A field that flows
one way goes back on the side that was written alone: its base stays with the source, so that only
another change there flows again.
"""

from __future__ import annotations

from collections.abc import Mapping

from leadsync.cycle.consent.marks import marked
from leadsync.cycle.context import Cycle, Engine
from leadsync.cycle.reading import as_table
from leadsync.cycle.undo.written import Written, written_fields
from leadsync.cycle.work import Work
from leadsync.mapping.plan import FieldPlan, SyncPlan
from leadsync.merge.claims import Claim
from leadsync.merge.pairs import Pair
from leadsync.model import Json, System
from leadsync.values.keys import email_key
from leadsync.values.marks import ABSENT

DOCUMENT = "undo"
CHANGED = "the value was changed since"
_EMAIL = "email"
_TARGETS: dict[str, System] = {"to_marketo": "marketo", "to_dynamics": "dynamics"}


def claim_undone(engine: Engine, cycle: Cycle, plan: SyncPlan, work: Work) -> None:
    """Claim the old values of what the undone cycle wrote, and leave out all else.

    What cannot be taken back is noted in staging with its reason.
    """
    if cycle.undo_of is None:
        return
    pairs = [pair for pair in work.pairs.values() if not pair.stamps]
    persons = sorted(pair.link["marketo_id"] for pair in pairs)
    rows = engine.store.journal(cycle_id=cycle.undo_of, marketo_ids=persons) if persons else []
    written = written_fields(rows)
    addresses = (fields[_EMAIL].before for fields in written.values() if _EMAIL in fields)
    barred = marked(engine, "opted_out", map(email_key, addresses))
    left: list[Json] = []
    for pair in pairs:
        fields = written.get((pair.link["marketo_id"], pair.link["dynamics_id"]), {})
        claims: dict[str, Claim] = {}
        for name, one in fields.items():
            reason = _obstacle(plan, pair, name, one)
            if reason is None and name == _EMAIL and email_key(one.before) in barred:
                reason = "the old address has opted out since"
            if reason is None:
                claims[name] = _claim(plan, pair, name, one, cycle.undo_of)
            else:
                left.append(left_alone(pair.link, name, reason))
        _narrow(pair, claims)
    engine.staging.write_document(cycle.cycle_id, DOCUMENT, {"left": left})


def left_alone(record: Mapping[str, object], field: str | None, reason: str) -> Json:
    """Return what is told of something that is not taken back."""
    return {
        "table": record["dynamics_table"],
        "marketo_id": record["marketo_id"],
        "dynamics_id": record["dynamics_id"],
        "field": field,
        "reason": reason,
    }


def _narrow(pair: Pair, claims: dict[str, Claim]) -> None:
    """Let the pair be about the claims alone: its other changes are for the next cycle."""
    pair.marketo = {n: v for n, v in (pair.marketo or {}).items() if n in claims}
    pair.dynamics = {n: v for n, v in (pair.dynamics or {}).items() if n in claims}
    pair.related = {}
    pair.claims = claims or None


def _claim(plan: SyncPlan, pair: Pair, name: str, one: Written, undo_of: str) -> Claim:
    field = _field(plan, pair, name)
    target = _TARGETS.get(field.direction) if field else None
    return Claim(one.before, one.after, "undone", f"undo of {undo_of}", target)


def _field(plan: SyncPlan, pair: Pair, name: str) -> FieldPlan | None:
    table = plan.tables.get(as_table(pair.link["dynamics_table"]))
    return table.by_name.get(name) if table else None


def _obstacle(plan: SyncPlan, pair: Pair, name: str, one: Written) -> str | None:
    """Return why a field cannot be taken back, or ``None`` when it can."""
    field = _field(plan, pair, name)
    if field is None or field.direction == "off":
        return "the field is not synchronised any more"
    if field.rule == "most_restrictive":
        return "a consent is never taken back"
    if not one.clear:
        return "both sides were written, over different values"
    if pair.link["status"] != "open":
        return "the Dynamics record is closed or out of scope"
    target = _TARGETS.get(field.direction)
    if target is not None and set(one.new) != {target}:
        return "the field flows the other way now"
    return _changed_since(field, pair, one)


def _changed_since(field: FieldPlan, pair: Pair, one: Written) -> str | None:
    """Return what has become of a field since it was written, unless it can go back.

    A side that holds the old value already was taken back by an undo that died, or by a user.
    """
    marketo, dynamics = _value(pair.marketo, field), _value(pair.dynamics, field)
    base = pair.base.get(field.name, ABSENT)
    if field.via is not None:  # the account or user is not read: what is known of it counts
        dynamics = base
    if ABSENT in (marketo, dynamics):
        return "the field cannot be read on both sides"
    target = _TARGETS.get(field.direction)
    sides = [marketo, dynamics]
    if target is not None:
        source = sides.pop(target == "marketo")
        if field.comparable(source) != field.comparable(base):
            return CHANGED
    now = {field.comparable(side) for side in sides}
    before, after = field.comparable(one.before), field.comparable(one.after)
    if now == {before}:
        return "the old value is back already"
    if not now <= {before, after}:
        return CHANGED
    return None if _expressible(field, one.before) else "the old value is not valid any more"


def _value(values: Mapping[str, str | None] | None, field: FieldPlan) -> str | None:
    return (values or {}).get(field.name, ABSENT)


def _expressible(field: FieldPlan, value: str | None) -> bool:
    """Whether a value from the journal still has a form on the sides that it goes to."""
    convert = field.converter
    try:
        shown = convert.from_marketo(convert.to_marketo(value))
        if field.direction != "to_marketo":
            shown = convert.from_dynamics(convert.to_dynamics(value))
    except (ValueError, KeyError):
        return False
    return field.comparable(shown) == field.comparable(value)
