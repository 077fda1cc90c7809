"""Microsoft Dataverse Web API client."""
