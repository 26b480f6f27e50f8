"""`hpp-contract endpoint`: probe an endpoint and judge its answers."""

from __future__ import annotations

from fnmatch import fnmatchcase

import click

from hpp_contract.cli._console import progress
from hpp_contract.cli._options import Options, common_options, finish
from hpp_contract.cli._probe_options import ProbeOptions, probe_options
from hpp_contract.engine import Report, judge
from hpp_contract.engine.errors import UsageProblem, suggest
from hpp_contract.engine.rule import JUDGES, Rule
from hpp_contract.probe import ProbeResult
from hpp_contract.rules import CATALOGUE


@click.command()
@probe_options
@click.option("--fuzz", type=click.IntRange(1, 100_000), metavar="N", help="Send N generated reads too (Schemathesis).")
@click.option("--only", multiple=True, metavar="RULE", help="Judge by these rules only: ids, slugs, globs; repeatable.")
@click.option("--exclude", multiple=True, metavar="RULE", help="Judge by no such rule, and say so; repeatable.")
@common_options
def endpoint(
    probe_with: ProbeOptions, fuzz: int | None, only: tuple[str, ...], exclude: tuple[str, ...], options: Options
) -> None:
    """Judge the endpoint at BASE_URL, else in HPP_ENDPOINT, else the embedded reference server.

    Sends GET only, 40 requests or fewer for five sessions where all are answered, at most 10 a second. HPP_API_KEY,
    HPP_USERNAME (if it is needed) and HPP_SESSION_IDS are read from the environment. A run that reads no session could
    not verify (3). --fuzz sends N more, and never to production. Only
    --provision sends more than GET, to an order and a session of its own (HPP_ORDER may name a file with the order),
    and never to production either.

    \b
    Examples:
      hpp-contract endpoint
      hpp-contract endpoint --fuzz 200 --seed 7
      hpp-contract endpoint --session-id 39a1c773-…
      hpp-contract endpoint --exclude HPP-H11 --exclude "HPP-E*"
      HPP_API_KEY=… hpp-contract endpoint api.playground.kustom.co --provision
    """
    left_out = _left_out(only, exclude)
    result = _fuzzed(probe_with, fuzz, options) if fuzz else probe_with.run(options.seed, options.clock)
    verdicts = judge(result.exchanges, [rule for rule in CATALOGUE if rule not in left_out], result.subject)
    notes = (*result.notes, *_named(left_out, bool(only)))
    report = Report(result.subject, verdicts, result.unverified, notes=notes, left_out=left_out, learned=result.learned)
    finish(report, options, result.secrets, evidence=result.exchanges)


_ABOUT_ENDPOINTS = tuple(rule for rule in CATALOGUE if "endpoint" in JUDGES[rule.scope])


def _left_out(only: tuple[str, ...], exclude: tuple[str, ...]) -> tuple[Rule, ...]:
    """The rules about endpoints that these options leave out."""
    kept = _chosen("--only", only) if only else set(_ABOUT_ENDPOINTS)
    kept -= _chosen("--exclude", exclude)
    return tuple(rule for rule in _ABOUT_ENDPOINTS if rule not in kept)


def _chosen(option: str, patterns: tuple[str, ...]) -> set[Rule]:
    """The rules that ids, slugs and globs name, in any case, with or without `HPP-`. Raises UsageProblem."""
    chosen: set[Rule] = set()
    for word in (word for pattern in patterns for word in pattern.replace(",", " ").split()):
        found = {rule for rule in _ABOUT_ENDPOINTS if any(fnmatchcase(name, word.lower()) for name in _names(rule))}
        if not found:
            names = [name for rule in _ABOUT_ENDPOINTS for name in (rule.id, rule.slug)]
            hint = suggest(word, names, "hpp-contract rules lists them.")
            raise UsageProblem(f"{option} {word!r} names no rule about an endpoint; {hint}")
        chosen |= found
    return chosen


def _names(rule: Rule) -> tuple[str, ...]:
    return (rule.id.lower(), rule.id.lower().removeprefix("hpp-"), rule.slug)


def _named(left_out: tuple[Rule, ...], narrowed: bool) -> tuple[str, ...]:
    """A note about what was left out: with --only, that all others were."""
    if not left_out:
        return ()
    if narrowed:
        judged = ", ".join(rule.id for rule in _ABOUT_ENDPOINTS if rule not in left_out)
        return (f"Judged by these rules only: {judged or 'none'}. All {len(left_out)} others were left out.",)
    return (f"Left out, so not judged: {', '.join(f'{rule.id} {rule.slug}' for rule in left_out)}.",)


def _fuzzed(probe_with: ProbeOptions, count: int, options: Options) -> ProbeResult:
    try:
        from hpp_contract.probe.fuzz.run import probe_and_fuzz  # schemathesis is slow to load, and optional
    except ModuleNotFoundError as error:
        if error.name != "schemathesis":
            raise
        raise UsageProblem("--fuzz needs another package: pip install 'hpp-contract[fuzz]'.") from error
    if probe_with.allow_production:
        raise UsageProblem("--fuzz never goes to production: name a sandbox, and leave --allow-production out.")
    target = probe_with.target()
    with progress("probing and fuzzing the endpoint"):
        return probe_and_fuzz(target, probe_with.plan(options.seed, options.clock), count)
