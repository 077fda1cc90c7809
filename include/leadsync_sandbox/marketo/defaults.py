"""Switches of the Marketo stand-in; where the real behaviour is unknown, the strict one is default.

Sections are those of reference/marketo-rest.md.
"""

from __future__ import annotations

from typing import Any

CLIENT_ID = "11111111-aaaa-4bbb-8ccc-000000000001"
CLIENT_SECRET = "sandbox-marketo-secret"  # noqa: S105 - a stand-in's public default
OTHER_CLIENT_ID = "11111111-aaaa-4bbb-8ccc-000000000002"
OTHER_CLIENT_SECRET = "sandbox-other-secret"  # noqa: S105 - a stand-in's public default

DEFAULTS: dict[str, Any] = {
    # who may call (2): client id -> secret and API-only user
    "clients": {
        CLIENT_ID: {"secret": CLIENT_SECRET, "user": "leadsync@sandbox.example"},
        OTHER_CLIENT_ID: {"secret": OTHER_CLIENT_SECRET, "user": "other@sandbox.example"},
    },
    "token_life_seconds": 3600,
    "unknown_grant_status": 400,
    "token_in_query": False,  # access_token as query parameter
    "denied_permissions": [],  # e.g. ["Read-Write Schema Custom Field"]
    # limits (5); 0 switches one off
    "daily_quota": 50_000,
    "rate_limit": 100,
    "rate_window_seconds": 20,
    "concurrency_limit": 10,
    "rejected_calls_count": True,  # do 606, 607 and 615 use up quota and window slots
    "batch_over_limit_code": "1003",
    "double_slash_rejected": True,
    "latency": "off",  # off | realistic (20)
    # creating fields (7.1): does one bad field refuse the call or only itself
    "field_create_failure": "response",  # response | record
    # writing persons (7.3, 6)
    "overlong_string": "truncate",  # truncate | skip_1003 (6.4)
    "concurrent_upserts_race": False,  # two upserts of one key at once create two persons
    "empty_string": "null",  # null | text
    "readonly_field": "skip_1003",  # skip_1003 | ignore
    "missing_lookup": "skip_1003",  # skip_1003 | skip_1002 | create
    "duplicate_in_batch": "sequential",  # sequential | skip_1036
    "unknown_field": "response",  # response | record
    "unknown_company": "skip_1003",  # skip_1003 | accept
    "missing_person_code": "1004",  # GET of one missing person
    "describe_score_as": "integer",  # integer | score
    "numeric_strings": True,  # "5" for an integer field
    "durable_unsubscribe": True,  # an unsubscribed address stays so, for every person that has it
    # activities (8)
    "activity_lag_seconds": 0.0,
    "activity_ids": True,  # rows carry the legacy member id
    "scan_block": 5_000,  # log rows that one call looks at
    "invalid_token_code": "1003",
    "paging_token_days": 0,  # 0: a paging token is good for ever
    "reversed_pages": False,  # rows of a page come newest first
    "activities_accept_delete": False,  # type 37 through activities.json
    "merge_logs_delete": False,  # losers of a merge also get a type 37 row
    # bulk (13, 14)
    "updated_at_filter": True,  # false answers 1035
    "smart_list_filter": False,
    "export_queue_seconds": 20.0,
    "export_run_seconds": 30.0,
    "status_refresh_seconds": 60.0,
    "export_daily_bytes": 500_000_000,
    "import_seconds": 0.0,
    "native_crm": False,  # companies and sales persons are read-only: 1018
}
