"""Laws that every converter obeys, for every pair of types that can be synchronised."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leadsync.mapping.plan import Converter
from leadsync.model import OptionValue
from leadsync.values.build import build_converter
from leadsync.values.compare import build_comparable
from leadsync.values.marks import is_invalid
from support.fields import LEAD_SOURCES, column, marketo

MULTI = (OptionValue(1, "Red"), OptionValue(3, "Blue"), OptionValue(20, "Green"))
COLUMNS = {
    "String": column(max_length=100),
    "Memo": column(type="Memo", max_length=2000),
    "Boolean": column(type="Boolean"),
    "Integer": column(type="Integer"),
    "Money": column(type="Money", precision=2),
    "Decimal": column(type="Decimal", precision=10),
    "Double": column(type="Double"),
    "UserLocal": column(type="DateTime", date_behavior="UserLocal"),
    "Literal": column(type="DateTime", date_behavior="TimeZoneIndependent"),
    "DateOnly": column(type="DateTime", date_behavior="DateOnly"),
    "Picklist": column(type="Picklist", options=LEAD_SOURCES),
    "State": column(type="State", options=(OptionValue(0, "Open"), OptionValue(1, "Qualified"))),
    "Multi": column(type="MultiSelectPicklist", options=MULTI),
    "Guid": column(type="Uniqueidentifier"),
}
PAIRS = [
    *[("string", name) for name in COLUMNS],
    *[("integer", name) for name in ("Integer", "Money", "Picklist", "State", "String")],
    *[("currency", name) for name in ("Integer", "Money", "Decimal", "Double", "String")],
    *[("percent", name) for name in ("Integer", "Money")],
    *[("date", name) for name in ("DateOnly", "UserLocal", "Literal", "String")],
    *[("datetime", name) for name in ("DateOnly", "UserLocal", "Literal", "String")],
    ("boolean", "Boolean"),
    ("email", "String"),
    ("text", "Memo"),
]
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.from_regex(r"[+-]?[0-9]{1,20}(\.[0-9]{0,6})?", fullmatch=True)
    | st.datetimes().map(lambda moment: moment.isoformat() + "Z")
    | st.datetimes(timezones=st.timezones()).map(lambda moment: moment.isoformat())
    | st.dates().map(lambda day: day.isoformat())
    | st.uuids().map(lambda guid: f"{{{guid}}}".upper())
    | st.sampled_from(["web", " Word  of mouth", "Open", "Blue;Red", "3,1", "Yes", "true", "1", ""])
)
JSON_VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=4
)
PAIR_IDS = [f"{data_type}-{name}" for data_type, name in PAIRS]


def over_the_wire(value: object) -> Any:
    return json.loads(json.dumps(value))


def converter_of(pair: tuple[str, str]) -> Converter:
    return build_converter(marketo(data_type=pair[0]), COLUMNS[pair[1]])


def same_again(converter: Converter, value: str | None) -> None:
    assert converter.from_marketo(over_the_wire(converter.to_marketo(value))) == value
    assert converter.from_dynamics(over_the_wire(converter.to_dynamics(value))) == value


@pytest.mark.parametrize("pair", PAIRS, ids=PAIR_IDS)
@settings(max_examples=25)
@given(raw=JSON_VALUES)
def test_any_json_value_is_read_and_survives_the_round_trip(
    pair: tuple[str, str], raw: object
) -> None:
    converter = converter_of(pair)
    for value in (converter.from_marketo(raw), converter.from_dynamics(raw)):
        assert value is None or value.encode()
        if not is_invalid(value):
            assert value is None or ("\0" not in value and value != "")
            same_again(converter, value)


@pytest.mark.parametrize("pair", PAIRS, ids=PAIR_IDS)
@settings(max_examples=15)
@given(raw=SCALARS)
def test_comparison_form_is_stable(pair: tuple[str, str], raw: object) -> None:
    field, target = marketo(data_type=pair[0]), COLUMNS[pair[1]]
    compare = build_comparable(field, target, on_invalid="truncate")
    value = converter_of(pair).from_marketo(raw)
    assert compare(compare(value)) == compare(value)


@pytest.mark.parametrize("pair", PAIRS, ids=PAIR_IDS)
def test_null_and_the_empty_string_are_one_value(pair: tuple[str, str]) -> None:
    converter = converter_of(pair)
    expected = "false" if pair[1] == "Boolean" else None
    for raw in (None, ""):
        assert converter.from_marketo(raw) == expected
        assert converter.from_dynamics(raw) == expected
    assert converter.to_dynamics(None) in (None, False)
