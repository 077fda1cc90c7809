"""Person schema (reference/marketo-rest.md 7.1)."""

from __future__ import annotations

from typing import Any

import pytest

from leadsync.errors import TransientApiError
from leadsync.marketo.client import MarketoClient
from leadsync.marketo.schema_fields import FieldResult, NewField, field_names
from leadsync.model import MarketoField

ITEM = {"id": 55, "displayName": "Last Name", "dataType": "string", "length": 255}


def test_fields_that_rest_cannot_see_are_left_out(scripted: Any) -> None:
    visible = {**ITEM, "rest": {"name": "lastName", "readOnly": False}}
    scripted.marketo.will_answer({"result": [visible, ITEM]})
    assert scripted.client.describe() == {
        "lastName": MarketoField("lastName", "Last Name", "string", 255)
    }


def test_id_is_not_settable_whatever_describe_says(sandboxed: MarketoClient) -> None:
    fields = sandboxed.describe()
    assert fields["id"].read_only
    assert fields["createdAt"].read_only
    assert not fields["email"].read_only
    assert (fields["email"].data_type, fields["email"].length) == ("email", 255)


def test_single_searchable_fields_are_told(scripted: Any) -> None:
    groups = [["email"], ["id"], ["a", "b"]]
    fields = [{"name": "crmGuid", "crmManaged": True}, {"name": "email", "crmManaged": False}]
    scripted.marketo.will_answer({"result": [{"searchableFields": groups, "fields": fields}]})
    person = scripted.client.describe_object()
    assert person.searchable == {"email", "id"}
    assert person.crm_managed == {"crmGuid"}


def test_a_created_field_is_described_and_searchable(sandboxed: MarketoClient) -> None:
    field = NewField("leadsyncProbe", "leadsync probe", "string", "a probe")
    assert sandboxed.create_fields([field]) == [FieldResult("leadsyncProbe", created=True)]
    assert "leadsyncProbe" in sandboxed.describe()
    assert "leadsyncProbe" in sandboxed.describe_object().searchable
    assert "leadsyncProbe" in field_names(sandboxed.session)


def test_no_fields_cost_no_call(scripted: Any) -> None:
    assert scripted.client.create_fields([]) == []
    assert scripted.marketo.asked == []


def test_a_field_without_a_result_is_not_taken_for_created(scripted: Any) -> None:
    scripted.marketo.will_answer({"result": []})
    with pytest.raises(TransientApiError, match="0 results for 1 fields"):
        scripted.client.create_fields([NewField("a", "A", "string")])
