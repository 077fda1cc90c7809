"""Metadata endpoints and customising (reference/dataverse-webapi.md 19)."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

import pytest

from support.organisation import Organisation

LEAD = "EntityDefinitions(LogicalName='lead')"
CRM = "Microsoft.Dynamics.CRM."


def attributes(org: Organisation, cast: str = "", **options: str) -> dict[str, dict[str, Any]]:
    path = f"{LEAD}/Attributes" + (f"/{CRM}{cast}AttributeMetadata" if cast else "")
    reply = org.get(path, **options)
    assert reply.status == 200, reply.text
    return {item["LogicalName"]: item for item in reply.json["value"]}


def test_table_facts(org: Organisation) -> None:
    table = org.get(LEAD, select="EntitySetName,PrimaryIdAttribute,ChangeTrackingEnabled").json
    by_id = org.get(f"EntityDefinitions({table['MetadataId']})").json

    assert table["EntitySetName"] == "leads"
    assert table["ChangeTrackingEnabled"] is True
    assert by_id["ObjectTypeCode"] == 4
    assert org.get("EntityDefinitions(LogicalName='nosuch')").status == 404


def test_tables_can_be_filtered(org: Organisation) -> None:
    tracked = org.get(
        "EntityDefinitions", select="LogicalName", filter="ChangeTrackingEnabled eq true"
    ).json["value"]
    named = org.get("EntityDefinitions", filter="LogicalName eq 'contact'").json["value"]

    assert {"lead", "contact", "account"} <= {item["LogicalName"] for item in tracked}
    assert [item["EntitySetName"] for item in named] == ["contacts"]


def test_all_columns_and_their_shadows(org: Organisation) -> None:
    everything = attributes(org, select="LogicalName,AttributeOf,IsValidODataAttribute")
    real = attributes(org, filter="AttributeOf eq null and IsValidForRead eq true")

    assert everything["leadsourcecodename"]["AttributeOf"] == "leadsourcecode"
    assert everything["owneridtype"]["IsValidODataAttribute"] is False
    assert len(real) == 149
    assert org.get("leads", select="leadsourcecodename").status == 400


def test_typed_columns(org: Organisation) -> None:
    texts = attributes(org, "String", select="LogicalName,MaxLength,FormatName")
    lookups = attributes(org, "Lookup", select="LogicalName,Targets")
    money = attributes(org, "Money", select="LogicalName,MinValue,MaxValue,PrecisionSource")
    dates = attributes(org, "DateTime", select="LogicalName,DateTimeBehavior")

    assert texts["mobilephone"]["MaxLength"] == 20
    assert texts["emailaddress1"]["FormatName"] == {"Value": "Email"}
    assert lookups["ownerid"]["Targets"] == ["systemuser", "team"]
    assert lookups["customerid"]["Targets"] == ["account", "contact"]
    assert money["revenue"]["MaxValue"] == 100_000_000_000_000
    assert dates["estimatedclosedate"]["DateTimeBehavior"] == {"Value": "DateOnly"}


def test_required_levels_filter_by_enum(org: Organisation) -> None:
    level = f"RequiredLevel/Value eq {CRM}AttributeRequiredLevel'ApplicationRequired'"

    assert set(attributes(org, filter=level)) == {"lastname", "subject"}


def test_derived_members_need_the_cast(org: Organisation) -> None:
    assert org.get(f"{LEAD}/Attributes", select="LogicalName,MaxLength").status == 400
    assert org.get(f"{LEAD}/Attributes/{CRM}EnumAttributeMetadata").status == 404


def test_option_sets(org: Organisation) -> None:
    expand = {"select": "LogicalName", "expand": "OptionSet($select=Options)"}
    sources = attributes(org, "Picklist", **expand)["leadsourcecode"]["OptionSet"]["Options"]
    reasons = attributes(org, "Status", **expand)["statuscode"]["OptionSet"]["Options"]
    states = attributes(org, "State", **expand)["statecode"]["OptionSet"]["Options"]
    flags = attributes(org, "Boolean", select="LogicalName", expand="OptionSet")
    single = org.get(
        f"{LEAD}/Attributes(LogicalName='leadsourcecode')/{CRM}PicklistAttributeMetadata/OptionSet"
    ).json

    labels = {o["Value"]: o["Label"]["UserLocalizedLabel"]["Label"] for o in sources}
    assert labels[9] == "Word of Mouth"
    assert {o["Value"]: o["State"] for o in reasons}[3] == 1
    assert {o["Value"]: o["DefaultStatus"] for o in states} == {0: 1, 1: 3, 2: 4}
    assert flags["donotemail"]["OptionSet"]["TrueOption"]["Value"] == 1
    assert len(single["Options"]) == 10


def test_relationships_tell_navigation_names(org: Organisation) -> None:
    found = org.get("EntityDefinitions(LogicalName='contact')/ManyToOneRelationships").json["value"]
    names = {
        (r["ReferencingAttribute"], r["ReferencedEntity"]): r[
            "ReferencingEntityNavigationPropertyName"
        ]
        for r in found
    }

    assert names["parentcustomerid", "account"] == "parentcustomerid_account"
    assert names["ownerid", "team"] == "ownerid"


def column_body(schema_name: str, kind: str, **more: Any) -> dict[str, Any]:
    label = {"LocalizedLabels": [{"Label": "Own", "LanguageCode": 1033}]}
    return {
        "@odata.type": f"{CRM}{kind}AttributeMetadata",
        "SchemaName": schema_name,
        "DisplayName": label,
        **more,
    }


@pytest.mark.parametrize(
    ("kind", "more", "value"),
    [
        ("Integer", {"MinValue": 0, "MaxValue": 10}, 5),
        ("String", {"MaxLength": 5}, "abc"),
        ("Boolean", {"DefaultValue": True}, False),
        ("DateTime", {"DateTimeBehavior": {"Value": "DateOnly"}}, "2026-01-31"),
        ("Picklist", {"OptionSet": {"Options": [{"Value": 3, "Label": {}}]}}, 3),
        ("MultiSelectPicklist", {"OptionSet": {"Options": [{"Value": 3}, {"Value": 1}]}}, "1,3"),
        ("Money", {}, 12.5),
    ],
)
def test_columns_can_be_created(
    org: Organisation, kind: str, more: dict[str, Any], value: Any
) -> None:
    reply = org.call("POST", f"{LEAD}/Attributes", column_body("new_Own", kind, **more))

    assert reply.status == 204
    assert "/Attributes(" in reply.headers["OData-EntityId"]
    assert org.row("leads", org.create("leads", new_own=value))["new_own"] == value


def test_a_boolean_column_has_its_default(org: Organisation) -> None:
    org.call("POST", f"{LEAD}/Attributes", column_body("new_Own", "Boolean", DefaultValue=True))

    assert org.row("leads", org.create("leads"))["new_own"] is True


def test_columns_that_cannot_be_created(org: Organisation) -> None:
    path = f"{LEAD}/Attributes"
    assert org.call("POST", path, column_body("new_Own", "Integer")).status == 204

    assert org.call("POST", path, column_body("new_Own", "Integer")).code == "0x80047013"
    assert org.call("POST", path, column_body("own", "Integer")).status == 400
    assert org.call("POST", path, column_body("new_Other", "File")).status == 400


def test_custom_columns_change_and_go_system_columns_stay(org: Organisation) -> None:
    org.call("POST", f"{LEAD}/Attributes", column_body("new_Own", "String", MaxLength=5))
    column = f"{LEAD}/Attributes(LogicalName='new_own')"

    changed = org.call("PUT", column, column_body("new_Own", "String", MaxLength=9))
    assert changed.status == 204
    org.create("leads", new_own="123456789")
    assert org.call("DELETE", column).status == 204
    assert org.call("POST", "leads", {"new_own": "x"}).status == 400
    assert org.call("DELETE", f"{LEAD}/Attributes(LogicalName='subject')").status == 400


def test_customising_through_control(org: Organisation) -> None:
    lead = org.create("leads", jobtitle="CTO", leadsourcecode=8)

    org.edit("rename_column", table="lead", column="jobtitle", to="new_jobtitle")
    org.edit("change_column", table="lead", column="subject", length=3)
    org.edit("retype_column", table="lead", column="sic", type="Integer")
    org.edit("rename_option", table="lead", column="leadsourcecode", value=8, label="Internet")
    org.edit("add_option", table="lead", column="leadsourcecode", value=20, label="Webinar")
    org.edit("drop_column", table="lead", column="fax")

    row = org.row("leads", lead)
    assert (row["new_jobtitle"], row["leadsourcecode"]) == ("CTO", 8)
    assert "jobtitle" not in row
    assert org.call("POST", "leads", {"subject": "long"}).code == "0x80044331"
    assert org.create("leads", sic=5, leadsourcecode=20)
    assert org.call("POST", "leads", {"fax": "1"}).code == "0x80048d19"


def test_incremental_schema(org: Organisation) -> None:
    def named(value: str) -> dict[str, Any]:
        condition = {
            "PropertyName": "LogicalName",
            "ConditionOperator": "Equals",
            "Value": {"Type": "System.String", "Value": value},
        }
        return {"Conditions": [condition]}

    query = {
        "Criteria": named("lead"),
        "AttributeQuery": {
            "Criteria": named("subject"),
            "Properties": {"PropertyNames": ["LogicalName", "MaxLength"]},
        },
    }
    path = "RetrieveMetadataChanges(Query=@p1)"

    found = org.get(f"{path}?@p1={quote(json.dumps(query))}").json["EntityMetadata"]

    assert found[0]["Attributes"][0]["MaxLength"] == 300
