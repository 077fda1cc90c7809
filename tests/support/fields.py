"""Builders of Marketo fields and Dynamics columns for tests."""

from __future__ import annotations

from typing import Any

from leadsync.model import DynamicsColumn, MarketoField, OptionValue

LEAD_SOURCES = (
    OptionValue(1, "Advertisement"),
    OptionValue(7, "Trade Show"),
    OptionValue(8, "Web"),
    OptionValue(9, "Word of Mouth"),
    OptionValue(10, "Other"),
)


def marketo(name: str = "title", data_type: str = "string", **facts: Any) -> MarketoField:
    """A Marketo field whose display name is its REST name unless given."""
    facts.setdefault("display_name", name)
    return MarketoField(name=name, data_type=data_type, **facts)


def column(name: str = "jobtitle", type: str = "String", **facts: Any) -> DynamicsColumn:
    """A Dynamics column whose display name is its logical name unless given."""
    facts.setdefault("display_name", name)
    return DynamicsColumn(name=name, type=type, **facts)
