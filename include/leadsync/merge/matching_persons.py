"""Which existing row a Marketo person belongs to that is to become one (semantics.md 4).

Pure, and the mirror of :mod:`leadsync.merge.matching`: stored ids first, then e-mail (trimmed,
case-folded) among active rows; a contact beats a lead.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from leadsync.model import Table


@dataclass(frozen=True, slots=True)
class Seeker:
    """A person without a live link.

    :param row_ids: ids of rows that are this person's: the one that it carries, and those that
        creates of unknown outcome have sent.
    """

    person: int
    email_key: str | None
    row_ids: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class FoundRow:
    """A lead or contact that may be the person's.

    :param person_id: the Marketo id that the row carries (``new_marketoid``).
    :param in_scope: the sync filter does not say No.
    """

    table: Table
    dynamics_id: str
    email_key: str | None
    person_id: int | None
    is_active: bool = True
    in_scope: bool = True


@dataclass(frozen=True, slots=True)
class RowVerdict:
    """What happens to a seeker.

    ``link``: ``row`` is the person's. ``create``: nobody matches. ``ambiguous``: all of ``others``
    match. ``excluded``: the only match, ``others[0]``, is kept out by the sync filter. ``taken``:
    the only match belongs to ``other_person``, or that person of the same batch takes the e-mail.

    :param duplicates: leads that a contact was preferred to (S023).
    :param inactive: rows with the e-mail that are closed (S024).
    """

    kind: Literal["link", "create", "ambiguous", "excluded", "taken"]
    row: FoundRow | None = None
    others: tuple[FoundRow, ...] = ()
    other_person: int | None = None
    duplicates: tuple[FoundRow, ...] = ()
    inactive: tuple[FoundRow, ...] = ()


def match_persons(
    seekers: Sequence[Seeker], rows: Iterable[FoundRow], taken: Mapping[str, int]
) -> dict[int, RowVerdict]:
    """Decide for every seeker, by Marketo id; the oldest person of a batch comes first.

    :param rows: the rows found by stored ids or e-mail.
    :param taken: persons by the id of the row that each has.
    """
    known = sorted(rows, key=lambda row: (row.table != "contact", row.dynamics_id))
    owners = dict(taken)
    claimed: dict[str, int] = {}
    verdicts: dict[int, RowVerdict] = {}
    for seeker in sorted(seekers, key=lambda one: one.person):
        verdict = _by_stored_id(seeker, known, owners) or _by_email(seeker, known, owners, claimed)
        if verdict.row is not None:
            owners[verdict.row.dynamics_id] = seeker.person
        elif verdict.kind == "create" and seeker.email_key is not None:
            claimed[seeker.email_key] = seeker.person
        verdicts[seeker.person] = verdict
    return verdicts


def _by_stored_id(
    seeker: Seeker, rows: Sequence[FoundRow], owners: Mapping[str, int]
) -> RowVerdict | None:
    """Link by the id that one side carries of the other, if that row is open and free."""
    for row in rows:
        is_own = row.dynamics_id in seeker.row_ids or row.person_id == seeker.person
        if is_own and row.is_active and row.in_scope and row.dynamics_id not in owners:
            return RowVerdict("link", row)
    return None


def _by_email(
    seeker: Seeker,
    rows: Sequence[FoundRow],
    owners: Mapping[str, int],
    claimed: Mapping[str, int],
) -> RowVerdict:
    if seeker.email_key is None:
        return RowVerdict("create")
    if seeker.email_key in claimed:
        return RowVerdict("taken", other_person=claimed[seeker.email_key])
    found = [row for row in rows if row.email_key == seeker.email_key]
    inactive = tuple(row for row in found if not row.is_active)
    active = [row for row in found if row.is_active]
    contacts = tuple(row for row in active if row.table == "contact")
    leads = tuple(row for row in active if row.table == "lead")
    best = contacts or leads
    if not best:
        return RowVerdict("create", inactive=inactive)
    if len(best) > 1:
        return RowVerdict("ambiguous", others=best)
    duplicates = leads if contacts else ()
    if best[0].dynamics_id in owners:
        return RowVerdict("taken", others=best, other_person=owners[best[0].dynamics_id])
    if not best[0].in_scope:
        return RowVerdict("excluded", others=best)
    return RowVerdict("link", best[0], duplicates=duplicates, inactive=inactive)
