"""The stages of a sync cycle, one file each."""
