"""Table metadata out of the service's JSON, and the calls that fetch it."""

from __future__ import annotations

from typing import Any

import pytest
from werkzeug import Request, Response

from leadsync.dynamics.schema import carries_value, column_of, is_active, label_of, table_of
from leadsync.errors import PermissionDeniedError, RejectedError, SchemaChangedError
from leadsync.model import OptionValue
from support.web_api import ScriptedOrganisation, error_response, json_response

DEFINITION = {
    "LogicalName": "lead",
    "EntitySetName": "leads",
    "PrimaryIdAttribute": "leadid",
    "ChangeTrackingEnabled": True,
    "IsOptimisticConcurrencyEnabled": True,
}


def attribute(name: str, kind: str, **more: Any) -> dict[str, Any]:
    return {
        "LogicalName": name,
        "AttributeType": kind,
        "AttributeTypeName": {"Value": f"{kind}Type"},
        "AttributeOf": None,
        "RequiredLevel": {"Value": "None"},
        "IsValidForCreate": True,
        "IsValidForRead": True,
        "IsValidForUpdate": True,
        "IsValidODataAttribute": True,
        "SourceType": 0,
        "DisplayName": label(name.title()),
        **more,
    }


def label(text: str) -> dict[str, Any]:
    one = {"Label": text, "LanguageCode": 1033}
    return {"LocalizedLabels": [one], "UserLocalizedLabel": one}


def option(value: int, text: str, **more: int) -> dict[str, Any]:
    return {"Value": value, "Label": label(text), **more}


def test_a_string_column_has_length_and_format() -> None:
    column = column_of(
        attribute("emailaddress1", "String", RequiredLevel={"Value": "ApplicationRequired"}),
        {"MaxLength": 100, "FormatName": {"Value": "Email"}},
        None,
    )

    assert (column.type, column.max_length, column.format) == ("String", 100, "Email")
    assert column.required == "ApplicationRequired"
    assert column.display_name == "Emailaddress1"


def test_a_status_column_has_options_with_states() -> None:
    typed = {"OptionSet": {"Options": [option(1, "New", State=0), option(3, "Done", State=1)]}}

    column = column_of(attribute("statuscode", "Status"), typed, None)

    assert column.options == (OptionValue(1, "New", 0), OptionValue(3, "Done", 1))


def test_a_shared_choice_is_read_from_its_global_set() -> None:
    typed = {"OptionSet": None, "GlobalOptionSet": {"Options": [option(7, "Red")]}}

    assert column_of(attribute("x", "Picklist"), typed, None).options == (OptionValue(7, "Red"),)


def test_numbers_dates_and_lookups_have_their_detail() -> None:
    money = {"MinValue": 0, "MaxValue": 5.5, "Precision": 2}
    date = {"Format": "DateOnly", "DateTimeBehavior": {"Value": "TimeZoneIndependent"}}

    amount = column_of(attribute("revenue", "Money"), money, None)
    day = column_of(attribute("birthdate", "DateTime"), date, None)
    owner = column_of(attribute("ownerid", "Owner"), {"Targets": ["systemuser", "team"]}, None)

    assert (amount.minimum, amount.maximum, amount.precision) == (0, 5.5, 2)
    assert (day.format, day.date_behavior) == ("DateOnly", "TimeZoneIndependent")
    assert (owner.targets, owner.read_name) == (("systemuser", "team"), "_ownerid_value")


def test_a_multi_select_calls_itself_virtual() -> None:
    kind = {"AttributeType": "Virtual", "AttributeTypeName": {"Value": "MultiSelectPicklistType"}}

    shown = attribute("colours", "Virtual") | kind

    assert carries_value(shown)
    assert column_of(shown, {}, None).type == "MultiSelectPicklist"


@pytest.mark.parametrize(
    "hidden",
    [
        attribute("leadsourcecodename", "Virtual", AttributeOf="leadsourcecode"),
        attribute("owneridname", "String", AttributeOf="ownerid", IsValidODataAttribute=False),
        attribute("owneridtype", "EntityName"),
        attribute("entityimage", "Image"),
        attribute("secret", "String", IsValidForRead=False),
    ],
)
def test_shadows_and_valueless_columns_are_left_out(hidden: dict[str, Any]) -> None:
    table = table_of(DEFINITION, [hidden, attribute("subject", "String")], [], {}, None)

    assert list(table.columns) == ["subject"]


@pytest.mark.parametrize(
    ("name", "source", "computed"),
    [
        ("score", 0, False),
        ("score", 1, True),
        ("score", 2, True),
        ("score", None, False),
        ("createdon", 0, True),
        ("modifiedby", 0, True),
    ],
)
def test_calculated_and_stamped_columns_are_computed(
    name: str, source: int | None, computed: bool
) -> None:
    assert column_of(attribute(name, "DateTime", SourceType=source), {}, None).computed is computed


def test_labels_fall_back_to_english_then_to_any() -> None:
    swedish = {"Label": "Namn", "LanguageCode": 1053}
    english = {"Label": "Name", "LanguageCode": 1033}

    assert label_of({"UserLocalizedLabel": swedish, "LocalizedLabels": [english]}) == "Namn"
    assert label_of({"UserLocalizedLabel": None, "LocalizedLabels": [swedish, english]}) == "Name"
    assert label_of({"UserLocalizedLabel": None, "LocalizedLabels": [swedish]}) == "Namn"
    assert label_of({"UserLocalizedLabel": None, "LocalizedLabels": []}) is None


def test_only_active_keys_can_be_used() -> None:
    keys: list[dict[str, Any]] = [
        {"LogicalName": "a", "EntityKeyIndexStatus": "Active"},
        {"LogicalName": "b", "EntityKeyIndexStatus": "Pending"},
        {"LogicalName": "c", "EntityKeyIndexStatus": 2},
    ]

    assert [key["LogicalName"] for key in keys if is_active(key)] == ["a", "c"]


LISTED: dict[str, list[dict[str, Any]]] = {
    "Attributes": [
        attribute("subject", "String"),
        attribute("leadsourcecode", "Picklist"),
        attribute("ownerid", "Owner"),
    ],
    "Keys": [{"LogicalName": "new_marketoid_key", "EntityKeyIndexStatus": "Active"}],
    "StringAttributeMetadata": [{"LogicalName": "subject", "MaxLength": 300}],
    "PicklistAttributeMetadata": [
        {"LogicalName": "leadsourcecode", "OptionSet": {"Options": [option(8, "Web")]}}
    ],
    "LookupAttributeMetadata": [{"LogicalName": "ownerid", "Targets": ["team"]}],
}


def lead_metadata(request: Request) -> Response:
    """Answer a read of one table: a subject, a source with options, an owner."""
    part = part_asked_for(request)
    return json_response({"value": LISTED[part]} if part in LISTED else DEFINITION)


def part_asked_for(request: Request) -> str:
    """Return ``definition``, ``Attributes``, ``Keys`` or the cast of a metadata read."""
    below = request.path.partition("(LogicalName='lead')")[2]
    return below.rpartition("/")[2].rpartition(".")[2] or "definition"


def test_a_table_takes_a_call_for_each_kind_of_column(organisation: ScriptedOrganisation) -> None:
    organisation.answer(lead_metadata)

    table = organisation.client.table("lead")

    assert [part_asked_for(request) for request in organisation.requests] == [
        "definition",
        "Attributes",
        "StringAttributeMetadata",
        "LookupAttributeMetadata",
        "PicklistAttributeMetadata",
        "Keys",
    ]
    assert organisation.ledger.calls() == {"dynamics": 6}
    assert (table.name, table.entity_set, table.primary_id) == ("lead", "leads", "leadid")
    assert table.keys == ("new_marketoid_key",)
    assert table.columns["subject"].max_length == 300
    assert table.columns["leadsourcecode"].options == (OptionValue(8, "Web"),)
    assert table.columns["ownerid"].targets == ("team",)
    assert {request.headers["Consistency"] for request in organisation.requests} == {"Strong"}


def test_detail_is_limited_to_the_columns_asked_for(organisation: ScriptedOrganisation) -> None:
    organisation.answer(lead_metadata)

    table = organisation.client.table("lead", ["subject", "unknown"])

    assert organisation.ledger.calls() == {"dynamics": 4}
    assert table.columns["subject"].max_length == 300
    assert table.columns["leadsourcecode"].type == "Picklist"
    assert table.columns["leadsourcecode"].options == ()


def test_no_column_asked_for_takes_three_calls(organisation: ScriptedOrganisation) -> None:
    organisation.answer(lead_metadata)

    assert set(organisation.client.table("lead", ()).columns) == {
        "subject",
        "leadsourcecode",
        "ownerid",
    }
    assert organisation.ledger.calls() == {"dynamics": 3}


@pytest.mark.parametrize("code", ["0x80040217", "0x80060888"])
def test_a_missing_table_is_named(organisation: ScriptedOrganisation, code: str) -> None:
    organisation.answer(error_response(404, code))

    with pytest.raises(SchemaChangedError, match=r"no table lead.*Sales app"):
        organisation.client.table("lead")

    assert len(organisation.requests) == 1


def test_a_refused_query_is_no_missing_table(organisation: ScriptedOrganisation) -> None:
    organisation.answer(error_response(400, "0x80060888", "Could not find a property"))

    with pytest.raises(RejectedError, match="Could not find a property"):
        organisation.client.table("lead")


def test_metadata_that_may_not_be_read_names_the_privilege(
    organisation: ScriptedOrganisation,
) -> None:
    text = "is missing prvReadEntity privilege"
    organisation.answer(error_response(403, "0x80040220", text))

    with pytest.raises(PermissionDeniedError, match="the privilege prvReadEntity"):
        organisation.client.table("lead")


def test_a_throttled_read_is_asked_again(organisation: ScriptedOrganisation) -> None:
    slow = error_response(429, "0x80072322", "Slow", Retry_After="9")
    organisation.answer(lead_metadata, slow, lead_metadata)

    assert organisation.client.table("lead").name == "lead"
    assert organisation.clock.sleeps[0] >= 9
    asked = [part_asked_for(request) for request in organisation.requests]
    assert asked[:4] == ["definition", "Attributes", "Attributes", "StringAttributeMetadata"]


def test_navigation_properties_are_found_by_column_and_target(
    organisation: ScriptedOrganisation,
) -> None:
    relations = [
        {
            "ReferencingAttribute": "parentcustomerid",
            "ReferencedEntity": target,
            "ReferencingEntityNavigationPropertyName": f"parentcustomerid_{target}",
        }
        for target in ("account", "contact")
    ]
    organisation.answer(json_response({"value": relations}))

    navigation = organisation.client.navigation("contact")

    assert organisation.ledger.calls() == {"dynamics": 1}
    assert navigation["parentcustomerid", "account"] == "parentcustomerid_account"
    assert len(navigation) == 2
