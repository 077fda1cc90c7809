"""Users of Marketo who merge persons (semantics.md 5, S100, S101)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random

from simulation.diary import Diary
from support.world import World


class MergesPersons:
    """What users do with duplicates in Marketo.

    :ivar merged: the winner of the last merge.
    """

    random: Random
    diary: Diary
    world: World
    merged: int = 0
    qualify: Callable[[], None]

    def merge_persons(self) -> None:
        """Merge any two persons, seldom three."""
        people = list(self.world.marketo.people)
        losers = 2 if self.random.random() < 0.15 else 1
        if len(people) > losers:
            winner, *others = self.random.sample(people, losers + 1)
            self._merge(winner, others)

    def merge_pairs(self) -> None:
        """Merge two persons that both have rows."""
        people = [*dict.fromkeys(person for (person, _), *_ in self.diary.pairs())]
        if len(people) > 1:
            winner, loser = self.random.sample(people, 2)
            self._merge(winner, [loser])

    def merge_qualified(self) -> None:
        """Qualify a lead, and merge its person with another one that has a row (S092, S101)."""
        self.qualify()
        people = self.world.marketo.people
        heirs = [person for _, person in self.diary.heirs.values() if person in people]
        others = {person for (person, _), *_ in self.diary.pairs()} - {*heirs}
        if heirs and others:
            parties = [heirs[-1], self.random.choice(sorted(others))]
            winner, loser = self.random.choice((parties, parties[::-1]))
            self._merge(winner, [loser])

    def merge_persons_on(self) -> None:
        """Merge the winner of the last merge into somebody else: a chain."""
        others = [person for person in self.world.marketo.people if person != self.merged]
        if self.merged in self.world.marketo.people and others:
            self._merge(self.random.choice(others), [self.merged])

    def _merge(self, winner: int, losers: Sequence[int]) -> None:
        people = self.world.marketo.people
        before = {person: dict(people[person]) for person in (winner, *losers)}
        rows = self.diary.rows_of(before)
        self.world.marketo.merge(winner, losers)
        self.diary.persons_merged(winner, losers, before, rows)
        self.merged = winner
