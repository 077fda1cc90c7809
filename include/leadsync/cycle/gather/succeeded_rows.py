"""Let persons follow their rows when those are merged or qualified (semantics.md 5, S092 to S099).

A row without a person takes over the link of the one that ended, with its base. Where both have a
person, the two are merged, parted or reported by policy: never two persons for one row.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from leadsync.cycle.carried import Unfinished, row_key
from leadsync.cycle.context import Cycle
from leadsync.cycle.gather.endings import Ending
from leadsync.cycle.gather.inactive_rows import status_of
from leadsync.cycle.gather.refused_endings import end_held
from leadsync.cycle.gather.reviews import merged, report
from leadsync.cycle.gather.successors import Succession, successions
from leadsync.cycle.gather.window import Links
from leadsync.cycle.work import Work, event, place, with_status
from leadsync.mapping.plan import SyncPlan
from leadsync.merge.pairs import Pair
from leadsync.model import Json
from leadsync.state.port import LinkRow
from leadsync.state.reasons import IN_DYNAMICS


@dataclass(frozen=True, slots=True)
class SucceededRows:
    """Moves and closes the links of rows that another row replaced.

    :param rows: the rows of this window by id.
    """

    cycle: Cycle
    plan: SyncPlan
    pending: Unfinished
    rows: Mapping[str, Json]
    links: Links
    work: Work

    def follow(self, *, merged: bool) -> None:
        """See to every link whose row was replaced: by a merge, or because a lead was qualified."""
        for succession in successions(self.rows):
            if succession.merged != merged:
                continue
            link = self.links.by_row.get(succession.before)
            excluded = succession.row["sync_flag"] == "false"
            if link is None or (excluded and not succession.merged):  # S090
                continue
            own = self.links.by_row.get(succession.row["dynamics_id"])
            if own is None:
                self._move(link, succession)
            else:
                self._end(link, own, succession)

    def _move(self, link: LinkRow, succession: Succession) -> None:
        """The person follows to the row that has none (S092, S097, S098)."""
        row, now = succession.row, self.cycle.opened_at
        excluded = row["sync_flag"] == "false"
        status = "out_of_scope" if excluded else status_of(row)
        why = "merged" if succession.merged else "qualified to a contact"
        self.work.journal.append(event(self.cycle.cycle_id, now, "link_closed", link, rule=why))
        self.links.close(link)
        moved: LinkRow = {
            **with_status(link, status, self.cycle.cycle_id, now),
            "dynamics_table": row["table"],
            "dynamics_id": row["dynamics_id"],
            "etag": row["etag"],
        }
        self.links.keep(moved)
        self.work.links[moved["link_id"]] = moved  # also when the person cannot be told yet
        if excluded:
            return
        sent = self.links.unconfirmed.get(moved["link_id"], {})
        pair = self.work.pairs.setdefault(moved["link_id"], Pair(moved, base=dict(sent)))
        pair.link = moved
        pair.converted = True
        policies = self.plan.policies
        pair.fills = succession.merged and policies.on_dynamics_merge == "merge"

    def _end(self, link: LinkRow, own: LinkRow, succession: Succession) -> None:
        """Close the link of a row whose successor has a person of its own (S093, S097)."""
        why = _told(link, succession)
        self.work.close(link, "merged", self.cycle.cycle_id, self.cycle.opened_at, why)
        closed = self.links.end(link, self.work.links[link["link_id"]])
        end_held(self.work, self.pending, link, "its Dynamics record was merged")
        policy = self.plan.policies.on_dynamics_merge
        if succession.row["sync_flag"] == "false":  # nothing more for the winner (S098)
            key = row_key(link["dynamics_table"], link["dynamics_id"])
            self.work.settle(key, "to_marketo", place(link), "out_of_scope", why)
        elif policy == "merge":
            self._write(
                Ending("merge", "marketo", closed, link["marketo_id"], into=str(own["marketo_id"]))
            )
        elif policy == "report":
            other = f"{own['dynamics_table']} {own['dynamics_id']}"
            message = (
                f"{why}, whose person is {own['marketo_id']}; person {link['marketo_id']} has no "
                f"record any more: merge it into person {own['marketo_id']} in Marketo, or delete "
                "it"
            )
            report(self.work, closed, link["marketo_id"], merged(IN_DYNAMICS, other, message))
        else:
            self._write(Ending("unlink", "marketo", closed, link["marketo_id"]))

    def _write(self, ending: Ending) -> None:
        self.work.endings.append(ending)
        self.work.settle(ending.key, ending.direction, place(ending.link), "writing")


def _told(link: LinkRow, succession: Succession) -> str:
    row = succession.row
    how = "merged" if succession.merged else "qualified"
    place = f"{link['dynamics_table']} {link['dynamics_id']}"
    return f"{place} was {how} into {row['table']} {row['dynamics_id']}"
