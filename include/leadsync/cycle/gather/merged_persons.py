"""Follow merges in Marketo: the survivor keeps one link, the rows of the others end (S100, S101).

A contact link beats a lead link; otherwise the survivor's own link stays, and a survivor without
one inherits the loser's, with its base.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from leadsync.cycle.carried import Unfinished, person_key, row_key
from leadsync.cycle.context import Cycle
from leadsync.cycle.gather.endings import Ending
from leadsync.cycle.gather.inactive_rows import is_active
from leadsync.cycle.gather.reviews import end_review, merged, report
from leadsync.cycle.gather.window import Links
from leadsync.cycle.work import Removal, Work, event, place
from leadsync.mapping.plan import SyncPlan
from leadsync.merge.pairs import Pair
from leadsync.model import Json
from leadsync.state.port import LinkRow, LinkStatus
from leadsync.state.reasons import IN_MARKETO


@dataclass(frozen=True, slots=True)
class MergedPersons:
    """Moves and closes the links of merged persons.

    :param rows: the rows of this window by id.
    :param deleted: persons that were deleted in this window.
    """

    cycle: Cycle
    plan: SyncPlan
    pending: Unfinished
    rows: Mapping[str, Json]
    deleted: set[int]
    links: Links
    work: Work

    def follow(self, person: Json) -> None:
        """Give the link of a person that was merged to its survivor, or end it."""
        loser, survivor = person["marketo_id"], person["merged_into"]
        link = self._link_of(loser)
        reason = f"merged into person {survivor}"
        record = {**person, **place(link)} if link else person
        self.work.settle(person_key(loser), "to_dynamics", record, "out_of_scope", reason)
        if link is None:
            closed = self.links.closed_by_person.get(loser)
            end_review(self.work, self.pending, closed, reason)
            self._tell_deleted(closed, survivor)
            return
        if survivor in self.deleted:
            self._close(link, "marketo_deleted", f"merged into person {survivor}, who was deleted")
            return
        own = self.links.by_person.get(survivor)
        if own is None:
            self._inherit(link, survivor)
        elif self._ends_in(own) == link["dynamics_id"]:
            self._close(own, "merged", f"merged into {link['dynamics_id']}")
            self._inherit(link, survivor)
        elif (link["dynamics_table"], own["dynamics_table"]) == ("contact", "lead"):
            self._end(own, link, loser, survivor)
            self._inherit(link, survivor)
        else:
            self._end(link, own, loser, survivor)

    def _tell_deleted(self, closed: LinkRow | None, survivor: int) -> None:
        """Tell the survivor that the loser's row was deleted before the merge was known (S072)."""
        if closed is None or closed["status"] != "dynamics_deleted":
            return
        if survivor not in self.links.by_person and survivor not in self.deleted:
            passed_on: LinkRow = {**closed, "marketo_id": survivor}
            key = row_key(closed["dynamics_table"], closed["dynamics_id"])
            self.work.removals.append(Removal(passed_on))
            self.work.settle(key, "to_marketo", place(passed_on), "writing")

    def _link_of(self, loser: int) -> LinkRow | None:
        """Return the loser's link, also one that was closed before the merge was known."""
        live = self.links.by_person.get(loser)
        closed = self.links.closed_by_person.get(loser)
        if live is not None or closed is None or closed["status"] != "marketo_deleted":
            return live
        if closed["dynamics_id"] in self.links.by_row:
            return None
        return {**closed, "status": "open"}

    def _inherit(self, link: LinkRow, survivor: int) -> None:
        moved: LinkRow = {
            **link,
            "marketo_id": survivor,
            "cycle_id": self.cycle.cycle_id,
            "updated_at": self.cycle.opened_at,
        }
        self.links.close(link)
        self.links.keep(moved)
        self.links.inherited.add(moved["link_id"])
        self.work.links[moved["link_id"]] = moved
        rule = f"person {link['marketo_id']} was merged into {survivor}"
        now = self.cycle.opened_at
        self.work.journal.append(event(self.cycle.cycle_id, now, "linked", moved, rule=rule))
        if moved["status"] != "out_of_scope":
            self.work.pairs[moved["link_id"]] = Pair(moved, moved=True)

    def _end(self, link: LinkRow, kept: LinkRow, loser: int, survivor: int) -> None:
        """Close a link that the survivor cannot keep, and see to its row by policy."""
        closed = self._close(link, "merged", f"person {loser} was merged into {survivor}")
        row = self.rows.get(link["dynamics_id"])
        policy = self.plan.policies.on_marketo_merge
        key = row_key(link["dynamics_table"], link["dynamics_id"])
        if policy == "unlink" or _is_let_alone(link, row):
            reason = f"its person was merged into {survivor}"
            self.work.settle(key, "to_marketo", {**place(link)}, "out_of_scope", reason)
        elif policy == "deactivate":
            etag = row["etag"] if row else link["etag"]
            self._write(Ending("deactivate", "dynamics", closed, loser, etag))
        elif policy == "merge" and link["dynamics_table"] == kept["dynamics_table"]:
            self._write(Ending("merge", "dynamics", closed, loser, None, self._ends_in(kept)))
        else:
            other = f"{kept['dynamics_table']} {kept['dynamics_id']}"
            message = (
                f"person {loser} was merged into person {survivor} in Marketo, who belongs to "
                f"{other}; {link['dynamics_table']} {link['dynamics_id']} has no person any more: "
                "merge it into that record, close or delete it, or release it to have it matched "
                "anew"
            )
            report(self.work, closed, survivor, merged(IN_MARKETO, other, message))

    def _ends_in(self, link: LinkRow) -> str:
        """Return the row in which a link's row ended in this window, by merges in Dynamics."""
        row_id, seen = link["dynamics_id"], set[str]()
        while (row := self.rows.get(row_id)) and row["master_id"] and row_id not in seen:
            seen.add(row_id)
            row_id = row["master_id"]
        return row_id

    def _write(self, ending: Ending) -> None:
        self.work.endings.append(ending)
        record = {**place(ending.link), "marketo_id": ending.person}
        self.work.settle(ending.key, ending.direction, record, "writing")

    def _close(self, link: LinkRow, status: LinkStatus, why: str) -> LinkRow:
        self.work.close(link, status, self.cycle.cycle_id, self.cycle.opened_at, why)
        self.work.pairs.pop(link["link_id"], None)  # its lead was qualified in this window
        return self.links.end(link, self.work.links[link["link_id"]])


def _is_let_alone(link: LinkRow, row: Json | None) -> bool:
    """Tell whether a row needs nothing: it is closed or out of scope.

    :param row: the row as this window has it; otherwise it is as its link says.
    """
    if row is None or row["event"] == "deleted":
        return row is not None or link["status"] != "open"
    return row["sync_flag"] == "false" or not is_active(row)
