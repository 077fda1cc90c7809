"""Merging persons (reference/marketo-rest.md 7.5)."""

from __future__ import annotations

from leadsync_sandbox.common.clock import format_moment
from leadsync_sandbox.common.database import placeholders
from leadsync_sandbox.marketo.activity_log import MERGE_LEADS, Entry
from leadsync_sandbox.marketo.api.lead_write import api_origin, deleted_entry
from leadsync_sandbox.marketo.envelope import Json, MarketoError
from leadsync_sandbox.marketo.instance import Instance, Origin
from leadsync_sandbox.marketo.people import Person
from leadsync_sandbox.marketo.request import Request, integer
from leadsync_sandbox.marketo.routes import Route

MOST_LOSERS = 25


def merge_leads(box: Instance, request: Request) -> Json:
    """``POST /rest/v1/leads/{winnerId}/merge.json?leadIds=``; the answer has no ``result``."""
    winner = integer("id", request.path["id"])
    losers = list(dict.fromkeys(request.integers("leadIds") + request.integers("leadId")))
    if not losers:
        raise MarketoError("1002", "Missing value for the required parameter 'leadIds'")
    if len(losers) > MOST_LOSERS:
        raise MarketoError("1080", f"More than {MOST_LOSERS} leads cannot be merged in one call")
    merge(box, winner, losers, api_origin(request, "mergeLead"))
    return {}


def merge(box: Instance, winner_id: int, loser_ids: list[int], origin: Origin) -> None:
    """Merge losers into the winner: its own values stay, its empty ones are filled.

    :raises MarketoError: 1004 when one of them does not exist, 1003 for a person with itself.
    """
    with box.database.transaction():
        found = box.people.by_ids([winner_id, *loser_ids])
        for number in (winner_id, *loser_ids):
            if number not in found:
                raise MarketoError("1004", f"Lead '{number}' not found")
        if winner_id in loser_ids:
            raise MarketoError("1003", f"Lead '{winner_id}' cannot be merged with itself")
        winner, losers = found[winner_id], [found[number] for number in loser_ids]
        filled = _fill(winner, losers)
        winner.changed_at = winner.updated_at = format_moment(box.clock.now())
        box.people.update([winner])
        _move_to_winner(box, winner_id, loser_ids)
        box.people.delete(loser_ids)
        entries = [_entry(winner_id, loser_ids, filled, origin)]
        if box.settings["merge_logs_delete"]:
            entries += [deleted_entry(loser) for loser in losers]
        box.record(entries, origin)


def _fill(winner: Person, losers: list[Person]) -> list[str]:
    filled = []
    for loser in losers:
        for name, value in loser.data.items():
            if winner.data.get(name) in (None, "") and value not in (None, ""):
                winner.data[name] = value
                filled.append(name)
    return filled


def _move_to_winner(box: Instance, winner_id: int, loser_ids: list[int]) -> None:
    box.log.move(loser_ids, winner_id)
    box.database.run(
        "INSERT OR IGNORE INTO member SELECT list_id, ? FROM member "
        f"WHERE person_id IN ({placeholders(loser_ids)})",
        [winner_id, *loser_ids],
    )


def _entry(winner_id: int, loser_ids: list[int], filled: list[str], origin: Origin) -> Entry:
    attributes = {
        "Merge IDs": f"[{','.join(map(str, loser_ids))}]",
        "Merge Fields": f"[{','.join(filled)}]",
        "Master Updated": bool(filled),
        "Merge Source": origin.source,
        "Merged in Sales": False,
    }
    return Entry(winner_id, MERGE_LEADS, winner_id, attributes=attributes)


ROUTES = [
    Route(
        "POST",
        "/rest/v1/leads/{id}/merge.json",
        merge_leads,
        "Read-Write Lead",
        "optional_json",
        writes=True,
    ),
]
