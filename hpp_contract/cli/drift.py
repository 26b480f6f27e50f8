"""`hpp-contract drift`: what changed since the baseline, how bad it is, and since when."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from hpp_contract.cli._environment import readable
from hpp_contract.cli._options import Options, common_options
from hpp_contract.cli._probing import ProbeOptions, probing_options
from hpp_contract.engine.report import FAIL_ON
from hpp_contract.engine.rule import ChangeClass

if TYPE_CHECKING:
    from hpp_contract.cli.drift_runs import Request

_PATH = click.Path(path_type=Path)


def _classes(_: click.Context, __: click.Parameter, value: str) -> frozenset[ChangeClass]:
    names = {name.strip() for name in value.split(",")} - {"", "none"}
    unknown = sorted(names - {each.value for each in ChangeClass})
    if unknown:
        raise click.BadParameter(f"{unknown[0][:40]!r} is no class: breaking, risky, additive, cosmetic, or none.")
    return frozenset(map(ChangeClass, names))


@click.command()
@click.option("--baseline", type=_PATH, metavar="DIR", help="What to compare with: cassettes, or facts.json.")
@click.option("--fresh", type=_PATH, metavar="DIR", help="Compare these recordings instead of probing an endpoint.")
@click.option(
    "--fail-on",
    callback=_classes,
    default=",".join(sorted(FAIL_ON)),
    show_default=True,
    metavar="CLASSES",
    help="Classes of change that fail the run, separated by commas, or none.",
)
@click.option("--accept", "accepting", is_flag=True, help="Make what is seen now the baseline; needs --reason.")
@click.option("--reason", metavar="TEXT", help="Why the changes are right; kept in the baseline.")
@click.option("--history", type=_PATH, metavar="FILE", help="Append a line about this run to FILE (JSON lines).")
@click.option("--report", "reporting", is_flag=True, help="Say what --history adds up to, and leave.")
@click.option(
    "--page", type=_PATH, metavar="FILE", help="Compare the saved Read Session page instead (Markdown, HTML)."
)
@probing_options
@common_options
def drift(
    baseline: Path | None,
    fresh: Path | None,
    fail_on: frozenset[ChangeClass],
    accepting: bool,
    reason: str | None,
    history: Path | None,
    reporting: bool,
    page: Path | None,
    probing: ProbeOptions,
    options: Options,
) -> None:
    """Say what changed at BASE_URL (else HPP_ENDPOINT, else the embedded server) since the baseline, and how bad it is.

    Breaking and risky changes fail the run (see --fail-on); one that could not verify touches nothing. The baseline is
    a folder of recordings, or of the facts that --accept writes.

    \b
    Examples:
      hpp-contract drift --baseline baseline --accept --reason "first night"
      hpp-contract drift --baseline baseline --history history.jsonl
      hpp-contract drift --report --history history.jsonl
      hpp-contract drift --page read-session.html
    """
    from hpp_contract.cli.drift_runs import Request, compare, compare_page, say_since_when

    request = Request(
        baseline, fresh, probing, options, fail_on, readable(reason) if accepting and reason else None, history, page
    )
    _refuse_nonsense(request, accepting, reason, reporting)
    if reporting:
        say_since_when(request)
    if page is not None:
        compare_page(request)
    compare(request)


def _refuse_nonsense(request: Request, accepting: bool, reason: str | None, reporting: bool) -> None:
    from hpp_contract.engine.errors import UsageProblem

    elsewhere = request.fresh is not None or request.probing.base_url is not None
    problems = {
        "--accept needs --reason: say why the changes are right.": accepting and not (reason or "").strip(),
        "--reason goes with --accept.": reason is not None and not accepting,
        "--report needs --history FILE, the file that runs append to.": reporting and request.history is None,
        "--fresh compares recordings and BASE_URL an endpoint: give one of them.": (
            request.fresh is not None and request.probing.base_url is not None
        ),
        "--page compares the documentation alone: leave out BASE_URL and the options about a baseline.": (
            request.page is not None
            and (accepting or elsewhere or request.baseline is not None or request.history is not None)
        ),
        "no --baseline DIR was given: make one with hpp-contract record --to DIR, or with hpp-contract drift "
        "--baseline DIR --accept --reason …": request.baseline is None and request.page is None and not reporting,
    }
    wrong = next((sentence for sentence, applies in problems.items() if applies), None)
    if wrong is not None:
        raise UsageProblem(wrong)
