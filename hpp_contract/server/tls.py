"""A throwaway certificate authority, for clients that insist on https."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Tls:
    """What a server needs to speak TLS, and the file of the authority that its clients must trust."""

    context: ssl.SSLContext
    ca_file: Path


def throwaway(folder: Path) -> Tls:
    """A new authority, its certificate written to `folder`, and a certificate for this machine's loopback names."""
    import trustme  # slow to import, and only TLS needs it

    authority = trustme.CA(organization_name="hpp-contract throwaway authority")
    certificate = authority.issue_cert("127.0.0.1", "localhost", "::1")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    certificate.configure_cert(context)
    ca_file = folder / "hpp-contract-ca.pem"
    authority.cert_pem.write_to_path(str(ca_file))
    return Tls(context, ca_file)
