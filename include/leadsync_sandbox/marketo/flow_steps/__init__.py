"""A small campaign engine: calls flow-step services and webhooks as Marketo does."""
