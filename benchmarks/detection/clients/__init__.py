"""Wrong clients against what else there is to test a client with: a stub server, and assertions written by hand.

The wrong clients are those of `tests/harness/integration/client/wrong_clients`, one bug each; how a tool does on
endpoints is not told here.
"""
