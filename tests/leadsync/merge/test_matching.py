"""Matching before a create: stored ids, then e-mail (semantics.md 4; S021 to S024, S033, S034)."""

from __future__ import annotations

from leadsync.merge.matching import Candidate, match
from leadsync.model import Json, Table

ROW = "10000000-0000-4000-8000-000000000001"
OTHER = "10000000-0000-4000-8000-000000000002"


def person(person_id: int, email: str | None = None, own_id: str | None = None) -> Json:
    return {"id": person_id, "email": email, "leadsyncDynamicsId": own_id}


def candidate(
    row: str = ROW,
    email: str | None = "a@x.com",
    table: Table = "lead",
    person_id: int | None = None,
) -> Candidate:
    return Candidate(table, row, email, person_id)


def test_nobody_matches_so_a_person_is_created() -> None:
    assert match([candidate()], [], {})[ROW].kind == "create"


def test_one_free_person_with_the_email_is_linked_whatever_case_and_blanks() -> None:
    verdict = match([candidate()], [person(7, " A@X.com ")], {})[ROW]
    assert verdict.kind == "link"
    assert verdict.person is not None and verdict.person["id"] == 7


def test_several_persons_with_the_email_are_named_and_nothing_is_linked() -> None:
    verdict = match([candidate()], [person(9, "a@x.com"), person(7, "a@x.com")], {})[ROW]
    assert verdict.kind == "ambiguous"
    assert verdict.others == (7, 9)


def test_a_person_that_is_linked_elsewhere_is_not_relinked() -> None:
    verdict = match([candidate()], [person(7, "a@x.com")], {7: OTHER})[ROW]
    assert verdict.kind == "taken"
    assert verdict.others == (7,)
    assert verdict.other_row == OTHER


def test_the_id_that_a_person_carries_beats_the_email_of_another() -> None:
    found = [person(7, "a@x.com"), person(8, "b@x.com", own_id=ROW.upper())]
    verdict = match([candidate()], found, {})[ROW]
    assert verdict.person is not None and verdict.person["id"] == 8


def test_the_id_that_the_row_carries_links_without_an_email() -> None:
    verdict = match([candidate(email=None, person_id=7)], [person(7)], {})[ROW]
    assert verdict.kind == "link"


def test_a_contact_takes_the_match_before_a_lead() -> None:
    candidates = [candidate(ROW), candidate(OTHER, table="contact")]
    verdicts = match(candidates, [person(7, "a@x.com")], {})
    assert verdicts[OTHER].kind == "link"
    assert verdicts[ROW].kind == "taken"


def test_two_new_rows_with_one_email_make_one_person() -> None:
    verdicts = match([candidate(ROW), candidate(OTHER)], [], {})
    assert [verdicts[ROW].kind, verdicts[OTHER].kind] == ["create", "taken"]
    assert verdicts[OTHER].other_row == ROW


def test_rows_without_an_email_are_all_created() -> None:
    verdicts = match([candidate(ROW, None), candidate(OTHER, None)], [], {})
    assert {verdict.kind for verdict in verdicts.values()} == {"create"}
