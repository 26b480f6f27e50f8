"""The rules, one module per letter, and the catalogue that lists them.

A module here holds rules and the faults that break them, side by side. Nothing here reads files, sockets or clocks.
"""
