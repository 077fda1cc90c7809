"""What people do about quarantined rows: look, decide, mend, try again, take them along."""
