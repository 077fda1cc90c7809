"""HTTP to both systems: pooled transport, call ledger, retry classification."""
