"""Stand-ins with any number of people, computed from their numbers instead of stored."""
