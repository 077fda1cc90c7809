"""What servers refused: grouped by rule, without values, with what to do."""

from __future__ import annotations

from datetime import timedelta

import pytest

from leadsync.cycle.quarantine.named_field import named_field
from leadsync.review.missing_rules import missing_rules
from support.state_rows import NOON, failure, quarantined

LONG = (
    "A validation error occurred.  The length of the 'mobilephone' attribute of the 'lead' entity "
    "exceeded the maximum allowed length of '20'."
)


@pytest.mark.parametrize(
    ("message", "field"),
    [
        (LONG, "mobilephone"),
        ("The value 7 of 'leadsourcecode' on record of type 'lead' is outside the valid range.",
         "leadsourcecode"),
        ("A validation error occurred for lead.revenue. The value 7 of type System.Decimal is",
         "revenue"),
        ("Required field 'lastname' is missing", "lastname"),
        ("Invalid value for field 'title' and value 'CIO'", "title"),
        ("The property 'x_y' does not exist on type 'Microsoft.Dynamics.CRM.lead'.", "x_y"),
        ("A plug-in says No.", ""),
        ("Field of dreams, the 'value' of it", ""),
    ],
)  # fmt: skip
def test_a_message_names_its_field_where_it_can_be_told(message: str, field: str) -> None:
    assert named_field(message) == field


def by_server(number: int, rule: str = "0x80044331", message: str = LONG, **changed: object):  # type: ignore[no-untyped-def]
    refused = failure(field="", rule=rule, source="server", message=message)
    return quarantined(number, direction="to_dynamics", failures=[refused], **changed)


def test_refusals_are_grouped_and_counted() -> None:
    later = NOON + timedelta(hours=1)
    items = [
        by_server(1),
        by_server(2, status="recovered", last_seen=later),
        by_server(3, rule="0x80040265", message="No."),
        quarantined(4),
    ]
    long, plugin = missing_rules(items)
    assert (long.code, long.table, long.field) == ("0x80044331", "lead", "mobilephone")
    assert (long.items, long.waiting, long.last_seen) == (2, 1, later)
    assert "leadsync doctor" in long.advice
    assert (plugin.field, plugin.items) == (None, 1)
    assert "author" in plugin.advice
    assert plugin.document()["what_to_do"] == plugin.advice


def test_an_example_holds_nothing_of_the_row() -> None:
    item = by_server(1, message="'Ek' of Åkeri AB, ek@example.com, is a duplicate", row={
        "lastName": "Ek", "company": "Åkeri AB", "title": None, "city": "x",
    })  # fmt: skip
    (rule,) = missing_rules([item])
    assert rule.example == "'***' of ***, ***@***, is a duplicate"


def test_a_code_that_nobody_knows_has_an_advice() -> None:
    (rule,) = missing_rules([by_server(1, rule="0xdead")])
    assert "expectation" in rule.advice
