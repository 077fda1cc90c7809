"""Bulk extract and bulk import (reference/marketo-rest.md 13, 14)."""
