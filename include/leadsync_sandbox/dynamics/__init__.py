"""A stand-in of the Dataverse Web API with its own state (reference/dataverse-webapi.md)."""
