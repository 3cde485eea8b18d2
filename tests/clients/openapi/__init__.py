"""Honeycomb's own description of its interface, and what breaks it."""
