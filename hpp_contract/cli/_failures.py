"""From whatever was raised to one sentence on stderr and an exit code."""

from __future__ import annotations

import traceback

import click

from hpp_contract.cli._environment import redactor
from hpp_contract.cli._output import write_stderr, write_stdout
from hpp_contract.engine.errors import UNVERIFIED, USAGE, RunError, system_refusal
from hpp_contract.privacy.sanitize import printable

INTERRUPTED = 130
"""What a shell reports for a command ended by Ctrl-C."""


def exit_code(error: BaseException, verbose: bool = False, annotate: bool = False) -> int:
    """Say what went wrong, for a GitHub runner too where it shall `annotate`, and return the exit code it deserves."""
    if isinstance(error, click.Abort):  # Ctrl-C
        return INTERRUPTED
    if refused := system_refusal(error):  # before all else: whoever met it may have taken it for a wrong path or port
        return _complain(str(refused), refused.exit_code, annotate)
    if isinstance(error, RunError):
        return _complain(str(error), error.exit_code, annotate)
    if isinstance(error, click.ClickException):
        return _complain(_usage(error), USAGE, annotate)
    if verbose:
        write_stderr("".join(map(redactor(), traceback.format_exception(error))))
    hint = "the traceback is above" if verbose else "run it again with -v for the traceback"
    sentence = f"internal error ({type(error).__name__}): this is a fault of hpp-contract; {hint}."
    return _complain(sentence, UNVERIFIED, annotate)


def _complain(sentence: str, code: int, annotate: bool) -> int:
    clean = printable(redactor()(sentence))
    write_stderr(f"hpp-contract: {clean}\n")
    if annotate:
        from hpp_contract.reporting.github import complaint

        write_stdout(complaint(clean))
    return code


def _usage(error: click.ClickException) -> str:
    sentence = " ".join(error.format_message().split())
    sentence = sentence if sentence.endswith((".", "?", "!")) else f"{sentence}."
    context = getattr(error, "ctx", None)
    return f"{sentence} Try '{context.command_path} --help'." if context else sentence
