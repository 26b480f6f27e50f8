"""Attacks on hpp-contract, on loopback only and bounded: `make attack`. Each attacks one door, and has a table.

Tests of `tests/harness` run a few of each kind.
"""
