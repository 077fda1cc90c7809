"""Judges what is said about records: stamps, answers, journal and report (semantics.md 1, 2, 4)."""

from __future__ import annotations

from collections.abc import Container
from datetime import datetime

from leadsync.model import Json
from simulation.diary import Diary, Pair
from simulation.oracle_of_links import QUALIFIED
from simulation.oracle_of_values import ValueJudge
from simulation.values import fields_of, plain
from simulation.view import View

CREATED = ("created", "linked")


def check_records(diary: Diary) -> None:
    """Judge what is said about records once everything has settled."""
    judge = _RecordJudge(diary)
    judge.stamps()
    judge.restored()
    judge.answers()
    judge.shared_stops()
    released = diary.world.store.quarantine(statuses=("released",))
    assert not released, f"S116: released and never tried again: {released}"


def check_written(report: Json, writes: int) -> None:
    """P7: the report of a cycle says that something was written if and only if it was."""
    counts = [c for tables in report["counts"].values() for c in tables.values()]
    applied = sum(c["applied"] for c in counts)
    unfinished = sum(c["deferred"] + c["quarantined"] for c in counts)
    assert writes or not applied, f"P7: {applied} applied without a write: {report}"
    assert applied or unfinished or not writes, f"P7: {writes} writes of nothing: {report}"


def check_journal(diary: Diary, quiet: Container[Pair], began: datetime) -> None:
    """S040: a collision that a quiet cycle has decided is in the journal, with its field."""
    judge = ValueJudge(diary)
    deferred = {row["dynamics_id"] for row in diary.world.store.deferred()}
    for pair, table, person, row in judge.pairs:
        if pair not in quiet or pair[1] in deferred or row["statecode"] != 0:
            continue
        for name in set(fields_of(table)) & judge.entries.keys() - {"unsubscribed"}:
            if judge.entries[name].get("direction", "both") != "both" or judge.held(*pair, name):
                continue
            if judge.has_clash(pair, table, name):
                told = diary.world.store.journal(marketo_ids=[pair[0]], since=began)
                found = any((j["field"], j["kind"]) == (name, "collision") for j in told)
                assert found, f"S040: {name} of {pair} is not journalled: {person} {row} {told}"


def check_first_journal(diary: Diary, quiet: Container[Pair], began: datetime) -> None:
    """S049: two records that have just become a pair had nothing in common to change."""
    if diary.merged_rows or diary.merged_persons or diary.became:
        return  # a person that goes on with another row takes along what it had
    cycle, _ = diary.cycles[-1]
    for pair, before in diary.before_link.items():
        if before.at == cycle and before.person and before.row and pair in quiet:
            told = diary.world.store.journal(marketo_ids=[pair[0]], since=began)
            wrong = [entry for entry in told if entry["kind"] == "collision"]
            assert not wrong, f"S049: {pair} is new: {wrong}"


class _RecordJudge(View):
    def stamps(self) -> None:
        """Section 1: a person carries the table and the creation time of its row."""
        for pair, table, person, row in self.pairs:
            ended = table == "lead" and row["statecode"] == QUALIFIED
            ended |= pair[0] in self.diary.unclear
            if not ended and row["new_synctomkto"] is not False:
                said = person["leadsyncDynamicsType"], person["leadsyncDynamicsCreatedAt"]
                assert said == (table.capitalize(), row["createdon"]), f"S032: {pair} says {said}"

    def restored(self) -> None:
        """S080: a row that comes back under its own id goes on with its person."""
        persons: dict[str, list[int]] = {}
        for (person, row_id), *_ in self.pairs:
            persons.setdefault(row_id, []).append(person)
        held = {item["dynamics_id"] for item in self.items}
        for table, row_id, row in self.diary.standing_rows():
            before = self.diary.restored.get(row_id)
            excluded = row["new_synctomkto"] is False or row_id in held
            ended = table == "lead" and row["statecode"] == QUALIFIED
            if before is None or before not in self.people or excluded or ended:
                continue
            if self.people[before]["leadsyncDynamicsId"] in (None, row_id):
                found = persons.get(row_id)
                assert found == [before], f"S080: {table} {row_id} has {found}, not {before}"

    def answers(self) -> None:
        """S011: a request that was answered with a row has led to one, unless that was deleted."""
        linked = {person for person, _ in self.diary.before_link}
        for request in self.world.store.requests():
            asked = request["marketo_id"]
            if request["outcome"] in CREATED and asked in self.people:
                gone = self.people[asked]["leadsyncDynamicsId"] in self.diary.row_deleted
                assert gone or asked in linked, f"S011: {asked} has no row: {request}"

    def shared_stops(self) -> None:
        """S108: whoever shares an address with a linked person that opts out is stopped, too."""
        edits = self.diary.edits
        keys: dict[str, set[int]] = {}
        for person, values in self.people.items():
            if key := (values.get("email") or "").strip().casefold():
                keys.setdefault(key, set()).add(person)
        for (person, row_id), _, values, row in self.pairs:
            if row["new_synctomkto"] is False or values["leadsyncDynamicsDeleted"]:
                continue
            stop = edits.get((person, "unsubscribed"))
            if stop is None or stop.value is not True or not values["unsubscribed"]:
                continue
            if self.diary.was_restless((person, row_id), stop.at - 1):
                continue
            others = keys.get((values.get("email") or "").strip().casefold(), set()) - {person}
            for other in others:
                later = [edits.get((one, name)) for one in (person, other) for name in _OF_STOP]
                if all(edit is None or edit.at <= stop.at for edit in later):
                    now = plain("unsubscribed", self.people[other]["unsubscribed"])
                    assert now is True, f"S108: {other} shares the address of {person}"


_OF_STOP = ("unsubscribed", "email")
