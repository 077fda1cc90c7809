"""All stores behave alike under any sequence of transactions, also refused ones."""

from __future__ import annotations

from datetime import datetime, timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from leadsync.errors import StateError
from leadsync.state.item_filter import ItemFilter
from leadsync.state.memory import MemoryStateStore
from leadsync.state.port import Lease, StateChanges, StateStore
from leadsync.state.store import SqlStateStore
from leadsync.state.tables import metadata
from support.state_rows import (
    NOON,
    activity,
    deferred,
    failure,
    intent,
    item_event,
    journal,
    link,
    lookup,
    mark,
    quarantined,
    related,
    request,
    row_id,
)

FEW = st.integers(1, 3)
TEXTS = ["email", "e_mail", 'say "é"', "SAY \\\ud800", "Ärlig\u2028", "\0"]
TABLE = st.sampled_from(["lead", "contact"])
STATUS = st.sampled_from(["open", "out_of_scope", "dynamics_deleted", "converted"])
VALUES = st.dictionaries(st.sampled_from("abc"), st.none() | st.sampled_from(["1", "2", ""]))
LINK = st.builds(
    lambda number, person, row, table, status: link(
        number, marketo_id=person, dynamics_id=row_id(row), dynamics_table=table, status=status
    ),
    *(FEW, FEW, FEW, TABLE, STATUS),
)
LINK_ID = FEW.map("link-{}".format)
#: texts that JSON, LIKE and upper case treat in their own ways.
FAILURE = st.builds(
    lambda field, rule, message: failure(field=field, rule=rule, message=message),
    *(st.sampled_from(TEXTS), st.sampled_from(["format", "100%"]), st.sampled_from(TEXTS)),
)
#: an item keeps its record for ever; items 2 and 3 are about the same one.
ITEM = st.builds(
    lambda number, status, minutes, failures: quarantined(
        number,
        record_key=f"to_dynamics:{min(number, 2)}",
        status=status,
        last_seen=NOON + timedelta(minutes=minutes),
        failures=failures,
    ),
    *(FEW, st.sampled_from(["open", "released", "retried", "superseded"]), FEW),
    st.lists(FAILURE, min_size=1, max_size=3),
)
ACTIVITY = st.builds(
    lambda number, part, status, minutes: activity(
        number,
        key=f"item-{number}:{part}",
        status=status,
        created_at=NOON + timedelta(minutes=minutes),
    ),
    *(FEW, FEW, st.sampled_from(["waiting", "sending", "sent", "refused"]), FEW),
)
LOOKUP = st.builds(lambda number, target: lookup(number, target_id=row_id(target)), FEW, FEW)
REQUEST = st.builds(
    lambda number, status, minutes: request(
        number, status=status, requested_at=NOON + timedelta(minutes=minutes)
    ),
    *(FEW, st.sampled_from(["waiting", "done"]), FEW),
)
CHANGES = st.builds(
    StateChanges,
    links=st.lists(LINK, max_size=4),
    base=st.dictionaries(LINK_ID, VALUES, max_size=2),
    base_dropped=st.lists(LINK_ID, max_size=1),
    intents=st.lists(FEW.map(intent), max_size=2),
    journal=st.lists(FEW.map(journal), max_size=2),
    quarantine=st.lists(ITEM, max_size=3),
    quarantine_events=st.lists(FEW.map(item_event), max_size=2),
    activities=st.lists(ACTIVITY, max_size=3),
    deferred=st.lists(FEW.map(deferred), max_size=2),
    deferred_cleared=st.lists(FEW.map(lambda n: deferred(n)["record_key"]), max_size=1),
    seen_activities=st.dictionaries(
        st.sampled_from("xyz"), FEW.map(lambda n: NOON + timedelta(minutes=n)), max_size=2
    ),
    seen_before=st.none() | FEW.map(lambda n: NOON + timedelta(minutes=n)),
    cursors=st.dictionaries(st.sampled_from("pq"), st.sampled_from("12"), max_size=1),
    cursors_dropped=st.lists(st.sampled_from("pq"), max_size=2),
    requests=st.lists(REQUEST, max_size=2),
    related=st.lists(st.builds(related, FEW, active=st.booleans()), max_size=2),
    lookups=st.lists(LOOKUP, max_size=2),
    marks=st.lists(FEW.map(mark), max_size=2),
    marks_dropped=st.lists(FEW.map(lambda n: ("opted_out", f"hash-{n}")), max_size=1),
)
FILTERS = [
    None,
    *(ItemFilter(field=text, rule="100%") for text in TEXTS),
    *(ItemFilter(text=text) for text in ("ä", "SAY", "\0")),
    ItemFilter(since=NOON + timedelta(minutes=2), person=2, source="validation"),
]
#: (who acts, seconds later, what is stored): owners overtake each other when a lease has expired.
STEPS = st.lists(st.tuples(st.sampled_from("AB"), st.integers(0, 40), CHANGES), max_size=8)


def taking(store: StateStore, owner: str, now: datetime) -> Lease | str:
    """Take the lease; returns it, or the kind of error."""
    try:
        return store.acquire_lease("sync", owner, now, 30)
    except StateError as error:
        return type(error).__name__


def storing(store: StateStore, changes: StateChanges, lease: Lease | None) -> str | None:
    """Store ``changes``; returns the kind of error, if any."""
    try:
        store.apply(changes, lease=lease)
    except StateError as error:
        return type(error).__name__
    return None


def everything(store: StateStore) -> list[object]:
    """Return all that the store remembers."""
    return [
        store.links_of_persons([1, 2, 3]),
        store.links_of_rows("lead", [row_id(n) for n in range(4)]),
        list(store.live_links("contact")),
        store.links_after("link-1", 1),
        store.base_of([f"link-{n}" for n in range(4)]),
        store.intents("c1", "dynamics"),
        store.unconfirmed_pairs([row_id(1), row_id(2)]),
        store.unanswered_updates([1, 2], [row_id(3)]),
        store.journal(),
        store.quarantine(),
        *(store.quarantine(where=where, limit=2) for where in FILTERS),
        *(store.quarantine_causes(where=where) for where in FILTERS),
        store.quarantine_events([f"item-{n}" for n in range(4)]),
        store.activities(),
        store.activities(unsent=True, limit=2),
        store.activities(item_ids=["item-1", "item-3"]),
        store.deferred(),
        store.known_activities("xyz"),
        store.cursors(),
        store.counts(),
        store.requests(),
        store.requests(waiting=True, ids=["request-1", "request-2"]),
        store.remembered([1, 2], [row_id(3)]),
        store.related("account", [row_id(1), row_id(2)]),
        store.lookups_of(["link-1", "link-2"]),
        store.links_referring("parentcustomerid", "account", [row_id(1), row_id(2)]),
        store.marks("opted_out", ["hash-1", "hash-2"]),
        store.current_lease("sync"),
    ]


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(steps=STEPS)
def test_memory_and_sqlite_agree(
    sqlite_store: SqlStateStore, steps: list[tuple[str, int, StateChanges]]
) -> None:
    with sqlite_store.engine.begin() as connection:
        for table in reversed(metadata.sorted_tables):
            connection.execute(table.delete())
    stores: tuple[StateStore, StateStore] = (MemoryStateStore(), sqlite_store)
    leases: dict[str, Lease] = {}
    now = NOON
    for owner, seconds, changes in steps:
        now += timedelta(seconds=seconds)
        taken = [taking(store, owner, now) for store in stores]
        assert taken[0] == taken[1]
        if isinstance(taken[0], Lease):
            leases[owner] = taken[0]
        held = leases.get(owner)
        stored = [storing(store, changes, held) for store in stores]
        assert stored[0] == stored[1]
        assert everything(stores[0]) == everything(stores[1])
    erased = [store.erase([1], [row_id(2)]) for store in stores]
    assert erased[0] == erased[1]
    assert everything(stores[0]) == everything(stores[1])
