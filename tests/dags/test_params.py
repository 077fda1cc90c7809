"""What Airflow refuses when a run is triggered, before anything starts."""

from __future__ import annotations

from typing import Any

import pytest
from airflow.dag_processing.dagbag import DagBag
from airflow.exceptions import ParamValidationError
from airflow.serialization.serialized_objects import DagSerialization

GUID = "7eb682f1-ca75-e511-80d4-00155d2a68d1"


def checked(dagbag: DagBag, dag_id: str, conf: dict[str, Any]) -> dict[str, Any]:
    """Check a conf as Airflow does when it creates a run."""
    stored: Any = DagSerialization.from_dict(DagSerialization.to_dict(dagbag.dags[dag_id]))
    values: dict[str, Any] = stored.params.deep_merge(conf).validate()
    return values


@pytest.mark.parametrize(
    ("dag_id", "conf"),
    [
        ("sync_person_to_microsoft", {}),
        ("sync_person_to_microsoft", {"person_ids": [17, "18"]}),
        ("sync_person_to_microsoft", {"person_ids": [17], "action": "change_owner"}),
        ("sync_person_to_microsoft", {"person_ids": [17], "sync_as": "contact"}),
        ("sync_person_to_microsoft", {"person_ids": [17], "assign_to": "a@example.com"}),
        ("sync_now", {"marketo_ids": [17]}),
        ("sync_now", {"dynamics_ids": [f"lead:{GUID}", f"contact:{{{GUID.upper()}}}"]}),
        ("reconcile", {"repair": False}),
        ("quarantine_retry", {}),
        ("quarantine_retry", {"ids": ["a"], "approve_above": 0}),
        ("quarantine_retry", {"rule": "format", "table": "lead", "since": "2026-01-31T10:00:00Z"}),
        ("field_backfill", {"field": "title", "from": "2026-01-31T10:00:00Z"}),
        ("undo_cycle", {"cycle_id": "20260105T080300-410000fe", "dry_run": True}),
        ("lead_sync_initial", {"dry_run": True, "partitions": 8, "since": "2020-01-01T00:00:00Z"}),
        ("lead_sync_initial", {"partitions": None}),
    ],
)
def test_what_is_right_is_taken(dagbag: DagBag, dag_id: str, conf: dict[str, Any]) -> None:
    assert conf.items() <= checked(dagbag, dag_id, conf).items()


@pytest.mark.parametrize(
    ("dag_id", "conf", "told"),
    [
        ("sync_person_to_microsoft", {"action": "delete"}, "'delete' is not one of"),
        ("sync_person_to_microsoft", {"person_ids": ["ek@x.com"]}, "'ek@x.com' does not match"),
        ("sync_person_to_microsoft", {"person_ids": [0]}, "0 is less than"),
        ("sync_person_to_microsoft", {"person_ids": 17}, "17 is not of type 'array'"),
        ("sync_person_to_microsoft", {"person_ids": list(range(1, 1002))}, "too long"),
        ("sync_person_to_microsoft", {"person_ids": [1], "sync_as": "account"}, "'account' is not"),
        ("sync_now", {"marketo_ids": ["x"]}, "'x' does not match"),
        ("sync_now", {"dynamics_ids": [GUID]}, "does not match"),
        ("sync_now", {"dynamics_ids": [f"account:{GUID}"]}, "does not match"),
        ("sync_now", {"dynamics_ids": ["lead:17"]}, "'lead:17' does not match"),
        ("reconcile", {"repair": "maybe"}, "'maybe' is not of type 'boolean'"),
        ("quarantine_retry", {"table": "account"}, "'account' is not one of"),
        ("quarantine_retry", {"ids": [""]}, "should be non-empty"),
        ("quarantine_retry", {"approve_above": -1}, "-1 is less than"),
        ("field_backfill", {}, "field"),
        ("undo_cycle", {"dry_run": True}, "cycle_id"),
        ("lead_sync_initial", {"partitions": 0}, "0 is less than"),
        ("lead_sync_initial", {"dry_run": "yes"}, "'yes' is not of type 'boolean'"),
        ("field_backfill", {"field": "title", "from": 2026}, "2026 is not of type"),
    ],
)
def test_what_is_wrong_is_named(
    dagbag: DagBag, dag_id: str, conf: dict[str, Any], told: str
) -> None:
    with pytest.raises(ParamValidationError, match=told):
        checked(dagbag, dag_id, conf)
