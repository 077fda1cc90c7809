"""Writing accepted records, and what the answers change (semantics.md 4)."""
