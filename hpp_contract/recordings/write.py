"""Writing exchanges as vcrpy cassettes: scrubbed, each file whole or absent, each with its provenance."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, count
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from hpp_contract import __version__
from hpp_contract.engine.errors import Unverifiable, UsageProblem
from hpp_contract.engine.files import replace_file
from hpp_contract.engine.lock import locked
from hpp_contract.model import Exchange, Headers, Instant
from hpp_contract.model.asked import Asked, asked
from hpp_contract.model.clock import utc
from hpp_contract.model.exchange import response_of
from hpp_contract.privacy.sanitize import contains_any
from hpp_contract.privacy.scrub import Scrubber
from hpp_contract.recordings.reading import read_recordings

EMBEDDED: Final = "embedded"
TOOL: Final = "hpp-contract"

NO_NAMES: Final[Mapping[str, str]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Written:
    """The cassettes written, and how many exchanges were left out: those without a complete response."""

    files: tuple[Path, ...]
    left_out: int


def write_cassettes(
    exchanges: Sequence[Exchange],
    folder: Path,
    provenance: str,
    scrub: Scrubber,
    names: Mapping[str, str] = NO_NAMES,
    *,
    adding: bool = False,
) -> Written:
    """Write one cassette for each scenario in `exchanges` into `folder`, which is created if it does not exist. `names`
    are those of known scenarios, by session id. Other cassettes of an earlier run in `folder` are removed at the end;
    with `adding` all that is there stays, and new cassettes get names that are free.

    Raises UsageProblem when the folder cannot be written or holds recordings of another kind of endpoint, and
    Unverifiable, without writing that cassette, when a secret is left in it or its provenance is lost.
    """
    persister = Persister(scrub)
    complete = [exchange for exchange in exchanges if exchange.response is not None and exchange.response.complete]
    files = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with locked((folder,)):
            refuse_to_mix(folder, provenance)  # another run may have written meanwhile
            groups = named(complete, names)
            if not adding:
                _refuse_to_replace(folder / f"{name}.yaml" for name in groups)
            for name, group in groups.items():
                free = unused_name(name, {path.stem for path in folder.glob("*.yaml")}) if adding else name
                files.append(folder / f"{free}.yaml")
                persister.write(files[-1], [scrub(exchange) for exchange in group], provenance)
            for stale in () if adding else _own_cassettes(folder) - set(files):
                stale.unlink(missing_ok=True)
    except OSError as error:
        raise UsageProblem(f"{folder} could not be written ({error.strerror}): name another folder.") from None
    return Written(tuple(files), len(exchanges) - len(complete))


def recorded(host: str, at: int) -> str:
    """The provenance of a recording of a real endpoint, made at `at` (ns since 1970)."""
    return f"recorded from {host} at {utc(at):%Y-%m-%dT%H:%M:%SZ}"


def named(exchanges: Iterable[Exchange], names: Mapping[str, str] = NO_NAMES) -> dict[str, list[Exchange]]:
    """Exchanges by scenario: the name that `names` has for the session, else one made of the shapes in their order."""
    groups: dict[tuple[str, str], list[Exchange]] = {}
    for exchange in exchanges:
        what = asked(exchange)
        refused = "" if what is Asked.SESSION else what.value
        groups.setdefault((refused, "" if refused else exchange.request.session_id or ""), []).append(exchange)
    result: dict[str, list[Exchange]] = {}
    for (refused, session_id), group in groups.items():
        result[unused_name(refused or names.get(session_id) or _sequence_name(group), result)] = group
    return result


def _sequence_name(group: Sequence[Exchange]) -> str:
    """The shapes of a session in their order, each once."""
    return "-then-".join(dict.fromkeys(map(shape, group)))


def shape(exchange: Exchange) -> str:
    """The name of the shape of an answer: of a session its status, of an error its code."""
    session = exchange.session
    if session is None:
        return f"answered-{exchange.status}"
    status = session.get("status")
    if status == "COMPLETED":
        return "completed-with-order" if {"order_id", "klarna_reference"} & session.keys() else "completed-with-token"
    is_name = isinstance(status, str) and status.replace("_", "").isalpha() and status.isascii() and len(status) < 40
    return str(status).lower().replace("_", "-") if is_name else "odd-status"


def unused_name(name: str, taken: Collection[str]) -> str:
    """The name, with the first number from 2 that makes it one that is not taken."""
    names = chain((name,), (f"{name}-{number}" for number in count(2)))
    return next(each for each in names if each not in taken)


def refuse_to_mix(folder: Path, provenance: str) -> None:
    """Evidence of the embedded server must not be mixed with, or replace, evidence of a real endpoint, and neither what
    is written from the documentation."""
    new = provenance.partition(" ")[0]
    kinds = {_kind(path) for path in folder.glob("*.yaml")}
    held = next((kind for kind in (*_RECORDED, "documented") if kind in kinds and kind != new), None)
    if held is not None:
        raise UsageProblem(f"{folder} holds {held} cassettes, and these would be {new}: name another folder.")


def _refuse_to_replace(files: Iterable[Path]) -> None:
    """Raise UsageProblem when one of the files is there and was not recorded by this tool."""
    other_file = next((file for file in files if file.exists() and _kind(file) not in _RECORDED), None)
    if other_file is not None:
        raise UsageProblem(
            f"{other_file} was not recorded by hpp-contract, and would be replaced: name another folder."
        )


def _own_cassettes(folder: Path) -> set[Path]:
    """The cassettes in the folder that this tool recorded."""
    return {path for path in folder.glob("*.yaml") if _kind(path) in _RECORDED}


def _kind(path: Path) -> str:
    """The first word of a cassette's provenance: embedded, recorded or documented; empty without one."""
    exchanges = read_recordings([str(path)]).exchanges
    return (exchanges[0].context.provenance or "").partition(" ")[0] if exchanges else ""


_RECORDED: Final = (EMBEDDED, "recorded")


class Persister:
    """Writes cassettes for vcrpy, after a last check: nothing that `scrub` replaced may be in the text, its provenance
    must be, and the file appears as a whole, in UTF-8, or not at all. Safe to use from any thread."""

    def __init__(self, scrub: Scrubber) -> None:
        self._scrub = scrub

    @staticmethod
    def load_cassette(cassette_path: Any, serializer: Any) -> Any:
        """As vcrpy's own, but in UTF-8 in every locale."""
        from vcr.persisters.filesystem import CassetteNotFoundError  # type: ignore[import-untyped]  # vcrpy has none
        from vcr.serialize import deserialize  # type: ignore[import-untyped]  # vcrpy has no types

        path = Path(cassette_path)
        if not path.is_file():
            raise CassetteNotFoundError
        return deserialize(path.read_text(encoding="utf-8"), serializer)

    def save_cassette(self, cassette_path: Any, cassette_dict: Any, serializer: Any) -> None:
        """Write a cassette, called by vcrpy. Raises Unverifiable when a secret is left in it or its metadata is lost:
        an embedded recording without metadata would pass for a real one."""
        from vcr.serialize import serialize

        text: str = serialize(cassette_dict, serializer)
        path = Path(cassette_path)
        if contains_any(text, self._scrub.originals):
            raise Unverifiable(f"{path.name} was not written: a credential or an id was left in it after scrubbing.")
        if self._scrub.ambiguous:
            raise Unverifiable(
                f"{path.name} was not written: the name of a member, a status or an error code is the same as a text "
                "that was taken out elsewhere, so it may be a person's."
            )
        metadata = cassette_dict.get("metadata")
        place = max(text.rfind("\nmetadata:\n"), 0)  # in YAML it follows the exchanges, which take long to read
        if metadata and serializer.deserialize(text[place:]).get("metadata") != metadata:
            raise Unverifiable(
                f"{path.name} was not written: the installed vcrpy leaves out `metadata`, which says where a recording "
                "is from; install vcrpy 9.4.2 or newer."
            )
        replace_file(path, text.encode())

    def write(self, path: Path, exchanges: Sequence[Exchange], provenance: str) -> None:
        """Write scrubbed exchanges as one cassette."""
        from vcr.request import Request  # type: ignore[import-untyped]  # vcrpy has no types
        from vcr.serializers import yamlserializer  # type: ignore[import-untyped]  # vcrpy has no types

        requests = [_request(exchange) for exchange in exchanges]
        cassette = {
            "requests": [Request(*request) for request in requests],
            "responses": [_response(exchange) for exchange in exchanges],
            "metadata": {
                "provenance": provenance,
                "tool": f"{TOOL} {__version__}",
                "times": [_time(exchange.at) for exchange in exchanges],
                "asked": [
                    {"credentials": each.context.credentials, "session": each.context.session} for each in exchanges
                ],
            },
        }
        self.save_cassette(path, cassette, yamlserializer)


def _request(exchange: Exchange) -> tuple[str, str, bytes | None, dict[str, str]]:
    request = exchange.request
    headers = {name: ", ".join(values) for name, values in _map(request.headers).items()}
    return request.method, request.url, request.body or None, headers


def _response(exchange: Exchange) -> Mapping[str, Any]:
    response = response_of(exchange)
    return {
        "status": {"code": response.status, "message": response.reason},
        "headers": _map(response.headers),
        "body": {"string": response.body},
    }


def _map(fields: Headers) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name, value in fields:
        found.setdefault(name, []).append(value)
    return found


def _time(at: Instant | None) -> str | None:
    return at.format(9) if at is not None else None
