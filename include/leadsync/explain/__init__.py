"""A person's whole story: where it is, what happened to it, and why it is not synchronised."""
