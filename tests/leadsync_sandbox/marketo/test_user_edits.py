"""Users' edits, oracles and imports through control."""

from __future__ import annotations

import pytest

from support.marketo_rest import Json, Rest


def test_edits_validate_log_and_cost_no_quota(rest: Rest) -> None:
    control = rest.control
    before = rest.get("/rest/v1/stats/usage.json")["result"][0]["total"]
    number = control.edit("create", fields={"email": "a@x.com", "firstName": "Ann"})
    control.edit("update", id=number, fields={"firstName": "Anna"}, user="mia@x.com")
    control.edit("update", email="a@x.com", fields={"title": "CTO"})
    loser = control.edit("create", fields={"email": "b@x.com"})
    control.edit("merge", id=number, losers=[loser])
    control.edit("activity", id=number, type=300, attributes={"Sync As": "lead"})
    control.edit("delete", id=number)
    types = [row["activityTypeId"] for row in control.records("activities")]
    assert types == [12, 13, 13, 12, 32, 300, 37]
    assert (
        control.records("activities", typeId=13)[0]["attributes"]["Modifying User"] == "mia@x.com"
    )
    assert control.records("leads") == []
    assert rest.get("/rest/v1/stats/usage.json")["result"][0]["total"] == before + 1


@pytest.mark.parametrize(
    ("operation", "edit", "words"),
    [
        ("create", {"fields": {"email": "bad"}}, "1003 Invalid value for field 'email'"),
        ("create", {"fields": {"nope": 1}}, "1006 Field 'nope' not found"),
        ("update", {"id": 9, "fields": {}}, "1004 Lead not found"),
        ("delete", {"id": 9}, "1004"),
        ("merge", {"id": 9, "losers": [8]}, "1004"),
        ("explode", {}, "Unknown edit"),
    ],
)
def test_impossible_edits_say_why(rest: Rest, operation: str, edit: Json, words: str) -> None:
    with pytest.raises(RuntimeError, match=words):
        rest.control.edit(operation, **edit)


def test_import_is_quiet_unless_asked_and_keeps_given_ids(rest: Rest) -> None:
    field = {"name": "crmKey", "displayName": "CRM Key", "dataType": "string"}
    people = [
        {"id": 5000, "email": "a@x.com", "crmKey": "k", "createdAt": "2020-01-01T00:00:00Z"},
        {"email": "b@x.com", "unsubscribed": True},
    ]
    company = {"externalCompanyId": "acc-1", "company": "Acme"}
    counts = rest.control.load(leads=people, fields=[field], companies=[company])
    assert counts == {"leads": 2, "fields": 1, "companies": 1}
    assert rest.control.records("activities") == []
    assert rest.leads("crmKey", "k")[0]["createdAt"] == "2020-01-01T00:00:00Z"
    assert rest.create(email="c@x.com") > 5000
    rest.control.load(leads=[{"email": "d@x.com"}], log=True)
    assert len(rest.control.records("activities", typeId=12)) == 2


@pytest.mark.parametrize(
    ("records", "word"),
    [
        ({"leads": [{"nope": 1}]}, "nope"),
        ({"leads": [{"email": "bad"}]}, "1003"),
        ({"deals": []}, "deals"),
    ],
)
def test_import_refuses_what_does_not_fit_and_stores_nothing(
    rest: Rest, records: Json, word: str
) -> None:
    with pytest.raises(RuntimeError, match=word):
        rest.control.load(**{"companies": [{"externalCompanyId": "x"}], **records})
    assert rest.control.records("companies") == []


def test_oracles_show_everything(rest: Rest) -> None:
    number = rest.create(email="a@x.com")
    (lead,) = rest.control.records("leads", id=number, fields="email")
    assert lead == {"id": number, "email": "a@x.com"}
    assert len(rest.control.records("fields")) == 91
    assert rest.control.records("lists") == []
    assert rest.control.records("activities", leadId=number)[0]["activityTypeId"] == 12
    with pytest.raises(RuntimeError, match="robots"):
        rest.control.records("robots")
