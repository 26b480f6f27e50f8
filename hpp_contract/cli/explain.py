"""`hpp-contract explain`: one rule in full, with an example that keeps it and one that breaks it; or one case or fault.

The examples are what the reference endpoint answers or a good client returns, and the same with a fault of the rule.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import fields, replace
from difflib import SequenceMatcher
from typing import Any

import click

from hpp_contract.cases import CASES
from hpp_contract.cases.scenarios import CREDENTIALS
from hpp_contract.cli._console import completing, width, write_stdout
from hpp_contract.cli.explain_text import case_text, variant_named, variant_text, variants
from hpp_contract.client import ideal_read
from hpp_contract.client.ideal_client import ideal_reads
from hpp_contract.engine import Subject, judge
from hpp_contract.engine.errors import UsageProblem, suggest
from hpp_contract.engine.fault import Variant
from hpp_contract.engine.rule import JUDGES, Rule
from hpp_contract.model import Exchange
from hpp_contract.model.client_read import ClientRead
from hpp_contract.model.clock import Clock, system_clock
from hpp_contract.privacy.redact import Redactor
from hpp_contract.privacy.render import render
from hpp_contract.privacy.sanitize import printable
from hpp_contract.reporting.catalogue import explain as explanation
from hpp_contract.rules import CATALOGUE, find
from hpp_contract.server import seen_by_probe, simulate_server
from hpp_contract.spec.session import MEMBERS

MAX_POLLS = 6
"""Reads of one session at most: few faults in the catalogue need more to show."""

Exchanges = tuple[Exchange, ...]


def _completed(context: click.Context, parameter: click.Parameter, begun: str) -> list[str]:
    """The ids of rules; slugs, cases, faults and variations too once a word is begun."""
    slugs = [rule.slug for rule in CATALOGUE] if begun else []
    others = [*CASES, *(each.name for rule in CATALOGUE for each in variants(rule))] if begun else []
    return completing(*(rule.id for rule in CATALOGUE), *slugs, *others)(context, parameter, begun)


@click.command()
@click.argument("what", metavar="ID", shell_complete=_completed)
@click.pass_obj
def explain(clock: Clock, what: str) -> None:
    """Explain a rule: what it requires and why. ID is its code (HPP-S05 or S05) or its slug, in any case.

    ID may also be the name of a client case, or of a fault or an honest variation of a rule.

    \b
    Examples:
      hpp-contract explain HPP-S05
      hpp-contract explain order-with-reference
      hpp-contract explain redirect-elsewhere
      hpp-contract explain omits-status
    """
    texts = []
    if rule := find(what) or find(f"HPP-{what}"):
        texts.append(explanation(rule, examples(rule, clock), min(width(), 100)))
    if case := CASES.get(what):
        texts.append(case_text(case, [_unfolded(_read_text(read)) for read in ideal_reads(case, clock)]))
    if found := variant_named(what):
        texts.append(variant_text(*found, _unfolded(_variant_example(*found, clock)), min(width(), 100)))
    if not texts:
        names = [name for each in CATALOGUE for name in (each.id, each.slug, *(v.name for v in variants(each)))]
        hint = suggest(what, [*names, *CASES], "hpp-contract rules lists them.", 0.5)
        raise UsageProblem(f"there is no rule, case or fault {what!r}; {hint}")
    write_stdout("\n".join(texts))


def _variant_example(rule: Rule, variant: Variant, clock: Clock) -> str:
    """The text of evidence with this fault or variation."""
    if rule.scope == "answer":
        return _read_text(variant(ideal_read(variant.scenario, clock)))
    polls = min(variant.since + 1, MAX_POLLS)
    honest = simulate_server(variant.scenario, polls, clock=clock)
    edited = tuple(variant(x) if variant.applies(variant.scenario, poll) else x for poll, x in enumerate(honest))
    return _text(edited[-1:])


def examples(rule: Rule, clock: Clock = system_clock) -> dict[str, str]:
    """Texts of evidence that keeps the rule, that breaks it, and that comes close and keeps it. Members stand in lines
    of their own; those lines that differ between the first two are marked."""
    kept, broken = _marked(*(kept_and_broken(rule, clock) or ("", "")))
    close = "\n".join(f"  {line}".rstrip() for line in _unfolded(close_call(rule, clock)))
    note = f"({MARK} marks what differs)"
    titled = {f"Kept by {note}": kept, f"Broken by {note}": broken, "Kept, though it comes close, by": close}
    return {title: text for title, text in titled.items() if text}


def _marked(kept: str, broken: str) -> tuple[str, str]:
    """Both texts, with a mark before each line that the other does not have in this place."""
    first, second = _unfolded(kept), _unfolded(broken)
    same = SequenceMatcher(None, first, second, autojunk=False).get_matching_blocks()
    return (
        _with_marks(first, {a + n for a, _, size in same for n in range(size)}),
        _with_marks(second, {b + n for _, b, size in same for n in range(size)}),
    )


def _with_marks(lines: list[str], alike: set[int]) -> str:
    return "\n".join(f"{' ' if n in alike else MARK} {line}".rstrip() for n, line in enumerate(lines))


def _unfolded(text: str) -> list[str]:
    """The lines of a text, with a line for each member of an object that stands in one; nothing else changes."""
    lines = text.split("\n") if text else []
    return [part for line in lines for part in _MEMBERS.sub(f",\n{_arrow(line)}  ", line).split("\n")]


def _arrow(line: str) -> str:
    """Which way a line of an exchange goes."""
    return line[:2] if line.startswith(("> ", "< ")) else "  "


MARK = "*"
_MEMBERS = re.compile(r', (?="[^"\\]*": )')


def close_call(rule: Rule, clock: Clock = system_clock) -> str:
    """The text of the rule's first variation; empty when it has none."""
    if not rule.variations:
        return ""
    variation = rule.variations[0]
    if rule.scope == "answer":
        return _read_text(variation(ideal_read(variation.scenario, clock)))
    polls = min(variation.since + 1, MAX_POLLS) if variation.recorded is None else 3
    honest = simulate_server(variation.scenario, polls, clock=clock)
    edited = tuple(variation(x) if variation.applies(variation.scenario, poll) else x for poll, x in enumerate(honest))
    return _text((variation.recorded or tuple)(edited))


def kept_and_broken(rule: Rule, clock: Clock = system_clock) -> tuple[str, str] | None:
    """The text of evidence that keeps `rule` and of the least that breaks it; None when no text shows a difference."""
    pairs = _reads(rule, clock) if rule.scope == "answer" else _exchanges(rule, clock)
    return next(((kept, broken) for kept, broken in pairs if kept != broken), None)


def _exchanges(rule: Rule, clock: Clock) -> Iterator[tuple[str, str]]:
    """Honest exchanges and those with a fault that breaks the rule, the shortest first."""
    for honest, faulty in _simulated(rule, clock):
        if _breaks(rule, faulty):
            first = -1 if _breaks(rule, faulty[-1:]) else 0
            yield _text(honest[first:]), _text(faulty[first:])


def _simulated(rule: Rule, clock: Clock) -> Iterator[tuple[Exchanges, Exchanges]]:
    """Honest exchanges and the same with a fault, live and as recorded."""
    for fault in rule.faults:
        for polls in range(1, MAX_POLLS + 1):
            for honest in _views(simulate_server(fault.scenario, polls, clock=clock)):
                faulty = (fault(x) if fault.applies(fault.scenario, poll) else x for poll, x in enumerate(honest))
                yield honest, tuple(faulty)


def _views(live: Exchanges) -> Iterator[Exchanges]:
    """The exchanges as an observer sees them, then as recordings hold them and as only a probe knows them."""
    yield live
    for provenance in ("embedded", "recorded"):
        yield tuple(replace(e, context=replace(e.context, recorded=True, provenance=provenance)) for e in live)
    yield from seen_by_probe(live)


def _breaks(rule: Rule, exchanges: Exchanges) -> bool:
    subject = Subject(min(JUDGES[rule.scope]), "the example")
    return any(verdict.findings for verdict in judge(exchanges, [rule], subject))


def _text(exchanges: Exchanges) -> str:
    redact = Redactor(CREDENTIALS.secrets)
    return "\n\n".join(render(exchange, redact) for exchange in exchanges)


def _reads(rule: Rule, clock: Clock) -> Iterator[tuple[str, str]]:
    """What a good client returns, and the same with each fault of the rule."""
    honest = ((fault, ideal_read(fault.scenario, clock)) for fault in rule.faults)
    return ((_read_text(read), _read_text(fault(read))) for fault, read in honest)


def _read_text(read: ClientRead) -> str:
    redact = Redactor(CREDENTIALS.secrets)
    lines = [f"Case {read.case}: {CASES[read.case].description}"]
    lines += [render(read.last, redact)] if read.last is not None else []
    if len(read.served) > 1:
        lines.append(f"  ({len(read.served)} requests like this)")
    lines += [
        f"  (another host got: {', '.join(name for name, _ in x.request.headers)})" for x in read.other_host_requests
    ]
    if read.unproven is not None:
        lines.append(f"The server proved nothing: {read.unproven}.")
    if read.spoken_to:
        lines.append("  (it got a request all the same)")
    if read.elapsed > 1:
        lines.append(f"  (after {read.elapsed:g} s, with a time-out of {read.timeout:g} s)")
    if read.can.fields != MEMBERS:
        lines.append(f"The client exposes: {', '.join(read.can.fields)}")
    return "\n".join([*lines, f"The caller gets: {printable(redact(_result_text(read)))}"])


def _result_text(read: ClientRead) -> str:
    result = read.result
    if result.session is not None:
        return f"the session {_json({name: result.session.get(name) for name in result.session})}"
    if result.failure is not None:
        failure = result.failure
        return f"an error {_json({each.name: getattr(failure, each.name) for each in fields(failure)})}"
    if result.verdict is not None:
        return f"the verdict {result.verdict}"
    if result.other is not None:
        return f"success, with {result.other}"
    return "success, with nothing in it" if result.empty else f"nothing: {result.problem or result.skipped}"


def _json(value: dict[str, Any]) -> str:
    return json.dumps({name: part for name, part in value.items() if part is not None}, ensure_ascii=False)
