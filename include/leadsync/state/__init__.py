"""State store: links, base values, cursors, cycles, intents, journal, quarantine, lease."""
