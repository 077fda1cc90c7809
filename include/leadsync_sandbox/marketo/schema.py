"""Tables of the Marketo stand-in."""

from __future__ import annotations

SCHEMA = """
CREATE TABLE IF NOT EXISTS token (
    token TEXT PRIMARY KEY, client_id TEXT NOT NULL, expires REAL NOT NULL
);
CREATE TABLE IF NOT EXISTS recent_call (at REAL NOT NULL);
CREATE INDEX IF NOT EXISTS recent_call_at ON recent_call (at);
CREATE TABLE IF NOT EXISTS usage (
    day TEXT NOT NULL, user TEXT NOT NULL, calls INTEGER NOT NULL, PRIMARY KEY (day, user)
);
CREATE TABLE IF NOT EXISTS error_usage (
    day TEXT NOT NULL, code TEXT NOT NULL, calls INTEGER NOT NULL, PRIMARY KEY (day, code)
);
CREATE TABLE IF NOT EXISTS custom_field (
    id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, spec TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS person (
    id INTEGER PRIMARY KEY, created_at TEXT NOT NULL, updated_at TEXT NOT NULL,
    changed_at TEXT NOT NULL, data TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS person_email
    ON person (json_extract(data, '$.email') COLLATE NOCASE);
CREATE INDEX IF NOT EXISTS person_company
    ON person (json_extract(data, '$.externalCompanyId') COLLATE NOCASE);
CREATE INDEX IF NOT EXISTS person_created ON person (created_at);
CREATE INDEX IF NOT EXISTS person_changed ON person (changed_at);
CREATE TABLE IF NOT EXISTS unsubscribed (email TEXT PRIMARY KEY COLLATE NOCASE);
CREATE TABLE IF NOT EXISTS activity (
    seq INTEGER PRIMARY KEY, person_id INTEGER NOT NULL, type_id INTEGER NOT NULL,
    at TEXT NOT NULL, visible REAL NOT NULL, primary_id INTEGER, primary_value TEXT,
    field TEXT, old TEXT, new TEXT, attributes TEXT NOT NULL, campaign_id INTEGER
);
CREATE INDEX IF NOT EXISTS activity_person ON activity (person_id);
CREATE INDEX IF NOT EXISTS activity_at ON activity (at);
CREATE INDEX IF NOT EXISTS activity_type ON activity (type_id, seq);
CREATE TABLE IF NOT EXISTS activity_type_custom (
    id INTEGER PRIMARY KEY, api_name TEXT NOT NULL UNIQUE, created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL, approved TEXT, draft TEXT, deleted INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE IF NOT EXISTS partition (
    id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, description TEXT
);
INSERT OR IGNORE INTO partition VALUES (1, 'Default', 'Initial system lead partition');
CREATE TABLE IF NOT EXISTS list (
    id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, description TEXT,
    created_at TEXT NOT NULL, updated_at TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS member (
    list_id INTEGER NOT NULL, person_id INTEGER NOT NULL, PRIMARY KEY (list_id, person_id)
);
CREATE INDEX IF NOT EXISTS member_person ON member (person_id);
CREATE TABLE IF NOT EXISTS object (
    kind TEXT NOT NULL, id INTEGER NOT NULL, external_id TEXT NOT NULL COLLATE NOCASE,
    created_at TEXT NOT NULL, updated_at TEXT NOT NULL, data TEXT NOT NULL,
    PRIMARY KEY (kind, id), UNIQUE (kind, external_id)
);
CREATE TABLE IF NOT EXISTS campaign (
    id INTEGER PRIMARY KEY, name TEXT NOT NULL, type TEXT NOT NULL, active INTEGER NOT NULL,
    created_at TEXT NOT NULL, updated_at TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS flow_service (
    id INTEGER PRIMARY KEY, base_url TEXT NOT NULL, key_name TEXT NOT NULL, key TEXT NOT NULL,
    callback_base TEXT NOT NULL, definition TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS flow_call (
    token TEXT PRIMARY KEY, key TEXT NOT NULL, service INTEGER NOT NULL,
    campaign INTEGER NOT NULL, persons TEXT NOT NULL, submitted TEXT NOT NULL, status INTEGER,
    answer TEXT, answered TEXT
);
CREATE TABLE IF NOT EXISTS export_job (
    id TEXT PRIMARY KEY, kind TEXT NOT NULL, owner TEXT NOT NULL, request TEXT NOT NULL,
    status TEXT NOT NULL, created REAL NOT NULL, queued REAL, started REAL, finished REAL,
    told_status TEXT, told REAL, records INTEGER, size INTEGER, checksum TEXT, error TEXT
);
CREATE TABLE IF NOT EXISTS import_job (
    id INTEGER PRIMARY KEY, request TEXT NOT NULL, body BLOB NOT NULL, status TEXT NOT NULL,
    created REAL NOT NULL, due REAL NOT NULL, processed INTEGER NOT NULL DEFAULT 0,
    failures TEXT NOT NULL DEFAULT '', failed INTEGER NOT NULL DEFAULT 0,
    warnings TEXT NOT NULL DEFAULT '', warned INTEGER NOT NULL DEFAULT 0,
    message TEXT NOT NULL DEFAULT ''
);
"""
