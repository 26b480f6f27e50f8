"""`hpp-contract proxy`: stand between a client and an endpoint, and judge both as they talk."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import click

from hpp_contract.cli._console import redactor, write_stdout
from hpp_contract.cli._listening import cannot_listen, ready_file, stop_signal
from hpp_contract.cli._options import Options, authority, common_options, finish, refuse_idle
from hpp_contract.engine import Subject
from hpp_contract.engine.errors import UsageProblem
from hpp_contract.engine.files import check
from hpp_contract.engine.rule import Finding, Rule, Severity
from hpp_contract.model.exchange import is_loopback
from hpp_contract.privacy.sanitize import printable
from hpp_contract.probe.target import upstream_from
from hpp_contract.proxy import Cassettes, Observer, Proxy, Secrets, refusal
from hpp_contract.server import Tls
from hpp_contract.server.wire import LOOPBACK, Listener


@click.command()
@click.option("--to", "address", required=True, metavar="URL", help="The endpoint to pass reads on to.")
@click.option("--port", type=click.IntRange(0, 65535), default=0, metavar="N", help="Port to listen on; 0 picks one.")
@click.option(
    "--ready-file", "ready", type=click.Path(path_type=Path), metavar="FILE", help="Write URL to FILE once ready."
)
@click.option("--tls", is_flag=True, help="Speak https, with a throwaway certificate authority.")
@click.option("--record", "record_to", type=click.Path(path_type=Path), metavar="DIR", help="Record what passes there.")
@click.option("--pass", "pass_others", is_flag=True, help="Let other requests through too, unjudged.")
@click.option("--allow-production", is_flag=True, help="Pass reads on to a production host, and with live keys, too.")
@common_options
def proxy(
    address: str,
    port: int,
    ready: Path | None,
    tls: bool,
    record_to: Path | None,
    pass_others: bool,
    allow_production: bool,
    options: Options,
) -> None:
    """Stand between a client in any language and the endpoint at URL, and judge both as they talk.

    Point the client at the proxy as its base URL. Reads of sessions and their answers pass byte for byte, but for Host
    and the header fields of a connection; the client's credentials pass too, and are neither kept nor printed. Findings
    are printed as they are made, and Ctrl-C ends with the report. --record adds scrubbed cassettes to DIR.

    \b
    Examples:
      hpp-contract proxy --to https://api.playground.kustom.co --port 8080
      hpp-contract proxy --to api.playground.kustom.co --record cassettes/shop
      hpp-contract proxy --to http://127.0.0.1:8081 --tls --ready-file ready.json
    """
    refuse_idle(("seed",), "the proxy chooses nothing at random")
    url = upstream_from(address, allow_production, pass_others)
    _refuse_itself(url, port)
    if ready is not None:
        check(ready)
    secrets, known = Secrets(), {entry.rule for entry in options.known_failing}
    host = urlsplit(url).hostname or url
    cassettes = Cassettes(record_to, host, secrets, options.clock) if record_to is not None else None
    observer = Observer(
        Subject("recording", f"traffic to {url}"),
        lambda rule, finding: None if options.quiet else write_stdout(_line(rule, finding, secrets, known)),
        secrets,
        cassettes.write if cassettes is not None else None,
    )
    through = Proxy(url, observer, pass_others=pass_others, allow_production=allow_production, clock=options.clock)
    with authority(tls) as trusted, observer, _listening(port, through, trusted) as listener:
        own = listener.origin
        reached = {"url": own, "ca_file": str(trusted.ca_file) if trusted else None}
        with stop_signal() as stopped, ready_file(ready, reached):
            write_stdout(_instructions(own, url, trusted, record_to, options.quiet))
            stopped.wait()
    refused = [f"Connections were closed, because {listener.refused}"] if listener.refused is not None else []
    report = observer.report(own, (*(cassettes.notes if cassettes is not None else ()), *refused))
    if cassettes is not None:
        report = replace(report, unverified=report.unverified or cassettes.problem)
    finish(report, options, secrets.texts, evidence=observer.exchanges)


def _refuse_itself(url: str, port: int) -> None:
    parts = urlsplit(url)
    if port and parts.port == port and is_loopback(parts.hostname or ""):
        raise UsageProblem(f"--to and --port name one port ({port}), so that the proxy would ask itself: change one.")


@contextmanager
def _listening(port: int, through: Proxy, trusted: Tls | None) -> Iterator[Listener]:
    """What listens for clients of the proxy while the block runs."""
    try:
        listener = Listener(port, through, trusted.context if trusted is not None else None, refuse=refusal)
    except OSError as error:
        raise cannot_listen(error, LOOPBACK, port) from error
    try:
        yield listener
    finally:
        through.close()
        listener.stop()


def _instructions(own: str, url: str, trusted: Tls | None, folder: Path | None, quiet: bool) -> str:
    """How to have a client ask here."""
    lines = [
        f"The proxy listens at {own}",
        f"and passes reads on to {url}",
        *([f"  trust      {trusted.ca_file}"] if trusted is not None else []),
        *([f"  recording  into {folder}, scrubbed, when the proxy ends"] if folder is not None else []),
        "",
        "Give a client that as its base URL.",
        "It sends its own credentials, which are passed on and not kept.",
        f"Port {urlsplit(own).port} is open until Ctrl-C; then the report follows.",
        *([] if quiet else ["Findings as they are made:"]),
        "",
    ]
    return "\n".join(lines)


def _line(rule: Rule, finding: Finding, secrets: Secrets, known: Collection[str]) -> str:
    """A finding in one line; of the rules in `known` it was expected."""
    word = "broken" if rule.weight(finding) is Severity.MUST else "warned"
    word = "known " if rule.id in known else word
    text = f"{finding.where}: expected {finding.expected}, found {finding.found}, {finding.evidence}"
    return f"{word} {rule.id} {rule.slug}: {printable(redactor(*secrets.texts)(text))}\n"
