"""Taking back what one cycle wrote, where nobody has changed it since."""
