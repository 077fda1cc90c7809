"""Engines that break one rule of the specification each; see ``simulation.mutants``."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from unittest.mock import patch

from leadsync.cycle import reading
from leadsync.cycle.carried import Unfinished
from leadsync.cycle.consent import consent, opt_out_spread
from leadsync.cycle.extract import extract_dynamics
from leadsync.cycle.extract.delta_read import follow
from leadsync.cycle.gather import gather, succeeded_rows
from leadsync.cycle.load import load_dynamics
from leadsync.merge import rules
from leadsync.model import Json
from leadsync.values.dates import DateConverter
from simulation.mutants import MUTANTS, changed, found_by, mutant

__all__ = ["MUTANTS"]


@found_by("meeting")
def no_if_match() -> Iterator[None]:
    with changed(load_dynamics, "_row_write", lambda write: replace(write, etag=None)):
        yield


@mutant
def opt_out_by_type_rule() -> Iterator[None]:
    with (
        patch.dict(rules._RULES, most_restrictive=rules._type_rule),
        patch.object(consent, "consent_field", lambda *_: None),
        patch.object(opt_out_spread, "consent_field", lambda *_: None),
    ):
        yield


@mutant
def one_cursor_for_both() -> Iterator[None]:
    latest: list[str | None] = [None]

    def follow_shared(engine: Any, cycle: Any, table: str, columns: Any, stored: Any) -> Any:
        shared = {**stored, "link": latest[0]} if stored and table == "contact" else stored
        read = follow(engine, cycle, table, columns, shared)
        latest[0] = read.delta_link
        return read

    with patch.object(extract_dynamics, "follow", follow_shared):
        yield


@mutant
def conversion_makes_a_new_person() -> Iterator[None]:
    def merges_only(found: Any) -> Any:
        return [one for one in found if one.merged]

    with changed(succeeded_rows, "successions", merges_only):
        yield


@found_by("loss")
def suppressed_person_made_again() -> Iterator[None]:
    real = gather.Gatherer._wants_link

    def wants_link(self: Any, row: Any, values: Any) -> bool:
        closed = self.links.closed_by_row
        kept = {i: link for i, link in closed.items() if link["status"] != "marketo_deleted"}
        self.links.closed_by_row = kept
        wanted = real(self, row, values)
        self.links.closed_by_row = closed
        return wanted

    with patch.object(gather.Gatherer, "_wants_link", wants_link):
        yield


@mutant
def quarantine_retried_blindly() -> Iterator[None]:
    def all_items(self: Unfinished, _plan: Any) -> list[Any]:
        return [item for group in self.quarantine.values() for item in group]

    with patch.object(Unfinished, "due_items", all_items):
        yield


@mutant
def date_shifted_by_zone() -> Iterator[None]:
    def a_day_earlier(value: str | None) -> str | None:
        return value and (date.fromisoformat(value) - timedelta(days=1)).isoformat()

    with changed(DateConverter, "from_dynamics", a_day_earlier):
        yield


@mutant
def unlink_on_merge() -> Iterator[None]:
    def close(self: Any, link: Any, _succession: Any) -> None:
        cycle = self.cycle
        self.work.close(link, "merged", cycle.cycle_id, cycle.opened_at, "merged")
        self.links.end(link, self.work.links[link["link_id"]])

    with patch.object(succeeded_rows.SucceededRows, "_move", close):
        yield


@mutant
def merge_loser_treated_as_deleted() -> Iterator[None]:
    real = reading.row_record

    def row_record(table: Any, raw: Any, event: str, origin: str) -> Json:
        record = real(table, raw, event, origin)
        return {**record, "event": "deleted"} if record["master_id"] else record

    with patch.object(extract_dynamics, "row_record", row_record):
        yield
