"""About ourselves: red means that we are wrong."""
