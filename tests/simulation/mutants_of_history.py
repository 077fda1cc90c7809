"""Engines that forget or confuse what was there before; see ``simulation.mutants``."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from typing import Any
from unittest.mock import patch

import numpy as np

from leadsync.cycle import commit
from leadsync.cycle.consent import consent
from leadsync.cycle.consent.shared_address import mailable
from leadsync.cycle.context import Cycle, Engine
from leadsync.cycle.extract import feed
from leadsync.cycle.extract.delta_read import cursor_name
from leadsync.cycle.extract.feed_cursor import FeedCursor
from leadsync.cycle.extract.person_feeds import CURSORS
from leadsync.cycle.gather import gather, inactive_rows, succeeded_rows
from leadsync.cycle.plan.schemas import plan_of
from leadsync.cycle.reading import row_columns
from leadsync.cycle.work import Work
from leadsync.merge import rules
from leadsync.merge.pairs import Pair
from leadsync.model import Activity, Json
from leadsync.state.port import StateChanges
from simulation.mutants import found_by, mutant
from simulation.mutants_of_records import MUTANTS

__all__ = ["MUTANTS"]


@found_by("faults")
def backfill_moves_the_cursors() -> Iterator[None]:
    real = commit.quarantine_and_commit

    def quarantine_and_commit(engine: Engine, cycle: Cycle) -> Json:
        report = real(engine, cycle)
        if cycle.kind == "backfill":
            engine.store.apply(StateChanges(cursors=_ends(engine, cycle)), lease=None)
        return report

    with patch.object(commit, "quarantine_and_commit", quarantine_and_commit):
        yield


def _ends(engine: Engine, cycle: Cycle) -> dict[str, str]:
    """Return cursors that have passed everything so far."""
    token = engine.marketo.paging_token(cycle.window_to)
    ends = dict.fromkeys(CURSORS, FeedCursor(token, cycle.window_to).format())
    for table in plan_of(engine, cycle).tables.values():
        columns = row_columns(table)
        link = engine.dynamics.delta(table.table, columns, None).delta_link
        ends[cursor_name(table.table)] = json.dumps({"select": list(columns), "link": link})
    return ends


@mutant
def activities_told_apart_by_person_and_time() -> Iterator[None]:
    real = feed.unseen

    def unseen(engine: Engine, activities: Iterable[Activity]) -> list[Activity]:
        return list({(one.person_id, one.at): one for one in real(engine, activities)}.values())

    with patch.object(feed, "unseen", unseen):
        yield


@mutant
def stops_reach_another_person() -> Iterator[None]:
    def too_many(search: Any, keys: Any, work: Work) -> dict[int, Json]:
        found = mailable(search, keys, work)
        known = {pair.link["marketo_id"] for pair in work.pairs.values()}
        everybody = search.engine.marketo.people.items()
        others = {i: p for i, p in everybody if i not in known and not p["unsubscribed"]}
        return {**dict([*others.items()][:1]), **found} if keys else found

    with patch.object(consent, "mailable", too_many):
        yield


def _with_reopened(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return the function without what it says about pairs that came back."""

    def forgetful(first: Any, pair: Pair, *rest: Any) -> Any:
        before = pair.reopened
        result = function(first, pair, *rest)
        pair.reopened = before
        return result

    return forgetful


@mutant
def pair_back_in_scope_not_compared() -> Iterator[None]:
    real = gather.Gatherer._reopen
    with patch.object(gather.Gatherer, "_reopen", _with_reopened(real)):
        yield


@found_by("closings")
def row_open_again_not_compared() -> Iterator[None]:
    real = inactive_rows.follow_state
    with patch.object(gather, "follow_state", _with_reopened(real)):
        yield


@mutant
def person_of_a_merged_row_forgotten() -> Iterator[None]:
    def close(self: Any, link: Any, _own: Any, _succession: Any) -> None:
        cycle = self.cycle
        self.work.close(link, "merged", cycle.cycle_id, cycle.opened_at, "merged")
        self.links.end(link, self.work.links[link["link_id"]])

    with patch.object(succeeded_rows.SucceededRows, "_end", close):
        yield


@found_by("rules")
def oldest_wins() -> Iterator[None]:
    def oldest(clash: Any) -> Any:
        lead = clash.dynamics_at - clash.marketo_at
        decided = abs(lead) > rules.NEWEST_TOLERANCE_SECONDS
        return np.where(decided, lead > 0, rules._type_rule(clash))

    with patch.dict(rules._RULES, newest_wins=oldest):
        yield


@found_by("rules")
def newest_wins_without_tolerance() -> Iterator[None]:
    with patch.object(rules, "NEWEST_TOLERANCE_SECONDS", 0):
        yield
