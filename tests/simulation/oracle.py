"""Judges where a run ended, from what users did alone (semantics.md 9, P1 to P9)."""

from __future__ import annotations

from collections.abc import Container

from leadsync.cycle.report import TERMINAL
from leadsync.model import Json
from simulation.diary import Diary, Pair
from simulation.oracle_of_activities import check_activities
from simulation.oracle_of_clashes import check_clashes, check_written_over
from simulation.oracle_of_consent import check_promises
from simulation.oracle_of_defaults import check_defaults
from simulation.oracle_of_links import LinkJudge
from simulation.oracle_of_matches import check_matches
from simulation.oracle_of_merges import check_followed
from simulation.oracle_of_person_merges import check_person_merges
from simulation.oracle_of_records import check_records
from simulation.oracle_of_related import check_related
from simulation.oracle_of_successors import check_successors
from simulation.oracle_of_values import ValueJudge


def check_report(report: Json) -> None:
    """P7: every extracted row is in one terminal state, and the report adds up."""
    for tables in report["counts"].values():
        for counts in tables.values():
            assert counts["extracted"] == sum(counts[state] for state in TERMINAL), f"P7: {report}"
            assert counts["applied"] == counts["created"] + counts["updated"], f"P7: {report}"


def check_settled(diary: Diary) -> None:
    """Judge the state after two clean cycles without edits."""
    links = LinkJudge(diary)
    links.links()
    links.persons_of_rows()
    links.quarantine()
    check_followed(diary)
    check_person_merges(diary)
    ValueJudge(diary).values()
    links.loners()
    check_successors(diary)
    check_clashes(diary)
    check_written_over(diary)
    check_activities(diary)
    check_records(diary)
    check_promises(diary)
    check_related(diary)
    check_defaults(diary)
    check_matches(diary)


def check_pairs(diary: Diary, quiet: Container[Pair]) -> None:
    """Judge pairs right after a cycle that nobody disturbed; what is deferred may take another."""
    judge = ValueJudge(diary)
    deferred = {row["dynamics_id"] for row in diary.world.store.deferred()}
    judge.pairs = [p for p in judge.pairs if p[0] in quiet and p[0][1] not in deferred]
    judge.values()
    check_related(diary, quiet)


def check_created(diary: Diary) -> None:
    """S022, S033: a row with an e-mail takes the one free person that has it, or none at all.

    Judged for rows and persons whose e-mail nobody touched while the cycle ran, but not for persons
    that somebody asked for: those take the row that has their e-mail (S021), nor for winners of
    merges, who take a loser's (S100).
    """
    before = diary.records_before
    winners = {winner for winner, _ in diary.merged_persons.values()}
    for (person, row_id), _, _values, row in diary.pairs():
        was = before.get(row_id)
        mine = before.get(person)
        if was is None or person in diary.asked_for or was["emailaddress1"] != row["emailaddress1"]:
            continue
        if person in diary.asked_for:  # it was named itself, so its e-mail need not tell it apart
            continue
        if person in winners or (mine is not None and mine["leadsyncDynamicsId"]):
            continue
        key = _email_key(row["emailaddress1"])
        same = [p for p in _persons_with(diary, key) if p != person] if key else []
        assert not same, f"S022/S033: {row_id} got {person}, its e-mail belongs to {same}"


def check_scope(diary: Diary, began: int, persons: int, rows: int) -> None:
    """S085, S086: nothing but a stop is written to a pair that was out of scope before the cycle.

    :param persons: number of writes to Marketo before the cycle; ``rows`` likewise for Dynamics.
    """
    world = diary.world
    out = {
        row_id
        for _, row_id, row in diary.rows()
        if row["new_synctomkto"] is False and diary.flag_set.get(row_id, began) < began
    }
    for write in world.dynamics.writes[rows:]:
        pushed = write.row_id in out and set(write.body) - {"donotbulkemail"}
        assert not pushed, f"S086: {write} is out of scope"
    for _, record in world.marketo.writes[persons:]:
        carried = world.marketo.people.get(record.get("id", 0), {}).get("leadsyncDynamicsId")
        stamp = record.get("leadsyncDynamicsId", carried)  # it may follow its lead to a contact
        pulled = stamp in out and set(record) - {"id", "unsubscribed"}
        assert not pulled, f"S085: {record} is out of scope"


def check_made(diary: Diary, rows: int) -> None:
    """A row is made with values alone: what its table fills in for the others stays (S028).

    :param rows: number of writes to Dynamics before the cycle.
    """
    for write in diary.world.dynamics.writes[rows:]:
        empty = write.operation == "create" and None in write.body.values()
        assert not empty, f"S028: {write} clears what the table fills in"


def check_closed(diary: Diary, began: int, rows: int) -> None:
    """S077, S096: nothing is written to a row that was closed before the cycle.

    :param rows: number of writes to Dynamics before the cycle.
    """
    for write in diary.world.dynamics.writes[rows:]:
        closed = diary.closed_at.get(write.row_id, began) < began
        assert not closed, f"S096: {write} goes to a closed row"


def tries(diary: Diary) -> dict[str, int]:
    """Return how often each open quarantine item was tried."""
    items = diary.world.store.quarantine(statuses=("open",))
    return {item["id"]: item["attempts"] for item in items}


def check_not_tried_again(diary: Diary, before: dict[str, int]) -> None:
    """S116: what is held is tried again when something has changed, never blindly."""
    now = tries(diary)
    again = [item for item, count in before.items() if now.get(item, count) != count]
    assert not again, f"S116: tried again without a change: {again}"


def _persons_with(diary: Diary, key: str) -> list[int]:
    """Return the persons that had an e-mail before the cycle and have it still."""
    people = diary.world.marketo.people
    return [
        person
        for person, values in diary.records_before.items()
        if isinstance(person, int)
        and person in people
        and values.get("email") == people[person].get("email")
        and _email_key(values.get("email")) == key
    ]


def _email_key(value: str | None) -> str:
    return (value or "").strip().casefold()
