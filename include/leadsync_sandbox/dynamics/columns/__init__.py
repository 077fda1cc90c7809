"""Out-of-the-box tables and columns, one JSON array a line.

``tables.jsonl``: logical name, schema name, entity set, primary key, primary name, object type
code, display name, change tracking. ``<table>.jsonl``: logical name, schema name, display name,
type, required level, valid for create/read/update (``CRU``), details that differ from the default
(reference/dataverse-webapi.md 22).
"""
