"""Another mapping file than the shipped one, for scenarios that need their own fields or rules."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from leadsync.mapping.document import read_document
from leadsync.model import Json
from leadsync.settings import PROJECT
from support.synced import Synced

SHIPPED = PROJECT / "include" / "config" / "mapping.yaml"


def remap(
    synced: Synced,
    *more: Json,
    without: tuple[str, ...] = (),
    policies: Json | None = None,
    **changes: Json,
) -> None:
    """Let ``synced`` work with the shipped mapping, changed.

    :param more: further entries of ``fields``.
    :param without: Marketo names of entries to leave out.
    :param policies: policies to set.
    :param changes: settings by Marketo name, such as ``title={"rule": "newest_wins"}``.
    """
    document = read_document(SHIPPED.read_text("utf-8"))[0]
    entries: list[dict[str, Any]] = [
        {**entry, **changes.get(entry["marketo"], {})}
        for entry in document["fields"]
        if entry["marketo"] not in without
    ]
    document["fields"] = [*entries, *more]
    document["policies"] |= policies or {}
    _write(synced, document)


def relate(
    synced: Synced,
    *,
    company: Sequence[Json] = (),
    owner: Sequence[Json] = (),
    policies: Json | None = None,
) -> None:
    """Let ``synced`` work with the shipped mapping and these company and owner fields alone."""
    document = read_document(SHIPPED.read_text("utf-8"))[0]
    document |= {"company": list(company), "owner": list(owner)}
    document["policies"] |= policies or {}
    _write(synced, document)


def _write(synced: Synced, document: Json) -> None:
    Path(synced.environ["LEADSYNC_MAPPING"]).write_text(json.dumps(document), "utf-8")


def add_field(synced: Synced, name: str, data_type: str) -> None:
    """A marketer creates a person field."""
    fields = {"name": name, "displayName": name, "dataType": data_type}
    synced.marketo.control.edit("create", table="fields", fields=fields)


def add_column(synced: Synced, name: str, type: str, table: str = "lead", **facts: Any) -> None:
    """A customiser creates a column; ``facts`` as the sandbox's ``add_column`` takes them."""
    synced.dynamics.control.edit("add_column", table=table, column=name, type=type, **facts)
