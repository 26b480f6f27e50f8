"""The contract as tests of a client: `pytest --pyargs hpp_contract.suite --hpp-client=MODULE:CALLABLE`."""
