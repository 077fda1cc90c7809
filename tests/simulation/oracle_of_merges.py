"""Judges what merges left over: who goes on with whom, and what is reported (semantics.md 5)."""

from __future__ import annotations

from collections.abc import Iterable

from leadsync.state.port import QuarantineRow
from leadsync.state.reasons import IN_MARKETO
from simulation.diary import Diary
from simulation.oracle_of_person_merges import check_reported_row, may_be_left


def check_followed(diary: Diary) -> None:
    """S097: the winner of a merge keeps its person, or goes on with the loser's.

    Not judged where a person was deleted or merged, or the filter stopped the winner at some time.
    """
    persons: dict[str, list[int]] = {}
    for (person, row_id), *_ in diary.pairs():
        persons.setdefault(row_id, []).append(person)
    for row_id, person in diary.follows.items():
        ended = person in diary.person_deleted or person in diary.merged_persons
        ended |= may_be_left(diary, row_id)
        if ended or row_id in diary.merged_rows:
            continue
        excluded = row_id in diary.flag_set or row_id in diary.row_deleted
        row = next((row for _, i, row in diary.rows() if i == row_id), None)
        if row is not None and row["new_synctomkto"] is not False and not excluded:
            assert persons.get(row_id) == [person], f"S097: {row_id} has {persons}, not {person}"


def check_review(diary: Diary, item: QuarantineRow) -> None:
    """S093, S097: a row is reported only if it was merged, had a person, and the policy says so.

    It may be a lead whose contact was merged. Whom a row was given in the cycle in which it was
    merged cannot be seen any more, when its person has gone on to another row since.
    """
    if any(failure["rule"] == IN_MARKETO for failure in item["failures"]):
        check_reported_row(diary, item)
        return
    row_id = item["dynamics_id"] or ""
    by_policy = {i for _, i, row in diary.rows() if row["_masterid_value"]}  # of merged persons
    ended = {row_id, diary.became.get(row_id)} & (diary.merged_rows.keys() | by_policy)
    assert ended, f"S097: reported without a merge: {item}"
    person = diary.world.marketo.people.get(item["marketo_id"] or 0, {})
    had_one = any(row_id in pair for pair in diary.before_link)
    had_one |= person.get("leadsyncDynamicsId") == row_id
    merged_at = {diary.merged_rows[row][1] for row in ended if row in diary.merged_rows}
    had_one |= any(began < at < end for began, end in diary.cycles for at in merged_at)
    assert had_one, f"S097: reported without a person: {item}"
    policy = diary.world.mapping["policies"]["on_dynamics_merge"]
    assert policy == "report", f"S097: reported under {policy}: {item}"


def check_reviewed(diary: Diary, items: Iterable[QuarantineRow]) -> None:
    """S097: a person that still carries the id of a merged row is reported, or out of scope."""
    reported = {item["dynamics_id"] for item in items if item["operation"] == "review"}
    states = {row_id: row["new_synctomkto"] for _, row_id, row in diary.rows()}
    filled = {winner for winner, _ in diary.merged_persons.values()}  # with ids of losers, perhaps
    for person, values in diary.world.marketo.people.items():
        if person in filled:
            continue
        loser = values["leadsyncDynamicsId"]
        if loser in diary.merged_rows and loser not in reported:
            stopped = loser in diary.flag_set or last_winner(diary, loser) in diary.flag_set
            stopped |= states.get(last_winner(diary, loser)) is False
            assert stopped, f"S097: {person} of {loser} is left over and nobody is told"


def parted_at(diary: Diary, person: int) -> int:
    """Return when the rows of a person ended last: until then its values were theirs, too."""
    rows = [row_id for one, row_id in diary.before_link if one == person]
    return max((diary.merged_rows[r][1] for r in rows if r in diary.merged_rows), default=-1)


def last_winner(diary: Diary, row_id: str) -> str:
    """Return the row in which a row ended, through all merges; itself if it was not merged."""
    while row_id in diary.merged_rows:
        row_id = diary.merged_rows[row_id][0]
    return row_id
