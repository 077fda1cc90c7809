"""What people show of accounts and owners, as users know it (semantics.md 1, S102 to S107)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, Literal

from leadsync.model import Json
from simulation.merges import Merges
from simulation.stops import Edit
from simulation.values import Value
from support.world import World

COMPANY = {"company": "name", "billingCity": "address1_city"}
OWNER = {"ownerName": "fullname", "ownerEmail": "internalemailaddress"}
FIELDS = (*COMPANY, *OWNER)
#: columns that lead to a row's account.
EMPLOYER = {"lead": "_parentaccountid_value", "contact": "_parentcustomerid_value"}
#: what a row shows that refers to nothing which has such values, or to what nobody can read.
Nothing = Literal["nothing", "unknown"]
NOTHING: Final = "nothing"
UNKNOWN: Final = "unknown"


def source_of(world: World, table: str, row: Json, name: str) -> tuple[Value, Nothing | None]:
    """Return what a row has to show in a field, or why it has nothing to show."""
    rows = world.dynamics.rows
    if name in COMPANY:
        account = row[EMPLOYER[table]]
        if account in world.dynamics.hidden:
            return None, UNKNOWN
        found = rows["account"].get(account)
        return (found[COMPANY[name]], None) if found else (None, NOTHING)
    owner = row["_ownerid_value"]
    if owner in rows["team"]:
        return (rows["team"][owner]["name"] if name == "ownerName" else None), None
    user = rows["systemuser"].get(owner)
    return (user[OWNER[name]], None) if user else (None, NOTHING)


class RelatedFacts(Merges):
    """Notes what happens to accounts and owners, and to what people show of them."""

    def rows_referring(self, target: str) -> list[str]:
        """Return the rows that refer to an account or owner."""
        columns = (*EMPLOYER.values(), "_ownerid_value")
        return [i for _, i, row in self.rows() if target in map(row.get, columns)]

    def related_changed(
        self, event: str, rows: Iterable[str], *, touched: bool = False, lost: bool = False
    ) -> None:
        """Note that rows may have something else to show.

        :param touched: the rows themselves were changed; ``lost``: they have no account any more.
        """
        at = self.note(event)
        for row_id in rows:
            self.shown_at[row_id][at] = lost
            self._note_source(row_id)
            if touched:
                self.row_touched[row_id] = at
            if self.cycling:
                self.own_unrest[row_id].append(at)

    def _note_source(self, row_id: str) -> None:
        for table, _, row in (one for one in self.rows() if one[1] == row_id):
            for name in FIELDS:
                if source_of(self.world, table, row, name)[1] != NOTHING:
                    self.sourced.add((row_id, name))

    def count_unseen(self, *, clean: bool) -> None:
        """Count a cycle that rows with an account that nobody can read had to wait."""
        waiting = {
            row_id: self.unseen.get(row_id, (0, 0))
            for table, row_id, row in self.rows()
            if row[EMPLOYER[table]] in self.world.dynamics.hidden
        }
        self.unseen = {i: (began + 1, ended + clean) for i, (began, ended) in waiting.items()}

    def shown_edited(self, person: int, name: str, value: Value) -> None:
        """Note that a user edited what a person shows."""
        at = self.note(f"person {person} edited {name} {value}")
        self.edits[person, name] = Edit(at, value)

    def agree_related(self, pair: tuple[int, str], table: str, person: Json, row: Json) -> None:
        """Note what a person shows as its row has it."""
        for name in FIELDS:
            value, nothing = source_of(self.world, table, row, name)
            if nothing == UNKNOWN:
                continue
            keeps = self.world.mapping["policies"].get("on_account_removed") == "keep"
            if person[name] == value and not (nothing and keeps):
                self.agreed[pair, name] = Edit(self.now, value)
