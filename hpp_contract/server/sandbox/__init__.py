"""A local sandbox: orders and hosted sessions that behave as the documentation says, without an account.

Its operations are those next to Read Session, which are needed to have a session to read.
"""

from hpp_contract.server.sandbox.sandbox import EXPIRED, Sandbox
from hpp_contract.server.sandbox.store import Unusable

__all__ = ["EXPIRED", "Sandbox", "Unusable"]
