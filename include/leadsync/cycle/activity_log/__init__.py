"""The person's activity log in Marketo: what failed and what recovered (semantics.md 7)."""
