"""Generated requests to an endpoint, sent and checked by Schemathesis, and the contract as one of its checks."""
