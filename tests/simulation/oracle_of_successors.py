"""Judges who follows a person or row that ended (semantics.md 8.F and 8.H)."""

from __future__ import annotations

from simulation.diary import Diary
from simulation.oracle_of_merges import last_winner
from simulation.view import View


def check_successors(diary: Diary) -> None:
    """Judge the contacts of qualified leads, and the rows of deleted persons."""
    judge = _SuccessorJudge(diary)
    judge.conversions()
    judge.suppressed()


class _SuccessorJudge(View):
    def conversions(self) -> None:
        """S092: the person of a qualified lead goes on with the contact, and no other is made.

        Where rows were merged too, several persons may claim the contact (S093), and the winner of
        a merge of persons may have another row (S101).
        """
        rows = self.world.dynamics.rows["contact"]
        merged = self.diary.merged_rows
        parties = {*merged, *(winner for winner, _ in merged.values())}
        winners = {winner for winner, _ in self.diary.merged_persons.values()}
        for contact, (_, person) in self.diary.heirs.items():
            alive = contact in rows and person in self.people and contact not in parties
            alive = alive and person not in winners
            if alive and rows[contact]["new_synctomkto"] is not False:
                found = [pair[0] for pair, *_ in self.pairs if pair[1] == contact]
                assert found == [person], f"S092: {contact} has {found}, its lead had {person}"

    def suppressed(self) -> None:
        """S074: under ``suppress`` leadsync makes no other person for the row of a deleted one.

        The person of a row that was merged into it may go on with it (S097).
        """
        if self.mapping["policies"]["on_marketo_delete"] != "suppress":
            return
        for (person, row_id), *_ in self.pairs:
            again = row_id in self.diary.bereaved and person not in self.diary.user_persons
            before = (row for one, row in self.diary.before_link if one == person)
            followed = any(last_winner(self.diary, row) == row_id != row for row in before)
            assert followed or not again, (
                f"S074: {row_id} got {person} though its person was deleted"
            )
