"""Plain events as Honeycomb's clients send them: made, sent, and looked for."""
