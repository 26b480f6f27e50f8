"""Conforming clients of manners that one meets: stricter, more lenient, typed, patient, or saying what they cannot."""

from __future__ import annotations

import http.client
import json
import time
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any
from uuid import UUID

from hpp_contract.spec.session import STATUSES
from tests.harness.integration.client.wrong_clients.client_in_parts import ClientInParts
from tests.harness.support.sample_clients import Client, HppError, instant

Headers = dict[str, str]
Session = dict[str, Any]
OUTCOME = ("authorization_token", "order_id", "klarna_reference")
NAMES = {name.title().replace("_", ""): name for name in sorted(STATUSES)}
Status = Enum("Status", NAMES)  # type: ignore[misc]  # what is documented names the members


class RefusesOtherSessions(Client):
    """It looks whether the session in the body is the one it asked for."""

    def session(self, value: Session) -> Any:
        if value.get("session_id") != self.ask.session_id:
            raise LookupError("the answer is about another session")
        return value


class Strict(ClientInParts):
    """It refuses whatever is not exactly as documented, but for new members and statuses."""

    def received(self, response: http.client.HTTPResponse) -> bytes:
        if response.status == 200 and response.headers.get_content_type() != "application/json":
            raise TypeError("no JSON")
        return super().received(response)

    def parse(self, content: bytes) -> Session:
        if len(content) > 65_536:
            raise ValueError("too large")
        value = json.loads(content.decode("utf-8"), object_pairs_hook=self.once, parse_constant=self.never)
        return self.documented(value)

    def documented(self, value: Session) -> Session:
        UUID(value["session_id"])
        if not value["status"].isupper() or None in value.values():
            raise ValueError("no session")
        for name in ("updated_at", "expires_at"):
            if datetime.fromisoformat(value[name]).tzinfo is None:
                raise ValueError(f"{name} has no zone")
        outcome = {name: value[name] for name in OUTCOME if name in value}
        if value["status"] == "COMPLETED" and tuple(outcome) not in (OUTCOME[:1], OUTCOME[1:]):
            raise ValueError("not one outcome")
        if not all(isinstance(inner, str) for inner in outcome.values()):
            raise ValueError("an outcome that is no text")
        return value

    @staticmethod
    def once(pairs: list[tuple[str, Any]]) -> Session:
        if len(dict(pairs)) < len(pairs):
            raise ValueError("a member twice")
        return dict(pairs)

    @staticmethod
    def never(name: str) -> Any:
        raise ValueError(f"{name} is no JSON")


class Lenient(Client):
    """It reads the first JSON value it finds, as streaming parsers do, in whatever encoding."""

    def parse(self, content: bytes) -> Session:
        value, _ = json.JSONDecoder().raw_decode(content.decode("utf-8-sig", "replace").lstrip())
        if not isinstance(value, dict):
            raise TypeError("a session is an object")
        return value


@dataclass(frozen=True)
class Typed:
    session_id: UUID | None
    status: Any
    updated_at: datetime | None
    expires_at: datetime | None
    order_id: str | None
    klarna_reference: str | None
    authorization_token: str | None
    customer: Session | None
    manual_identification: Session | None


class HoldsTypes(Client):
    """Ids are UUIDs to it, statuses an enumeration that allows others, instants datetimes."""

    def session(self, value: Session) -> Any:
        accepted = {name: value.get(name) for name in Typed.__dataclass_fields__}
        read: Session = {"updated_at": instant(value.get("updated_at")), "expires_at": instant(value.get("expires_at"))}
        session_id, status = value.get("session_id"), value.get("status")
        read |= {"session_id": UUID(session_id) if session_id else None}
        return Typed(**accepted | read | {"status": Status(status) if status in STATUSES else status})


class RefusesOddIds(HoldsTypes):
    """It asks only for what is a UUID, in small letters."""

    def segment(self) -> str:
        return str(UUID(self.ask.session_id))


class KnowsNineStatuses(Client):
    """Its enumeration cannot represent a tenth status."""

    def session(self, value: Session) -> Any:
        return value | {"status": Status(value["status"]) if value.get("status") else None}


class SaysItKnowsNineStatuses(KnowsNineStatuses):
    hello = {"status": "closed"}  # noqa: RUF012  as an SDK's author would write it


class CountsSeconds(Client):
    """An instant is a number of seconds since 1970."""

    def session(self, value: Session) -> Any:
        counted = ((name, instant(value.get(name))) for name in ("updated_at", "expires_at"))
        return value | {name: self.number(moment) if moment else None for name, moment in counted}

    def number(self, moment: datetime) -> float:
        return moment.timestamp()


class CountsMilliseconds(CountsSeconds):
    def number(self, moment: datetime) -> float:
        return int(moment.timestamp() * 1000)


class WritesNoStatusAsZero(Client):
    """It returns errors as values, whose status is 0 where nothing was answered."""

    def __call__(self, *ask: Any, **named: Any) -> Any:
        try:
            return super().__call__(*ask, **named)
        except HppError as error:
            return {"error": vars(error)}
        except Exception as error:
            return {"error": {"type": type(error).__name__, "http_status": 0, "error_code": ""}}


class RefusesOddKeys(Client):
    """An API key is ASCII to it."""

    def authorization(self) -> str:
        if not self.ask.password.isascii():
            raise ValueError("an API key is ASCII")
        return super().authorization()


class KeepsConnection(ClientInParts):
    """It keeps its connection, and asks again on a new one when the kept one was closed."""

    kept: http.client.HTTPConnection | None = None

    def send(self, host: str, port: int | None, path: str, headers: Headers) -> tuple[int, bytes]:
        if self.kept is not None and self.kept.port == port:
            try:
                return self.over(self.kept, path, headers)
            except (ConnectionError, http.client.BadStatusLine):
                pass  # it had been closed meanwhile
        self.kept = self.connected(host, port)
        return self.over(self.kept, path, headers)

    def over(self, connection: http.client.HTTPConnection, path: str, headers: Headers) -> tuple[int, bytes]:
        try:
            connection.request("GET", path, headers=headers | {"Accept-Encoding": "identity"})
            response = connection.getresponse()
            return response.status, response.read()
        except Exception:
            connection.close()
            self.kept = None
            raise


class SaysWhatItCannot(Client):
    """It exposes the documented happy flow, and of an error no more than that there was one."""

    fields = ("session_id", "status", "updated_at", "expires_at", "order_id", "klarna_reference", "authorization_token")
    hello = {"fields": fields, "error": [], "status": "closed", "timeout": False}  # noqa: RUF012  as above

    def session(self, value: Session) -> Any:
        return {name: inner for name, inner in value.items() if name in self.fields}

    def interpret(self, status: int, content: bytes) -> Any:
        if status != 200:
            raise RuntimeError("the request failed")
        return super().interpret(status, content)


class AcceptsDeepLists(Client):
    """It makes nothing of what is nested too deeply for anybody, and says nothing."""

    def parse(self, content: bytes) -> Session:
        return {} if content.startswith(b"[[") else super().parse(content)


class BacksOff(Client):
    """It tries three times, and pauses ever longer in between."""

    def fetch(self, path: str, headers: Headers) -> tuple[int, bytes]:
        for pause in (1.0, 1.5):
            try:
                return super().fetch(path, headers)
            except OSError:
                time.sleep(pause)
        return super().fetch(path, headers)
