"""Null, absent, texts and their limits (semantics.md 8.E)."""

from __future__ import annotations

import json
from typing import Any

import pytest

from support.altered import altered
from support.mapped import add_field, remap
from support.synced import Synced

AWKWARD = "Zoë 👩‍💻 שלום é a,b;\"c\" 'd' <e> & \\f\tend"


def quiet(synced: Synced) -> bool:
    """Whether two more cycles write nothing on either side."""
    synced.forget_calls()
    synced.cycle()
    synced.cycle()
    return synced.record_writes() == 0


def test_s052_null_and_the_empty_text_are_one_value(synced: Synced) -> None:
    synced.marketo.control.settings(empty_string="text")
    person, row = synced.linked(emailaddress1="a@example.com")
    synced.edit_person(person, title="")
    assert quiet(synced)
    assert (synced.person(person)["title"], synced.row(row)["jobtitle"]) == ("", None)


def test_s053_a_value_cleared_in_dynamics_is_cleared_in_marketo(synced: Synced) -> None:
    person, row = synced.linked(jobtitle="CTO", emailaddress1="a@example.com")
    synced.edit_row(row, jobtitle=None)
    synced.cycle()
    assert synced.person(person)["title"] is None


def test_s054_a_value_cleared_in_marketo_is_null_in_dynamics(synced: Synced) -> None:
    person, row = synced.linked(jobtitle="CTO", emailaddress1="a@example.com")
    synced.edit_person(person, title=None)
    synced.cycle()
    assert synced.row(row)["jobtitle"] is None


def test_s055_a_column_that_may_no_longer_be_read_clears_nothing(synced: Synced) -> None:
    """A secured column that we may not read comes as null, which is no value of the record."""
    person, row = synced.linked(jobtitle="CTO", emailaddress1="a@example.com")
    synced.dynamics.control.edit("change_column", table="lead", column="jobtitle", secured=True)
    synced.dynamics.control.settings(secured_columns={"lead.jobtitle": ["create", "update"]})
    synced.forget_schemas()
    synced.edit_row(row, address1_city="Lund")
    synced.cycle()
    assert (synced.person(person)["title"], synced.person(person)["city"]) == ("CTO", "Lund")
    synced.edit_person(person, title="CFO")
    synced.cycle()
    assert synced.row(row)["jobtitle"] == "CFO"


def test_s055_f13_a_field_that_an_answer_lacks_is_not_null(
    synced: Synced, monkeypatch: pytest.MonkeyPatch
) -> None:
    person, row = synced.linked(jobtitle="CTO", emailaddress1="a@example.com")
    synced.edit_person(person, city="Lund")
    with altered(monkeypatch, _without_title):
        synced.cycle()
    assert synced.row(row)["address1_city"] == "Lund"
    assert synced.row(row)["jobtitle"] == "CTO"
    assert quiet(synced)


def _without_title(path: str, body: bytes, kind: str) -> bytes:
    if not path.startswith("/rest/v1/leads.json"):
        return body
    document: dict[str, Any] = json.loads(body)
    for record in document.get("result", []):
        record.pop("title", None)
    return json.dumps(document).encode()


def test_s056_a_value_too_long_is_held_and_the_others_go_on(synced: Synced) -> None:
    rows = [synced.new_row(lastname="Ek", emailaddress1=f"p{n}@example.com") for n in range(3)]
    synced.cycle()
    people = [int(synced.person_of(row)["id"]) for row in rows]
    for number, person in enumerate(people):
        synced.edit_person(person, firstName="x" * (60 if number == 1 else 5))
    synced.cycle()
    assert synced.counts("to_dynamics")["updated"] == 2
    assert synced.counts("to_dynamics")["quarantined"] == 1
    [item] = synced.held()
    assert item["failures"][0]["message"] == "too long: firstname 60/50"


@pytest.mark.parametrize(
    ("field", "column", "limit"),
    [("firstName", "firstname", 50), ("mktoPersonNotes", "description", 2000)],
)
def test_s057_s070_truncate_writes_what_fits_and_no_echo_follows(
    synced: Synced, field: str, column: str, limit: int
) -> None:
    cut = {"on_invalid": "truncate"}
    remap(synced, firstName=cut, mktoPersonNotes=cut)
    person, row = synced.linked(emailaddress1="a@example.com")
    long = "Å" * (limit + 10)
    synced.edit_person(person, **{field: long})
    synced.cycle()
    assert synced.row(row)[column] == long[:limit]
    assert quiet(synced)
    assert synced.person(person)[field] == long


def test_s070_a_description_beyond_2000_is_held_with_its_length(synced: Synced) -> None:
    person, row = synced.linked(emailaddress1="a@example.com")
    synced.edit_person(person, mktoPersonNotes="x" * 2001)
    synced.cycle()
    assert synced.row(row)["description"] is None
    assert synced.held()[0]["failures"][0]["message"] == "too long: description 2001/2000"


def with_other_email(synced: Synced, on_invalid: str) -> tuple[int, str]:
    """A linked pair with a second address, which Marketo keeps as plain text.

    Marketo refuses a bad ``email`` itself.
    """
    add_field(synced, "otherEmail", "string")
    entry = {"marketo": "otherEmail", "lead": "emailaddress2", "on_invalid": on_invalid}
    remap(synced, entry)
    return synced.linked(emailaddress1="a@example.com")


def test_s058_a_bad_address_holds_the_whole_record(synced: Synced) -> None:
    person, row = with_other_email(synced, "hold_record")
    synced.edit_person(person, otherEmail="foo@@bar", city="Lund")
    synced.forget_calls()
    synced.cycle()
    assert synced.record_writes() == 0
    assert synced.row(row)["address1_city"] is None
    [failure] = synced.held()[0]["failures"]
    assert (failure["field"], failure["rule"]) == ("emailaddress2", "format")
    assert failure["message"].startswith("invalid format")


def test_s058_on_hold_field_the_rest_of_the_record_goes_on(synced: Synced) -> None:
    person, row = with_other_email(synced, "hold_field")
    synced.edit_person(person, otherEmail="foo@@bar", city="Lund")
    synced.cycle()
    assert synced.row(row)["address1_city"] == "Lund"
    assert synced.row(row)["emailaddress2"] is None
    assert len(synced.held()) == 1


def test_s069_f16_awkward_texts_make_the_round_trip(synced: Synced) -> None:
    text = f"{AWKWARD}\r\nsecond\u2028third"
    person, row = synced.linked(emailaddress1="a@example.com", description=text)
    there = synced.person(person)["mktoPersonNotes"]
    assert there == text.replace("\r\n", "\n")
    assert quiet(synced)
    synced.edit_person(
        person, mktoPersonNotes=f"{there}!", title='quoted "\u2028" title', city="Lu\0nd"
    )
    synced.cycle()
    assert synced.row(row)["address1_city"] == "Lund"
    assert synced.row(row)["description"] == f"{there}!"
    assert synced.row(row)["jobtitle"] == 'quoted "\u2028" title'
    assert quiet(synced)


def test_s069_composed_and_decomposed_letters_are_equal(synced: Synced) -> None:
    person, row = synced.linked(emailaddress1="a@example.com", jobtitle="Zoe\u0308")
    synced.edit_person(person, title="Zo\u00eb")
    synced.edit_row(row, description="a\r\nb")
    synced.cycle()
    synced.edit_row(row, description="a\nb")
    assert quiet(synced)


def test_f12_a_number_that_dynamics_reformats_settles(synced: Synced) -> None:
    remap(synced, phone={"normalise": "phone"})
    plugin = {
        "table": "lead",
        "message": "update",
        "when": {"telephone1": "+4681234567"},
        "set": {"telephone1": "+46 8 123 45 67"},
    }
    synced.dynamics.control.settings(plugins=[plugin])
    person, row = synced.linked(emailaddress1="a@example.com")
    synced.edit_person(person, phone="+4681234567")
    synced.cycle()
    assert synced.row(row)["telephone1"] == "+46 8 123 45 67"
    assert quiet(synced)
    assert synced.person(person)["phone"] == "+4681234567"


def test_f12_without_a_normaliser_it_settles_after_one_more_write(synced: Synced) -> None:
    plugin = {
        "table": "lead",
        "message": "update",
        "when": {"telephone1": "+4681234567"},
        "set": {"telephone1": "+46 8 123 45 67"},
    }
    synced.dynamics.control.settings(plugins=[plugin])
    person, _ = synced.linked(emailaddress1="a@example.com")
    synced.edit_person(person, phone="+4681234567")
    synced.cycle()
    synced.cycle()
    assert synced.person(person)["phone"] == "+46 8 123 45 67"
    assert quiet(synced)
