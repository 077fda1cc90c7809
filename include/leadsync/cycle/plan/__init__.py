"""What a cycle works with: the mapping resolved against both schemas, as they were last read."""
