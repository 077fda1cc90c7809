"""Persons who share an e-mail address that somebody opted out (semantics.md 8.J, S108)."""

from __future__ import annotations

from collections.abc import Collection

from leadsync.cycle.context import Engine
from leadsync.cycle.gather.restamp import is_bare, tell_creation
from leadsync.cycle.initial.snapshot import PersonSearch
from leadsync.cycle.reading import as_table, person_values, row_id_of
from leadsync.cycle.work import Work
from leadsync.mapping.plan import SyncPlan
from leadsync.merge.pairs import Pair
from leadsync.model import Json

UNSUBSCRIBED = "unsubscribed"
STOP = "true"
#: operation of a write that changes a consent and knows of no link.
OPT_OUT = "opt_out"


def mailable(search: PersonSearch, email_keys: Collection[str], work: Work) -> dict[int, Json]:
    """Read the persons with these addresses who are no pair of ``work`` and may still be mailed."""
    known = {pair.link["marketo_id"] for pair in work.pairs.values()}
    return {
        int(person["id"]): person
        for person in search.by_address(email_keys)
        if int(person["id"]) not in known and person.get(UNSUBSCRIBED) not in (True, STOP)
    }


def add_linked(engine: Engine, plan: SyncPlan, found: dict[int, Json], work: Work) -> list[Pair]:
    """Make pairs of ``work`` of those persons who have a row in scope; takes them out of ``found``.

    A row that leaves the scope in this cycle is written no more (S086), so its person is stopped
    alone. The pairs still lack their bases.
    """
    ended = {link_id for link_id, link in work.links.items() if link["status"] != "open"}
    ended |= {removal.link["link_id"] for removal in work.removals}
    added: list[Pair] = []
    for link in engine.store.links_of_persons(sorted(found)):
        if link["status"] == "open" and link["link_id"] not in ended:
            table = plan.tables.get(as_table(link["dynamics_table"]))
            if table is not None:
                person = found.pop(link["marketo_id"])
                pair = Pair(link, marketo=person_values(table, person))
                pair.restamped = is_bare(row_id_of(person), pair)
                added.append(pair)
    tell_creation(engine, plan, [pair for pair in added if pair.restamped])
    work.pairs.update((pair.link["link_id"], pair) for pair in added)
    return added
