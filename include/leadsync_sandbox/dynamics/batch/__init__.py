"""``$batch``: many operations in one request (reference/dataverse-webapi.md 11)."""
