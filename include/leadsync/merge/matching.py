"""Which existing person a new Dynamics row belongs to (semantics.md 4).

Pure: the candidates and what was found in Marketo go in, one verdict per candidate comes out. Order
of evidence: stored ids, then e-mail (trimmed, case-folded). A contact match beats a lead match.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from leadsync.model import MARKETO_DYNAMICS_ID, Json, Table
from leadsync.values.keys import email_key


@dataclass(frozen=True, slots=True)
class Candidate:
    """A row in scope without a live link.

    :param person_id: the Marketo id that the row carries (``new_marketoid``).
    """

    table: Table
    dynamics_id: str
    email_key: str | None
    person_id: int | None


@dataclass(frozen=True, slots=True)
class Verdict:
    """What happens to a candidate.

    ``link``: it belongs to ``person``. ``create``: nobody matches. ``ambiguous``: several persons
    match, named in ``others``. ``taken``: the only match, ``others[0]``, is linked to another row,
    or the row ``other_row`` of the same window takes the e-mail.
    """

    kind: Literal["link", "create", "ambiguous", "taken"]
    person: Json | None = None
    others: tuple[int, ...] = ()
    other_row: str | None = None


def match(
    candidates: Sequence[Candidate],
    persons: Iterable[Json],
    linked: Mapping[int, str],
    *,
    shares_email: bool = False,
) -> dict[str, Verdict]:
    """Decide for every candidate, by ``dynamics_id``.

    :param persons: the persons found by stored ids or e-mail.
    :param linked: live links by Marketo id, with the Dynamics id that each person belongs to.
    :param shares_email: a candidate whose e-mail is taken gets a person of its own (S034).
    """
    by_id = {int(person["id"]): person for person in persons}
    by_own_id = {
        str(person[MARKETO_DYNAMICS_ID]).lower(): person
        for person in by_id.values()
        if person.get(MARKETO_DYNAMICS_ID)
    }
    by_email: dict[str, list[Json]] = {}
    for person in by_id.values():
        key = email_key(person.get("email"))
        if key is not None:
            by_email.setdefault(key, []).append(person)

    taken = dict(linked)
    claimed: dict[str, str] = {}
    verdicts: dict[str, Verdict] = {}
    for candidate in sorted(candidates, key=lambda c: (c.table != "contact", c.dynamics_id)):
        verdict = _by_stored_id(candidate, by_id, by_own_id, taken)
        if verdict is None:
            verdict = _by_email(candidate, by_email, taken, claimed)
            if verdict.kind == "taken" and shares_email:
                verdict = Verdict("create")
        if verdict.person is not None:
            taken[int(verdict.person["id"])] = candidate.dynamics_id
        elif verdict.kind == "create" and candidate.email_key is not None:
            claimed[candidate.email_key] = candidate.dynamics_id
        verdicts[candidate.dynamics_id] = verdict
    return verdicts


def _by_stored_id(
    candidate: Candidate,
    by_id: Mapping[int, Json],
    by_own_id: Mapping[str, Json],
    taken: Mapping[int, str],
) -> Verdict | None:
    """Link by the id that one side carries of the other, if that person is free."""
    person = by_own_id.get(candidate.dynamics_id)
    if person is None and candidate.person_id is not None:
        person = by_id.get(candidate.person_id)
    if person is None or int(person["id"]) in taken:
        return None
    return Verdict("link", person)


def _by_email(
    candidate: Candidate,
    by_email: Mapping[str, Sequence[Json]],
    taken: Mapping[int, str],
    claimed: Mapping[str, str],
) -> Verdict:
    if candidate.email_key is None:
        return Verdict("create")
    if candidate.email_key in claimed:
        return Verdict("taken", other_row=claimed[candidate.email_key])
    found = by_email.get(candidate.email_key, ())
    ids = tuple(sorted(int(person["id"]) for person in found))
    if len(found) > 1:
        return Verdict("ambiguous", others=ids)
    if not found:
        return Verdict("create")
    if ids[0] in taken:
        return Verdict("taken", others=ids, other_row=taken[ids[0]])
    return Verdict("link", found[0])
