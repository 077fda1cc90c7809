"""Waiting for a cycle that has the lease."""

from __future__ import annotations

from datetime import timedelta

import pytest

from leadsync.errors import LeaseHeldError
from leadsync.state.turn import when_free
from support.manual_clock import ManualClock


def free_after(clock: ManualClock, seconds: float) -> str:
    """Fail like a lease that is held for so many seconds from the clock's start."""
    if clock.now() < ManualClock().now() + timedelta(seconds=seconds):
        raise LeaseHeldError("The lease is held.")
    return "begun"


@pytest.mark.parametrize("held", [0, 7, 60])
def test_it_begins_as_soon_as_the_lease_is_free(held: float) -> None:
    clock = ManualClock()
    begun = when_free(clock, lambda: free_after(clock, held), timedelta(minutes=1))
    assert begun == "begun"
    assert clock.now() - ManualClock().now() == timedelta(seconds=held)


@pytest.mark.parametrize("patience", [0, 5])
def test_it_gives_up_after_its_patience(patience: float) -> None:
    clock = ManualClock()
    with pytest.raises(LeaseHeldError):
        when_free(clock, lambda: free_after(clock, 6), timedelta(seconds=patience))
    assert clock.now() - ManualClock().now() == timedelta(seconds=patience)
