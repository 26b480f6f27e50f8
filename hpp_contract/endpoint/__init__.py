"""What users' `schemathesis.toml` names, and nothing else: see `hpp_contract.probe.fuzz.hooks`."""
