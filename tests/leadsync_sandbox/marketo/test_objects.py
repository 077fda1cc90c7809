"""Companies and sales persons (reference/marketo-rest.md 10)."""

from __future__ import annotations

from support.marketo_rest import Json, Rest

COMPANIES = "/rest/v1/companies.json"


def sync(rest: Rest, *records: Json, **options: object) -> list[Json]:
    answer = rest.post(COMPANIES, {"input": list(records), **options})
    assert answer["success"], answer
    return list(answer["result"])


def test_results_carry_the_input_position(rest: Rest) -> None:
    one = {"externalCompanyId": "acc-1", "company": "Acme"}
    created, twin, nameless = sync(rest, one, one, {"company": "X"})
    assert (created["seq"], created["status"]) == (0, "created")
    assert (twin["seq"], twin["reasons"][0]["code"]) == (1, "1036")
    assert nameless["reasons"][0]["code"] == "1003"
    assert sync(rest, one)[0]["status"] == "updated"
    assert sync(rest, one, action="createOnly")[0]["reasons"][0]["code"] == "1017"
    other = {"externalCompanyId": "acc-2"}
    assert sync(rest, other, action="updateOnly")[0]["reasons"][0]["code"] == "1013"


def test_a_company_shows_on_its_persons_and_is_not_written_through_them(rest: Rest) -> None:
    sync(rest, {"externalCompanyId": "acc-1", "company": "Acme", "annualRevenue": 5})
    number = rest.create(email="a@x.com", externalCompanyId="acc-1")
    assert rest.lead(number, "company", "annualRevenue") == {
        "id": number,
        "company": "Acme",
        "annualRevenue": 5,
    }
    token = rest.token()
    sync(rest, {"externalCompanyId": "acc-1", "company": "Acme Ltd"})
    assert rest.lead(number, "company")["company"] == "Acme Ltd"
    assert rest.changes(token, "company")[-1]["fields"][0]["newValue"] == "Acme Ltd"
    (refused,) = rest.sync({"email": "a@x.com", "company": "Other"})
    assert refused["reasons"][0]["code"] == "1021"
    (unknown,) = rest.sync({"email": "b@x.com", "externalCompanyId": "acc-9"})
    assert unknown["reasons"][0]["code"] == "1003"


def test_companies_are_read_by_filter_and_deleted(rest: Rest) -> None:
    (made,) = sync(rest, {"externalCompanyId": "acc-1", "company": "Acme"})
    query = {"filterType": "dedupeFields", "filterValues": "ACC-1,x", "fields": "company"}
    (found,) = rest.get(COMPANIES, **query)["result"]
    assert found == {"seq": 0, "id": made["id"], "company": "Acme"}
    by_id = rest.get(COMPANIES, filterType="idField", filterValues=made["id"])["result"]
    assert by_id[0]["externalCompanyId"] == "acc-1"
    assert rest.code(rest.get(COMPANIES, filterType="site", filterValues="x")) == "1003"
    body = {"input": [{"externalCompanyId": "acc-1"}, {"externalCompanyId": "x"}]}
    deleted, missing = rest.post("/rest/v1/companies/delete.json", body)["result"]
    assert (deleted["status"], missing["reasons"][0]["code"]) == ("deleted", "1013")


def test_describe_names_the_key(rest: Rest) -> None:
    (company,) = rest.get("/rest/v1/companies/describe.json")["result"]
    assert company["dedupeFields"] == ["externalCompanyId"]
    (person,) = rest.get("/rest/v1/salespersons/describe.json")["result"]
    assert person["searchableFields"] == [["email"], ["id"], ["externalSalesPersonId"]]
    assert rest.code(rest.get("/rest/v1/robots/describe.json")) == "610"


def test_sales_persons_are_written_alike(rest: Rest) -> None:
    record = {"externalSalesPersonId": "u-1", "email": "s@x.com", "firstName": "Sal"}
    (made,) = rest.post("/rest/v1/salespersons.json", {"input": [record]})["result"]
    assert made["status"] == "created"


def test_native_crm_sync_makes_them_read_only(rest: Rest) -> None:
    rest.control.settings(native_crm=True)
    body = {"input": [{"externalCompanyId": "acc-1"}]}
    assert rest.code(rest.post(COMPANIES, body)) == "1018"
