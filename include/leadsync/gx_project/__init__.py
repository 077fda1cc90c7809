"""The Great Expectations project under ``include/gx``: generated suites, and those of the team."""
