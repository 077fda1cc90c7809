"""The catalogue of bad rows through whole cycles: held exactly as expected, or written exactly.

Each cycle takes the whole catalogue at once, so that every bad row has all others as neighbours.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import uuid4

import pytest

from leadsync.model import Json, RowWrite
from leadsync.state.port import QuarantineRow
from support.bad_rows import (
    BadRow,
    Broken,
    bare_person,
    bare_row,
    map_every_kind,
    plan_of_leads,
)
from support.bad_rows_of_dynamics import ROWS_OF_DYNAMICS
from support.bad_rows_of_marketo import ROWS_OF_MARKETO
from support.synced import Synced

#: what Dynamics' forms check and its Web API does not (semantics.md 7): held all the same.
CHECKED_BY_US_ALONE = {"required", "format"}
BAD_OF_MARKETO = [row for row in ROWS_OF_MARKETO if row.broken]
BAD_OF_DYNAMICS = [row for row in ROWS_OF_DYNAMICS if row.broken]


@pytest.fixture
def every_kind(synced: Synced) -> Synced:
    """Both systems with a mapped column of every kind."""
    map_every_kind(synced)
    return synced


def broken_by(items: Sequence[QuarantineRow], key: str) -> dict[str, set[Broken]]:
    """Return what quarantine says, by the record's id."""
    return {
        str(item[key]): {  # type: ignore[literal-required]
            Broken(one["field"], one["rule"], one["value"], one["limit"])
            for one in item["failures"]
        }
        for item in items
    }


def deviations(rows: Mapping[str, BadRow], records: Mapping[str, Json]) -> list[str]:
    """Return where a good row's record is not what it should be, as one text each."""
    return [
        f"{row.name}: {name} is {records[record_id][name]!r}, not {value!r}"
        for record_id, row in rows.items()
        for name, value in row.stored.items()
        if records[record_id][name] != value
    ]


def new_leads(synced: Synced, contents: Sequence[Mapping[str, Any]]) -> list[str]:
    """A user imports leads; their ids."""
    ids = [str(uuid4()) for _ in contents]
    leads = [
        {"lastname": "Ek", **content, "leadid": lead}
        for lead, content in zip(ids, contents, strict=True)
    ]
    synced.dynamics.control.load(lead=leads)
    return ids


def linked_rows(synced: Synced, rows: Sequence[BadRow]) -> tuple[dict[str, BadRow], dict[str, int]]:
    """Link a pair for each row of the catalogue; rows and persons by the lead's id."""
    contents = [{"emailaddress1": f"p{number}@example.com"} for number in range(len(rows))]
    ids = dict(zip(new_leads(synced, contents), rows, strict=True))
    synced.cycle()
    persons = {str(p["leadsyncDynamicsId"]): int(p["id"]) for p in synced.people()}
    assert persons.keys() == ids.keys()
    return ids, persons


def people_of(synced: Synced) -> dict[str, Json]:
    return {str(person["leadsyncDynamicsId"]): person for person in synced.people()}


def edit_leads(synced: Synced, contents: Mapping[str, Mapping[str, Any]]) -> None:
    """Users change leads."""
    edits = [
        {"operation": "update", "table": "lead", "id": lead, "fields": dict(fields)}
        for lead, fields in contents.items()
    ]
    synced.dynamics.control.call("POST", "edit", {"edits": edits})


def leads_of(synced: Synced) -> dict[str, Json]:
    return {str(row["leadid"]): row for row in synced.dynamics.control.records("lead")}


def test_every_update_from_marketo_is_written_or_held_and_recovers(every_kind: Synced) -> None:
    synced = every_kind
    rows, persons = linked_rows(synced, ROWS_OF_MARKETO)
    before = leads_of(synced)
    for lead, row in rows.items():
        synced.edit_person(persons[lead], city="Lund", **row.entered)
    synced.cycle()

    bad = {lead: row for lead, row in rows.items() if row.broken}
    good = {lead: row for lead, row in rows.items() if not row.broken}
    after = leads_of(synced)
    assert broken_by(synced.held(), "dynamics_id") == {
        lead: set(row.broken) for lead, row in bad.items()
    }
    assert deviations(good, after) == []
    assert {after[lead]["address1_city"] for lead in good} == {"Lund"}
    assert {lead: after[lead] for lead in bad} == {lead: before[lead] for lead in bad}
    counts = synced.counts("to_dynamics")
    assert (counts["updated"], counts["quarantined"]) == (len(good), len(bad))

    for lead, row in bad.items():
        mended = dict.fromkeys(row.entered) | {"lastName": "Ek"}
        synced.edit_person(persons[lead], **mended)
    synced.cycle()
    recovered = leads_of(synced)
    assert synced.held() == []
    assert {recovered[lead]["address1_city"] for lead in rows} == {"Lund"}


def test_every_person_becomes_a_lead_or_is_held_and_then_becomes_one(every_kind: Synced) -> None:
    synced = every_kind
    rows = {str(number): row for number, row in enumerate(ROWS_OF_MARKETO, 1_000)}
    people = [
        {"lastName": "Ek", "city": "Lund", **row.entered, "id": int(person)}
        for person, row in rows.items()
    ]
    synced.marketo.control.load(leads=people)
    synced.sync_person(*map(int, rows))

    bad = {person: row for person, row in rows.items() if row.broken}
    good = {person: row for person, row in rows.items() if not row.broken}
    assert broken_by(synced.held(), "marketo_id") == {
        person: set(row.broken) for person, row in bad.items()
    }
    made = {str(row["new_marketoid"]): row for row in leads_of(synced).values()}
    assert made.keys() == good.keys()
    assert deviations(good, made) == []

    for person, row in bad.items():
        synced.edit_person(int(person), **(dict.fromkeys(row.entered) | {"lastName": "Ek"}))
    synced.cycle()
    made = {str(row["new_marketoid"]): row for row in leads_of(synced).values()}
    assert synced.held() == []
    assert made.keys() == rows.keys()
    assert {row["address1_city"] for row in made.values()} == {"Lund"}


def test_every_lead_becomes_a_person_or_is_held_and_then_becomes_one(every_kind: Synced) -> None:
    synced = every_kind
    contents = [{"address1_city": "Lund", **row.entered} for row in ROWS_OF_DYNAMICS]
    rows = dict(zip(new_leads(synced, contents), ROWS_OF_DYNAMICS, strict=True))
    synced.cycle()

    bad = {lead: row for lead, row in rows.items() if row.broken}
    good = {lead: row for lead, row in rows.items() if not row.broken}
    assert broken_by(synced.held(), "dynamics_id") == {
        lead: set(row.broken) for lead, row in bad.items()
    }
    people = people_of(synced)
    assert people.keys() == good.keys()
    assert deviations(good, people) == []
    counts = synced.counts("to_marketo")
    assert (counts["created"], counts["quarantined"]) == (len(good), len(bad))

    for lead, row in bad.items():
        mended: dict[str, Any] = dict.fromkeys(row.entered)
        synced.edit_row(lead, **mended)
    synced.cycle()
    people = people_of(synced)
    assert synced.held() == []
    assert people.keys() == rows.keys()
    assert {person["city"] for person in people.values()} == {"Lund"}


def test_every_update_from_dynamics_is_written_or_held_and_recovers(every_kind: Synced) -> None:
    synced = every_kind
    rows, persons = linked_rows(synced, ROWS_OF_DYNAMICS)
    edit_leads(
        synced, {lead: {"address1_city": "Lund", **row.entered} for lead, row in rows.items()}
    )
    before = people_of(synced)
    synced.cycle()

    bad = {lead: row for lead, row in rows.items() if row.broken}
    good = {lead: row for lead, row in rows.items() if not row.broken}
    after = people_of(synced)
    assert broken_by(synced.held(), "dynamics_id") == {
        lead: set(row.broken) for lead, row in bad.items()
    }
    assert deviations(good, after) == []
    assert {after[lead]["city"] for lead in good} == {"Lund"}
    assert {lead: after[lead] for lead in bad} == {lead: before[lead] for lead in bad}
    counts = synced.counts("to_marketo")
    assert (counts["updated"], counts["quarantined"]) == (len(good), len(bad))

    edit_leads(synced, {lead: dict.fromkeys(row.entered) for lead, row in bad.items()})
    synced.cycle()
    recovered = people_of(synced)
    assert synced.held() == []
    assert {recovered[lead]["city"] for lead in rows} == {"Lund"}
    assert {lead: int(person["id"]) for lead, person in recovered.items()} == persons


def refused_by_dynamics(synced: Synced, bodies: Mapping[str, Json]) -> set[str]:
    """Return the names of the rows that Dynamics itself refuses to create."""
    writes = [RowWrite("create", "lead", str(uuid4()), dict(body)) for body in bodies.values()]
    results = synced.engine.dynamics.write_rows(writes)
    statuses = {result.status for result in results}
    assert statuses == {"written", "rejected"}
    return {name for name, result in zip(bodies, results, strict=True) if result.error}


def test_dynamics_refuses_what_we_hold_and_takes_all_else(every_kind: Synced) -> None:
    """Nothing goes out that the server refuses, and nothing is held that it takes, but for what
    only its forms check."""
    synced = every_kind
    leads = plan_of_leads(synced)
    bodies = {row.name: bare_row(row, leads) for row in ROWS_OF_MARKETO}
    refused = refused_by_dynamics(synced, bodies)
    enforced = {
        row.name
        for row in ROWS_OF_MARKETO
        if {one.rule for one in row.broken} - CHECKED_BY_US_ALONE
    }
    assert refused == enforced
    ours_alone = {row.name for row in BAD_OF_MARKETO} - refused
    kinds = {one.rule for row in BAD_OF_MARKETO if row.name in ours_alone for one in row.broken}
    assert kinds == CHECKED_BY_US_ALONE


def test_marketo_refuses_what_we_hold_and_takes_all_else(every_kind: Synced) -> None:
    synced = every_kind
    leads = plan_of_leads(synced)
    records = [
        {"email": f"p{number}@example.com", **bare_person(row, leads)}
        for number, row in enumerate(ROWS_OF_DYNAMICS)
    ]
    results = synced.engine.marketo.sync_persons("createOnly", "email", records)
    refused = {
        row.name
        for row, result in zip(ROWS_OF_DYNAMICS, results, strict=True)
        if result.status == "skipped"
    }
    assert refused == {row.name for row in BAD_OF_DYNAMICS}
