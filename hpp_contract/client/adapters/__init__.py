"""What reaches a client: a Python callable, a process that speaks the adapter protocol, or one command a read."""
