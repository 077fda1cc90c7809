"""The mapping file: its model, its loading, and its resolution against both systems' schemas."""
