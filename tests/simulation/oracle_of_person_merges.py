"""Judges what merges of persons in Marketo come to (semantics.md 5, S100, S101)."""

from __future__ import annotations

from collections import defaultdict

from leadsync.state.port import QuarantineRow
from leadsync.state.reasons import IN_MARKETO
from simulation.diary import Diary
from simulation.view import View


def may_be_left(diary: Diary, row_id: str) -> bool:
    """Tell whether the row may be without a person because that one was merged, or merged others.

    Which persons the row has had is not visible any more, so any of them may have been its own.
    """
    if not diary.merged_persons or row_id in diary.left_rows:
        return bool(diary.merged_persons)
    winners = {winner for winner, _ in diary.merged_persons.values()}
    parties = winners | diary.merged_persons.keys()
    had = {person for person, row in diary.before_link if row == row_id} | diary.parties[row_id]
    people = diary.world.marketo.people
    now = {diary.person_now(person) for person in had & parties}
    return any(
        people.get(one, {}).get("leadsyncDynamicsId") != row_id
        or one in diary.unclear
        or diary.goes_on_elsewhere(one, row_id)
        for one in now
    )


def check_person_merges(diary: Diary) -> None:
    """Judge winners and left-over rows at the end of a run."""
    if not diary.merged_persons:
        return
    judge = _MergeJudge(diary)
    judge.kept()
    judge.left()


def check_reported_row(diary: Diary, item: QuarantineRow) -> None:
    """S100: a row is reported for a merge in Marketo only if there was one, by policy."""
    row_id = item["dynamics_id"] or ""
    assert may_be_left(diary, row_id), f"S100: reported without a merge: {item}"
    policy = diary.world.mapping["policies"]["on_marketo_merge"]
    came_back = policy != "unlink" and row_id in diary.reopened | diary.flag_set.keys()
    assert policy in ("report", "merge") or came_back, f"S100: reported under {policy}: {item}"


class _MergeJudge(View):
    def __init__(self, diary: Diary) -> None:
        super().__init__(diary)
        self.rows = {row_id: row for _, row_id, row in diary.rows()}
        self.persons: dict[str, list[int]] = defaultdict(list)
        for (person, row_id), *_ in self.pairs:
            self.persons[row_id].append(person)

    def kept(self) -> None:
        """S100, S101: the winner keeps its row, or goes on with the loser's; nobody else has it."""
        for winner, row_id in self.diary.kept_rows.items():
            if winner in self.people and self._is_plain(row_id):
                found = self.persons[row_id]
                assert found == [winner], f"S100: {row_id} has {found}, not {winner}"

    def left(self) -> None:
        """S100: a row that is left over is reported, closed or let alone; never linked again.

        Only a person that somebody asked for may take it.
        """
        policy = self.mapping["policies"]["on_marketo_merge"]
        reported = {i["dynamics_id"] for i in self.items if _is_review(i)}
        for row_id in filter(self._is_left, self.diary.left_rows):
            taken = set(self.persons[row_id])
            assert taken <= self.diary.asked_for, f"S100: {row_id} was linked again to {taken}"
            if taken:
                continue
            told = row_id in reported
            closed = self.rows[row_id]["statecode"] != 0
            merged = self.rows[row_id]["_masterid_value"] is not None
            unclear = row_id in self.diary.reopened or not self.diary.left_rows[row_id][1]
            if policy in ("deactivate", "merge") and unclear:
                assert told or closed, f"S100: {row_id} is neither reported nor closed"
                continue
            by_policy = self._policy_for(row_id, policy)
            story = f"S100: {row_id} reported {told}, closed {closed}, merged {merged}: {by_policy}"
            assert told == (by_policy == "report"), story
            assert closed == (by_policy in ("deactivate", "merge")), story
            assert merged == (by_policy == "merge"), story

    def _policy_for(self, row_id: str, policy: str) -> str:
        """Return what the policy comes to: rows of two tables cannot be merged."""
        _, kept = self.diary.left_rows[row_id]
        apart = row_id not in self.world.dynamics.rows[kept or "lead"]
        return "report" if policy == "merge" and apart else policy

    def _is_left(self, row_id: str) -> bool:
        """Tell whether it is beyond doubt that the row was left by somebody who is still there."""
        if not self._is_plain(row_id) or self.diary.is_closed(row_id):
            return False
        heirs = {self.diary.person_now(person) for person in self.diary.parties[row_id]}
        return heirs <= self.people.keys() and heirs.isdisjoint(self.diary.unclear)

    def _is_plain(self, row_id: str) -> bool:
        """Tell whether nothing else that decides about links has happened to a row."""
        diary = self.diary
        ended = (diary.merged_rows, diary.became, diary.row_deleted, diary.restored)
        winners = {winner for winner, _ in diary.merged_rows.values()}
        changed = winners.union(*ended)
        return row_id in self.rows and row_id not in changed and diary.is_as_qualified(row_id)


def _is_review(item: QuarantineRow) -> bool:
    return any(failure["rule"] == IN_MARKETO for failure in item["failures"])
