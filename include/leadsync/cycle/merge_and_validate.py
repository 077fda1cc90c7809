"""Stage 3: decide what to write, and split it into accepted and quarantined."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from leadsync.cycle.carried import Unfinished, person_key, row_key, unfinished
from leadsync.cycle.consent.consent import apply_consent
from leadsync.cycle.consent.marks import MARKS
from leadsync.cycle.consent.opt_out_lane import let_stops_through
from leadsync.cycle.consent.opt_out_spread import spread_opt_outs
from leadsync.cycle.context import Cycle, Engine, held_lease
from leadsync.cycle.decide.breaker_guard import guard_failures
from leadsync.cycle.decide.check import Checked, check_proposals
from leadsync.cycle.decide.claimed import UNSETTLED
from leadsync.cycle.decide.decide import Proposal, Proposals, decide
from leadsync.cycle.decide.guards import guard_mass_delete
from leadsync.cycle.decide.validation_results import keep_validation
from leadsync.cycle.decide.warnings import FRAME as WARNED
from leadsync.cycle.decide.warnings import warning_rows
from leadsync.cycle.extract.third_changes import claim_overwritten
from leadsync.cycle.gather.admission import admitted
from leadsync.cycle.gather.cancelled_changes import journal_cancelled
from leadsync.cycle.gather.closing_rows import guard_deactivations
from leadsync.cycle.gather.complete_pairs import complete_pairs
from leadsync.cycle.gather.gather import Gatherer
from leadsync.cycle.gather.lost_creates import link_lost_creates
from leadsync.cycle.gather.relabelled import add_relabelled
from leadsync.cycle.gather.restamp import restamp
from leadsync.cycle.gather.summed_fields import sum_fields
from leadsync.cycle.gather.window import Window, find_links
from leadsync.cycle.load.lost_updates import settle_lost_updates
from leadsync.cycle.match.match_rows import match_rows
from leadsync.cycle.match.row_creations import Assignment, Qualification
from leadsync.cycle.plan.schemas import plan_of
from leadsync.cycle.quarantine.quarantining import quarantine_rows, quarantined
from leadsync.cycle.related.follow_ups import write_follow_ups
from leadsync.cycle.related.hold_waiting import hold_waiting
from leadsync.cycle.related.relate import give_values
from leadsync.cycle.related.relations import add_people_of_changed, load_relations
from leadsync.cycle.request.answers import write_answers
from leadsync.cycle.request.requested import Requested
from leadsync.cycle.request.requests import read_asked
from leadsync.cycle.undo.claim_undone import claim_undone
from leadsync.cycle.undo.whole import keep_whole
from leadsync.cycle.work import Held, Work
from leadsync.frames import (
    BASE_MOVES,
    DECISIONS,
    LOOKUPS,
    OUTCOMES,
    WRITES,
    Rows,
)
from leadsync.mapping.plan import SyncPlan
from leadsync.model import SYSTEMS, Json
from leadsync.state.port import LinkRow

LINKS = (
    "link_id",
    "marketo_id",
    "dynamics_table",
    "dynamics_id",
    "status",
    "etag",
    "cycle_id",
    "updated_at",
)
EVENTS = (
    "kind",
    "side",
    "table",
    "marketo_id",
    "dynamics_id",
    "field",
    "base",
    "marketo",
    "dynamics",
    "winner",
    "rule",
)


@dataclass(slots=True)
class Outgoing:
    """What may be written, and what is held, by direction."""

    to_dynamics: Checked
    to_marketo: Checked

    @property
    def quarantined(self) -> list[Json]:
        return [*self.to_dynamics.quarantined, *self.to_marketo.quarantined]

    @property
    def tallies(self) -> list[Json]:
        return [*self.to_dynamics.tallies, *self.to_marketo.tallies]


def merge_and_validate(engine: Engine, cycle: Cycle) -> Json:
    """Read the extracted frames and write the cycle's plan as frames.

    A plan whose writing has begun is kept as long as the extracts are the same: the base has moved
    under it, so it cannot be made again from them.

    :returns: counts of proposed writes, quarantined rows and collisions, for the log.
    """
    held_lease(engine, cycle)
    stamps = _stamps(engine, cycle)
    made = engine.staging.read_document(cycle.cycle_id, "merge_and_validate")
    if made is not None and made["stamps"] == stamps and _writing_began(engine, cycle):
        return dict(made["summary"])
    plan = plan_of(engine, cycle)
    pending = unfinished(engine)
    work = _gather(engine, cycle, plan, pending)
    sum_fields(engine, plan, work)
    guard_mass_delete(engine, plan, work)
    guard_deactivations(plan, work)
    consent = apply_consent(engine, cycle, plan, pending, work)
    proposals = decide(plan, work)
    spread_opt_outs(plan, consent, work, proposals)
    hold_waiting(plan, pending, work, proposals)
    outgoing = Outgoing(
        to_dynamics=check_proposals(engine, plan, "dynamics", proposals.to_dynamics, pending),
        to_marketo=check_proposals(engine, plan, "marketo", proposals.to_marketo, pending),
    )
    keep_validation(engine, cycle, plan, outgoing.tallies)
    checked = {"dynamics": outgoing.to_dynamics, "marketo": outgoing.to_marketo}
    guard_failures(engine, cycle, plan, pending, **checked)
    keep_whole(engine, cycle, work, proposals, outgoing.to_dynamics, outgoing.to_marketo)
    _hold_unlinked(work, proposals, outgoing)
    let_stops_through(plan, proposals.to_dynamics, outgoing.to_dynamics)
    let_stops_through(plan, proposals.to_marketo, outgoing.to_marketo)
    _settle_quarantined(work, outgoing)
    engine.staging.write_document(cycle.cycle_id, MARKS, consent.marks())
    _write_plan(engine, cycle, work, proposals, outgoing)
    _write_writes(engine, cycle, plan, work, outgoing)
    summary = _summary(work, outgoing)
    engine.staging.write_document(
        cycle.cycle_id, "merge_and_validate", {"stamps": stamps, "summary": summary}
    )
    return summary


def _stamps(engine: Engine, cycle: Cycle) -> list[str]:
    documents = [
        engine.staging.read_document(cycle.cycle_id, name)
        for name in ("extract_marketo", "extract_dynamics")
    ]
    return [document["stamp"] for document in documents if document is not None]


def _writing_began(engine: Engine, cycle: Cycle) -> bool:
    return any(engine.store.intents(cycle.cycle_id, side) for side in SYSTEMS)


def _gather(engine: Engine, cycle: Cycle, plan: SyncPlan, pending: Unfinished) -> Work:
    window = Window(
        persons=engine.staging.read_rows(cycle.cycle_id, "persons").pairs(),
        rows=engine.staging.read_rows(cycle.cycle_id, "rows").pairs(),
    )
    work = Work()
    links = find_links(engine, window)
    link_lost_creates(engine, cycle, plan, window, links)
    gatherer = Gatherer(engine, cycle, plan, window, pending, links, work)
    candidates = admitted(engine, cycle, plan, gatherer.run(), work)
    journal_cancelled(engine, cycle, plan, window, work)
    relations = load_relations(engine, cycle, plan)
    if not cycle.shares_lease:  # else they are another partition's
        add_people_of_changed(engine, relations, work)
        add_relabelled(engine, cycle, work)
    match_rows(engine, cycle, plan, candidates, work)
    asked = read_asked(engine, cycle)
    requested = Requested(engine, cycle, plan, asked, window, links, pending, work)
    write_answers(engine, cycle, requested.run())
    write_follow_ups(engine, cycle, plan, work)
    restamp(engine, plan, (person for person, _ in window.persons), links, work)
    complete_pairs(engine, cycle, plan, pending, work)
    settle_lost_updates(engine, cycle, plan, work)
    claim_overwritten(engine, cycle, plan, work)
    give_values(engine, plan, relations, [row for row, _ in window.rows], work)
    claim_undone(engine, cycle, plan, work)
    return work


def _hold_unlinked(work: Work, proposals: Proposals, outgoing: Outgoing) -> None:
    """Write nothing to Dynamics for a pair whose link could not be made, and hold nothing of it."""
    linking = {
        proposal.record["link_id"]
        for proposal in outgoing.to_marketo.accepted
        if proposal.record["operation"] == "link"
    }
    unlinked = {
        proposal.record["record_key"]
        for proposal in proposals.to_dynamics
        if proposal.record["operation"] == "link" and proposal.record["link_id"] not in linking
    }
    for key in unlinked:
        work.outcomes[key].update(state="out_of_scope", reason="not linked to a Dynamics record")
    checked = outgoing.to_dynamics
    checked.accepted = [p for p in checked.accepted if p.record["record_key"] not in unlinked]
    checked.quarantined = [i for i in checked.quarantined if i["record_key"] not in unlinked]


def _settle_quarantined(work: Work, outgoing: Outgoing) -> None:
    for checked in (outgoing.to_dynamics, outgoing.to_marketo):
        still_written = {p.record["record_key"] for p in checked.accepted if _does_something(p)}
        for item in checked.quarantined:
            if item["record_key"] not in still_written:
                outcome = work.outcomes[item["record_key"]]
                outcome["state"] = "quarantined"
        checked.accepted = [p for p in checked.accepted if _does_something(p)]


def _does_something(proposal: Proposal) -> bool:
    stamps_person = proposal.record["operation"] != "update" and not proposal.record[
        "record_key"
    ].startswith("to_dynamics")
    return bool(proposal.values) or stamps_person or proposal.record["operation"] == "create"


def _write_writes(
    engine: Engine, cycle: Cycle, plan: SyncPlan, work: Work, outgoing: Outgoing
) -> None:
    outgoing.to_dynamics.accepted.extend(_afterwards(work, outgoing.to_dynamics))
    for ending in work.endings:
        checked = outgoing.to_dynamics if ending.side == "dynamics" else outgoing.to_marketo
        checked.accepted.append(Proposal(ending.record(), {}))
    sides = (("dynamics_writes", outgoing.to_dynamics), ("marketo_writes", outgoing.to_marketo))
    for name, checked in sides:
        records = [proposal.record for proposal in checked.accepted]
        values = [proposal.values for proposal in checked.accepted]
        rows = Rows(WRITES, records, plan.names, values)
        engine.staging.write_rows(cycle.cycle_id, name, rows)


def _afterwards(work: Work, checked: Checked) -> list[Proposal]:
    """Return what happens to rows beside their values, except to rows that are not made now."""
    made = {p.record["link_id"] for p in checked.accepted if p.record["operation"] == "create"}
    dropped = {creation.link_id for creation in work.row_creations.values()} - made
    asked: list[Assignment | Qualification] = [*work.assignments.values()]
    asked.extend(work.qualifications.values())
    return [Proposal(one.record(), {}) for one in asked if one.link["link_id"] not in dropped]


def _write_plan(
    engine: Engine, cycle: Cycle, work: Work, proposals: Proposals, outgoing: Outgoing
) -> None:
    held = outgoing.to_dynamics.held_fields | outgoing.to_marketo.held_fields
    decisions = [d for d in proposals.decisions if (d["record_key"], d["field"]) not in held]
    events: list[Json] = [{**row, "table": row["dynamics_table"]} for row in work.journal]
    events.extend(proposals.losses)
    links = [_link_record(link) for link in work.links.values()]
    for name, rows in {
        "decisions": Rows(DECISIONS, decisions),
        "base_moves": Rows(BASE_MOVES, proposals.base_moves),
        "outcomes": Rows(OUTCOMES, list(work.outcomes.values())),
        "links": Rows(LINKS, links),
        "events": Rows(EVENTS, events),
        "lookups": Rows(LOOKUPS, work.lookups),
        "quarantine": quarantine_rows([*outgoing.quarantined, *_held_items(work)]),
        WARNED: warning_rows([*outgoing.to_dynamics.warnings, *outgoing.to_marketo.warnings]),
    }.items():
        engine.staging.write_rows(cycle.cycle_id, name, rows)

    engine.staging.write_document(cycle.cycle_id, UNSETTLED, {"fields": proposals.unsettled})


def _link_record(link: LinkRow) -> Json:
    return {**link, "updated_at": link["updated_at"].isoformat()}


def _held_key(held: Held) -> str:
    if held.direction == "to_dynamics":
        return person_key(held.record["marketo_id"])
    return row_key(held.record["table"], held.record["dynamics_id"])


def _held_items(work: Work) -> list[Json]:
    return [
        quarantined(
            {
                **held.record,
                "record_key": _held_key(held),
                "operation": held.record.get("operation", "create"),
                "marketo_id": held.record.get("marketo_id"),
            },
            held.values,
            [held.failure],
        )
        for held in (*work.held, *work.reviews.values())
    ]


def _summary(work: Work, outgoing: Outgoing) -> Json:
    states = Counter(outcome["state"] for outcome in work.outcomes.values())
    return {
        "to_dynamics": len(outgoing.to_dynamics.accepted),
        "to_marketo": len(outgoing.to_marketo.accepted),
        "quarantined": states["quarantined"],
        "unchanged": states["unchanged"],
        "out_of_scope": states["out_of_scope"],
        "collisions": sum(outcome["collisions"] for outcome in work.outcomes.values()),
    }
