"""Hands on the hooks of `hpp_contract.probe.fuzz.hooks`: `hooks = "hpp_contract.endpoint.fuzz_hooks"` is public."""

from hpp_contract.probe.fuzz.hooks import contract

__all__ = ["contract"]
