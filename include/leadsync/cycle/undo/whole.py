"""Take a field back on both sides or on neither: what one side's rules refuse, neither gets."""

from __future__ import annotations

import json
from collections.abc import Sequence

from leadsync.cycle.context import Cycle, Engine
from leadsync.cycle.decide.check import Checked
from leadsync.cycle.decide.decide import Proposal, Proposals
from leadsync.cycle.undo.claim_undone import DOCUMENT, left_alone
from leadsync.cycle.work import Work
from leadsync.model import Json

#: a link and one of its fields.
_Cell = tuple[str, str]


def keep_whole(
    engine: Engine, cycle: Cycle, work: Work, proposals: Proposals, *both: Checked
) -> None:
    """Drop what the rules hold, and its other half; note it instead of quarantining it.

    Nobody waits for such a value: both sides go on with what they have.
    """
    if cycle.undo_of is None:
        return
    held = _held(proposals, both)
    for checked in both:
        checked.quarantined = []
        checked.held_fields.clear()
        checked.accepted = [_without(proposal, held) for proposal in checked.accepted]
    written = {p.record["record_key"] for checked in both for p in checked.accepted if p.values}
    for proposal in (*proposals.to_dynamics, *proposals.to_marketo):
        outcome = work.outcomes[proposal.record["record_key"]]
        if proposal.record["operation"] == "update" and outcome["record_key"] not in written:
            outcome["state"] = "unchanged"
    proposals.unsettled = [
        one for one in proposals.unsettled if (one["link_id"], one["field"]) not in held
    ]
    document = engine.staging.read_document(cycle.cycle_id, DOCUMENT) or {"left": []}
    left = [*document["left"], *held.values()]
    engine.staging.write_document(cycle.cycle_id, DOCUMENT, {"left": left})


def _held(proposals: Proposals, both: Sequence[Checked]) -> dict[_Cell, Json]:
    """Return what the rules of either side hold, and why."""
    records = {
        proposal.record["record_key"]: proposal.record
        for proposal in (*proposals.to_dynamics, *proposals.to_marketo)
    }
    held: dict[_Cell, Json] = {}
    for item in (item for checked in both for item in checked.quarantined):
        record = records[item["record_key"]]
        told = "; ".join(failure["message"] for failure in json.loads(item["failures"]))
        pair = {**record, "dynamics_table": record["table"]}
        for name in json.loads(item["row"]):
            reason = f"the rules refuse the old value: {told}"
            held[record["link_id"], name] = left_alone(pair, name, reason)
    return held


def _without(proposal: Proposal, held: dict[_Cell, Json]) -> Proposal:
    link = proposal.record["link_id"]
    kept = {name: cell for name, cell in proposal.values.items() if (link, name) not in held}
    return Proposal(proposal.record, kept)
