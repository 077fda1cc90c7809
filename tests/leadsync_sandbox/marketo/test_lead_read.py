"""Reading persons (reference/marketo-rest.md 7.2)."""

from __future__ import annotations

from support.marketo_rest import Rest

LEADS = "/rest/v1/leads.json"


def test_default_fields_are_six_and_nulls_are_explicit(rest: Rest) -> None:
    number = rest.create(email="a@x.com", firstName="Ann")
    found = rest.lead(number)
    assert set(found) == {"id", "email", "updatedAt", "createdAt", "firstName", "lastName"}
    assert (found["id"], found["lastName"]) == (number, None)


def test_id_is_always_there_and_booleans_are_never_null(rest: Rest) -> None:
    number = rest.create(email="a@x.com", firstName="Ann", lastName="Lee")
    assert rest.lead(number, "unsubscribed", "mktoName", "leadPartitionId") == {
        "id": number,
        "unsubscribed": False,
        "mktoName": "Ann Lee",
        "leadPartitionId": 1,
    }


def test_a_missing_person_is_1004_by_id_and_absent_by_filter(rest: Rest) -> None:
    answer = rest.get("/rest/v1/lead/9.json")
    assert answer["errors"] == [{"code": "1004", "message": "Lead '9' not found"}]
    number = rest.create(email="a@x.com")
    assert [lead["id"] for lead in rest.leads("id", 9, number, 10)] == [number]


def test_addresses_match_without_case_and_all_duplicates_come(rest: Rest) -> None:
    rest.sync({"email": "Twin@x.com"}, {"email": "twin@X.com"}, action="createDuplicate")
    assert len(rest.leads("email", "TWIN@x.com")) == 2


def test_unknown_fields_are_1006_and_unsearchable_filters_1011(rest: Rest) -> None:
    answer = rest.get(LEADS, filterType="email", filterValues="a", fields="nope")
    assert rest.code(answer) == "1006"
    assert rest.code(rest.get(LEADS, filterType="firstName", filterValues="a")) == "1011"
    assert rest.code(rest.get(LEADS, filterType="microsoftId", filterValues="a")) == "1003"
    assert rest.leads("sfdcLeadId", "a") == []
    assert rest.code(rest.get(LEADS, filterType="updatedAt", filterValues="a")) == "1011"


def test_at_most_300_values_and_1000_matches(rest: Rest) -> None:
    values = ",".join(str(number) for number in range(301))
    assert rest.code(rest.get(LEADS, filterType="id", filterValues=values)) == "1003"
    rest.control.load(leads=[{"email": "same@x.com"} for _ in range(1001)])
    answer = rest.get(LEADS, filterType="email", filterValues="same@x.com")
    assert answer["errors"][0]["message"] == "Too many results match the filter"


def test_pages_follow_a_padded_token(rest: Rest) -> None:
    rest.control.load(leads=[{"email": "same@x.com"} for _ in range(5)])
    query = {"filterType": "email", "filterValues": "same@x.com", "batchSize": 2}
    first = rest.get(LEADS, **query)
    assert first["nextPageToken"].endswith("=")
    second = rest.get(LEADS, **query, nextPageToken=first["nextPageToken"])
    third = rest.get(LEADS, **query, nextPageToken=second["nextPageToken"])
    ids = [lead["id"] for page in (first, second, third) for lead in page["result"]]
    assert ids == sorted(ids)
    assert len(set(ids)) == 5
    assert set(third) == {"requestId", "result", "success"}


def test_custom_string_integer_and_email_fields_can_be_filtered(rest: Rest) -> None:
    for name, data_type in (("crmKey", "string"), ("crmNumber", "integer"), ("crmDate", "date")):
        field = {"name": name, "displayName": name, "dataType": data_type}
        rest.control.edit("create", table="fields", fields=field)
    number = rest.create(email="a@x.com", crmKey="AB-1", crmNumber=7)
    assert [lead["id"] for lead in rest.leads("crmKey", "ab-1")] == [number]
    assert [lead["id"] for lead in rest.leads("crmNumber", 7, 8)] == [number]
    assert rest.code(rest.get(LEADS, filterType="crmDate", filterValues="2026-01-01")) == "1011"


def test_batch_size_is_checked(rest: Rest) -> None:
    query = {"filterType": "id", "filterValues": "1"}
    assert rest.code(rest.get(LEADS, **query, batchSize=301)) == "1003"
    assert rest.code(rest.get(LEADS, **query, batchSize="x")) == "1001"
