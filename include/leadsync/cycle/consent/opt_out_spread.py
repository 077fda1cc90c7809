"""Opt-out writes beside the pairs: to persons without a row, and to rows of new persons (8.J).

The base of an opt-out moves with the commit, so that a cycle that dies before it has told everybody
tells them again.
"""

from __future__ import annotations

from leadsync.cycle.consent.consent import RULE, Consent, consent_field
from leadsync.cycle.consent.shared_address import OPT_OUT, STOP, UNSUBSCRIBED
from leadsync.cycle.decide.decide import Proposal, Proposals
from leadsync.cycle.gather.inactive_rows import is_active
from leadsync.cycle.work import Creation, Work
from leadsync.mapping.plan import SyncPlan
from leadsync.model import Direction, Json, System


def spread_opt_outs(plan: SyncPlan, consent: Consent, work: Work, proposals: Proposals) -> None:
    """Add a write for every person without a pair, and every new person's row, to be stopped.

    A closed row is left alone; it is told when it is open again (S096).
    """
    field = next((f for t in plan.tables if (f := consent_field(plan, t)) is not None), None)
    if field is None:
        return
    _wait_for_commit(proposals)
    for person in consent.others:
        _stop_person(person, field.table, work, proposals)
    for creation in work.creations:
        if UNSUBSCRIBED in creation.unsettled and is_active(creation.record):
            _stop_row(creation, work, proposals)


def _stop_person(person: int, table: str, work: Work, proposals: Proposals) -> None:
    record = _record("to_marketo", table, person, None)
    proposals.to_marketo.append(Proposal(record, {UNSUBSCRIBED: STOP}))
    work.settle(record["record_key"], "to_marketo", record, "writing")
    proposals.decisions.append(_decision(record, "marketo", "dynamics"))


def _stop_row(creation: Creation, work: Work, proposals: Proposals) -> None:
    """A new person is stopped by its address: its row must say so too (S111)."""
    row = creation.record
    record = _record("to_dynamics", row["table"], None, row["dynamics_id"])
    record |= {"link_id": creation.link_id, "etag": row["etag"]}
    proposals.to_dynamics.append(Proposal(record, {UNSUBSCRIBED: STOP}))
    work.settle(record["record_key"], "to_dynamics", record, "writing")
    proposals.decisions.append(_decision(record, "dynamics", "marketo"))
    for one in proposals.unsettled:
        if (one["link_id"], one["field"]) == (creation.link_id, UNSUBSCRIBED):
            created = f"to_marketo:{row['table']}:{row['dynamics_id']}"
            one["keys"] = {"marketo": created, "dynamics": record["record_key"]}


def _record(direction: Direction, table: str, person: int | None, row: str | None) -> Json:
    return {
        "record_key": f"{direction}:{table}:{person or row}:{UNSUBSCRIBED}",
        "operation": OPT_OUT,
        "table": table,
        "marketo_id": person,
        "dynamics_id": row,
        "link_id": "",
        "etag": None,
        "created_on": None,
    }


def _decision(record: Json, side: System, winner: System) -> Json:
    return {
        **{name: record[name] for name in ("record_key", "table", "marketo_id", "dynamics_id")},
        "kind": "written",
        "side": side,
        "field": UNSUBSCRIBED,
        "base": None,
        "marketo": STOP if winner == "marketo" else "false",
        "dynamics": STOP if winner == "dynamics" else "false",
        "winner": winner,
        "rule": RULE,
    }


def _wait_for_commit(proposals: Proposals) -> None:
    """Let the base of every written stop move with the commit, once its writes are through.

    A re-subscription has nobody else to tell. Its base moves at once, lest our own write look like
    a change of Marketo's that undoes a stop that came later.
    """
    waiting = {(one["link_id"], one["field"]) for one in proposals.unsettled}
    sides: tuple[tuple[System, list[Proposal]], ...] = (
        ("marketo", proposals.to_marketo),
        ("dynamics", proposals.to_dynamics),
    )
    for side, members in sides:
        for proposal in members:
            record, value = proposal.record, proposal.values.get(UNSUBSCRIBED)
            if value == STOP and (record["link_id"], UNSUBSCRIBED) not in waiting:
                proposals.unsettled.append(
                    {
                        "link_id": record["link_id"],
                        "field": UNSUBSCRIBED,
                        "value": value,
                        "keys": {side: record["record_key"]},
                    }
                )
