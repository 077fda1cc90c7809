"""What changed on both sides: feeds, delta links, and what they have forgotten."""
