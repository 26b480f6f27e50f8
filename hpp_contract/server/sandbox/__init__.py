"""A sandbox in a box: orders and hosted sessions that live as the documentation says, without an account.

Here is what others use of it; the operations are the neighbours of Read Session, needed to have a session to read.
"""

from hpp_contract.server.sandbox.sandbox import EXPIRED, Sandbox
from hpp_contract.server.sandbox.store import Unusable

__all__ = ["EXPIRED", "Sandbox", "Unusable"]
