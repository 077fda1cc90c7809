"""Who was merged into whom, from Marketo's activities (reference/marketo-rest.md 8.1)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from leadsync.marketo.activities import merged_person_ids
from leadsync.model import Activity


def survivors_of(merges: Sequence[Activity]) -> dict[int, int]:
    """Return by loser the person in which it ended, through chains of merges.

    The loser of the last merge comes first, so that a person in the middle of a chain hands on its
    own link before those that it took over.

    :param merges: Merge Leads activities, oldest first.
    """
    into = {
        loser: merge.person_id
        for merge in merges
        for loser in merged_person_ids(merge)
        if loser != merge.person_id
    }
    return {loser: _last(into, loser) for loser in reversed(into)}


def _last(into: Mapping[int, int], loser: int) -> int:
    seen = {loser}
    person = into[loser]
    while person in into and person not in seen:
        seen.add(person)
        person = into[person]
    return person
