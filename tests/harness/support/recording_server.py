"""A sandbox on a wire that records every request it ever got, and may answer some of them otherwise."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

from hpp_contract.model import Exchange, Request, Response
from hpp_contract.server import Application, Sandbox
from hpp_contract.server.wire import Listener
from tests.harness.support.merchant import ROOT, Merchant, content
from tests.harness.support.not_none import not_none

Change = Callable[[Request, Response], Response | None]
"""What becomes of an answer on its way; None when none comes."""

Instead = Callable[[Request], Response | None]


def kept(_: Request, response: Response) -> Response:
    return response


class Recorder:
    """A sandbox that keeps every request it ever got, as it came. `change` is what becomes of an answer on its way;
    what `instead` answers, the sandbox does not see."""

    def __init__(self, change: Change = kept, instead: Instead = lambda _: None) -> None:
        self.got: list[Request] = []
        self.made: list[str] = []
        self.application = Application(sandbox=Sandbox(limits={}))
        self._change = change
        self._instead = instead

    def __call__(self, request: Request) -> Exchange:
        self.got.append(request)
        early = self._instead(request)
        if early is not None:
            return Exchange(request, early)
        exchange = self.application(request)
        answer = not_none(exchange.response)
        if exchange.status == 201 and "session_id" in content(answer):
            self.made.append(content(answer)["session_id"])
        response = self._change(request, answer)
        return replace(exchange, response=response, failure=None if response else "reset")

    @property
    def lines(self) -> list[str]:
        """Method and path of each request, ids and page keys as words."""
        words = {r"(orders/)[0-9a-f-]{36}": r"\1ORDER", r"(payments/)[\w-]+": r"\1PAGE"}
        lines = [f"{request.method} {request.path}" for request in self.got]
        for session in self.made:
            lines = [line.replace(session, "OURS") for line in lines]
        for pattern, word in words.items():
            lines = [re.sub(pattern, word, line) for line in lines]
        return lines

    def statuses(self) -> list[str]:
        """What the sessions that were made here show now."""
        shop = Merchant(self.application)
        return [shop.status({"session_url": f"{ROOT}/hpp/v1/sessions/{made}"}) for made in self.made]


@contextmanager
def recording(change: Change = kept, instead: Instead = lambda _: None) -> Iterator[tuple[Recorder, str]]:
    recorder = Recorder(change, instead)
    listener = Listener(0, recorder, None)
    try:
        yield recorder, listener.origin
    finally:
        listener.stop()
