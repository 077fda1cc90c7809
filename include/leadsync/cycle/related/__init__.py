"""Accounts and owners, whose values their people show (semantics.md 1)."""
