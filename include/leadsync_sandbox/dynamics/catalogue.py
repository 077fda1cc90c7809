"""Reads the out-of-the-box schema that ships with the package."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from importlib import resources
from typing import Any

from leadsync_sandbox.dynamics.schema import STAMPED, Column, Option, Table

_NAMESPACE = uuid.UUID("7d1f9c0e-5a34-4a0e-9a59-5f0c1b0f6f10")


def stable_id(*parts: str) -> str:
    """Return a GUID that is the same for the same ``parts`` on every start."""
    return str(uuid.uuid5(_NAMESPACE, "/".join(parts)))


def default_navigation(name: str, type_: str, targets: tuple[str, ...]) -> dict[str, str]:
    """Return the usual navigation properties of a lookup (reference section 7)."""
    if type_ == "Owner":
        return {name: "principal"}
    if len(targets) > 1:
        return {f"{name}_{target}": target for target in targets}
    return {name: targets[0]} if targets else {}


def load_tables() -> list[Table]:
    """Return every shipped table with all its columns."""
    return [_table(line) for line in _lines("tables")]


def column_from_line(table: str, line: list[Any]) -> Column:
    """Build a column from one line of a ``columns/*.jsonl`` file."""
    name, schema_name, display_name, type_, required, flags, detail = line
    targets = tuple(detail.get("targets", ()))
    return Column(
        name=name,
        schema_name=schema_name,
        display_name=display_name,
        type=type_,
        required=required,
        create="C" in flags and name not in STAMPED,
        read="R" in flags,
        update="U" in flags and name not in STAMPED,
        length=detail.get("length"),
        format=detail.get("format"),
        minimum=detail.get("min"),
        maximum=detail.get("max"),
        precision=detail.get("precision", _default_precision(type_)),
        precision_source=detail.get("precision_source", 2 if type_ == "Money" else None),
        behavior=detail.get("behavior", "UserLocal" if type_ == "DateTime" else None),
        default=detail.get("default"),
        options=tuple(Option(*option) for option in detail.get("options", ())),
        targets=targets,
        navigation=detail.get("navigation") or default_navigation(name, type_, targets),
        metadata_id=stable_id("column", table, name),
    )


def _default_precision(type_: str) -> int | None:
    return {"Money": 2, "Decimal": 10, "Double": 5}.get(type_)


def _table(line: list[Any]) -> Table:
    name, schema_name, entity_set, primary_id, primary_name, code, display_name, tracking = line
    return Table(
        name=name,
        schema_name=schema_name,
        entity_set=entity_set,
        primary_id=primary_id,
        primary_name=primary_name,
        object_type_code=code,
        display_name=display_name,
        change_tracking=tracking,
        columns={line[0]: column_from_line(name, line) for line in _lines(name)},
        metadata_id=stable_id("table", name),
    )


def _lines(name: str) -> Iterator[list[Any]]:
    source = resources.files("leadsync_sandbox.dynamics.columns") / f"{name}.jsonl"
    with source.open(encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)
