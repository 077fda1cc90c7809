"""Stand-in of the Marketo Engage REST, identity and bulk APIs."""
