"""Records that refer to an account or owner that cannot be read: they wait, then fail (S104).

A record waits for a number of cycles, because what it refers to may still be on its way. After that
it is quarantined; it is taken up again when it changes, when its account appears, or by a release.
"""

from __future__ import annotations

from leadsync.cycle.carried import Unfinished
from leadsync.cycle.decide.decide import Proposals
from leadsync.cycle.related.missing_lookups import target_of
from leadsync.cycle.work import Held, Work
from leadsync.mapping.plan import SyncPlan
from leadsync.state.port import Values


def hold_waiting(plan: SyncPlan, pending: Unfinished, work: Work, proposals: Proposals) -> None:
    """Take records that miss a lookup out of ``proposals``, to wait or to be quarantined."""
    values = _values_of(work, proposals)
    proposals.to_marketo = [
        proposal
        for proposal in proposals.to_marketo
        if proposal.record["record_key"] not in work.waiting
    ]
    for key, missing in work.waiting.items():
        if _has_waited(plan, pending, key):
            failure = missing.failure
            work.settle(key, "to_marketo", missing.record, "quarantined", failure["message"])
            work.held.append(Held(missing.record, values.get(key, {}), failure))
        else:
            work.settle(key, "to_marketo", missing.record, "deferred", missing.reason)


def _values_of(work: Work, proposals: Proposals) -> dict[str, Values]:
    return {
        proposal.record["record_key"]: proposal.values
        for proposal in proposals.to_marketo
        if proposal.record["record_key"] in work.waiting
    }


def _has_waited(plan: SyncPlan, pending: Unfinished, key: str) -> bool:
    if any(
        target_of(item) and item["status"] == "open" for item in pending.quarantine.get(key, ())
    ):
        return True
    deferred = pending.deferred.get(key)
    return (deferred["times"] if deferred else 0) >= plan.policies.lookup_wait_cycles
