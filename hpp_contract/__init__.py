"""The executable contract of Kustom's Hosted Payment Page *read session* endpoint.

A rule is a small pure function over an exchange, or over the ordered exchanges of one session. Everything else only
yields exchanges or prints verdicts. Nothing is imported here: a command imports what it needs.
"""

__version__ = "0.1.0"
