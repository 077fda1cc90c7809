"""The first load: everything that exists on both sides, in partitions (docs/first-load.md)."""
