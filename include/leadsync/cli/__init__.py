"""The leadsync command line."""
