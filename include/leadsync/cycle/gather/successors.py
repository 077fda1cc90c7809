"""Which row takes the place of another: by a merge in Dynamics, or because a lead was qualified.

Change tracking reports the loser of a merge as an update that points to its master, and a qualified
lead as closed; the contact it became points back to it, or the lead to a contact that existed
before (reference/dataverse-webapi.md 8.3, 8.4).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from leadsync.cycle.context import Engine
from leadsync.cycle.reading import as_table
from leadsync.model import TABLES, Json
from leadsync.state.port import LIVE

QUALIFIED_LEAD = "1"


@dataclass(frozen=True, slots=True)
class Succession:
    """A row that another one has replaced.

    :param before: id of the row that ended; ``row`` is the other one as this window has it.
    :param merged: two rows of one table were merged; otherwise a lead was qualified.
    :param further: how many rows lie between the two.
    """

    before: str
    row: Json
    merged: bool
    further: int


def successions(rows: Mapping[str, Json]) -> list[Succession]:
    """Return what replaced what among the rows of a window, by id.

    Qualified leads come first: the contact that one has become keeps its person when another
    contact is merged into it, or was into the lead before (S092, S093, S097). Then those come that
    were merged last: a row keeps its person when others are merged into it, also if it is merged
    into a third one afterwards.
    """
    found = []
    heirs = {
        row["originating_lead_id"]: row["dynamics_id"]
        for row in rows.values()
        if row["event"] == "changed" and row["originating_lead_id"] and row["sync_flag"] != "false"
    }
    for row in rows.values():
        if row["event"] != "changed":
            continue
        if row["originating_lead_id"]:
            last, further = _last(rows, row["dynamics_id"], heirs)
            found.append(Succession(row["originating_lead_id"], last, further > 0, further))
        after = successor_of(row)
        if after is not None and after[1] in rows:
            last, further = _last(rows, after[1], heirs)
            merged = row["master_id"] is not None
            if last["event"] == "changed":
                found.append(Succession(row["dynamics_id"], last, merged, further))
    return sorted(found, key=lambda one: (one.merged, one.further))


def successor_of(row: Json) -> tuple[str, str] | None:
    """Return table and id of the row that replaced this one, if there is one."""
    if row["event"] != "changed":
        return None
    if row["master_id"]:
        return row["table"], row["master_id"]
    if row["table"] == "lead" and row["state_code"] == QUALIFIED_LEAD and row["parent_contact_id"]:
        return "contact", row["parent_contact_id"]
    return None


def _last(rows: Mapping[str, Json], row_id: str, heirs: Mapping[str, str]) -> tuple[Json, int]:
    """Follow merges of merged rows, and leads that became contacts of the window.

    :param heirs: contacts in scope by the lead that each one was.
    :returns: the row at the end, and how many steps away it is.
    """
    seen = {row_id}
    while (after := _after(rows[row_id], heirs)) in rows and after not in seen:
        row_id = after
        seen.add(row_id)
    return rows[row_id], len(seen) - 1


def _after(row: Json, heirs: Mapping[str, str]) -> str:
    after = successor_of(row)
    return after[1] if after else heirs.get(row["dynamics_id"], "")


def unread_successors(engine: Engine, rows: Iterable[Json]) -> dict[str, set[str]]:
    """Return ids by table of rows that replaced a linked row and are not among ``rows``.

    What replaced a linked row counts as linked, as does a contact that a linked lead became: it may
    have been merged at once.
    """
    rows = list(rows)
    replaced = {row["dynamics_id"]: after for row in rows if (after := successor_of(row))}
    known = {row["dynamics_id"] for row in rows}
    if not replaced:
        return {}
    origins = {row["dynamics_id"]: row.get("originating_lead_id") for row in rows}
    asked = {*replaced, *(lead for row_id in replaced if (lead := origins[row_id]))}
    linked = {
        link["dynamics_id"]
        for table in TABLES
        for link in engine.store.links_of_rows(as_table(table), sorted(asked))
        if link["status"] in LIVE
    }
    linked |= {row_id for row_id in replaced if origins[row_id] in linked}
    while new := {after for row, (_, after) in replaced.items() if row in linked} - linked:
        linked |= new
    wanted: dict[str, set[str]] = {}
    for row_id, (table, successor) in replaced.items():
        if successor not in known and row_id in linked:
            wanted.setdefault(table, set()).add(successor)
    return wanted
