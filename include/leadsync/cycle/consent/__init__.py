"""Opt-outs: their lane, their reach, and what outlives a record (semantics.md 6, 8.J)."""
