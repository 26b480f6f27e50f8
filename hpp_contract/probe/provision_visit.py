"""Opening the consumer's page as a consumer would: without credentials, plainly or in a real browser."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
from typing import Final
from urllib.parse import urlsplit

from hpp_contract import __version__
from hpp_contract.engine.refusal import system_refusal
from hpp_contract.model.exchange import is_loopback
from hpp_contract.probe.wire import Wire

TIMEOUT: Final = 10.0
"""Seconds for connecting and for each read of a plain visit."""

PATIENCE: Final = 60.0
"""Seconds that a browser may take to open the page."""

BROWSERS: Final = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")

_QUIET: Final = (
    "--headless", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--virtual-time-budget=10000", "--dump-dom",
)  # fmt: skip


def plainly(url: str) -> int | None:
    """The status code of one GET of `url`, without credentials and following nothing; None when it fails."""
    wire = Wire(url, TIMEOUT, direct=_is_local(url))
    try:
        return wire.get(url, (("Accept", "text/html"), ("User-Agent", f"hpp-contract/{__version__}"))).exchange.status
    finally:
        wire.close()


def in_browser(url: str) -> str | None:
    """Open `url` in a headless Chromium until it has loaded and its scripts have run; why that failed, or None."""
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser is None:
        return "No Chromium is on the path: redirect_url was not opened in a browser."
    with tempfile.TemporaryDirectory(prefix="hpp-contract-", ignore_cleanup_errors=True) as profile:
        command = [browser, *_QUIET, *_as_needed(url), f"--user-data-dir={profile}", url]
        return _run(command)


def _run(command: list[str]) -> str | None:
    quiet = subprocess.DEVNULL
    try:
        process = subprocess.Popen(  # noqa: S603  a browser from the path, and a URL that was checked to be one
            command, stdin=quiet, stdout=quiet, stderr=quiet, env=_environment(), start_new_session=True
        )
    except OSError as error:
        raise system_refusal(error, starting_process=True) or error from None
    try:
        code = process.wait(PATIENCE)
        return None if code == 0 else f"Chromium ended with exit code {code}: redirect_url may not have been opened."
    except subprocess.TimeoutExpired:
        return f"Chromium did not open redirect_url within {PATIENCE:.0f} seconds."
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)  # its helpers too
        process.wait()


def _as_needed(url: str) -> list[str]:
    """What Chromium must be told because of who runs it, and where the page is."""
    as_root = ["--no-sandbox"] if os.geteuid() == 0 else []
    return [*as_root, *(["--ignore-certificate-errors"] if _is_local(url) else [])]


def _environment() -> dict[str, str]:
    """The environment without what is ours: the page has no business with credentials."""
    return {name: value for name, value in os.environ.items() if not name.startswith("HPP_")}


def _is_local(url: str) -> bool:
    return is_loopback(urlsplit(url).hostname or "")
