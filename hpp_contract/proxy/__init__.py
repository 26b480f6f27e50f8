"""A proxy between a client and an endpoint: passes reads on as they are, and judges both sides as they talk."""

from hpp_contract.proxy.cassettes import Cassettes
from hpp_contract.proxy.forwarding import Proxy, refusal
from hpp_contract.proxy.observer import Observer
from hpp_contract.proxy.secrets import Secrets

__all__ = ["Cassettes", "Observer", "Proxy", "Secrets", "refusal"]
