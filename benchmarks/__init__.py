"""Measurements of whole cycles against the sandbox; not part of the product."""
