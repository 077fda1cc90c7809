"""Opt-outs beyond their own pair: by address, by mark, by a click (semantics.md 6, 8.J).

An opt-out belongs to an e-mail address, not to a record. When a side newly says stop, every person
with that address is stopped (S108), and a mark on the address stops whoever gets it later (S111).
A re-subscription by rule lifts the mark. A person who clicked *unsubscribe* after a re-subscription
in Dynamics stays unsubscribed (S110).

All of this is for the Marketo field ``unsubscribed`` where it is mapped with ``most_restrictive``.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from leadsync.clock import format_instant, parse_instant
from leadsync.cycle.carried import Unfinished
from leadsync.cycle.consent.held_stops import HeldStops, held_stops
from leadsync.cycle.consent.marks import address_hash, marked
from leadsync.cycle.consent.shared_address import STOP, UNSUBSCRIBED, add_linked, mailable
from leadsync.cycle.context import Cycle, Engine
from leadsync.cycle.extract.third_changes import may_be_ours
from leadsync.cycle.gather.complete_pairs import complete_pairs
from leadsync.cycle.initial.snapshot import PersonSearch, read_snapshot
from leadsync.cycle.reading import as_table
from leadsync.cycle.work import Creation, Work
from leadsync.mapping.plan import FieldPlan, SyncPlan
from leadsync.marketo.activities import UNSUBSCRIBE_EMAIL
from leadsync.merge.claims import Claim
from leadsync.merge.pairs import Pair
from leadsync.merge.rules import NEWEST_TOLERANCE_SECONDS
from leadsync.model import Activity, Json
from leadsync.state.port import Values
from leadsync.values.keys import email_key

EMAIL = "email"
GO = "false"
RULE = "most_restrictive"


@dataclass(slots=True)
class Consent:
    """What a cycle learned about addresses; e-mail keys.

    :param opted: addresses that somebody newly opted out.
    :param lifted: addresses whose mark is lifted, because a re-subscription won.
    :param others: persons without a pair who have an opted-out address and may still be mailed.
    """

    opted: set[str] = field(default_factory=set)
    lifted: set[str] = field(default_factory=set)
    others: list[int] = field(default_factory=list)

    def marks(self) -> Json:
        """Return the hashes to mark and to unmark, for the commit."""
        return {
            "opted_out": sorted(map(address_hash, self.opted)),
            "lifted": sorted(map(address_hash, self.lifted - self.opted)),
        }


def consent_field(plan: SyncPlan, table: str) -> FieldPlan | None:
    """Return the field that this module is about, where the table maps it so."""
    found = plan.tables[as_table(table)].by_name.get(UNSUBSCRIBED) if table in plan.tables else None
    agreed = found is not None and found.rule == RULE and found.direction == "both"
    return found if agreed else None


def clicks(activities: Iterable[Activity]) -> dict[int, str]:
    """Return when each person last unsubscribed by an act of its own, as ISO instants.

    A changed value counts unless a REST client changed it: that may have been ourselves.
    """
    found: dict[int, str] = {}
    for activity in activities:
        stops = any(
            change.name == UNSUBSCRIBED and change.new in ("true", "1")
            for change in activity.changes
        )
        if activity.type_id == UNSUBSCRIBE_EMAIL or (stops and not may_be_ours(activity)):
            at = format_instant(activity.at)
            found[activity.person_id] = max(at, found.get(activity.person_id, at))
    return found


def apply_consent(
    engine: Engine, cycle: Cycle, plan: SyncPlan, pending: Unfinished, work: Work
) -> Consent:
    """Add the claims that consent demands to the pairs and creations of ``work``.

    Linked persons who share an address that was opted out become pairs of the cycle.
    """
    tables = {table for table in plan.tables if consent_field(plan, table) is not None}
    pairs = [pair for pair in work.pairs.values() if pair.link["dynamics_table"] in tables]
    creations = [one for one in work.creations if one.record["table"] in tables]
    document = engine.staging.read_document(cycle.cycle_id, "extract_marketo") or {}
    _claim_clicks(pairs, document.get("clicks", {}))
    consent = _learn(pairs, creations)
    consent.opted |= _held_opt_outs(engine, tables, work)
    due = held_stops(engine, plan, pending) if cycle.moves_cursors else HeldStops((), frozenset())
    search = PersonSearch(engine, plan, read_snapshot(engine, cycle))
    others = mailable(search, consent.opted | due.email_keys, work)
    shared = add_linked(engine, plan, others, work)
    complete_pairs(engine, cycle, plan, pending, work, only=shared)
    consent.others = sorted(others)
    due.settle(work, set(others))
    pairs.extend(pair for pair in shared if pair.link["dynamics_table"] in tables)
    stopped = consent.opted | due.email_keys
    barred = stopped | _marked_arrivals(engine, pairs, creations)
    for pair in pairs if barred else ():
        if barred & _arrived(pair) or stopped & _addresses(pair):
            _claim(pair)
    for creation in creations if barred else ():
        if barred & {creation.record["email_key"]} and creation.values.get(UNSUBSCRIBED) != STOP:
            creation.values[UNSUBSCRIBED] = STOP
            creation.unsettled = (UNSUBSCRIBED,)
    return consent


def _claim(pair: Pair) -> None:
    """Let the pair be unsubscribed on both sides, whatever they hold."""
    claim = Claim(STOP, GO, "written", RULE)
    if (_marketo(pair), _dynamics(pair)) != (STOP, STOP):
        pair.claims = {**(pair.claims or {}), UNSUBSCRIBED: claim}


def _claim_clicks(pairs: Sequence[Pair], clicked: Mapping[str, str]) -> None:
    for pair in pairs:
        at = clicked.get(str(pair.link["marketo_id"]))
        resubscribed = _dynamics(pair) == GO and pair.base.get(UNSUBSCRIBED) == STOP
        if at is None or not resubscribed or _marketo(pair) != STOP:
            continue
        lead = parse_instant(at).timestamp() - pair.dynamics_at
        if math.isnan(lead) or lead >= -NEWEST_TOLERANCE_SECONDS:
            _claim(pair)


def _learn(pairs: Sequence[Pair], creations: Sequence[Creation]) -> Consent:
    consent = Consent()
    for pair in pairs:
        sides, base = {_marketo(pair), _dynamics(pair)}, pair.base.get(UNSUBSCRIBED)
        if STOP in sides and base != STOP:
            consent.opted |= _addresses(pair)
        elif GO in sides and base == STOP and UNSUBSCRIBED not in (pair.claims or {}):
            consent.lifted |= _addresses(pair)
    for creation in creations:
        if creation.values.get(UNSUBSCRIBED) == STOP and creation.record["email_key"]:
            consent.opted.add(creation.record["email_key"])
    return consent


def _held_opt_outs(engine: Engine, tables: Collection[str], work: Work) -> set[str]:
    """Return addresses of rows that have no person of their own and say stop, if that is news."""
    keys = {
        key
        for held in work.held
        if (key := held.record.get("email_key"))
        and held.record["table"] in tables
        and held.values.get(UNSUBSCRIBED) == STOP
    }
    return keys - marked(engine, "opted_out", keys)


def _marked_arrivals(
    engine: Engine, pairs: Sequence[Pair], creations: Sequence[Creation]
) -> set[str]:
    """Return the marked ones among the addresses that somebody got in this window."""
    keys = {key for pair in pairs for key in _arrived(pair)}
    keys |= {one.record["email_key"] for one in creations if one.record["email_key"]}
    return marked(engine, "opted_out", keys)


def _arrived(pair: Pair) -> set[str]:
    """Return the pair's addresses that are not the one of its base."""
    known = pair.base.get(EMAIL)
    if not pair.is_new and all(
        side is None or side.get(EMAIL) == known for side in (pair.marketo, pair.dynamics)
    ):
        return set()
    return {key for key in _addresses(pair) if pair.is_new or key != email_key(known)}


def _addresses(pair: Pair) -> set[str]:
    sides: tuple[Values | None, ...] = (pair.marketo, pair.dynamics)
    held = [(side if side is not None else pair.base).get(EMAIL) for side in sides]
    return {key for value in held if (key := email_key(value)) is not None}


def _marketo(pair: Pair) -> str | None:
    return (pair.base if pair.marketo is None else pair.marketo).get(UNSUBSCRIBED)


def _dynamics(pair: Pair) -> str | None:
    return (pair.base if pair.dynamics is None else pair.dynamics).get(UNSUBSCRIBED)
