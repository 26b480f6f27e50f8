"""Tests. `contract` is about the contract and its evidence, `harness` about ourselves."""
