"""Cycles on named records: requests, reconcile, field backfill."""
