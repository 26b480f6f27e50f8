"""A throwaway certificate authority, for clients that insist on https, and certificates that prove nothing."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import trustme

LOOPBACK: Final = ("127.0.0.1", "localhost", "::1")
OTHER_HOST: Final = "elsewhere.example"


@dataclass(frozen=True)
class Tls:
    """What a server needs to speak TLS, and the file of the authority that its clients must trust; `other_host` is
    what a server has whose certificate that authority signed for somebody else."""

    context: ssl.SSLContext
    ca_file: Path
    other_host: ssl.SSLContext | None = None


def throwaway(folder: Path) -> Tls:
    """A new authority, its certificate written to `folder`, and a certificate for this machine's loopback names."""
    import trustme  # slow to import, and only TLS needs it

    authority = trustme.CA(organization_name="hpp-contract throwaway authority")
    ca_file = folder / "hpp-contract-ca.pem"
    authority.cert_pem.write_to_path(str(ca_file))
    return Tls(_context(authority, *LOOPBACK), ca_file, _context(authority, OTHER_HOST))


def of_unknown_authority() -> ssl.SSLContext:
    """A certificate for this machine's loopback names, signed by an authority that is forgotten at once."""
    import trustme  # as above

    return _context(trustme.CA(organization_name="nobody that you know"), *LOOPBACK)


def _context(authority: trustme.CA, *names: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    authority.issue_cert(*names).configure_cert(context)
    return context
