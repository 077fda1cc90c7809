"""Plumbing that both stand-ins share: storage, clock, faults, journal, control, serving."""
