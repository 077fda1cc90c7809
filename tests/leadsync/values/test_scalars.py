"""Booleans, numbers, dates and keys in their canonical forms."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadsync.mapping.plan import Converter
from leadsync.model import OptionValue
from leadsync.values.boolean import canonical_boolean
from leadsync.values.build import Reading, build_converter
from leadsync.values.keys import canonical_guid, email_key
from leadsync.values.marks import ABSENT, INVALID, invalid
from leadsync.values.number import NumberConverter
from support.fields import column, marketo

GUID = "78914942-34cb-ed11-b596-0022481d68cd"


def pair(data_type: str, type_: str, **facts: Any) -> Converter:
    return build_converter(marketo(data_type=data_type), column(type=type_, **facts))


def test_null_in_dynamics_stands_for_what_the_mapping_says() -> None:
    yes = build_converter(marketo(data_type="boolean"), column(type="Boolean"), Reading(null=True))
    assert (yes.from_dynamics(None), yes.from_dynamics(False)) == ("true", "false")
    assert yes.from_marketo(None) == "false"


def test_a_choice_of_two_is_understood_under_its_former_labels() -> None:
    options = (OptionValue(0, "Forbidden"), OptionValue(1, "Allowed"))
    former = (OptionValue(0, "Do Not Allow"), OptionValue(1, "Allow"))
    named = build_converter(
        marketo(), column(type="Boolean", options=options), Reading(former, null=True)
    )
    assert (named.from_marketo("do not allow"), named.from_marketo("Allow")) == ("false", "true")
    assert (named.to_marketo("false"), named.to_marketo("true")) == ("Forbidden", "Allowed")
    assert (named.from_marketo(None), named.from_marketo("")) == ("true", "true")


@pytest.mark.parametrize(
    ("raw", "canonical"),
    [
        (None, "false"),
        ("", "false"),
        (False, "false"),
        (1, "true"),
        ("True", "true"),
        ("0", "false"),
        ("other", INVALID + "other"),
        (2, INVALID + "2"),
        (1.0, INVALID + "1.0"),
    ],
)
def test_booleans_have_no_null(raw: object, canonical: str) -> None:
    assert canonical_boolean(raw) == canonical


def test_a_boolean_in_a_text_field_is_a_label() -> None:
    labelled = pair("string", "Boolean", options=(OptionValue(1, "Allow"), OptionValue(0, "Stop")))
    assert labelled.to_marketo("true") == "Allow"
    assert labelled.from_marketo(" stop") == "false"
    assert labelled.from_marketo("yes") == "true"
    assert pair("string", "Boolean").to_marketo("false") == "No"


@pytest.mark.parametrize(
    ("raw", "canonical"),
    [
        (100, "100"),
        (100.00, "100"),
        ("20000.0000", "20000"),
        ("1e3", "1000"),
        (1250.505, "1250.5"),
        (1250.515, "1250.52"),
        (-0.001, "0"),
        (" 7.5 ", "7.5"),
        ("1,250.50", INVALID + "1,250.50"),
        ("1_000", INVALID + "1_000"),
        (True, INVALID + "true"),
        (float("nan"), INVALID + "NaN"),
        ("1e999", INVALID + "1e999"),
        ("99999999999999.99", "100000000000000"),
    ],
)
def test_money_is_compared_at_the_columns_precision(raw: object, canonical: str) -> None:
    assert pair("currency", "Money", precision=2).from_marketo(raw) == canonical


def test_whole_numbers_are_not_rounded_but_refused() -> None:
    whole = pair("integer", "Integer")
    assert whole.from_marketo(14.1) == INVALID + "14.1"
    assert whole.from_marketo(14.0) == "14"
    assert whole.from_dynamics("14") == "14"
    assert whole.from_marketo("abc") == INVALID + "abc"


def test_the_coarser_side_decides_the_precision() -> None:
    assert pair("percent", "Decimal", precision=4).from_dynamics(99.4) == "99"
    assert pair("currency", "Integer").from_marketo(2.5) == "2"


def test_numbers_travel_as_json_numbers() -> None:
    money = pair("currency", "Money", precision=2)
    assert money.to_dynamics("1250.5") == 1250.5
    assert isinstance(money.to_dynamics("1250"), int)
    assert pair("string", "Integer").to_marketo("12") == "12"


@given(
    st.decimals(
        allow_nan=False, allow_infinity=False, places=4, min_value=-(10**11), max_value=10**11
    )
)
def test_rounding_is_to_the_nearest(number: object) -> None:
    read = NumberConverter(places=2).from_marketo(str(number))
    assert read is not None
    assert abs(float(read) - float(str(number))) <= 0.005 + 1e-4


@pytest.mark.parametrize(
    "raw",
    [
        "2025-10-26T00:30:00Z",
        "2025-10-26T00:30:00+0000",
        "2025-10-26T00:30:00+00:00",
        "2025-10-25T16:30:00-08:00",
        "2025-10-26T00:30:00.987Z",
        "2025-10-26T00:30:00Z+0000",
        "2025-10-26 00:30:00",
    ],
)
def test_instants_are_utc_to_the_second(raw: str) -> None:
    instant = pair("datetime", "DateTime", date_behavior="UserLocal")
    assert instant.from_marketo(raw) == "2025-10-26T00:30:00Z"
    assert instant.from_dynamics(raw) == "2025-10-26T00:30:00Z"


def test_a_literal_time_keeps_its_clock_reading() -> None:
    literal = pair("datetime", "DateTime", date_behavior="TimeZoneIndependent")
    assert literal.from_dynamics("2025-03-30T09:00:00+02:00") == "2025-03-30T09:00:00Z"
    assert literal.from_marketo("2025-03-30T09:00:00+02:00") == "2025-03-30T07:00:00Z"


@pytest.mark.parametrize("raw", ["2025-03-30", "2025-03-30T00:00:00Z", "2025-03-30T23:30:00-06:00"])
@pytest.mark.parametrize("behavior", ["DateOnly", "UserLocal"])
@pytest.mark.parametrize("data_type", ["date", "datetime"])
def test_a_date_never_shifts(raw: str, behavior: str, data_type: str) -> None:
    if (data_type, behavior) == ("datetime", "UserLocal"):
        return
    date = pair(data_type, "DateTime", date_behavior=behavior)
    assert date.from_marketo(raw) == "2025-03-30"
    assert date.from_dynamics(raw) == "2025-03-30"


def test_a_date_is_written_as_the_other_side_wants_it() -> None:
    to_date_only = pair("datetime", "DateTime", date_behavior="DateOnly")
    assert to_date_only.to_dynamics("2025-03-30") == "2025-03-30"
    assert to_date_only.to_marketo("2025-03-30") == "2025-03-30T00:00:00Z"
    to_moment = pair("date", "DateTime", date_behavior="UserLocal")
    assert to_moment.to_dynamics("2025-03-30") == "2025-03-30T00:00:00Z"
    assert to_moment.to_marketo("2025-03-30") == "2025-03-30"


@pytest.mark.parametrize("raw", ["yesterday", "2025-02-30", "0001-01-01T00:00:00+05:00", 7])
def test_what_is_no_date_is_invalid(raw: object) -> None:
    instant = pair("datetime", "DateTime", date_behavior="UserLocal")
    assert instant.from_marketo(raw) == invalid(raw)


def test_guids_are_lower_case_without_braces() -> None:
    assert canonical_guid("{" + GUID.upper() + "}") == GUID
    assert canonical_guid("not a guid") == INVALID + "not a guid"
    assert canonical_guid(5) == INVALID + "5"
    assert canonical_guid("") is None


@pytest.mark.parametrize(
    ("value", "key"),
    [
        ("A@X.com", "a@x.com"),
        ("a@x.com ", "a@x.com"),
        ("  ", None),
        (None, None),
        (ABSENT, None),
        (invalid("a@x.com"), None),
    ],
)
def test_email_key(value: str | None, key: str | None) -> None:
    assert email_key(value) == key
