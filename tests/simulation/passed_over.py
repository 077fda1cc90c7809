"""Finds what a committed cursor has passed although nobody has seen to it (semantics.md 9, P8).

Works from both systems, the diary and the stored cursors alone: whatever differs between the two
sides after a committed cycle must be held, deferred, or still lie ahead of a cursor.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime

from leadsync.model import TABLES, Activity, Json
from leadsync.state.port import DeferredRow, QuarantineRow, RequestRow
from simulation.diary import Diary, Pair
from simulation.oracle_of_links import LinkJudge
from simulation.values import COLUMNS, compared, fields_of, plain
from simulation.view import View

CHANGES = "marketo.lead_changes"
#: types of the activities that tell of deletions and of merges.
DELETED, MERGED = 37, 32
#: cursors of the feeds in which such activities are.
CURSORS = {DELETED: "marketo.deleted_leads", MERGED: "marketo.events"}
_UNMAPPED: Json = {"direction": "off"}


def check_cursors(diary: Diary) -> None:
    """P8: no cursor has passed a change that is in no terminal state."""
    view = LinkJudge(diary)
    carried = _Carried(diary)
    linked = {
        (link["marketo_id"], link["dynamics_id"])
        for table in TABLES
        for link in diary.world.store.live_links(table)
    }
    paired = set()
    for pair, table, person, row in view.pairs:
        paired.add(pair[1])
        if pair in linked and not _is_out_of_scope(person, row):
            for name in _differing(view, table, person, row):
                ahead = carried.has(*pair) or carried.is_ahead(pair, table, row)
                assert ahead, f"P8: cursors passed {name} of {table} {pair}: {person} {row}"
    for table, row_id, row in diary.rows():
        lost = row_id not in paired and view.is_wanted(table, row_id, row)
        if lost and not carried.has(None, row_id) and not carried.lost_unseen(diary, row_id):
            assert carried.row_is_ahead(table, row), f"P8: cursors passed new {table} {row_id}"


def _is_out_of_scope(person: Json, row: Json) -> bool:
    """Tell whether nothing is written to the pair as long as it is so (S072, S086, S096)."""
    closed = row["statecode"] != 0
    return closed or row["new_synctomkto"] is False or bool(person["leadsyncDynamicsDeleted"])


def _differing(view: View, table: str, person: Json, row: Json) -> Iterator[str]:
    """Walk over the two-way fields of a pair that differ."""
    for name in fields_of(table):
        marketo, dynamics = plain(name, person.get(name)), plain(name, row[COLUMNS[name]])
        two_way = view.entries.get(name, _UNMAPPED).get("direction", "both") == "both"
        if marketo == dynamics or not two_way:
            continue
        if compared(view.mapping, name, marketo) != compared(view.mapping, name, dynamics):
            yield name


class _Carried:
    """What the next cycle will look at."""

    def __init__(self, diary: Diary) -> None:
        self.world = diary.world
        store = self.world.store
        held: list[QuarantineRow | DeferredRow | RequestRow] = [*store.deferred()]
        held.extend(store.quarantine(statuses=("open", "released")))
        held.extend(store.requests(waiting=True))
        self.persons = {item["marketo_id"] for item in held} - {None}
        self.rows = {item["dynamics_id"] for item in held} - {None}
        self.cursors = store.cursors()

    def has(self, person: int | None, row_id: str) -> bool:
        """Tell whether a record is held or carried explicitly."""
        return person in self.persons or row_id in self.rows

    def is_ahead(self, pair: Pair, table: str, row: Json) -> bool:
        """Tell whether a change of either record has still to be read."""
        return self.row_is_ahead(table, row) or self.person_is_ahead(pair[0])

    def row_is_ahead(self, table: str, row: Json) -> bool:
        """Tell whether the table's delta link leads to the row."""
        cursor: Json = json.loads(self.cursors.get(f"dynamics.{table}", "{}"))
        return bool(row["_version"] > int(cursor.get("link", 0)))

    def lost_unseen(self, diary: Diary, row_id: str) -> bool:
        """Tell whether no cycle has heard yet that the person of the row was deleted."""
        persons = {person for person, row in diary.before_link if row == row_id}
        log = [a for a in self.world.marketo.log if a.person_id in persons and a.type_id == DELETED]
        return len(self.world.store.known_activities(a.guid for a in log)) < len(log)

    def person_is_ahead(self, person: int) -> bool:
        """Tell whether an activity of the person is unread and lies where cursors will read."""
        log = [activity for activity in self.world.marketo.log if activity.person_id == person]
        seen = self.world.store.known_activities(activity.guid for activity in log)
        return any(self._will_be_read(activity) for activity in log if activity.guid not in seen)

    def _will_be_read(self, activity: Activity) -> bool:
        cursor = json.loads(self.cursors[CURSORS.get(activity.type_id, CHANGES)])
        if _starts_before(cursor["end"], activity):
            return True
        return any(
            _starts_before(one["token"], activity)
            and activity.at <= datetime.fromisoformat(one["until"])
            for one in cursor["stretches"]
        )


def _starts_before(token: str, activity: Activity) -> bool:
    moment, _, last = token.partition(" ")
    return (activity.at, int(activity.guid)) > (datetime.fromisoformat(moment), int(last))
