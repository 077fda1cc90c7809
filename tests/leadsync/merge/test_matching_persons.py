"""Which row a person belongs to: stored ids, then e-mail (semantics.md 4; S021 to S025)."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from leadsync.merge.matching_persons import FoundRow, Seeker, match_persons
from leadsync.model import Table

EMAIL = "a@x.com"


def found(
    row_id: str = "r1",
    email: str | None = EMAIL,
    table: Table = "lead",
    person: int | None = None,
    **state: bool,
) -> FoundRow:
    return FoundRow(table, row_id, email, person, **state)


def seeker(person: int = 7, email: str | None = EMAIL, *row_ids: str) -> Seeker:
    return Seeker(person, email, frozenset(row_ids))


def test_nobody_matches_so_a_row_is_made() -> None:
    assert match_persons([seeker()], [found(email="b@x.com")], {})[7].kind == "create"


def test_the_row_with_the_email_is_linked() -> None:
    assert match_persons([seeker()], [found()], {})[7].row == found()


def test_the_row_that_carries_the_persons_id_beats_the_email() -> None:
    own = found("r2", "b@x.com", person=7)
    assert match_persons([seeker()], [found(), own], {})[7].row == own


def test_the_row_that_the_person_carries_beats_the_email() -> None:
    own = found("r2", "b@x.com")
    assert match_persons([seeker(7, EMAIL, "r2")], [found(), own], {})[7].row == own


def test_a_stored_id_of_a_closed_or_taken_row_counts_for_nothing() -> None:
    closed = found("r2", None, person=7, is_active=False)
    taken = found("r3", None, person=7)
    assert match_persons([seeker()], [closed, taken], {"r3": 8})[7].kind == "create"


def test_several_rows_are_ambiguous_and_all_named() -> None:
    rows = (found("r1"), found("r2"))
    verdict = match_persons([seeker()], rows, {})[7]
    assert (verdict.kind, verdict.others) == ("ambiguous", rows)


def test_a_contact_beats_leads_however_many() -> None:
    leads = (found("r1"), found("r2"))
    contact = found("r3", table="contact")
    verdict = match_persons([seeker()], [*leads, contact], {})[7]
    assert (verdict.row, verdict.duplicates) == (contact, leads)


def test_inactive_rows_are_reported_and_not_matched() -> None:
    closed = found(is_active=False)
    verdict = match_persons([seeker()], [closed], {})[7]
    assert (verdict.kind, verdict.inactive) == ("create", (closed,))


def test_a_row_of_somebody_else_is_taken() -> None:
    verdict = match_persons([seeker()], [found()], {"r1": 8})[7]
    assert (verdict.kind, verdict.other_person) == ("taken", 8)


def test_a_row_outside_of_the_filter_is_not_linked() -> None:
    assert match_persons([seeker()], [found(in_scope=False)], {})[7].kind == "excluded"


def test_the_first_of_two_persons_with_one_email_gets_the_row() -> None:
    verdicts = match_persons([seeker(8), seeker(7)], [], {})
    assert (verdicts[7].kind, verdicts[8].kind) == ("create", "taken")
    assert verdicts[8].other_person == 7


ROWS = st.builds(
    FoundRow,
    st.sampled_from(["lead", "contact"]),
    st.sampled_from(["r1", "r2", "r3", "r4"]),
    st.sampled_from([None, "a", "b"]),
    st.sampled_from([None, 1, 2, 3]),
    st.booleans(),
    st.booleans(),
)
SEEKERS = st.lists(
    st.builds(
        Seeker,
        st.integers(1, 4),
        st.sampled_from([None, "a", "b"]),
        st.frozensets(st.sampled_from(["r1", "r2"])),
    ),
    unique_by=lambda one: one.person,
)


@given(
    SEEKERS,
    st.lists(ROWS, unique_by=lambda row: row.dynamics_id),
    st.dictionaries(st.sampled_from(["r1", "r3"]), st.integers(5, 6)),
)
def test_no_row_gets_two_persons_and_no_email_two_rows(
    seekers: list[Seeker], rows: list[FoundRow], taken: dict[str, int]
) -> None:
    verdicts = match_persons(seekers, rows, taken)
    assert verdicts.keys() == {one.person for one in seekers}
    linked = [verdict.row.dynamics_id for verdict in verdicts.values() if verdict.row]
    assert len(linked) == len(set(linked))
    assert not set(linked) & taken.keys()
    emails = [one.email_key for one in seekers if verdicts[one.person].kind == "create"]
    known = [email for email in emails if email is not None]
    assert len(known) == len(set(known))
    assert all(v.row.is_active and v.row.in_scope for v in verdicts.values() if v.row)
