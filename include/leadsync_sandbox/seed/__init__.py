"""A realistic, reproducible data set for both stand-ins."""
