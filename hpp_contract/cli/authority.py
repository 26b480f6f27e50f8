"""A throwaway certificate authority for as long as a command runs, and clients that trust it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from hpp_contract.server import Tls

VARIABLES: Final = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "NODE_EXTRA_CA_CERTS")
"""What names an authority to trust: for OpenSSL (and so Python, Ruby, Go), requests, curl and Node."""


@contextmanager
def authority(wanted: bool) -> Iterator[Tls | None]:
    """The authority, whose file lives as long as the block; None when none is wanted."""
    if not wanted:
        yield None
        return
    import tempfile

    from hpp_contract.server.tls import throwaway

    with tempfile.TemporaryDirectory(prefix="hpp-contract-") as folder:
        yield throwaway(Path(folder))


@contextmanager
def trusting(tls: Tls | None) -> Iterator[None]:
    """Let clients here, and in processes that are started, trust the authority where they go by the environment."""
    if tls is None:
        yield
        return
    before = {name: os.environ.get(name) for name in VARIABLES}
    os.environ.update(dict.fromkeys(VARIABLES, str(tls.ca_file)))
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name, None)
            if value is not None:
                os.environ[name] = value
