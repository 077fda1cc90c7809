"""``leadsync quarantine``: what is held, why, and what is to become of it."""
