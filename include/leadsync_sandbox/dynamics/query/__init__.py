"""The query options that the service understands (reference/dataverse-webapi.md 4)."""
