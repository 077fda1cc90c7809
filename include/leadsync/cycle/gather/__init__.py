"""The window brought together with its links: scope, deletions, merges, conversions."""
