"""Adapters to a client: a Python callable, a process with the adapter protocol, or one command for each read."""
