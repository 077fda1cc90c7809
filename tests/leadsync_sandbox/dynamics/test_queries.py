"""Query options over rows (reference/dataverse-webapi.md 4)."""

from __future__ import annotations

import pytest

from support.organisation import Organisation

ROWS = (
    {"subject": "a", "lastname": "Öberg", "numberofemployees": 1, "leadsourcecode": 1},
    {"subject": "b", "lastname": "O'Brien", "numberofemployees": 2, "donotemail": True},
    {"subject": "c", "lastname": "Smith", "numberofemployees": 3, "emailaddress1": "S@X.com"},
    {"subject": "d", "numberofemployees": 40, "estimatedclosedate": "2026-01-31"},
)


@pytest.fixture
def filled(org: Organisation) -> Organisation:
    """Four leads with the subjects a to d."""
    org.sandbox.load({"lead": [dict(row) for row in ROWS]}, log=False)
    return org


def subjects(org: Organisation, **options: str) -> str:
    reply = org.get("leads", **{"select": "subject", "orderby": "subject", **options})
    assert reply.status == 200, reply.text
    return "".join(row["subject"] for row in reply.json["value"])


@pytest.mark.parametrize(
    ("expression", "found"),
    [
        ("numberofemployees eq 2", "b"),
        ("numberofemployees gt 1 and numberofemployees le 3", "bc"),
        ("numberofemployees lt 2 or not (numberofemployees lt 40)", "ad"),
        ("lastname eq 'o''brien'", "b"),
        ("lastname eq 'öberg'", "a"),
        ("lastname ne 'Smith'", "ab"),
        ("lastname eq null", "d"),
        ("lastname ne null", "abc"),
        ("emailaddress1 eq 's@x.COM'", "c"),
        ("donotemail eq true", "b"),
        ("contains(lastname,'BR')", "b"),
        ("startswith(lastname,'ö')", "a"),
        ("endswith(lastname,'ith')", "c"),
        ("contains(lastname,'S_ith')", "c"),
        ("contains(lastname,'[OÖ]b')", "a"),
        ("leadsourcecode eq 1", "a"),
        ("estimatedclosedate eq 2026-01-31", "d"),
        ("createdon ge 2020-01-01T00:00:00Z", "abcd"),
        ("createdon ge 2020-01-01", "abcd"),
        ("subject eq subject", "abcd"),
        ('Microsoft.Dynamics.CRM.In(PropertyName=\'subject\',PropertyValues=["a","C"])', "ac"),
        ("Microsoft.Dynamics.CRM.In(PropertyName='lastname',PropertyValues=[\"O'Brien\"])", "b"),
        ("Microsoft.Dynamics.CRM.In(PropertyName='lastname',PropertyValues=[\"ÖBERG\"])", "a"),
        ("Microsoft.Dynamics.CRM.NotIn(PropertyName='subject',PropertyValues=[\"a\"])", "bcd"),
        (
            "Microsoft.Dynamics.CRM.Between(PropertyName='numberofemployees',"
            'PropertyValues=["2","3"])',
            "bc",
        ),
        ("Microsoft.Dynamics.CRM.LastXDays(PropertyName='createdon',PropertyValue=7)", "abcd"),
        (
            "Microsoft.Dynamics.CRM.OnOrAfter(PropertyName='createdon',PropertyValue=2020-01-01)",
            "abcd",
        ),
        ("ownerid/systemuserid ne null", "abcd"),
    ],
)
def test_filters(filled: Organisation, expression: str, found: str) -> None:
    assert subjects(filled, filter=expression) == found


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"filter": "foo eq 1"}, "Could not find a property named 'foo' on type"),
        ({"select": "foo"}, "Could not find a property named 'foo' on type"),
        ({"orderby": "foo"}, "Could not find a property named 'foo' on type"),
        ({"expand": "foo"}, "Could not find a property named 'foo' on type"),
        ({"skip": "5"}, "Skip Clause is not supported in CRM"),
        ({"search": "x"}, "The query parameter $search is not supported."),
        ({"filter": "subject in ('a','b')"}, "Syntax error at position 8"),
        ({"filter": "length(subject) eq 1"}, "An unknown function with name 'length'"),
        ({"filter": "subject eq 5"}, "A binary operator with incompatible types"),
        ({"filter": "numberofemployees eq 'x'"}, "A binary operator with incompatible types"),
        ({"filter": "leadid eq guid'00000000-0000-0000-0000-000000000001'"}, "Unrecognized"),
        ({"filter": "(subject eq 'a'"}, "Syntax error"),
        ({"filter": "subject eq 'a' subject"}, "Syntax error"),
        ({"top": "0"}, "Invalid value '0' for $top"),
        ({"orderby": "subject down"}, "Syntax error"),
    ],
)
def test_queries_that_are_refused(filled: Organisation, options: dict[str, str], text: str) -> None:
    reply = filled.get("leads", **options)

    assert (reply.status, reply.code) == (400, "0x80060888")
    assert text in reply.message


def test_five_hundred_conditions_are_the_limit(org: Organisation) -> None:
    most = " or ".join(f"numberofemployees eq {n}" for n in range(500))

    assert org.get("leads", filter=most).status == 200
    assert org.get("leads", filter=f"{most} or subject eq 'x'").code == "0x8004430c"


def test_a_column_orders_once(org: Organisation) -> None:
    assert org.get("leads", orderby="subject,subject desc").code == "0x80048d16"


def test_unknown_sets_and_long_urls(org: Organisation) -> None:
    unknown = org.get("leadz")

    assert (unknown.status, unknown.code) == (404, "0x80060888")
    assert unknown.message == "Resource not found for the segment 'leadz'."
    assert org.get("leads", filter="subject eq '" + "x" * 32_768 + "'").status == 414


def test_order_top_and_count(filled: Organisation) -> None:
    assert subjects(filled, orderby="numberofemployees desc", top="2") == "dc"
    assert subjects(filled, orderby="lastname,subject") == "dbca"
    assert filled.get("leads", count="true", top="1").json["@odata.count"] == 4
    assert filled.get("leads/$count").text.lstrip("\ufeff") == "4"


def test_pages_follow_the_link_byte_for_byte(filled: Organisation) -> None:
    prefer = {"Prefer": "odata.maxpagesize=3"}
    first = filled.get("leads", prefer, select="subject", orderby="lastname desc").json

    second = filled.get(first["@odata.nextLink"], prefer).json

    assert [r["subject"] for r in first["value"] + second["value"]] == ["a", "c", "b", "d"]
    assert "@odata.nextLink" not in second
    twice_encoded = first["@odata.nextLink"].replace("%25", "%2525")
    assert filled.get(twice_encoded, prefer).status == 400


def test_pages_reach_all_rows_whatever_the_order(filled: Organisation) -> None:
    for order in ("lastname", "lastname desc", "donotemail,emailaddress1 desc"):
        found, url = [], f"leads?$select=subject&$orderby={order.replace(' ', '%20')}"
        while url:
            page = filled.get(url, {"Prefer": "odata.maxpagesize=1"}).json
            found += [row["subject"] for row in page["value"]]
            url = page.get("@odata.nextLink", "")
        assert sorted(found) == ["a", "b", "c", "d"]


def test_a_selection_brings_companions(filled: Organisation) -> None:
    row = filled.get("leads", select="revenue,address1_city,ownerid", top="1").json["value"][0]

    assert set(row) == {
        "@odata.etag",
        "revenue",
        "_transactioncurrencyid_value",
        "address1_city",
        "address1_composite",
        "leadid",
    }


def test_formatted_values_stand_before_their_property(filled: Organisation) -> None:
    prefer = {"Prefer": 'odata.include-annotations="OData.Community.Display.V1.FormattedValue"'}

    [row] = filled.get(
        "leads", prefer, select="leadsourcecode,lastname", filter="leadsourcecode eq 1"
    ).json["value"]

    shown = "leadsourcecode@OData.Community.Display.V1.FormattedValue"
    assert row[shown] == "Advertisement"
    assert list(row).index(shown) + 1 == list(row).index("leadsourcecode")
    assert not any(name.startswith("lastname@") for name in row)


def test_lookups_expand(org: Organisation) -> None:
    account = org.create("accounts", name="Contoso")
    link = {"parentcustomerid_account@odata.bind": f"/accounts({account})"}
    contact = org.create("contacts", lastname="A", **link)
    nested = "parentcustomerid_account($select=name;$expand=ownerid($select=fullname))"

    row = org.get(f"contacts({contact})", select="lastname", expand=nested).json
    found = org.get("contacts", filter="parentcustomerid_account/name eq 'contoso'").json
    customers = org.get(
        "accounts", filter="contact_customer_accounts/any(c:c/lastname eq 'A')"
    ).json
    collection = org.get(
        f"accounts({account})", expand="contact_customer_accounts($select=lastname)"
    ).json

    assert row["parentcustomerid_account"]["name"] == "Contoso"
    assert "@odata.etag" not in row["parentcustomerid_account"]
    assert row["parentcustomerid_account"]["ownerid"]["fullname"] == "# leadsync"
    assert [r["contactid"] for r in found["value"]] == [contact]
    assert [r["accountid"] for r in customers["value"]] == [account]
    assert collection["contact_customer_accounts"][0]["contactid"] == contact
    assert "contact_customer_accounts@odata.nextLink" in collection
    assert (
        org.get("contacts", expand="parentcustomerid_contact").json["value"][0][
            "parentcustomerid_contact"
        ]
        is None
    )


def test_parameter_aliases(org: Organisation) -> None:
    path = (
        "sdkmessagefilters?$select=sdkmessagefilterid&$filter=sdkmessageid/name eq @m and "
        "primaryobjecttypecode eq @t&@m='CreateMultiple'&@t="
    ).replace(" ", "%20")

    assert len(org.get(f"{path}'lead'").json["value"]) == 1
    assert org.get(f"{path}'systemuser'").json["value"] == []


def test_the_service_describes_itself(org: Organisation) -> None:
    sets = {item["name"] for item in org.get("").json["value"]}
    document = org.get("$metadata").text

    assert {"leads", "contacts", "accounts", "systemusers", "teams"} <= sets
    assert '<EntityType Name="lead" BaseType="mscrm.crmbaseentity">' in document
    assert '<Property Name="_ownerid_value" Type="Edm.Guid" />' in document
    assert org.get("RetrieveVersion()").json["Version"].startswith("9.2.")
    assert org.get("WhoAmI()").json["UserId"]
