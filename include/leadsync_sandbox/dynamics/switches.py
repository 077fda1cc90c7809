"""What a test or a demonstration can switch, with the out-of-the-box values.

``missing_privileges`` lists privileges that the application user lacks, such as ``prvWriteLead``,
or only at organisation level, such as ``prvReadLead:organization``. ``secured_columns`` maps
``table.column`` to the permissions that the caller has of ``read``, ``create``, ``update``.
``unreachable_rows`` lists ids of rows that no query of the caller finds, though others refer to
them: they lie beyond the caller's access, or their transaction is still open (section 10.2).
``plugins`` is a list of ``{table, message, when, set, abort}``: on ``create`` or ``update`` (or
both), when the written row has the values of ``when``, set columns or abort with a text.
``bulk_actions_off`` lists ``table.Action`` pairs such as ``lead.CreateMultiple``.
"""

from __future__ import annotations

from typing import Any

TENANT_ID = "5b0f6a54-6f2e-4b8c-9a41-1d1a5a0c7e10"
CLIENT_ID = "0d6a8a4e-95c2-4c37-8f0c-2b1f5e9d3a77"
CLIENT_SECRET = "sandbox-secret"  # noqa: S105 - the sandbox guards nothing

DEFAULTS: dict[str, Any] = {
    "tenant_id": TENANT_ID,
    "client_id": CLIENT_ID,
    "client_secret": CLIENT_SECRET,
    "secret_expired": False,
    "token_seconds": 3599,
    "application_user": True,
    "service_protection": True,
    "request_limit": 6000,
    "execution_seconds_limit": 1200.0,
    "concurrency_limit": 52,
    "dop_hint": 8,
    "call_seconds": 0.0,
    "change_tracking_days": 7,
    "metadata_change_expires_tokens": False,
    "key_index_pending": False,
    "duplicate_detection": True,
    "last_name_first": False,
    "missing_privileges": [],
    "secured_columns": {},
    "unreachable_rows": [],
    "plugins": [],
    "bulk_actions_off": [],
    "upper_case_error_codes": False,
}
