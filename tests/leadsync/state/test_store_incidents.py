"""Incidents on every kind of store: told once, over once, opened again."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any, cast

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from leadsync.state.incident_book import IncidentBook
from leadsync.state.memory import MemoryStateStore
from leadsync.state.port import StateStore
from leadsync.state.store import SqlStateStore
from leadsync.state.tables import incident
from support.state_rows import NOON

LATER = NOON + timedelta(minutes=5)
OPEN = "task:open_cycle"


def test_an_incident_counts_until_it_is_closed_and_begins_anew(store: StateStore) -> None:
    book = store.incidents
    assert book.happened("lead_sync", OPEN, NOON)["count"] == 1
    assert book.happened("lead_sync", OPEN, LATER) == {
        "scope": "lead_sync",
        "subject": OPEN,
        "opened_at": NOON,
        "last_seen": LATER,
        "closed_at": None,
        "count": 2,
        "told": [],
    }
    book.close("lead_sync", LATER)
    assert book.still_open() == []
    again = book.happened("lead_sync", OPEN, LATER)
    assert (again["opened_at"], again["count"]) == (LATER, 1)


def test_each_channel_is_told_once_and_once_of_the_end(store: StateStore) -> None:
    book = store.incidents
    book.happened("lead_sync", OPEN, NOON)
    assert book.claim_alert("lead_sync", OPEN, "email", NOON)
    assert not book.claim_alert("lead_sync", OPEN, "email", LATER)
    assert book.claim_alert("lead_sync", OPEN, "chat", LATER)
    assert book.claim_recoveries("lead_sync", "email") == []
    book.close("lead_sync", LATER)
    (ended,) = book.claim_recoveries("lead_sync", "email")
    assert (ended["subject"], ended["closed_at"], ended["count"]) == (OPEN, LATER, 1)
    assert book.claim_recoveries("lead_sync", "email") == []
    assert [row["told"] for row in book.claim_recoveries("lead_sync", "chat")] == [[]]


def test_what_could_not_be_sent_is_claimed_again(store: StateStore) -> None:
    book = store.incidents
    assert book.claim_alert("lead_sync", OPEN, "email", NOON)
    book.mark_told(("lead_sync", OPEN), "email", told=False)
    assert book.claim_alert("lead_sync", OPEN, "email", NOON)
    book.close("lead_sync", LATER)
    assert len(book.claim_recoveries("lead_sync", "email")) == 1
    book.mark_told(("lead_sync", OPEN), "email", told=True)
    assert len(book.claim_recoveries("lead_sync", "email")) == 1


def test_who_never_heard_of_the_end_is_not_told_of_the_next_beginning(store: StateStore) -> None:
    book = store.incidents
    assert book.claim_alert("lead_sync", OPEN, "email", NOON)
    book.close("lead_sync", NOON)
    book.happened("lead_sync", OPEN, LATER)
    assert not book.claim_alert("lead_sync", OPEN, "email", LATER)


def test_closing_leaves_other_scopes_and_named_subjects(store: StateStore) -> None:
    book = store.incidents
    for scope, subject in (("a", "run"), ("a", "late"), ("b", "run")):
        book.happened(scope, subject, NOON)
    book.close("a", LATER, but=["late"])
    assert [(row["scope"], row["subject"]) for row in book.still_open()] == [
        ("a", "late"),
        ("b", "run"),
    ]
    assert [row["scope"] for row in book.still_open("b")] == ["b"]


def test_of_many_workers_that_fail_at_once_one_tells(sql_store: SqlStateStore) -> None:
    def fail(_: int) -> bool:
        sql_store.incidents.happened("lead_sync", OPEN, NOON)
        return sql_store.incidents.claim_alert("lead_sync", OPEN, "email", NOON)

    with ThreadPoolExecutor(8) as pool:
        claimed = list(pool.map(fail, range(16)))
    assert sum(claimed) == 1
    (row,) = sql_store.incidents.still_open()
    assert (row["count"], row["told"]) == (16, ["email"])


SCOPE = st.sampled_from("ab")
SUBJECT = st.sampled_from(["run", "late"])
CHANNEL = st.sampled_from(["email", "chat"])
STEP = st.one_of(
    st.tuples(st.just("happened"), SCOPE, SUBJECT),
    st.tuples(st.just("close"), SCOPE, st.sets(SUBJECT)),
    st.tuples(st.just("claim_alert"), SCOPE, SUBJECT, CHANNEL),
    st.tuples(st.just("claim_recoveries"), SCOPE, CHANNEL),
    st.tuples(st.just("mark_told"), st.tuples(SCOPE, SUBJECT), CHANNEL, st.booleans()),
)


def take(book: IncidentBook, number: int, name: str, *given: Any) -> Any:
    """Take one step of a random story, at a time of its own."""
    at = NOON + timedelta(seconds=number)
    if name == "mark_told":
        key, channel, told = given
        return cast("Any", book).mark_told(key, channel, told=told)
    if name == "close":
        scope, but = given
        return cast("Any", book).close(scope, at, but=but)
    step = getattr(book, name)
    return step(*given) if name == "claim_recoveries" else step(*given, at)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(STEP, max_size=15))
def test_stores_agree_on_any_story(
    sqlite_store: SqlStateStore, story: list[tuple[Any, ...]]
) -> None:
    with sqlite_store.engine.begin() as connection:
        connection.execute(incident.delete())
    plain = MemoryStateStore().incidents
    for number, (name, *given_) in enumerate(story):
        expected = take(plain, number, name, *given_)
        assert take(sqlite_store.incidents, number, name, *given_) == expected
    assert sqlite_store.incidents.still_open() == plain.still_open()
