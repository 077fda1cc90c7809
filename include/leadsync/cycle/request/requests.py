"""What a cycle is asked for: requests that name single persons and rows (semantics.md 4).

A cycle of kind ``requested`` works on them alone; a scheduled one takes up all that wait. They are
fixed when the cycle opens and answered with its commit, so that a crash leaves them waiting.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from leadsync.clock import parse_instant
from leadsync.cycle.carried import Unfinished
from leadsync.cycle.context import Cycle, CycleRequest, Engine
from leadsync.cycle.reading import as_table
from leadsync.model import Json, Table
from leadsync.state.port import LIVE, LinkRow, RequestAction, RequestRow

DOCUMENT = "requests"
COMPARED = "compared"
#: kinds of cycles that take up whatever waits.
_TAKERS = ("scheduled", "manual")
_MOMENTS = ("requested_at", "updated_at")


@dataclass(frozen=True, slots=True)
class Asked:
    """The requests of one cycle, in the order in which they came.

    :param compared: persons whose pairs are compared without a request.
    """

    requests: tuple[RequestRow, ...] = ()
    compared: frozenset[int] = frozenset()

    @property
    def names_pairs(self) -> bool:
        """Whether rows are to be read by name."""
        return bool(self.requests or self.compared)

    def persons(self, *actions: RequestAction) -> set[int]:
        """Return the persons that requests of these actions name."""
        named = {
            request["marketo_id"]
            for request in self.requests
            if request["action"] in actions and request["marketo_id"] is not None
        }
        return named | self.compared if "sync_now" in actions else named

    def rows(self, table: Table) -> set[str]:
        """Return the rows of ``table`` that are to be synchronised now."""
        return {
            request["dynamics_id"]
            for request in self.requests
            if request["dynamics_table"] == table and request["dynamics_id"] is not None
        }

    def of_person(self, marketo_id: int) -> list[RequestRow]:
        """Return the requests that name the person."""
        return [request for request in self.requests if request["marketo_id"] == marketo_id]


@dataclass(slots=True)
class NamedPersons:
    """The persons that a cycle reads because somebody asks for them.

    :param forced: read and merged whether they changed or not.
    :param creating: to become rows, with the table that is wanted, unless they are linked.
    """

    forced: set[int] = field(default_factory=set)
    creating: dict[int, Table] = field(default_factory=dict)


def take_up(engine: Engine, request: CycleRequest) -> list[RequestRow]:
    """Return the requests that a cycle is to answer; those answered already are left out."""
    if request.kind in _TAKERS:
        return engine.store.requests(waiting=True)
    if not request.requests:
        return []
    stored = engine.store.requests(ids=[row["request_id"] for row in request.requests])
    by_id = {row["request_id"]: row for row in stored}
    current = [by_id.get(row["request_id"], row) for row in request.requests]
    return [row for row in current if row["status"] == "waiting"]


def write_asked(engine: Engine, cycle: Cycle, requests: Iterable[RequestRow]) -> None:
    """Fix the requests for all stages of the cycle."""
    documents = [_document(row) for row in requests]
    if documents:
        engine.staging.write_document(cycle.cycle_id, DOCUMENT, {"requests": documents})


def write_compared(engine: Engine, cycle: Cycle, persons: Iterable[int]) -> None:
    """Fix for all stages whose pairs are compared."""
    if compared := list(persons):
        engine.staging.write_document(cycle.cycle_id, COMPARED, {"persons": compared})


def read_asked(engine: Engine, cycle: Cycle) -> Asked:
    """Return the requests that the cycle has taken up."""
    stored = engine.staging.read_document(cycle.cycle_id, DOCUMENT) or {"requests": ()}
    compared = engine.staging.read_document(cycle.cycle_id, COMPARED) or {"persons": ()}
    requests = tuple(_row(document) for document in stored["requests"])
    return Asked(requests, frozenset(compared["persons"]))


def named_persons(
    engine: Engine, asked: Asked, pending: Unfinished, seen: Iterable[int]
) -> NamedPersons:
    """Return whom to read by name.

    :param seen: persons that the feeds or earlier cycles bring up: those whose creation failed
        before are tried again (S116).
    """
    named = NamedPersons(forced=asked.persons("sync_now"))
    for table in ("lead", "contact"):
        rows = sorted(asked.rows(as_table(table)))
        links = engine.store.links_of_rows(as_table(table), rows) if rows else []
        named.forced |= {link["marketo_id"] for link in links if link["status"] in LIVE}
    for person in seen:
        failed = pending.failed_creation(person)
        if failed is not None:
            named.creating[person] = as_table(failed["dynamics_table"])
    for request in asked.requests:
        person_id = request["marketo_id"]
        if request["action"] != "sync_now" and person_id is not None:
            named.creating[person_id] = as_table(request["sync_as"] or "lead")
    return named


def named_rows(asked: Asked, links: Iterable[LinkRow], table: Table) -> set[str]:
    """Return the rows of ``table`` to read by name.

    :param links: live links of the persons that are to be synchronised now.
    """
    return asked.rows(table) | {
        link["dynamics_id"] for link in links if link["dynamics_table"] == table
    }


def _document(row: RequestRow) -> Json:
    moments = {"requested_at": row["requested_at"], "updated_at": row["updated_at"]}
    return {**row, **{name: moment.isoformat() for name, moment in moments.items()}}


def _row(document: Mapping[str, Any]) -> RequestRow:
    moments = {name: parse_instant(document[name]) for name in _MOMENTS}
    return cast("RequestRow", {**document, **moments})
