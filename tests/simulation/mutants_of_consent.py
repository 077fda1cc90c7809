"""Engines that mishandle opt-outs and the addresses behind them; see ``simulation.mutants``."""

from __future__ import annotations

from collections.abc import Iterator
from unittest.mock import patch

from leadsync.cycle.consent import consent
from leadsync.model import Json
from simulation.mutants import changed, found_by
from simulation.mutants_of_waiting import MUTANTS

__all__ = ["MUTANTS"]

in_consent = found_by("consent")


@in_consent
def clicks_ignored() -> Iterator[None]:
    with patch.object(consent, "_claim_clicks", lambda *_: None):
        yield


@in_consent
def clicks_compared_without_tolerance() -> Iterator[None]:
    with patch.object(consent, "NEWEST_TOLERANCE_SECONDS", 0):
        yield


@in_consent
def clicks_before_a_subscription_count() -> Iterator[None]:
    with patch.object(consent, "NEWEST_TOLERANCE_SECONDS", float("inf")):
        yield


@in_consent
def opt_outs_not_spread_to_who_shares_the_address() -> Iterator[None]:
    with patch.object(consent, "mailable", lambda *_: {}):
        yield


def _marks_without(name: str) -> Iterator[None]:
    def without(marks: Json) -> Json:
        return {**marks, name: []}

    with changed(consent.Consent, "marks", without):
        yield


@in_consent
def addresses_that_opted_out_not_marked() -> Iterator[None]:
    yield from _marks_without("opted_out")


@in_consent
def marks_never_lifted() -> Iterator[None]:
    yield from _marks_without("lifted")


@in_consent
def marks_never_asked() -> Iterator[None]:
    with patch.object(consent, "_marked_arrivals", lambda *_: set()):
        yield
