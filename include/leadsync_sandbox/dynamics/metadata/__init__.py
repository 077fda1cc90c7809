"""Metadata endpoints (reference/dataverse-webapi.md 19)."""
