"""What Schemathesis loads when it runs alone (`hooks` in schemathesis.toml): the contract as one more of its checks,
and a mask for the bodies in its reports.

Importing this module registers both. Only `hpp_contract.endpoint.fuzz_hooks` imports it.
"""

from __future__ import annotations

from typing import Any

import schemathesis

from hpp_contract.model import Context, Exchange, Request, Response
from hpp_contract.privacy.pseudonyms import mask_members
from hpp_contract.probe.fuzz.check import broken_rules, described
from hpp_contract.spec.session import UUID


@schemathesis.hook
def after_call(_context: Any, _case: Any, response: schemathesis.Response) -> None:
    """Mask tokens and personal data before anything of Schemathesis sees, checks or records them."""
    response.content = mask_members(response.content)


@schemathesis.check
def contract(_context: Any, response: schemathesis.Response, _case: Any) -> None:
    """Fail when the answer breaks a rule of the contract; the message names it and quotes no value of the body."""
    if broken := broken_rules(exchange_of(response)):
        raise AssertionError(described(broken))


def exchange_of(response: schemathesis.Response) -> Exchange:
    """What Schemathesis sent and got. It does not know which ids exist; its credentials, if any, are the right ones."""
    sent = response.request
    request = Request("GET", str(sent.url), tuple((str(name), str(value)) for name, value in sent.headers.items()))
    # Schemathesis has decoded the bodies already.
    headers = ((name, text) for name, texts in response.headers.items() for text in texts if name != "content-encoding")
    malformed = request.session_id is None or not UUID.fullmatch(request.session_id)
    return Exchange(
        request,
        Response(response.status_code, tuple(headers), response.content, response.message),
        elapsed=response.elapsed,
        context=Context(
            credentials="right" if request.header("authorization") else "none",
            session="malformed" if malformed else None,
        ),
    )
