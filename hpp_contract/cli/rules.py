"""`hpp-contract rules`: the catalogue."""

from __future__ import annotations

from pathlib import Path

import click

from hpp_contract.cli._console import width, write_stdout
from hpp_contract.engine.files import write
from hpp_contract.reporting.catalogue import rules_markdown, rules_text
from hpp_contract.rules import CATALOGUE


@click.command()
@click.option("--markdown", type=click.Path(path_type=Path), metavar="FILE", help="Write it as Markdown (RULES.md).")
def rules(markdown: Path | None) -> None:
    """List every rule of the contract, by letter: R, H, S, P, C, L and E judge an endpoint and its recordings, R and A
    a client, K a kept recording.

    \b
    Examples:
      hpp-contract rules
      hpp-contract rules --markdown RULES.md
    """
    if markdown is not None:
        write(markdown, rules_markdown(CATALOGUE))
        return
    write_stdout(rules_text(CATALOGUE, width()))
    write_stdout("\nSee more: hpp-contract explain HPP-S05\n")
