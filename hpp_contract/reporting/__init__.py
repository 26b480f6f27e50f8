"""Printers: pure functions from a Report (or the catalogue) to text, one module per format, and one atomic writer.

Nothing here judges, and nothing here knows a secret: a report passes through `gate.safe` once before it is printed.
"""
