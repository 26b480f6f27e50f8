"""Which endpoint to probe, with what credentials, for which sessions: read from the arguments and the environment.

Whatever makes probing unsafe or useless is refused here, before anything is sent.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import SplitResult, urlsplit

from hpp_contract.engine.errors import UsageProblem
from hpp_contract.model.credentials import Credentials
from hpp_contract.model.exchange import is_loopback
from hpp_contract.spec.endpoint import (
    API_KEY,
    ENDPOINT_VARIABLE,
    KEY_VARIABLE,
    LIVE_KEY,
    PLAYGROUND,
    PRODUCTION,
    SESSION_IDS_VARIABLE,
    USERNAME_VARIABLE,
)

_HOST: Final = re.compile(r"[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\]")
_PATH: Final = re.compile(r"(?:[A-Za-z0-9\-._~!$&'()*+,;=:@/]|%[0-9A-Fa-f]{2})*")

EMBEDDED: Final = "the embedded reference server"

_VARIABLES: Final = (ENDPOINT_VARIABLE, KEY_VARIABLE, USERNAME_VARIABLE, SESSION_IDS_VARIABLE)
_NEVER_IN_AN_ID: Final = ("/", ":", "…", "...", "'", '"')


@dataclass(frozen=True, slots=True)
class Target:
    """What to probe: `base_url` without a trailing slash, or None for the embedded server, which is then started."""

    base_url: str | None
    credentials: Credentials
    session_ids: tuple[str, ...]
    embedded: bool = False

    @property
    def host(self) -> str:
        """Host and port as given, safe to print."""
        return urlsplit(self.base_url).netloc if self.base_url else EMBEDDED

    @property
    def is_loopback(self) -> bool:
        return self.base_url is None or is_loopback(urlsplit(self.base_url).hostname or "")


def target_from(
    base_url: str | None,
    environ: Mapping[str, str],
    session_ids: Sequence[str],
    allow_production: bool,
    provision: bool = False,
) -> Target:
    """The target that the arguments and `environ` describe; raises UsageProblem.

    Reads HPP_ENDPOINT (a host or a URL), HPP_API_KEY, HPP_USERNAME and HPP_SESSION_IDS (separated by commas or white
    space); arguments win. None of the four and no `base_url`: the embedded server. Where a session is to be made
    (`provision`), production is refused even when reading from it is allowed.
    """
    ids = _ids(session_ids or re.split(r"[\s,]+", environ.get(SESSION_IDS_VARIABLE, "")))
    address = (base_url or "").strip() or environ.get(ENDPOINT_VARIABLE, "").strip()
    if not address:
        _refuse_half_a_target(environ)
        return Target(None, Credentials(""), ids, embedded=True)
    url = _base_url(address)
    credentials = _credentials(environ, urlsplit(url).netloc)
    _refuse_production(urlsplit(url).hostname or "", credentials, allow_production, provision)
    return Target(url, credentials, ids)


def upstream_from(address: str, allow_production: bool, pass_others: bool) -> str:
    """The base URL of the endpoint that a proxy passes reads on to, or all requests (`pass_others`), under the rules
    for a target; it sends no credentials of its own. Raises UsageProblem."""
    url = _base_url(address.strip())
    host = urlsplit(url).hostname or ""
    _refuse_production(host, Credentials(""), allow_production, provision=False)
    if pass_others and _is_production(host):
        raise UsageProblem(f"{host} is a production host, where nothing but reads is sent: leave --pass out.")
    return url


def _ids(given: Sequence[str]) -> tuple[str, ...]:
    """The session ids, each once. A URL, or an id that a report has cut, reads no session and looks like an expired
    one."""
    ids = tuple(dict.fromkeys(filter(None, map(str.strip, given))))
    for number, session_id in enumerate(ids, start=1):
        odd = next((character for character in _NEVER_IN_AN_ID if character in session_id), None)
        if odd is not None:
            raise UsageProblem(
                f"session id {number} of {len(ids)} holds `{odd}`: give the whole id alone, such as "
                "39a1c773-bafd-754d-af1f-b30c592f1267, no URL, no quotes and no id that was cut."
            )
    return ids


def _refuse_half_a_target(environ: Mapping[str, str]) -> None:
    """Refuse variables without an endpoint, even empty ones, as the secrets of a fork are: whoever sets them means
    another endpoint than the embedded server."""
    forgotten = next((name for name in _VARIABLES if name in environ), None)
    if forgotten is not None:
        how = (
            f"{ENDPOINT_VARIABLE} is empty"
            if forgotten == ENDPOINT_VARIABLE
            else (f"{forgotten} is set, but {ENDPOINT_VARIABLE} is not set")
        )
        raise UsageProblem(
            f"{how}: name the endpoint ({PLAYGROUND}), or unset {', '.join(_VARIABLES)} to probe {EMBEDDED}."
        )


def _base_url(address: str) -> str:
    """The base URL that a host or URL names, normalized."""
    # The address may hold credentials, so no message repeats more of it than its host.
    parts = _parts(address if "://" in address else f"https://{address}")
    if parts.username is not None or parts.password is not None or API_KEY.search(address):
        raise UsageProblem("the base URL must not hold credentials: put the API key into HPP_API_KEY.")
    if parts.query or parts.fragment or address.endswith(("?", "#")):
        raise UsageProblem(f"the base URL must end with its path, without a query or fragment, such as {PLAYGROUND}.")
    if "/hpp/v1" in parts.path:
        raise UsageProblem(f"the base URL ends before /hpp/v1 ({PLAYGROUND}); session ids go into HPP_SESSION_IDS.")
    if not _PATH.fullmatch(parts.path):
        raise UsageProblem("the base URL's path holds characters that must be percent-encoded.")
    if parts.scheme == "http" and not is_loopback(parts.hostname or ""):
        raise UsageProblem(f"http://{parts.netloc} would send the credentials unencrypted: use https.")
    if "://" not in address and is_loopback(parts.hostname or ""):
        raise UsageProblem(f"{parts.netloc} is on this machine: write http:// or https:// before it.")
    path = re.sub("%..", lambda encoded: encoded[0].upper(), parts.path.rstrip("/"))
    return f"{parts.scheme}://{parts.netloc}{path}"


def _parts(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        host = parts.netloc.rpartition("@")[2]
        name = host if host.endswith("]") else host.rpartition(":")[0] or host
        valid = parts.scheme in ("http", "https") and parts.port != 0 and _HOST.fullmatch(name)
        ascii_host = (parts.hostname or "").encode("idna")
    except (ValueError, UnicodeError):  # a port that is not a number, an unclosed bracket, a label that is too long
        valid, ascii_host = None, b""
    if url[:1] in ("'", '"'):
        raise UsageProblem(f"the base URL is in quotes: give it without, such as {PLAYGROUND}.")
    if not valid or not ascii_host:
        raise UsageProblem(f"the base URL is not an https URL of a host: give one such as {PLAYGROUND}.")
    return parts


def _credentials(environ: Mapping[str, str], host: str) -> Credentials:
    api_key = environ.get(KEY_VARIABLE, "").strip()
    if not api_key:
        raise UsageProblem(
            f"HPP_API_KEY is not set, and {host} requires it: create an API key in the Kustom portal (for "
            "the sandbox in the playground's portal: kco_test_api_…) and put it into the environment."
        )
    username = environ.get(USERNAME_VARIABLE, "").strip() or None
    for name, value in ((KEY_VARIABLE, api_key), (USERNAME_VARIABLE, username or "")):
        if re.search(r"[\x00-\x1f\x7f]", value):
            raise UsageProblem(f"{name} holds a line break or another control character: set it without.")
    return Credentials(api_key, username)


def _is_production(host: str) -> bool:
    return bool(PRODUCTION.fullmatch(host.lower().rstrip(".")))


def _refuse_production(host: str, credentials: Credentials, allow_production: bool, provision: bool) -> None:
    is_production = _is_production(host)
    is_live = credentials.api_key.startswith(LIVE_KEY)
    if provision and (is_production or is_live):
        what = f"{host} is a production host" if is_production else f"HPP_API_KEY is a live key ({LIVE_KEY}…)"
        raise UsageProblem(f"{what}, and sessions are never made in production: --provision is for the sandbox.")
    if allow_production:
        return
    if is_production:
        raise UsageProblem(
            f"{host} is a production host: probe the sandbox ({PLAYGROUND}), or pass --allow-production to read "
            "from it."
        )
    if is_live:
        raise UsageProblem(
            f"HPP_API_KEY is a live key ({LIVE_KEY}…): use a test key, or pass --allow-production to send it."
        )
