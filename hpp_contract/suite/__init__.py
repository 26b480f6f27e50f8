"""The contract for whoever points pytest at it: `pytest --pyargs hpp_contract.suite --hpp-client=MODULE:CALLABLE`."""
