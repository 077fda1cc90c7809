"""Marketo Engage REST client."""
