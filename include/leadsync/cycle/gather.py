"""Bring the window's rows together with their links: what is in scope, and what needs doing.

Deletion beats a concurrent update (S075, S076); out of scope stops both directions (S086); a row
without a link is matched before it becomes a new person (semantics.md 4, 5).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from leadsync.clock import parse_instant
from leadsync.cycle.carried import Unfinished, person_key, row_key
from leadsync.cycle.context import Cycle, Engine
from leadsync.cycle.inactive_rows import follow_state, status_of
from leadsync.cycle.reading import as_table
from leadsync.cycle.work import Removal, Work, event, with_status
from leadsync.mapping.plan import SyncPlan
from leadsync.merge.pairs import Pair
from leadsync.model import Json
from leadsync.state.port import LIVE, LinkRow, Values

QUALIFIED_LEAD = "1"


@dataclass(slots=True)
class Window:
    """The extracted records with their values, as the frames hold them."""

    persons: list[tuple[Json, Values]]
    rows: list[tuple[Json, Values]]


@dataclass(slots=True)
class Links:
    """Live links by either side, and every link that a row ever had."""

    by_person: dict[int, LinkRow]
    by_row: dict[str, LinkRow]
    closed_by_row: dict[str, LinkRow]

    def keep(self, link: LinkRow) -> None:
        """Know a live link, or know it as it is now."""
        self.by_person[link["marketo_id"]] = link
        self.by_row[link["dynamics_id"]] = link

    def close(self, link: LinkRow) -> None:
        """Forget a live link."""
        self.by_person.pop(link["marketo_id"], None)
        self.by_row.pop(link["dynamics_id"], None)


@dataclass(slots=True)
class Gatherer:
    """Sorts a window into work; one instance per cycle."""

    engine: Engine
    cycle: Cycle
    plan: SyncPlan
    window: Window
    pending: Unfinished
    links: Links
    work: Work

    def run(self) -> list[tuple[Json, Values]]:
        """Fill ``work`` and return the rows that have no link and want one."""
        for person, _ in self.window.persons:
            if person["event"] == "deleted":
                self._person_deleted(person)
        for row, _ in self.window.rows:
            if row["event"] == "deleted":
                self._row_deleted(row)
        for row, _ in self.window.rows:
            if row["originating_lead_id"] and row["sync_flag"] != "false":
                self._convert(row)
        candidates = [
            (row, values)
            for row, values in self.window.rows
            if row["event"] == "changed" and self._row_changed(row, values)
        ]
        for person, values in self.window.persons:
            if person["event"] != "deleted":
                self._person_seen(person, values)
        return candidates

    # ------------------------------------------------------------ deletions

    def _person_deleted(self, person: Json) -> None:
        """Deleted in Marketo: Dynamics is untouched, the closed link marks the deletion (S073)."""
        key = person_key(person["marketo_id"])
        link = self.links.by_person.get(person["marketo_id"])
        if link is None:
            self.work.settle(key, "to_dynamics", person, "out_of_scope", "deleted, was not linked")
            return
        self._close_for_deleted_person(link)
        reason = "deleted in Marketo; the Dynamics record stays"
        self.work.settle(key, "to_dynamics", _with_link(person, link), "out_of_scope", reason)

    def _row_deleted(self, row: Json) -> None:
        """Deleted in Dynamics: the person stays and is flagged (S072)."""
        key = row_key(row["table"], row["dynamics_id"])
        link = self.links.by_row.get(row["dynamics_id"])
        if link is None:
            self.work.settle(key, "to_marketo", row, "out_of_scope", "deleted, was not linked")
            return
        self.links.close(link)
        person = person_key(link["marketo_id"])
        if person in self.pending.quarantine:
            reason = "its Dynamics record was deleted"
            self.work.settle(person, "to_dynamics", _with_link(row, link), "out_of_scope", reason)
        self.work.removals.append(Removal(link))
        self.work.settle(key, "to_marketo", _with_link(row, link), "writing")

    def _close_for_deleted_person(self, link: LinkRow) -> None:
        cycle_id, now = self.cycle.cycle_id, self.cycle.opened_at
        self.work.close(link, "marketo_deleted", cycle_id, now, "deleted in Marketo")
        self.links.close(link)
        self.links.closed_by_row[link["dynamics_id"]] = self.work.links[link["link_id"]]

    # ------------------------------------------------------------ rows

    def _row_changed(self, row: Json, values: Values) -> bool:
        """Handle a changed row; tell whether it is a candidate for a new link."""
        link = self.links.by_row.get(row["dynamics_id"])
        if row["sync_flag"] == "false":
            self._row_out_of_scope(row, link)
            return False
        if link is None:
            return self._wants_link(row)
        pair = self._pair(link)
        pair.dynamics = values
        pair.row_extracted = True
        pair.dynamics_at = _seconds(row["modified_on"])
        pair.created_on = row["created_on"]
        if link["status"] == "out_of_scope":
            self._reopen(pair)
        follow_state(self.cycle, pair, row, self.work)
        self.links.keep(pair.link)
        if row["etag"] != pair.link["etag"]:
            pair.link = {**pair.link, "etag": row["etag"]}
            self.work.links[link["link_id"]] = pair.link
        return False

    def _convert(self, row: Json) -> None:
        """A lead was qualified: its link moves to the contact, with person and base (S092)."""
        lead_link = self.links.by_row.get(row["originating_lead_id"])
        if lead_link is None or row["dynamics_id"] in self.links.by_row:
            return
        now, cycle_id = self.cycle.opened_at, self.cycle.cycle_id
        self.work.journal.append(
            event(cycle_id, now, "link_closed", lead_link, rule="qualified to a contact")
        )
        self.links.close(lead_link)
        moved: LinkRow = {
            **with_status(lead_link, status_of(row), cycle_id, now),
            "dynamics_table": row["table"],
            "dynamics_id": row["dynamics_id"],
            "etag": row["etag"],
        }
        self.links.keep(moved)
        self._pair(moved).converted = True

    def _row_out_of_scope(self, row: Json, link: LinkRow | None) -> None:
        """An explicit No keeps a record out and stops a linked pair both ways (S082 to S091)."""
        key = row_key(row["table"], row["dynamics_id"])
        reason = "the sync filter says No"
        self.work.settle(key, "to_marketo", row, "out_of_scope", reason)
        if link is None or link["status"] == "out_of_scope":
            return
        now = self.cycle.opened_at
        stopped = with_status(link, "out_of_scope", self.cycle.cycle_id, now)
        self.work.links[link["link_id"]] = stopped
        self.work.journal.append(
            event(self.cycle.cycle_id, now, "out_of_scope", stopped, rule="sync filter")
        )
        self.links.keep(stopped)

    def _wants_link(self, row: Json) -> bool:
        key = row_key(row["table"], row["dynamics_id"])
        closed = self.links.closed_by_row.get(row["dynamics_id"])
        reason = ""
        if row["master_id"]:
            reason = "merged into another record"
        elif row["table"] == "lead" and row["state_code"] == QUALIFIED_LEAD:
            reason = "qualified: its contact is synchronised instead"
        elif (
            closed is not None
            and closed["status"] == "marketo_deleted"
            and self.plan.policies.on_marketo_delete == "suppress"
        ):
            reason = "its person was deleted in Marketo and on_marketo_delete is suppress"
        if reason:
            self.work.settle(key, "to_marketo", row, "out_of_scope", reason)
        return not reason

    def _reopen(self, pair: Pair) -> None:
        """No to Yes: the pair is in scope again and both sides are compared in full (S084)."""
        now = self.cycle.opened_at
        opened = with_status(pair.link, "open", self.cycle.cycle_id, now)
        pair.link = opened
        pair.reopened = True
        self.work.links[opened["link_id"]] = opened
        self.work.journal.append(
            event(self.cycle.cycle_id, now, "linked", opened, rule="sync filter")
        )

    # ------------------------------------------------------------ persons

    def _person_seen(self, person: Json, values: Values) -> None:
        key = person_key(person["marketo_id"])
        link = self.links.by_person.get(person["marketo_id"])
        if person["event"] == "wanted" and link is None:
            return  # cycle/requested.py
        if person["event"] == "unlinked" or link is None:
            reason = "not linked to a Dynamics record"
            self.work.settle(key, "to_dynamics", person, "out_of_scope", reason)
            return
        record = _with_link(person, link)
        if person["event"] in ("wanted", "linked"):
            self.work.settle(key, "to_dynamics", record, "unchanged", "linked already")
        elif person["event"] == "echo":
            self.work.settle(key, "to_dynamics", record, "unchanged", "equals the base")
        elif link["status"] == "out_of_scope":
            self.work.settle(key, "to_dynamics", record, "out_of_scope", "the sync filter says No")
        else:
            pair = self._pair(link)
            if not pair.converted:  # else read again, as the contact's fields
                pair.marketo = values
            pair.person_extracted = True
            pair.marketo_at = _seconds(person["changed_at"])

    def _pair(self, link: LinkRow) -> Pair:
        return self.work.pairs.setdefault(link["link_id"], Pair(link))


def find_links(engine: Engine, window: Window) -> Links:
    """Read every link that the window's records have or had."""
    found = engine.store.links_of_persons([person["marketo_id"] for person, _ in window.persons])
    origins = [row["originating_lead_id"] for row, _ in window.rows if row["originating_lead_id"]]
    for table, more in (("lead", origins), ("contact", [])):
        ids = [row["dynamics_id"] for row, _ in window.rows if row["table"] == table] + more
        found = [*found, *engine.store.links_of_rows(as_table(table), ids)]
    live = [link for link in found if link["status"] in LIVE]
    closed = [link for link in found if link["status"] not in LIVE]
    return Links(
        by_person={link["marketo_id"]: link for link in live},
        by_row={link["dynamics_id"]: link for link in live},
        closed_by_row={link["dynamics_id"]: link for link in closed},
    )


def _with_link(record: Mapping[str, object], link: LinkRow) -> Json:
    return {
        **record,
        "table": link["dynamics_table"],
        "marketo_id": link["marketo_id"],
        "dynamics_id": link["dynamics_id"],
    }


def _seconds(moment: str | None) -> float:
    return parse_instant(moment).timestamp() if moment else float("nan")
