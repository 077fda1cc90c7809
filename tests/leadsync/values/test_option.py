"""Choices by code and label (S059 to S063)."""

from __future__ import annotations

import pytest

from leadsync.model import OptionValue
from leadsync.values.build import Reading, build_converter
from leadsync.values.marks import INVALID
from leadsync.values.option import OptionTable, duplicate_labels
from support.fields import LEAD_SOURCES, column, marketo

SOURCE = build_converter(
    marketo("leadSource"), column("leadsourcecode", "Picklist", options=LEAD_SOURCES)
)
COLOURS = (OptionValue(1, "Red"), OptionValue(3, "Blue"), OptionValue(20, "Green"))
MULTI = build_converter(marketo(), column(type="MultiSelectPicklist", options=COLOURS))


@pytest.mark.parametrize("label", ["Word of Mouth", "word of mouth", " WORD  of\tMouth "])
def test_labels_match_without_case_and_extra_blanks(label: str) -> None:
    assert SOURCE.from_marketo(label) == "9"


def test_unknown_label_and_unknown_code_are_invalid() -> None:
    assert SOURCE.from_marketo("Webinar 2025") == INVALID + "Webinar 2025"
    assert SOURCE.from_dynamics(99) == INVALID + "99"
    assert SOURCE.from_dynamics("Web") == INVALID + "Web"
    assert SOURCE.from_marketo(8) == INVALID + "8"


def test_code_to_label_and_back() -> None:
    assert SOURCE.from_dynamics(8) == "8"
    assert SOURCE.to_marketo("8") == "Web"
    assert SOURCE.to_dynamics("8") == 8
    assert SOURCE.to_dynamics(None) is None


def test_a_marketo_number_holds_the_code() -> None:
    by_code = build_converter(
        marketo(data_type="integer"), column(type="State", options=LEAD_SOURCES)
    )
    assert by_code.from_marketo(8) == "8"
    assert by_code.from_marketo(2) == INVALID + "2"
    assert by_code.to_marketo("8") == 8


def test_a_renamed_label_is_still_understood() -> None:
    renamed = build_converter(
        marketo("leadSource"),
        column("leadsourcecode", "Picklist", options=(OptionValue(8, "Website"),)),
        Reading(former=(OptionValue(8, "Web"), OptionValue(9, "Word of Mouth"))),
    )
    assert renamed.from_marketo("Web") == "8"
    assert renamed.to_marketo("8") == "Website"
    assert renamed.from_marketo("Word of Mouth") == INVALID + "Word of Mouth"


def test_an_option_can_stand_for_labels_that_the_column_does_not_have() -> None:
    reading = Reading(unknown="1")
    one = build_converter(marketo(), column(type="Picklist", options=COLOURS), reading)
    assert (one.from_marketo("Pink"), one.from_marketo("Blue")) == ("1", "3")
    assert (one.from_marketo(None), one.from_dynamics(9)) == (None, INVALID + "9")
    some = build_converter(marketo(), column(type="MultiSelectPicklist", options=COLOURS), reading)
    assert some.from_marketo("Blue;Pink;Grey") == "1;3"


def test_labels_that_differ_in_case_only_match_exactly_or_not_at_all() -> None:
    table = OptionTable((OptionValue(1, "web"), OptionValue(2, "Web")))
    assert (table.code("web"), table.code("Web"), table.code("WEB")) == ("1", "2", None)


def test_a_value_without_a_label_goes_by_its_code() -> None:
    assert OptionTable((OptionValue(5, ""),)).labels == {"5": "5"}


def test_duplicate_labels() -> None:
    options = (*LEAD_SOURCES, OptionValue(11, "Web"))
    assert duplicate_labels(options) == {"Web": (8, 11)}


def test_a_multi_select_is_a_set() -> None:
    assert MULTI.from_marketo("Red;Blue") == MULTI.from_marketo("blue; Red;Blue") == "1;3"
    assert MULTI.from_dynamics("20,3,1") == "1;3;20"
    assert MULTI.to_dynamics("1;3;20") == "1,3,20"
    assert MULTI.to_marketo("1;3") == "Red;Blue"
    assert MULTI.from_marketo("Red;Pink") == INVALID + "Red;Pink"
    assert MULTI.from_dynamics(3) == "3"
    assert MULTI.from_marketo(3) == INVALID + "3"
