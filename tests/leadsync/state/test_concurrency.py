"""Two writers at once: who holds the lease writes, and nothing is lost between them."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from leadsync.errors import LeaseHeldError, LeaseLostError
from leadsync.state import lease as leases
from leadsync.state.engine import writing
from leadsync.state.port import Lease, StateChanges, Values
from leadsync.state.store import SqlStateStore
from support.state_rows import NOON, link, quarantined

LATER = NOON + timedelta(minutes=2)


def test_only_one_of_many_gets_a_free_lease(sql_store: SqlStateStore) -> None:
    def take(number: int) -> Lease | None:
        try:
            return sql_store.acquire_lease("sync", f"run-{number}", NOON, 60)
        except LeaseHeldError:
            return None

    with ThreadPoolExecutor(8) as pool:
        taken = [lease for lease in pool.map(take, range(8)) if lease]
    assert len(taken) == 1
    assert taken[0].token == 1


def test_a_take_over_waits_for_the_write_under_way(sql_store: SqlStateStore) -> None:
    first = sql_store.acquire_lease("sync", "run-1", NOON, 60)
    with ThreadPoolExecutor(1) as pool:
        with writing(sql_store.engine) as connection:
            leases.check(connection, first)
            take_over = pool.submit(sql_store.acquire_lease, "sync", "run-2", LATER, 60)
            with pytest.raises(TimeoutError):
                take_over.result(timeout=0.2)
        assert take_over.result(timeout=30).token == 2
    with pytest.raises(LeaseLostError):
        sql_store.apply(StateChanges(cursors={"a": "1"}), lease=first)


def test_two_tasks_merge_into_one_base(sql_store: SqlStateStore) -> None:
    lease = sql_store.acquire_lease("sync", "run-1", NOON, 60)
    sql_store.apply(StateChanges(links=[link(n) for n in range(20)]), lease=lease)

    def merge(number: int) -> None:
        field: Values = {f"field{number}": str(number)}
        sql_store.apply(StateChanges(base={f"link-{n}": field for n in range(20)}), lease=lease)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(merge, range(12)))
    expected = {f"field{number}": str(number) for number in range(12)}
    assert sql_store.base_of(["link-0", "link-19"]) == {"link-0": expected, "link-19": expected}


def test_writers_without_a_lease_do_not_deadlock(sql_store: SqlStateStore) -> None:
    sql_store.apply(StateChanges(links=[link(n) for n in range(50)]), lease=None)

    def write(number: int) -> None:
        order = range(50) if number % 2 else range(49, -1, -1)
        base: dict[str, Values] = {f"link-{n}": {str(number): "x"} for n in order}
        items = [quarantined(n, attempts=number) for n in order]
        sql_store.apply(StateChanges(base=base, quarantine=items), lease=None)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(write, range(16)))
    assert sql_store.base_of(["link-7"]) == {"link-7": {str(n): "x" for n in range(16)}}
    assert len(sql_store.quarantine()) == 50


def test_a_dropped_connection_is_replaced(postgres_store: SqlStateStore) -> None:
    postgres_store.apply(StateChanges(cursors={"a": "1"}), lease=None)
    with postgres_store.engine.connect() as connection:
        connection.exec_driver_sql(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE pid <> pg_backend_pid() AND datname = current_database()"
        )
    assert postgres_store.cursors() == {"a": "1"}
