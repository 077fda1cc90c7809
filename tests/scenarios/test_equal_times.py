"""Changes with one and the same time, at the edge of a read or of a page (S123, F04)."""

from __future__ import annotations

from support.synced import Synced


def test_s123_changes_around_the_reads_of_one_second_are_all_found(synced: Synced) -> None:
    person, row = synced.linked(emailaddress1="a@example.com")
    for number in range(4):
        synced.edit_person(person, title=f"T{number}")
        synced.edit_row(row, telephone1=f"{number}")
        synced.cycle()
        assert synced.row(row)["jobtitle"] == f"T{number}"
        assert synced.person(person)["phone"] == f"{number}"
        synced.edit_person(person, city=f"C{number}")
    synced.cycle()
    assert synced.row(row)["address1_city"] == "C3"


def test_s123_an_activity_that_appears_late_is_found(synced: Synced) -> None:
    (late, late_row), (early, _) = (
        synced.linked(emailaddress1=f"{name}@example.com") for name in ("late", "early")
    )
    edit = {"id": late, "fields": {"title": "CTO"}, "lag": 60}
    synced.marketo.control.edit("update", **edit)
    synced.edit_person(early, title="CFO")
    synced.cycle()
    assert synced.row(late_row)["jobtitle"] is None
    synced.marketo.control.advance(61)
    synced.cycle()
    assert synced.row(late_row)["jobtitle"] == "CTO"


def test_f04_more_changes_of_one_second_than_a_page_holds_are_all_read(synced: Synced) -> None:
    rows = [{"lastname": "Ek", "emailaddress1": f"p{n}@example.com"} for n in range(450)]
    synced.dynamics.control.load(lead=rows)
    synced.cycle()
    people = [int(person["id"]) for person in synced.people()]
    marketo = synced.engine.marketo
    for start in (0, 300):
        changed = [{"id": person, "title": "CTO"} for person in people[start : start + 300]]
        marketo.sync_persons("updateOnly", "id", changed)
    synced.cycle()
    assert {row["jobtitle"] for row in synced.dynamics.control.records("lead")} == {"CTO"}
