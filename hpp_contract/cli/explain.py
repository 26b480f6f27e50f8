"""`hpp-contract explain`: one rule in full."""

from __future__ import annotations

import click

from hpp_contract.cli import completion
from hpp_contract.model.clock import Clock


@click.command()
@click.argument("rule_id", metavar="ID", shell_complete=completion.rules)
@click.pass_obj
def explain(clock: Clock, rule_id: str) -> None:
    """Say what a rule demands and why; ID is its code (HPP-S05 or S05) or its slug, in any case.

    \b
    Examples:
      hpp-contract explain HPP-S05
      hpp-contract explain order-with-reference
    """
    from hpp_contract.cli._output import width, write_stdout
    from hpp_contract.cli.pair import kept_and_broken
    from hpp_contract.engine.errors import UsageProblem, suggest
    from hpp_contract.reporting.catalogue import explain as text
    from hpp_contract.rules import CATALOGUE, find

    rule = find(rule_id) or find(f"HPP-{rule_id}")
    if rule is None:
        names = [name for each in CATALOGUE for name in (each.id, each.slug)]
        hint = suggest(rule_id, names, "hpp-contract rules lists them.", 0.5)
        raise UsageProblem(f"there is no rule {rule_id!r}; {hint}")
    write_stdout(text(rule, kept_and_broken(rule, clock), min(width(), 100)))
