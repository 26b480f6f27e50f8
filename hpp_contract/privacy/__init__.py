"""Verbs on text and bytes that keep secrets and people out of what is shown or kept. Nothing here judges."""
