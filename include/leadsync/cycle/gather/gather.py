"""Bring the window's rows together with their links: what is in scope, and what needs doing.

Deletion beats a concurrent update (S075, S076); out of scope stops both directions (S086); a row
without a link is matched before it becomes a new person (semantics.md 4, 5).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from leadsync.clock import parse_instant
from leadsync.cycle.carried import Unfinished, person_key, row_key
from leadsync.cycle.context import Cycle, Engine
from leadsync.cycle.extract.vanished import GONE, may_be_merged
from leadsync.cycle.gather.closing_rows import close_again, close_row, is_being_closed
from leadsync.cycle.gather.inactive_rows import follow_state, is_active
from leadsync.cycle.gather.merged_persons import MergedPersons
from leadsync.cycle.gather.refused_endings import DELETED, end_again, end_held, is_held_for
from leadsync.cycle.gather.reviews import end_review, stays_reported
from leadsync.cycle.gather.succeeded_rows import SucceededRows
from leadsync.cycle.gather.successors import QUALIFIED_LEAD
from leadsync.cycle.gather.window import Links, Window
from leadsync.cycle.work import Removal, Work, event, with_status
from leadsync.mapping.plan import SyncPlan
from leadsync.merge.pairs import Pair
from leadsync.model import Json
from leadsync.state.port import LinkRow, Values

#: events of persons that no longer exist.
_GONE = ("deleted", "vanished", "merged")


@dataclass(slots=True)
class Gatherer:
    """Sorts a window into work; one instance per cycle.

    :ivar rows: the window's rows by id; ``origins``: the leads that became contacts of the window.
    """

    engine: Engine
    cycle: Cycle
    plan: SyncPlan
    window: Window
    pending: Unfinished
    links: Links
    work: Work
    waiting: set[int] = field(default_factory=set)
    rows: dict[str, Json] = field(init=False)
    origins: set[str | None] = field(init=False)

    def __post_init__(self) -> None:
        self.rows = {row["dynamics_id"]: row for row, _ in self.window.rows}
        self.origins = {row["originating_lead_id"] for row, _ in self.window.rows}

    def run(self) -> list[tuple[Json, Values]]:
        """Fill ``work`` and return the rows that have no link and want one."""
        self._settle_gone()
        for row, _ in self.window.rows:
            if row["event"] == "deleted":
                self._row_deleted(row)
        succeeded = SucceededRows(
            self.cycle, self.plan, self.pending, self.rows, self.links, self.work
        )
        succeeded.follow(merged=False)  # a lead that was qualified counts as its contact (S101)
        self._follow_merged_persons()
        self._tell_survivors()
        succeeded.follow(merged=True)
        end_again(self.engine, self.pending, self.rows, self.links, self.work)
        candidates = [
            (row, values)
            for row, values in self.window.rows
            if row["event"] == "changed" and self._row_changed(row, values)
        ]
        for person, values in self.window.persons:
            if person["event"] not in _GONE:
                self._person_seen(person, values)
        return candidates

    # ------------------------------------------------------------ deletions

    def _settle_gone(self) -> None:
        """Settle the persons that no longer exist, but for merged ones."""
        for person, _ in self.window.persons:
            if person["event"] == "deleted":
                self._person_deleted(person)
            elif person["event"] == "vanished":
                self._person_vanished(person)
            elif person["event"] == "unlinked" and self._deactivates:
                close_again(self.engine, self.pending, person, self.rows, self.work)

    def _person_deleted(self, person: Json) -> None:
        """Deleted in Marketo: Dynamics is untouched, the closed link marks the deletion (S073)."""
        key = person_key(person["marketo_id"])
        link = self.links.by_person.get(person["marketo_id"])
        if link is None:
            reason = "deleted, was not linked"
            self.work.settle(key, "to_dynamics", person, "out_of_scope", reason)
            closed = self.links.closed_by_person.get(person["marketo_id"])
            end_review(self.work, self.pending, closed, "its person was deleted in Marketo")
            return
        self._close_for_deleted_person(link)
        if self.plan.policies.on_marketo_delete == "deactivate":
            closed, row = self.work.links[link["link_id"]], self.rows.get(link["dynamics_id"])
            needed = link["status"] != "inactive" or row is not None
            if needed and close_row(self.work, closed, person["marketo_id"], row):
                return
        reason = "deleted in Marketo; the Dynamics record stays"
        self.work.settle(key, "to_dynamics", _with_link(person, link), "out_of_scope", reason)

    @property
    def _deactivates(self) -> bool:
        policies = self.plan.policies
        return "deactivate" in (policies.on_marketo_delete, policies.on_marketo_merge)

    def _person_vanished(self, person: Json) -> None:
        """Gone without a trace: a merge may explain it yet (S100)."""
        marketo_id = person["marketo_id"]
        if not may_be_merged(self.engine, self.cycle, self.pending, marketo_id):
            self._person_deleted(person)
            return
        link = self.links.by_person.get(marketo_id)
        record = _with_link(person, link) if link else person
        self.work.settle(person_key(marketo_id), "to_dynamics", record, "deferred", GONE)
        self.waiting.add(marketo_id)

    def _follow_merged_persons(self) -> None:
        people = [person for person, _ in self.window.persons]
        merges = MergedPersons(
            self.cycle,
            self.plan,
            self.pending,
            self.rows,
            {person["marketo_id"] for person in people if person["event"] == "deleted"},
            self.links,
            self.work,
        )
        for person in people:
            if person["event"] == "merged":
                merges.follow(person)
                if self._deactivates:  # a backfill may have met the merge before
                    close_again(self.engine, self.pending, person, self.rows, self.work)

    def _row_deleted(self, row: Json) -> None:
        """Deleted in Dynamics: the person stays and is flagged (S072)."""
        key = row_key(row["table"], row["dynamics_id"])
        link = self.links.by_row.get(row["dynamics_id"])
        if link is None:
            ended = self.links.closed_by_row.get(row["dynamics_id"])
            if ended is not None and is_held_for(self.pending, ended):  # its cycle did not commit
                end_held(self.work, self.pending, ended, DELETED)
            self.work.settle(key, "to_marketo", row, "out_of_scope", "deleted, was not linked")
            return
        self.links.close(link)
        end_held(self.work, self.pending, link, DELETED)
        self.work.removals.append(Removal(link))
        self.work.settle(key, "to_marketo", _with_link(row, link), "writing")

    def _tell_survivors(self) -> None:
        """Tell persons whose losers' rows were deleted, if they have no other row (S072, S100)."""
        people = [person for person, _ in self.window.persons if person["event"] == "merged"]
        survivors = {person["marketo_id"]: person["merged_into"] for person in people}
        for removal in self.work.removals:
            survivor = survivors.get(removal.link["marketo_id"])
            if survivor is not None and survivor not in self.links.by_person:
                removal.link = {**removal.link, "marketo_id": survivor}

    def _close_for_deleted_person(self, link: LinkRow) -> None:
        cycle_id, now = self.cycle.cycle_id, self.cycle.opened_at
        self.work.close(link, "marketo_deleted", cycle_id, now, "deleted in Marketo")
        self.links.end(link, self.work.links[link["link_id"]])

    # ------------------------------------------------------------ rows

    def _row_changed(self, row: Json, values: Values) -> bool:
        """Handle a changed row; tell whether it is a candidate for a new link."""
        link = self.links.by_row.get(row["dynamics_id"])
        if row["sync_flag"] == "false":
            self._row_out_of_scope(row, link)
            return False
        if link is not None and self._is_superfluous(link):
            self.links.close(link)
            link = None
        if link is None:
            return self._wants_link(row, values)
        if link["marketo_id"] in self.waiting:
            key = row_key(row["table"], row["dynamics_id"])
            self.work.settle(key, "to_marketo", _with_link(row, link), "deferred", GONE)
            return False
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

    def _row_out_of_scope(self, row: Json, link: LinkRow | None) -> None:
        """An explicit No keeps a record out and stops a linked pair both ways (S082 to S091)."""
        key = row_key(row["table"], row["dynamics_id"])
        if self.work.outcomes.get(key, {}).get("state") == "writing":
            return  # it was merged, and its person is told so
        reason = "the sync filter says No"
        self.work.settle(key, "to_marketo", row, "out_of_scope", reason)
        if link is None or link["status"] == "out_of_scope":
            return
        now = self.cycle.opened_at
        stopped = with_status(link, "out_of_scope", self.cycle.cycle_id, now)
        self.work.links[link["link_id"]] = stopped
        self.work.pairs.pop(link["link_id"], None)  # its person was merged in this window
        self.work.journal.append(
            event(self.cycle.cycle_id, now, "out_of_scope", stopped, rule="sync filter")
        )
        self.links.keep(stopped)

    def _wants_link(self, row: Json, values: Values) -> bool:
        key = row_key(row["table"], row["dynamics_id"])
        closed = self.links.closed_by_row.get(row["dynamics_id"])
        if closed is not None and closed["status"] == "merged":
            unlinks = self.plan.policies.on_marketo_merge == "unlink"
            reported = stays_reported(self.work, self.pending, row, values, closed, unlinks=unlinks)
            if reported is not None:
                return False
        reason = ""
        if row["master_id"]:
            reason = "merged into another record"
        elif self._is_qualified(row):
            reason = "qualified: its contact is synchronised instead"
        elif (
            closed is not None
            and closed["status"] == "marketo_deleted"
            and self.plan.policies.on_marketo_delete == "suppress"
        ):
            reason = "its person was deleted in Marketo and on_marketo_delete is suppress"
        elif is_being_closed(self.work, row):
            reason = "its person was deleted or merged in Marketo; it is being closed"
        elif (
            closed is not None
            and closed["status"] == "marketo_deleted"
            and self.plan.policies.on_marketo_delete == "deactivate"
            and not is_active(row)
        ):
            reason = "closed, because its person was deleted in Marketo"
        if reason:
            self.work.settle(key, "to_marketo", row, "out_of_scope", reason)
        return not reason

    def _is_superfluous(self, link: LinkRow) -> bool:
        """Tell whether nobody needs a link that is not stored: its row is matched as a new one."""
        link_id = link["link_id"]
        return link_id in self.links.unconfirmed and link_id not in self.work.pairs

    def _is_qualified(self, row: Json) -> bool:
        """Tell whether a lead has ended in a contact, perhaps only after it was read (S092)."""
        qualified = row["state_code"] == QUALIFIED_LEAD or row["dynamics_id"] in self.origins
        return row["table"] == "lead" and qualified

    def _reopen(self, pair: Pair) -> None:
        """No to Yes: the pair is in scope again and both sides are compared in full (S084)."""
        now = self.cycle.opened_at
        opened = with_status(pair.link, "open", self.cycle.cycle_id, now)
        pair.reopened, pair.stopped_at = True, pair.link["updated_at"]
        pair.link = opened
        self.work.links[opened["link_id"]] = opened
        self.work.journal.append(
            event(self.cycle.cycle_id, now, "linked", opened, rule="sync filter")
        )

    # ------------------------------------------------------------ persons

    def _person_seen(self, person: Json, values: Values) -> None:
        key = person_key(person["marketo_id"])
        link = self.links.by_person.get(person["marketo_id"])
        if person["event"] == "wanted" and link is None:
            return  # cycle/request/requested.py
        if link is None and self.work.is_ending(key):
            return
        if person["event"] == "unlinked" or link is None:
            reason = "not linked to a Dynamics record"
            self.work.settle(key, "to_dynamics", person, "out_of_scope", reason)
            return
        record = _with_link(person, link)
        if person["event"] == "linked":
            return  # only asked for: nothing of it was looked at
        if person["event"] == "wanted":
            self.work.settle(key, "to_dynamics", record, "unchanged", "linked already")
        elif person["event"] == "echo":
            self.work.settle(key, "to_dynamics", record, "unchanged", "equals the base")
        elif link["status"] == "out_of_scope":
            self.work.settle(key, "to_dynamics", record, "out_of_scope", "the sync filter says No")
        else:
            pair = self._pair(link)
            if not (pair.converted or pair.moved):  # else read again, as the row's fields
                pair.marketo = values
            pair.person_extracted = True
            pair.marketo_at = _seconds(person["changed_at"])

    def _pair(self, link: LinkRow) -> Pair:
        link_id = link["link_id"]
        moved = link_id in self.links.inherited
        return self.work.pairs.setdefault(link_id, Pair(link, moved=moved))


def _with_link(record: Mapping[str, object], link: LinkRow) -> Json:
    return {
        **record,
        "table": link["dynamics_table"],
        "marketo_id": link["marketo_id"],
        "dynamics_id": link["dynamics_id"],
    }


def _seconds(moment: str | None) -> float:
    return parse_instant(moment).timestamp() if moment else float("nan")
