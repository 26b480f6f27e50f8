"""Bodies of requests, incomplete ones included."""

from __future__ import annotations

import io
from email.message import Message

import pytest

from hpp_contract.server.wire import Refused, read_body


@pytest.mark.parametrize(
    "sent",
    [b"4\r\nab", b"2\r\nab\r\n0\r\n" + b"x: y\r\n" * 1000, b"2\r\nabc\r\n0\r\n\r\n", b"-2\r\n"],
    ids=["broken off", "trailers without end", "a chunk too long", "no length"],
)
def test_chunks_that_are_refused(sent: bytes) -> None:
    """A chunked body that breaks off, or never ends, is refused with 400."""
    headers = Message()
    headers["Transfer-Encoding"] = "chunked"
    with pytest.raises(Refused) as refused:
        read_body(io.BytesIO(sent), headers)
    assert refused.value.status == 400
