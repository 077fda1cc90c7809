"""What happened to a record, in order of time, from everything that the store remembers."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from leadsync.model import Json
from leadsync.state.port import JournalRow, QuarantineEventRow, QuarantineRow, RequestRow

#: kinds of journal rows in which one of two values lost.
_CLASHES = ("collision", "no_base", "cancelled")


def events_of(
    journal: Iterable[JournalRow],
    items: Iterable[QuarantineRow],
    item_events: Iterable[QuarantineEventRow],
    requests: Iterable[RequestRow],
) -> list[Json]:
    """Return ``{at, cycle_id, kind, field, from, to, side, rule}`` of all that happened.

    ``from`` is the value that the written side held, ``to`` the one that was written; a ``lost``
    value is the one that a rule decided against. ``side`` is ``None`` where nothing was written.
    """
    told = [event for row in journal for event in _journalled(row)]
    told += [event for item in items for event in _held(item)]
    told += [_item_event(event) for event in item_events if event["kind"] != "opened"]
    told += [event for request in requests for event in _asked(request)]
    return sorted(told, key=lambda event: event["at"])


def _event(at: datetime, cycle_id: str | None, kind: str, **told: object) -> Json:
    blank: Json = dict.fromkeys(("field", "from", "to", "side", "rule"))
    return {"at": at, "cycle_id": cycle_id, "kind": kind, **blank, **told}


def _journalled(row: JournalRow) -> list[Json]:
    at, cycle_id, kind, side = row["at"], row["cycle_id"], row["kind"], row["side"]
    about = {"side": side, "rule": row["rule"]}
    if row["field"] is None:
        made = (row.get("made_with") or {}).items()
        return [
            _event(at, cycle_id, kind, **about),
            *(_event(at, cycle_id, kind, field=f, to=value, **about) for f, value in made),
        ]
    written = {"from": row["marketo"], "to": row["dynamics"]}
    if side == "dynamics":
        written = {"from": row["dynamics"], "to": row["marketo"]}
    event = _event(at, cycle_id, kind, field=row["field"], **written, **about)
    if kind in _CLASHES:
        event |= {"base": row["base"], "winner": row["winner"], "lost": written["from"]}
    return [event]


def _held(item: QuarantineRow) -> list[Json]:
    """Each reason why a row was quarantined, as it is now."""
    return [
        _event(
            item["first_seen"],
            item["cycle_id"],
            "quarantined",
            field=failure["field"],
            to=failure["value"],
            side=item["direction"].removeprefix("to_"),
            rule=failure["rule"],
            message=failure["message"],
        )
        for failure in item["failures"]
    ]


def _item_event(event: QuarantineEventRow) -> Json:
    """What became of a quarantined row, and by whom."""
    told = _event(event["at"], event["cycle_id"], f"quarantine_{event['kind']}")
    return {**told, "rule": event["actor"], "message": event["detail"]}


def _asked(request: RequestRow) -> list[Json]:
    action = request["action"]
    events = [_event(request["requested_at"], None, "requested", rule=action)]
    if request["status"] != "waiting":
        outcome, message = request["outcome"] or "", request["message"]
        answered = _event(request["updated_at"], request["cycle_id"], outcome, rule=action)
        events.append({**answered, "message": message})
    return events
