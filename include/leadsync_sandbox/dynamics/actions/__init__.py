"""Actions: qualification, merge and the bulk operations (reference 8.3, 8.4, 12)."""
