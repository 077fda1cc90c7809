"""Quarantine items: made by stages, kept by the commit (semantics.md 7)."""
