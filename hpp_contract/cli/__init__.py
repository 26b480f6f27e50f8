"""The command line: names, options and exit codes are a public interface (each command is a module of its own here).

A command is imported only when it runs, so that `--help` costs nothing. Every error ends here: one sentence on stderr,
the exit code, and a traceback only for an error of hpp-contract itself, only with -v.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final, NoReturn

import click

from hpp_contract import __version__
from hpp_contract.cli._configuration import configured
from hpp_contract.cli._console import check_credentials, exit_code
from hpp_contract.engine.errors import UsageProblem, suggest
from hpp_contract.model.clock import Clock, system_clock
from hpp_contract.spec.schema_files import folder

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

COMMANDS = {
    "endpoint": "Judge an endpoint, or the embedded reference server.",
    "client": "Judge a client, in any language.",
    "recording": "Judge recordings: files or folders.",
    "record": "Record an endpoint into scrubbed cassettes.",
    "drift": "Report what changed at an endpoint, how bad, and since when.",
    "serve": "Run the reference endpoint, for clients to read from.",
    "proxy": "Stand between a client and an endpoint, and judge both.",
    "init": "Write an adapter and a CI job to start from.",
    "vectors": "Write valid and broken bodies as files, for other languages.",
    "rules": "List every rule of the contract.",
    "explain": "Explain what one rule requires, and why.",
}
"""Each command and what `--help` says of it; `hpp_contract.cli.<name>` holds the click command `<name>`."""

EXIT_CODES = "Exit codes: 0 kept, 1 broken, 2 usage, 3 could not verify."


HOW: Final = frozenset(
    {
        *("engine", "processes", "scheduler", "seed", "tls"),
        *("generated", "max_latency", "max_time", "polls", "timeout"),
        *("fail_on", "known_failing", "new_only", "strict"),
    }
)
"""Options that say how something is judged or served, not what."""

REPORT: Final = frozenset({"annotations", "folder", "no_color", "quiet", "verbose", "webhook"})
"""Options about what is told of a run, beside the formats of a report and --help."""

SENDING: Final[dict[str, frozenset[str]]] = {
    "endpoint": frozenset(),
    "record": frozenset(),
    "drift": frozenset({"--fresh", "--page", "--report"}),
}
"""Commands that send credentials, each with the options with which it does not."""


def _takes_one(parameter: click.Parameter) -> bool:
    return isinstance(parameter, click.Option) and not (parameter.multiple or parameter.is_flag)


class GroupedCommand(click.Command):
    """A command whose help shows its options in groups: what, how, and the report. An option that takes one value may
    be given once."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        given = () if ctx.resilient_parsing else self.make_parser(ctx).parse_args(list(args))[2]
        for name, count in Counter(each.opts[-1] for each in given if _takes_one(each)).items():
            if count > 1:
                raise UsageProblem(f"{name} is given {count} times, and only the last would count: give it once.")
        return super().parse_args(ctx, args)

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        parameters = self.get_params(ctx)
        if not any(parameter.name == "annotations" for parameter in parameters):  # it judges nothing, and has few
            super().format_options(ctx, formatter)
            return
        from hpp_contract.reporting.formats import WRITERS  # commands that judge have loaded it

        report = REPORT | {writer.name for writer in WRITERS}
        groups: dict[str, list[tuple[str, str]]] = {"What": [], "How": [], "Report": []}
        for parameter in parameters:
            if isinstance(parameter, click.Option) and (record := parameter.get_help_record(ctx)):
                about_report = parameter.name in report or not parameter.expose_value
                groups["Report" if about_report else "How" if parameter.name in HOW else "What"].append(record)
        for title, records in groups.items():
            with formatter.section(title):
                formatter.write_dl(records)


class LazyGroup(click.Group):
    """A group whose commands are modules, imported on demand."""

    def list_commands(self, _: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, _: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        command: click.Command = getattr(import_module(f"hpp_contract.cli.{name}"), name)
        return GroupedCommand(
            name,
            context_settings=command.context_settings,
            callback=command.callback,
            params=command.params,
            help=command.help,
            epilog=EXIT_CODES,
        )

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command with what the configuration file gives it. Help comes whatever is in the file."""
        if args[0] not in COMMANDS and not args[0].startswith("-") and not ctx.resilient_parsing:
            hint = suggest(args[0], COMMANDS, f"try '{ctx.command_path} --help'.")
            hint = f"to probe an endpoint: {ctx.command_path} endpoint URL." if "://" in args[0] else hint
            raise click.ClickException(f"No such command {args[0]!r}; {hint}")
        name, command, words = super().resolve_command(ctx, args)
        if name is None or command is None or ctx.resilient_parsing or {"-h", "--help"} & {*words}:
            return name, command, words
        given, words = configured(command, words)
        if name in SENDING and not SENDING[name] & {word.partition("=")[0] for word in words}:
            check_credentials()
        ctx.default_map = {name: given}
        return name, command, words

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Commands, without importing any."""
        from click.shell_completion import CompletionItem  # only for a shell that completes

        commands = [CompletionItem(name, help=text) for name, text in COMMANDS.items() if name.startswith(incomplete)]
        return commands + click.Command.shell_complete(self, ctx, incomplete)

    def format_commands(self, _: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Where what the help texts name is: an installed package has it inside itself."""
        super().format_epilog(ctx, formatter)
        formatter.write(f"\n  docs/, schemas/ and examples/ are in {folder('docs').parent}\n")

    def main(  # type: ignore[override]  # click's own switches (standalone_mode …) are not for callers to choose
        self, args: Sequence[str] | None = None, prog_name: str | None = None, clock: Clock = system_clock, **_: Any
    ) -> NoReturn:
        """Run, and always leave by SystemExit. Commands find the `clock` as their context's object."""
        arguments = list(sys.argv[1:] if args is None else args)
        try:
            outcome = super().main(arguments, prog_name or "hpp-contract", standalone_mode=False, obj=clock)
        except (Exception, BaseExceptionGroup) as error:  # every error is reported in one sentence
            verbose = "-v" in arguments or "--verbose" in arguments
            sys.exit(exit_code(error, verbose, annotate="--annotations" in arguments))
        sys.exit(outcome if isinstance(outcome, int) else 0)


@click.group(cls=LazyGroup, epilog=EXIT_CODES, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="hpp-contract")
@click.option(
    "-v",
    "--verbose",
    is_flag=True,
    expose_value=False,
    help="Print more, also the traceback of an internal error.",
)
def main() -> None:
    """The executable contract of Kustom's Hosted Payment Page read session endpoint: one set of rules that judges the
    endpoint, any client and any recording.

    \b
    Examples:
      hpp-contract endpoint https://api.playground.kustom.co
      hpp-contract client --command "node adapter.js" --only smoke
      hpp-contract recording tests/cassettes
      hpp-contract explain HPP-S05

    \b
    Environment:
      HPP_API_KEY      The key; credentials are taken from here only.
      HPP_USERNAME     The user name, if one is needed beside the key.
      HPP_ENDPOINT     The endpoint, if the command line has none.
      HPP_SESSION_IDS  Sessions to read, if --session-id names none.
      NO_COLOR         If set to anything: no colours.

    Shell completion: eval "$(_HPP_CONTRACT_COMPLETE=bash_source hpp-contract)", or zsh_source.
    """
