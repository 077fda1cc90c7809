"""Validation: rules generated from metadata, checked by Great Expectations, split by row."""
