"""Who belongs to whom before anything is created (semantics.md 4)."""
