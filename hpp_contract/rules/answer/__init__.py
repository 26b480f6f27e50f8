"""Rules about the answer a client gives its caller, by topic."""
