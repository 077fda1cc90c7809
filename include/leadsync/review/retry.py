"""Release quarantined rows and try them at once, in a cycle of their own.

The release is stored together with a request for each record. So nothing is lost when the process
dies in between: the next cycle takes up what is released, and answers the requests (F11).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from leadsync.cycle.context import Engine
from leadsync.cycle.match.row_creations import OWNER
from leadsync.cycle.reading import as_table
from leadsync.cycle.request.on_request import of_run, person_request, row_request
from leadsync.review.history import event_of
from leadsync.state.port import QuarantineRow, RequestRow, StateChanges
from leadsync.state.rows import WAITING
from leadsync.state.turn import PATIENCE, turn

#: items that one cycle tries: memory stays flat, and other cycles get their turn in between.
CHUNK = 5_000


@dataclass(frozen=True, slots=True)
class Retry:
    """One release of items by somebody.

    :param run: who tries them; the same run does not try an item twice, even when it starts again.
    :param actor: who decided, for the items' history.
    :param patience: how long a release waits for a cycle that runs.
    """

    engine: Engine
    run: str
    actor: str
    patience: timedelta = PATIENCE

    def release(self, ids: Sequence[str]) -> list[RequestRow]:
        """Release items and ask for their records, in one transaction; returns the requests.

        Items that wait no longer are left as they are, and what this run has asked for before is
        not released once more.

        :param ids: at most ``CHUNK``.
        :raises LeaseHeldError: a cycle runs for longer than the release waits.
        """
        store, clock = self.engine.store, self.engine.clock
        with turn(store, clock, self.actor, patience=self.patience) as lease:
            items = store.quarantine(statuses=WAITING, ids=ids)
            asked = {item["id"]: self._request(item) for item in items}
            wanted = {one["request_id"]: one for one in asked.values()}
            known = {one["request_id"] for one in store.requests(ids=list(wanted))}
            fresh = [item for item in items if asked[item["id"]]["request_id"] not in known]
            changes = StateChanges(
                quarantine=[{**item, "status": "released"} for item in fresh],
                quarantine_events=[
                    event_of(item, "released", clock.now(), self.actor) for item in fresh
                ],
                requests=[wanted[request_id] for request_id in wanted if request_id not in known],
            )
            store.apply(changes, lease=lease)
        return list(wanted.values())

    def _request(self, item: QuarantineRow) -> RequestRow:
        (request,) = of_run([_request_for(self.engine, item)], self.run)
        return request


def _request_for(engine: Engine, item: QuarantineRow) -> RequestRow:
    """Ask for the record of an item: to be made, where that has failed, or to be synchronised."""
    table, person = as_table(item["dynamics_table"]), item["marketo_id"]
    if item["direction"] == "to_marketo" and item["dynamics_id"] is not None:
        return row_request(engine, table, item["dynamics_id"])
    if item["direction"] == "to_dynamics" and item["operation"] == "create":
        owner = item["row"].get(OWNER)
        return person_request(engine, "sync_person", person or 0, sync_as=table, assign_to=owner)
    return person_request(engine, "sync_now", person or 0)
