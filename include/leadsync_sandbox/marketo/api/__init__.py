"""Endpoints of the instance, by section of reference/marketo-rest.md."""
