"""What `hpp-contract explain` prints of a client case, and of a fault or a variation."""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import fill
from typing import Final

from hpp_contract.cases import Case
from hpp_contract.cases.scenarios import session_id
from hpp_contract.client.ideal_client import ideal_reads
from hpp_contract.client.listing import expected
from hpp_contract.engine.fault import Fault, Variant
from hpp_contract.engine.rule import Rule
from hpp_contract.rules import CATALOGUE, find

_OWED: Final = {
    "session": "the session",
    "error": "an error",
    "either": "the session or an error, but never a wrong session",
}

_WHO: Final = {
    "server": "A server does this",
    "client": "A client does this in its requests",
    "recorder": "A recorder does this",
    "adapter": "A client does this in what it gives its caller",
}


def case_text(case: Case, reads: Sequence[Sequence[str]]) -> str:
    """The case: what it is about, what happens in it with a good client (the lines of each read), and how to run
    it."""
    owed = list(dict.fromkeys(_OWED[expected(read)] for read in ideal_reads(case)))
    lines = [
        f"{case.name}  a client case",
        f"  {case.description}",
        "",
        f"  The caller is owed  {', then '.join(owed)}",
        "  It is about",
        *(f"    {rule.id} {rule.slug} ({rule.severity})" for rule in map(find, case.rules) if rule is not None),
        *([f"  Run only with --tls: {case.unproven}"] if case.needs_tls else []),
        "",
        "With a good client",
        *(f"  {line}".rstrip() for read in reads for line in read),
        "",
        f"Run it  hpp-contract client --command CMD --only {case.name}",
        "",
    ]
    return "\n".join(lines)


def variants(rule: Rule) -> tuple[Variant, ...]:
    """The faults and variations of a rule."""
    return (*rule.faults, *rule.variations)


def variant_named(name: str) -> tuple[Rule, Variant] | None:
    """The fault or variation of this name, with its rule."""
    return next(((rule, each) for rule in CATALOGUE for each in variants(rule) if each.name == name), None)


def variant_text(rule: Rule, variant: Variant, example: Sequence[str], width: int) -> str:
    """The fault or variation: whose it is, what it looks like (the lines of an example), and how to meet it."""
    is_fault = isinstance(variant, Fault)
    severity = (variant.severity if isinstance(variant, Fault) else None) or rule.severity
    breaks = f"It breaks {rule.id} {rule.slug} ({severity})" if is_fault else f"It keeps {rule.id} {rule.slug}"
    where = "case" if variant.source == "adapter" else "scenario"
    lines = [
        f"{variant.name}  {'a fault' if is_fault else 'an honest variation'}",
        fill(f"  {breaks}: {rule.summary}", width, subsequent_indent="  ", break_on_hyphens=False),
        f"  {_WHO[variant.source]}, in the {where} {variant.scenario}.",
        "",
        *(f"  {line}".rstrip() for line in example),
        "",
    ]
    if variant.source == "server" and is_fault:
        served = f"  hpp-contract serve --fault {variant.name}"
        lines += [f"Meet it in the session {session_id(variant.name)}", served, ""]
    return "\n".join([*lines, f"See also  hpp-contract explain {rule.id}", ""])
