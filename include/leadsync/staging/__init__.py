"""Frames and documents of a cycle, as Parquet and JSON behind an fsspec URL."""
