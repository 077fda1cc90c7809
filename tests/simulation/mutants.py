"""Engines that are broken on purpose: the simulation must tell each of them from the real one.

A mutant is a context manager that puts one broken function into the engine's place. They are the
failures that tools of this kind are known for (semantics.md 10) and breaches of its other rules.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any
from unittest.mock import patch

import numpy as np

from leadsync.cycle import commit
from leadsync.cycle.carried import person_key, row_key
from leadsync.cycle.decide import check, decide
from leadsync.cycle.extract import extract_dynamics, extract_marketo, seen_persons
from leadsync.cycle.extract.feed_cursor import FeedCursor
from leadsync.cycle.gather import gather
from leadsync.cycle.load import load_dynamics, load_marketo
from leadsync.cycle.load.loading import Loader
from leadsync.cycle.match import match_rows
from leadsync.merge import matching, pairs, rules, three_way
from leadsync.merge.matching import Verdict
from leadsync.model import MARKETO_DYNAMICS_ID, Json, PersonResult
from leadsync.state.memory_intents import MemoryIntents
from leadsync.state.memory_leases import MemoryLeases
from leadsync.state.port import StateChanges
from leadsync.values.option import OptionConverter

Mutation = Callable[[], Iterator[None]]

#: every mutant by its name.
MUTANTS: dict[str, Callable[[], Any]] = {}


#: what the schedules are aimed at, or of what kind they are, in which a mutant must be found, where
#: random ones take long.
AIM_OF: dict[str, str] = {}


def mutant(mutation: Mutation) -> Mutation:
    """List a mutant under its function's name."""
    MUTANTS[mutation.__name__.replace("_", " ")] = contextmanager(mutation)
    return mutation


def found_by(aim: str) -> Callable[[Mutation], Mutation]:
    """Return a decorator that lists a mutant which schedules of an aim or kind must find."""

    def listed(mutation: Mutation) -> Mutation:
        AIM_OF[mutation.__name__.replace("_", " ")] = aim
        return mutant(mutation)

    return listed


# ---------------------------------------------------------------- cursors and carried rows


@mutant
def cursor_stored_before_the_writes() -> Iterator[None]:
    def hasty(module: Any, name: str) -> Callable[..., Any]:
        real = getattr(module, name)

        def extract(engine: Any, cycle: Any) -> Any:
            summary = real(engine, cycle)
            cursors = engine.staging.read_document(cycle.cycle_id, name)["cursors"]
            engine.store.apply(StateChanges(cursors=cursors), lease=None)
            return summary

        return extract

    with (
        patch.object(extract_marketo, "extract_marketo", hasty(extract_marketo, "extract_marketo")),
        patch.object(
            extract_dynamics, "extract_dynamics", hasty(extract_dynamics, "extract_dynamics")
        ),
    ):
        yield


@mutant
def late_activities_never_read() -> Iterator[None]:
    with changed(FeedCursor, "advanced", lambda cursor: replace(cursor, stretches=())):
        yield


@found_by("deletions")
def deletions_before_a_full_read_missed() -> Iterator[None]:
    with patch.object(extract_dynamics, "_vanished", lambda *_: set()):
        yield


@mutant
def deferred_rows_dropped() -> Iterator[None]:
    with patch.object(commit, "_deferred", lambda *_: []):
        yield


@mutant
def quarantine_swallowed() -> Iterator[None]:
    with patch.object(commit, "_quarantined", lambda *_: []):
        yield


# ---------------------------------------------------------------- leases, intents, creation


@mutant
def stale_lease_not_fenced() -> Iterator[None]:
    with patch.object(MemoryLeases, "check", lambda *_: None):
        yield


@mutant
def intent_not_stored() -> Iterator[None]:
    with patch.object(MemoryIntents, "write", lambda *_: None):
        yield


@mutant
def blind_create() -> Iterator[None]:
    def create(marketo: Any, group: Sequence[Any]) -> list[PersonResult]:
        api = marketo.engine.marketo
        bodies = [load_marketo._body(marketo, write) for write in group]
        made = [PersonResult("created", api.add(**body)) for body in bodies]
        api.sync_persons("createOrUpdate", MARKETO_DYNAMICS_ID, [])
        return made

    with patch.object(load_marketo, "_create", create):
        yield


@mutant
def new_id_at_every_try() -> Iterator[None]:
    def create(marketo: Any, group: Sequence[Any]) -> list[PersonResult]:
        api = marketo.engine.marketo
        bodies = [load_marketo._body(marketo, write) for write in group]
        for body in bodies:
            for person, values in list(api.people.items()):
                if values[MARKETO_DYNAMICS_ID] == body[MARKETO_DYNAMICS_ID]:
                    api.people[person][MARKETO_DYNAMICS_ID] = f"lost {person}"
        return list(api.sync_persons("createOrUpdate", MARKETO_DYNAMICS_ID, bodies))

    with (
        patch.object(load_marketo, "_create", create),
        patch.object(match_rows, "_unconfirmed", lambda *_: {}),
    ):
        yield


@mutant
def no_stamp_of_our_id() -> Iterator[None]:
    def without(body: Json) -> Json:
        return {name: value for name, value in body.items() if name != MARKETO_DYNAMICS_ID}

    real = load_marketo._body

    def body_of(marketo: Any, write: Any) -> Json:
        body = real(marketo, write)
        return without(body) if write.operation == "link" else body

    with patch.object(load_marketo, "_body", body_of):
        yield


@mutant
def matching_heeds_case() -> Iterator[None]:
    with patch.object(matching, "email_key", lambda value: value):
        yield


@mutant
def ambiguous_match_linked() -> Iterator[None]:
    real = matching._by_email

    def by_email(*args: Any) -> Verdict:
        verdict = real(*args)
        if verdict.kind != "ambiguous":
            return verdict
        candidate, found, taken, _ = args
        free = [p for p in found[candidate.email_key] if int(p["id"]) not in taken]
        return Verdict("link", free[0]) if free else verdict

    with patch.object(matching, "_by_email", by_email):
        yield


# ---------------------------------------------------------------- the merge


@mutant
def record_level_last_writer_wins() -> Iterator[None]:
    real = three_way.three_way

    def whole_records(fields: Any, sides: Any) -> Any:
        decision = real(fields, sides)
        both = decision.to_dynamics.any(axis=1) & decision.to_marketo.any(axis=1)
        decision.to_dynamics[both] |= decision.to_marketo[both]
        decision.to_marketo[both] = False
        return decision

    with patch.object(decide, "three_way", whole_records):
        yield


@mutant
def base_not_moved_on_agreement() -> Iterator[None]:
    real = three_way.three_way

    def forgetful(fields: Any, sides: Any) -> Any:
        decision = real(fields, sides)
        decision.agreed[:] = False
        return decision

    with patch.object(decide, "three_way", forgetful):
        yield


@mutant
def absent_read_as_null() -> Iterator[None]:
    def cells(names: Sequence[str], values: Sequence[Mapping[str, Any]]) -> Any:
        found = np.empty((len(values), len(names)), dtype=object)
        for position, row in enumerate(values):
            found[position, :] = [row.get(name) for name in names]
        return found

    with patch.object(pairs, "_cells", cells):
        yield


@mutant
def direction_ignored() -> Iterator[None]:
    def all_both_ways(fields: Sequence[Any], direction: str) -> Any:
        return np.array([direction == "both" for _ in fields], dtype=bool)

    with patch.object(three_way, "_directed", all_both_ways):
        yield


@mutant
def precedence_turned_round() -> Iterator[None]:
    with changed(rules, "_type_rule", lambda mask: ~mask, also=("type_rule",)):
        yield


@found_by("rules")
def non_empty_wins_forgotten() -> Iterator[None]:
    with patch.dict(rules._RULES, non_empty_wins=rules._type_rule):
        yield


@mutant
def echo_judged_by_who_wrote() -> Iterator[None]:
    def is_ours(_plan: Any, _table: str, activities: Sequence[Any], _base: Any) -> bool:
        return any(one.attributes.get("Source") == "Web service API" for one in activities)

    with patch.object(seen_persons, "_is_echo", is_ours):
        yield


# ---------------------------------------------------------------- writes


@mutant
def base_moved_without_the_write() -> Iterator[None]:
    real = load_dynamics._record

    def record(dynamics: Any, group: Any, answers: Sequence[Any], *rest: Any) -> None:
        believed = [
            replace(answer, status="written") if answer.status == "conflict" else answer
            for answer in answers
        ]
        real(dynamics, group, believed, *rest)

    with patch.object(load_dynamics, "_record", record):
        yield


@mutant
def null_never_written() -> Iterator[None]:
    with changed(load_marketo, "_body", load_marketo._without_nulls):
        yield


@mutant
def null_never_written_to_dynamics() -> Iterator[None]:
    def without_nulls(write: Any) -> Any:
        return replace(write, body=load_marketo._without_nulls(write.body))

    with changed(load_dynamics, "_row_write", without_nulls):
        yield


@mutant
def option_codes_instead_of_labels() -> Iterator[None]:
    with patch.object(OptionConverter, "to_marketo", lambda _self, value: value):
        yield


@mutant
def results_of_a_batch_in_the_wrong_order() -> Iterator[None]:
    with changed(load_marketo, "_create", lambda results: results[::-1]):
        yield


@found_by("refusals")
def whole_batch_refused_for_one_record() -> Iterator[None]:
    real = Loader._store

    def store(self: Any, group: Any, answers: Sequence[Any]) -> None:
        skipped = [one for one in answers if getattr(one, "status", "") == "skipped"]
        real(self, group, [skipped[0]] * len(answers) if skipped else answers)

    with patch.object(Loader, "_store", store):
        yield


@mutant
def held_field_written_all_the_same() -> Iterator[None]:
    with patch.object(check, "_mended", lambda proposal, _cells: proposal):
        yield


# ---------------------------------------------------------------- deletion, filter


@mutant
def deletion_loses_to_an_update() -> Iterator[None]:
    def ignored(self: Any, row: Json) -> None:
        key = row_key(row["table"], row["dynamics_id"])
        self.work.settle(key, "to_marketo", row, "unchanged")

    with patch.object(gather.Gatherer, "_row_deleted", ignored):
        yield


@mutant
def deleted_person_kept_linked() -> Iterator[None]:
    def ignored(self: Any, person: Json) -> None:
        key = person_key(person["marketo_id"])
        self.work.settle(key, "to_dynamics", person, "unchanged")

    with patch.object(gather.Gatherer, "_person_deleted", ignored):
        yield


@mutant
def filter_ignored_on_pushes() -> Iterator[None]:
    def only_settled(self: Any, row: Json, _link: Any) -> None:
        key = row_key(row["table"], row["dynamics_id"])
        self.work.settle(key, "to_marketo", row, "out_of_scope", "the sync filter says No")

    with patch.object(gather.Gatherer, "_row_out_of_scope", only_settled):
        yield


@mutant
def filter_ignored_on_creation() -> Iterator[None]:
    real = gather.Gatherer._row_changed

    def row_changed(self: Any, row: Json, values: Any) -> bool:
        return real(self, {**row, "sync_flag": None}, values)

    with patch.object(gather.Gatherer, "_row_changed", row_changed):
        yield


# ---------------------------------------------------------------- closed rows


@found_by("closings")
def pushes_to_closed_rows() -> Iterator[None]:
    with patch.object(decide, "_hold_inactive", lambda *_: set()):
        yield


@contextmanager
def changed(
    owner: Any, name: str, change: Callable[[Any], Any], *, also: Sequence[str] = ()
) -> Iterator[None]:
    """Put ``change`` behind a function; ``also`` names rules that hold the function, too."""
    real = getattr(owner, name)

    def altered(*args: Any, **kwargs: Any) -> Any:
        return change(real(*args, **kwargs))

    with patch.object(owner, name, altered), patch.dict(rules._RULES, dict.fromkeys(also, altered)):
        yield
