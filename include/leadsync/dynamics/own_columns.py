"""Metadata of the columns and the key that leadsync owns in Dynamics; pure (semantics.md 1)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from leadsync.dynamics.schema import ENGLISH
from leadsync.model import (
    DYNAMICS_MARKETO_ID,
    DYNAMICS_MARKETO_ID_KEY,
    DYNAMICS_SYNC_FLAG,
    Json,
)


def column_payload(name: str) -> Json:
    """Return the body that creates one of leadsync's columns.

    :param name: ``new_marketoid`` or ``new_synctomkto``.
    """
    return _PAYLOADS[name]()


def _marketo_id_column() -> Json:
    return _column(
        "Integer",
        DYNAMICS_MARKETO_ID,
        "Marketo ID",
        {"Format": "None", "MinValue": 0, "MaxValue": 2_147_483_647},
    )


def _sync_flag_column() -> Json:
    options = {
        "@odata.type": "Microsoft.Dynamics.CRM.BooleanOptionSetMetadata",
        "OptionSetType": "Boolean",
        "IsGlobal": False,
        "TrueOption": {"Value": 1, "Label": _label("Yes")},
        "FalseOption": {"Value": 0, "Label": _label("No")},
    }
    return _column(
        "Boolean",
        DYNAMICS_SYNC_FLAG,
        "Sync to Marketo",
        {"DefaultValue": True, "OptionSet": options},
    )


_PAYLOADS = {DYNAMICS_MARKETO_ID: _marketo_id_column, DYNAMICS_SYNC_FLAG: _sync_flag_column}


def _column(kind: str, name: str, label: str, detail: Mapping[str, Any]) -> Json:
    return {
        "@odata.type": f"Microsoft.Dynamics.CRM.{kind}AttributeMetadata",
        "SchemaName": name,
        "DisplayName": _label(label),
        "RequiredLevel": {"Value": "None"},
        **detail,
    }


def key_payload() -> Json:
    """Return the body that creates the alternate key on the Marketo id."""
    return {
        "SchemaName": DYNAMICS_MARKETO_ID_KEY,
        "KeyAttributes": [DYNAMICS_MARKETO_ID],
        "DisplayName": _label("Marketo ID key"),
    }


def _label(text: str) -> Json:
    localized = {
        "@odata.type": "Microsoft.Dynamics.CRM.LocalizedLabel",
        "Label": text,
        "LanguageCode": ENGLISH,
    }
    return {"@odata.type": "Microsoft.Dynamics.CRM.Label", "LocalizedLabels": [localized]}
