"""The lease: one holder at a time, with a token that fences off whoever lost it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from leadsync.errors import LeaseHeldError, LeaseLostError
from leadsync.state.port import StateChanges, StateStore
from support.state_rows import NOON

LATER = NOON + timedelta(seconds=61)


def test_nobody_has_a_lease_at_first(store: StateStore) -> None:
    assert store.current_lease("sync") is None


def test_a_lease_tells_owner_token_expiry_and_holder(store: StateStore) -> None:
    lease = store.acquire_lease("sync", "run-1", NOON, 60, holder="host-a:12")
    assert (lease.owner, lease.token) == ("run-1", 1)
    assert lease.expires_at == NOON + timedelta(seconds=60)
    assert store.current_lease("sync") == (lease, "host-a:12")


def test_second_owner_is_refused_while_it_lasts(store: StateStore) -> None:
    store.acquire_lease("sync", "run-1", NOON, 60, holder="host-a:12")
    with pytest.raises(LeaseHeldError, match=r"run-1 on host-a:12 until 2026-01-31T12:01:00Z"):
        store.acquire_lease("sync", "run-2", NOON + timedelta(seconds=59), 60)


def test_leases_of_other_names_are_independent(store: StateStore) -> None:
    store.acquire_lease("sync", "run-1", NOON, 60)
    assert store.acquire_lease("erase", "run-2", NOON, 60).token == 1


def test_same_owner_gets_its_lease_again_with_its_token(store: StateStore) -> None:
    store.acquire_lease("sync", "run-1", NOON, 60)
    again = store.acquire_lease("sync", "run-1", LATER, 60)
    assert (again.token, again.expires_at) == (1, LATER + timedelta(seconds=60))


def test_expired_lease_is_taken_over_with_a_higher_token(store: StateStore) -> None:
    first = store.acquire_lease("sync", "run-1", NOON, 60)
    second = store.acquire_lease("sync", "run-2", LATER, 60)
    assert second.token == first.token + 1
    with pytest.raises(LeaseLostError, match="run-2 took it over"):
        store.renew_lease(first, LATER, 60)


def test_expired_lease_that_nobody_took_can_be_renewed_and_used(store: StateStore) -> None:
    lease = store.acquire_lease("sync", "run-1", NOON, 60)
    renewed = store.renew_lease(lease, LATER, 60)
    assert (renewed.token, renewed.expires_at) == (1, LATER + timedelta(seconds=60))
    store.apply(StateChanges(cursors={"a": "1"}), lease=lease)
    assert store.cursors() == {"a": "1"}


def test_renewing_keeps_the_holder(store: StateStore) -> None:
    lease = store.acquire_lease("sync", "run-1", NOON, 60, holder="host-a:12")
    renewed = store.renew_lease(lease, NOON, 90)
    assert store.current_lease("sync") == (renewed, "host-a:12")


def test_released_lease_is_free_and_the_token_still_grows(store: StateStore) -> None:
    first = store.acquire_lease("sync", "run-1", NOON, 60)
    store.release_lease(first)
    assert store.current_lease("sync") is None
    with pytest.raises(LeaseLostError, match="given back"):
        store.renew_lease(first, NOON, 60)
    assert store.acquire_lease("sync", "run-1", NOON, 60).token == 2


def test_releasing_a_lost_lease_leaves_the_new_one_alone(store: StateStore) -> None:
    first = store.acquire_lease("sync", "run-1", NOON, 60)
    second = store.acquire_lease("sync", "run-2", LATER, 60)
    store.release_lease(first)
    assert store.current_lease("sync") == (second, "")


def test_writes_of_a_lost_lease_store_nothing(store: StateStore) -> None:
    first = store.acquire_lease("sync", "run-1", NOON, 60)
    second = store.acquire_lease("sync", "run-2", LATER, 60)
    with pytest.raises(LeaseLostError, match=r"run-1 \(token 1\)"):
        store.apply(StateChanges(cursors={"a": "old"}), lease=first)
    store.apply(StateChanges(cursors={"b": "new"}), lease=second)
    assert store.cursors() == {"b": "new"}


def test_owner_that_comes_back_after_a_take_over_gets_a_new_token(store: StateStore) -> None:
    first = store.acquire_lease("sync", "run-1", NOON, 60)
    store.release_lease(store.acquire_lease("sync", "run-2", LATER, 60))
    again = store.acquire_lease("sync", "run-1", LATER, 60)
    assert again.token == 3
    with pytest.raises(LeaseLostError):
        store.apply(StateChanges(), lease=first)
