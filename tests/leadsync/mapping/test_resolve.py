"""A mapping against both schemas: names, types, directions, labels, own fields."""

from __future__ import annotations

from typing import Any

import pytest

from leadsync.errors import ConfigurationError, MappingError
from leadsync.mapping.model import Mapping
from leadsync.mapping.plan import FieldPlan, SyncPlan
from leadsync.mapping.resolve import resolve
from leadsync.model import OptionValue, Schemas
from support.fields import column, marketo
from support.reference_schemas import SCHEMAS, with_column, without_field


def mapping(*entries: dict[str, Any], **sections: Any) -> Mapping:
    return Mapping.model_validate({"fields": list(entries), **sections})


def plan_of(entry: dict[str, Any], schemas: Schemas = SCHEMAS) -> tuple[FieldPlan, SyncPlan]:
    plan = resolve(mapping(entry), schemas)
    (table,) = plan.tables.values()
    return table.fields[0], plan


TITLE = {"marketo": "title", "lead": "jobtitle", "contact": "jobtitle"}
SOURCE = {"marketo": "leadSource", "lead": "leadsourcecode"}


def test_a_plan_carries_everything_the_cycle_needs() -> None:
    plan = resolve(mapping(TITLE, SOURCE, policies={"breaker_share": 0.1}), SCHEMAS)
    assert plan.names == ("title", "leadSource")
    assert [field.name for field in plan.tables["lead"].fields] == ["title", "leadSource"]
    assert [field.name for field in plan.tables["contact"].fields] == ["title"]
    assert plan.policies.breaker_share == 0.1
    field = plan.tables["lead"].by_name.get("leadSource")
    assert field is not None
    assert field.converter.from_marketo("web") == "8"
    assert plan.company is None


def test_all_wrong_names_are_listed_with_the_nearest_right_one() -> None:
    wrong = mapping(
        {"marketo": "firstname", "lead": "FirstName"},
        {"marketo": "Job Title", "lead": "Job Title"},
        {"marketo": "zzz", "lead": "jobtitel"},
    )
    with pytest.raises(MappingError) as caught:
        resolve(wrong, SCHEMAS)
    message = str(caught.value)
    assert "The mapping has 6 problems" in message
    assert (
        'Marketo has no field "firstname" that REST can see; did you mean "firstName"?' in message
    )
    assert 'lead has no column "FirstName"; did you mean "firstname"?' in message
    assert '"Job Title" that REST can see; did you mean "title"?' in message
    assert 'no column "Job Title"; did you mean "jobtitle"?' in message
    assert 'Marketo has no field "zzz" that REST can see\n' in message
    assert "fields[2].lead (zzz)" in message


def test_a_wrong_marketo_name_of_two_tables_is_one_problem() -> None:
    with pytest.raises(MappingError, match="has 1 problem:"):
        resolve(mapping({**TITLE, "marketo": "titel"}), SCHEMAS)


@pytest.mark.parametrize(
    ("entry", "direction", "reason"),
    [
        ({"marketo": "leadStatus", "lead": "statecode"}, "to_marketo", "own processes"),
        ({"marketo": "title", "lead": "createdon"}, "to_marketo", "set by the platform"),
        ({"marketo": "title", "lead": "parentcontactid"}, "to_marketo", "is a lookup"),
        ({"marketo": "createdAt", "lead": "jobtitle"}, "to_dynamics", "createdAt is read-only"),
    ],
)
def test_s071_both_is_narrowed_to_what_is_possible(
    entry: dict[str, Any], direction: str, reason: str
) -> None:
    field, plan = plan_of(entry)
    assert field.direction == direction
    assert len(plan.notes) == 1
    assert reason in plan.notes[0]


@pytest.mark.parametrize(
    "entry",
    [
        {"marketo": "title", "lead": "createdon", "direction": "to_dynamics"},
        {"marketo": "createdAt", "lead": "jobtitle", "direction": "to_marketo"},
        {"marketo": "createdAt", "lead": "createdon"},
    ],
)
def test_s071_an_impossible_direction_is_refused(entry: dict[str, Any]) -> None:
    with pytest.raises(MappingError, match="is impossible"):
        resolve(mapping(entry), SCHEMAS)


def test_a_column_that_cannot_be_updated_is_only_read() -> None:
    schemas = with_column(SCHEMAS, "lead", "jobtitle", column("jobtitle", for_update=False))
    assert plan_of({"marketo": "title", "lead": "jobtitle"}, schemas)[0].direction == "to_marketo"


def test_an_entry_that_is_off_is_left_out() -> None:
    plan = resolve(mapping(TITLE, {**SOURCE, "direction": "off"}), SCHEMAS)
    assert plan.names == ("title",)


def test_s062_labels_that_two_values_share_are_refused_or_suspend_their_field() -> None:
    options = (OptionValue(8, "Web"), OptionValue(9, "Web"))
    schemas = with_column(
        SCHEMAS, "lead", "leadsourcecode", column("leadsourcecode", "Picklist", options=options)
    )
    with pytest.raises(MappingError, match='label "Web" on the values 8 and 9'):
        resolve(mapping(SOURCE), schemas)
    plan = resolve(mapping(TITLE, SOURCE), schemas, previous=SCHEMAS)
    assert [field.name for field in plan.tables["lead"].fields] == ["title"]
    assert 'label "Web" on the values 8 and 9' in plan.suspended[0]


def test_a_semicolon_in_a_multi_select_label_is_refused() -> None:
    colours = column("new_colours", "MultiSelectPicklist", options=(OptionValue(1, "a;b"),))
    schemas = with_column(SCHEMAS, "lead", "new_colours", colours)
    with pytest.raises(MappingError, match="semicolon"):
        resolve(mapping({"marketo": "title", "lead": "new_colours"}), schemas)


@pytest.mark.parametrize(
    ("entry", "part"),
    [
        ({"marketo": "unsubscribed", "lead": "jobtitle"}, "cannot be synchronised"),
        ({**TITLE, "rule": "most_restrictive"}, "works on yes/no columns"),
        ({"marketo": "leadSource", "lead": "leadsourcecode", "normalise": "trim"}, "works on text"),
        ({"marketo": "annualRevenue", "lead": "revenue", "on_invalid": "truncate"}, "on text"),
        ({**SOURCE, "default_on_create": "Webinar"}, "is no value of leadsourcecode"),
        ({**TITLE, "when_null": True}, "`when_null` works on yes/no columns"),
        (
            {
                "marketo": "unsubscribed",
                "lead": "donotbulkemail",
                "rule": "most_restrictive",
                "when_null": True,
            },
            "would opt out everybody",
        ),
        ({**TITLE, "default_on_create": "x" * 101}, "too long: jobtitle 101/100"),
    ],
)
def test_settings_that_do_not_fit_are_refused(entry: dict[str, Any], part: str) -> None:
    with pytest.raises(MappingError, match=part):
        resolve(mapping(entry), SCHEMAS)


def test_what_adds_up_in_merges_is_a_number_of_marketo() -> None:
    document = {"fields": [TITLE], "policies": {"sum_on_merge": ["leadScore", "annualRevenu"]}}
    with pytest.raises(MappingError, match=r'"annualRevenu" is no number.*"annualRevenue"'):
        resolve(Mapping.model_validate(document), SCHEMAS)
    document["policies"] = {"sum_on_merge": ["annualRevenue"]}
    plan = resolve(Mapping.model_validate(document), SCHEMAS)
    assert plan.policies.sum_on_merge == ("annualRevenue",)


@pytest.mark.parametrize(("default", "canonical"), [("Other", "10"), (8, "8")])
def test_a_default_is_a_label_or_a_code(default: object, canonical: str) -> None:
    assert plan_of({**SOURCE, "default_on_create": default})[0].default_on_create == canonical


def test_own_fields_must_exist() -> None:
    with pytest.raises(ConfigurationError, match="doctor --provision") as caught:
        resolve(mapping(TITLE), without_field(SCHEMAS, "leadsyncDynamicsId"))
    assert "Marketo: leadsyncDynamicsId" in str(caught.value)
    schemas = with_column(SCHEMAS, "contact", "new_marketoid", None)
    with pytest.raises(ConfigurationError, match=r"Dynamics: contact\.new_marketoid"):
        resolve(mapping(TITLE), schemas)
    assert resolve(mapping(SOURCE), schemas).names == ("leadSource",)


def test_the_sync_flag_is_optional() -> None:
    assert resolve(mapping(SOURCE), with_column(SCHEMAS, "lead", "new_synctomkto", None)).names


def test_a_table_that_was_not_read_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="table lead"):
        resolve(mapping(TITLE), Schemas(SCHEMAS.marketo, {}))


def test_s117_a_column_that_vanished_suspends_its_field_only() -> None:
    gone = with_column(SCHEMAS, "lead", "jobtitle", None)
    plan = resolve(mapping(TITLE, SOURCE), gone, previous=SCHEMAS)
    assert [field.name for field in plan.tables["lead"].fields] == ["leadSource"]
    assert [field.name for field in plan.tables["contact"].fields] == ["title"]
    assert 'lead has no column "jobtitle" any more' in plan.suspended[0]
    with pytest.raises(MappingError):
        resolve(mapping(TITLE, SOURCE), gone)


def test_a_marketo_field_that_vanished_suspends_its_entry_only() -> None:
    plan = resolve(mapping(TITLE, SOURCE), without_field(SCHEMAS, "title"), previous=SCHEMAS)
    assert plan.names == ("leadSource",)
    assert len(plan.suspended) == 1


def test_s118_a_changed_type_blocks_its_field() -> None:
    numeric = with_column(SCHEMAS, "lead", "jobtitle", column("jobtitle", "Integer"))
    plan = resolve(mapping(TITLE), numeric, previous=SCHEMAS)
    assert not plan.tables["lead"].fields
    assert "was String, now it is Integer" in plan.suspended[0]
    boolean = Schemas({**SCHEMAS.marketo, "title": marketo("title", "boolean")}, SCHEMAS.dynamics)
    assert "was string, now boolean" in resolve(mapping(TITLE), boolean, SCHEMAS).suspended[0]


def test_s061_a_label_renamed_since_then_is_understood() -> None:
    renamed = column("leadsourcecode", "Picklist", options=(OptionValue(8, "Website"),))
    schemas = with_column(SCHEMAS, "lead", "leadsourcecode", renamed)
    plan = resolve(mapping(SOURCE), schemas, previous=SCHEMAS)
    converter = plan.tables["lead"].fields[0].converter
    assert converter.from_marketo("Web") == converter.from_marketo("Website") == "8"


def test_the_hash_moves_with_mapping_and_schemas_only() -> None:
    first = resolve(mapping(TITLE, SOURCE), SCHEMAS).rules_hash
    assert first == resolve(mapping(TITLE, SOURCE), SCHEMAS, SCHEMAS).rules_hash
    longer = with_column(SCHEMAS, "lead", "jobtitle", column("jobtitle", max_length=200))
    others = {
        resolve(mapping(TITLE, SOURCE), longer).rules_hash,
        resolve(mapping({**TITLE, "on_invalid": "truncate"}, SOURCE), SCHEMAS).rules_hash,
    }
    assert len(others | {first}) == 3
    unrelated = with_column(SCHEMAS, "lead", "fax", column("fax", max_length=10))
    assert resolve(mapping(TITLE, SOURCE), unrelated).rules_hash == first


def test_company_entries_are_resolved_against_the_account() -> None:
    plan = resolve(mapping(TITLE, company=[{"marketo": "company", "account": "name"}]), SCHEMAS)
    assert plan.company is not None
    assert plan.company.fields[0].converter.from_dynamics("Contoso") == "Contoso"
    with pytest.raises(MappingError, match='account has no column "nam"; did you mean "name"'):
        resolve(mapping(TITLE, company=[{"marketo": "company", "account": "nam"}]), SCHEMAS)
    with pytest.raises(MappingError, match="cannot be synchronised"):
        resolve(mapping(TITLE, company=[{"marketo": "doNotCall", "account": "name"}]), SCHEMAS)


def test_owner_entries_without_their_table_are_suspended() -> None:
    plan = resolve(mapping(TITLE, owner=[{"marketo": "city", "user": "fullname"}]), SCHEMAS)
    assert plan.owner is None
    assert "the table systemuser and team cannot be read" in plan.suspended[0]
