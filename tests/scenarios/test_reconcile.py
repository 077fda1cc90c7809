"""Pairs that differ without a recorded change, and fields that are mapped anew (8.K)."""

from __future__ import annotations

import json

from leadsync.cycle.request.field_backfill import backfill_field
from leadsync.cycle.request.reconcile import reconcile
from support.mapped import remap
from support.synced import Synced

#: an activity that will not appear while the test runs.
NEVER = 10_000_000


def unrecorded(synced: Synced, person: int, **fields: object) -> None:
    """Change a person whose activity never shows."""
    synced.marketo.control.edit("update", id=person, fields=fields, lag=NEVER)


def test_s121_three_pairs_that_differ_are_found_and_repaired(synced: Synced) -> None:
    rows = [
        synced.new_row(lastname="Ek", emailaddress1=f"{n}@example.com", jobtitle="A")
        for n in range(5)
    ]
    synced.cycle()
    people = [int(synced.person_of(row)["id"]) for row in rows]
    for person in people[:3]:
        unrecorded(synced, person, title="B")
    synced.cycle()
    assert {synced.row(row)["jobtitle"] for row in rows} == {"A"}

    told = reconcile(synced.engine, repair=False)
    assert (told.compared, len(told.drift), told.repaired) == (5, 3, 0)
    assert {item["marketo_id"] for item in told.drift} == set(people[:3])
    assert {synced.row(row)["jobtitle"] for row in rows} == {"A"}

    mended = json.loads(synced.command("reconcile", "--json").stdout)
    assert (mended["compared"], mended["drift"], mended["repaired"]) == (5, 3, 3)
    assert [synced.row(row)["jobtitle"] for row in rows] == ["B", "B", "B", "A", "A"]
    assert reconcile(synced.engine, repair=True).drift == []


def test_s120_one_newly_mapped_field_is_brought_up_to_date(synced: Synced) -> None:
    remap(synced, without=("title",))
    full, empty = (
        synced.linked("contact", emailaddress1=f"{title}@example.com", jobtitle=title)
        for title in ("CTO", None)
    )
    synced.edit_person(empty[0], title="old")
    synced.cycle()
    remap(synced)
    done = backfill_field(synced.engine, "title")
    assert (done.compared, done.repaired) == (2, 2)
    assert synced.person(full[0])["title"] == "CTO"
    assert synced.person(empty[0])["title"] is None


def test_s125_a_field_that_leaves_the_mapping_stays_as_it_is(synced: Synced) -> None:
    person, row = synced.linked("contact", jobtitle="A", emailaddress1="a@example.com")
    remap(synced, without=("title",))
    synced.edit_person(person, title="B")
    synced.cycle()
    synced.forget_calls()
    synced.cycle()
    assert synced.record_writes() == 0
    assert (synced.person(person)["title"], synced.row(row, "contact")["jobtitle"]) == ("B", "A")
    remap(synced)
    synced.cycle()
    [decided] = [line for line in synced.story(person, "no_base") if line["field"] == "title"]
    assert decided["base"] is None
    assert synced.person(person)["title"] == "A"
