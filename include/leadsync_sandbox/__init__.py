"""Stand-ins of the Marketo and Dataverse HTTP APIs, for first runs, demonstrations and tests."""
