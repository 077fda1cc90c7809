"""Data Docs of a cycle: validation results kept as JSON, pages made when somebody looks."""
