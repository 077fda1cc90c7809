"""Alerts: what happened, in which incident, and who is told through which channel."""
