"""The command line: names, options, exit codes, and that every failure is one sentence."""

from __future__ import annotations

import importlib
import json
import os
import re
import shlex
import subprocess
import sys
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result

from hpp_contract.cases import CASES
from hpp_contract.cli import COMMANDS, main
from hpp_contract.cli._console import fitted
from hpp_contract.cli.explain import close_call, examples, kept_and_broken
from hpp_contract.engine.errors import Unverifiable, UsageProblem
from hpp_contract.engine.fault import Fault, Variant
from hpp_contract.engine.rule import Rule
from hpp_contract.model.instant import SECOND
from hpp_contract.rules import CATALOGUE, find
from hpp_contract.spec.schema_files import folder
from tests.harness.support.fake_time import NOON
from tests.harness.support.not_none import not_none

KEY = "kco_test_api_0123456789"


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("HPP_")] + ["NO_COLOR", "COLUMNS"]:
        monkeypatch.delenv(name, raising=False)


def invoke(*arguments: str) -> Result:
    return CliRunner().invoke(main, arguments)


def run(*arguments: str, **options: Any) -> subprocess.CompletedProcess[str]:
    """The command as its own process, as users run it."""
    command = [sys.executable, "-m", "hpp_contract", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, **options)


# --- Help


@pytest.mark.process
def test_help_names_every_command_and_imports_none() -> None:
    """`--help` lists every command with a line of its own and imports neither a command nor a heavy library."""
    code = "import sys, hpp_contract.cli as c\ntry: c.main(['--help'])\nfinally: print(*sys.modules, file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    for name, text in COMMANDS.items():
        assert re.search(rf"^  {name} +{re.escape(text)}$", done.stdout, re.MULTILINE)
    loaded = set(done.stderr.split())
    heavy = {
        "rich",
        "jsonschema",
        "jsonschema_rs",
        "requests",
        "urllib3",
        "hypothesis",
        "schemathesis",
        "yaml",
        "pytest",
    }
    assert not loaded & (heavy | {f"hpp_contract.cli.{name}" for name in COMMANDS})


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each command explains itself in 80 columns, and every option of it has a sentence."""
    monkeypatch.setenv("COLUMNS", "80")
    done = invoke(name, "--help")
    assert done.exit_code == 0
    assert max(map(len, done.output.splitlines())) <= 80
    command = main.get_command(click.Context(main), name)
    assert command is not None
    assert command.help
    assert all(option.help for option in command.params if isinstance(option, click.Option))


@pytest.mark.parametrize("name", COMMANDS)
def test_help_shows_commands_that_exist(name: str) -> None:
    """Each command's help shows examples of it, which its own options can parse, and what its exit codes mean."""
    text = invoke(name, "--help").output
    command = main.get_command(click.Context(main), name)
    assert command is not None
    examples = re.findall(rf"^ +(?:HPP_API_KEY=… |.* \| )?hpp-contract {name}(.*)$", text, re.MULTILINE)
    assert examples, f"the docstring of `{name}` has no Examples: with a line `hpp-contract {name} …`"
    for arguments in examples:
        command.make_context(name, shlex.split(arguments), resilient_parsing=False).close()
    assert text.endswith("Exit codes: 0 kept, 1 broken, 2 usage, 3 could not verify.\n")


@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("rec", {"recording", "record"}),
        ("endpoint --fu", {"--fuzz"}),
        ("explain HPP-C0", {rule.id for rule in CATALOGUE if rule.letter == "C"}),
        ("explain order-with-", {"order-with-reference"}),
        ("serve --scenario lifecycle-p", {"lifecycle-paid"}),
        ("serve --fault breaks-off-l", {"breaks-off-later"}),
        ("client --only smo", {"smoke"}),
        ("client --only gen", {"generated"}),
        ("client --only HPP-A3", {f"HPP-A3{last}" for last in range(9)}),
        ("explain redirect-els", {"redirect-elsewhere"}),
        ("explain omits-sta", {"omits-status"}),
    ],
)
def test_completion(line: str, offered: set[str]) -> None:
    """A shell that asks how a line may go on is offered commands, options and the names that the contract has."""
    words = ["hpp-contract", *line.split()]
    asked = {
        "_HPP_CONTRACT_COMPLETE": "bash_complete",
        "COMP_WORDS": " ".join(words),
        "COMP_CWORD": str(len(words) - 1),
    }
    done = CliRunner().invoke(main, env=asked, prog_name="hpp-contract")
    assert {reply.partition(",")[2] for reply in done.stdout.splitlines()} == offered


@pytest.mark.parametrize("name", ["endpoint", "recording", "serve"])
def test_judging_commands_take_the_common_options(name: str) -> None:
    """The common options of the public interface exist on every command that judges."""
    text = invoke(name, "--help").output
    for option in ["--json", "--junit", "--markdown", "--strict", "--known-failing", "--seed", "-v", "--no-color"]:
        assert re.search(rf"^ +.*{option}\b", text, re.MULTILINE)


def test_version() -> None:
    """`--version` is one line."""
    assert re.fullmatch(r"hpp-contract, version \d+\.\d+\.\d+\n", invoke("--version").output)


# --- Usage


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["explode"], "No such command 'explode'"),
        (["rules", "--colour"], "No such option"),  # what follows depends on the version of click
        (["recording"], "Missing argument 'PATH"),
        (["endpoint", "--polls", "many"], "'many' is not a whole number"),
        (["endpoint", "--json", "/no/such/folder/x"], "/no/such/folder/x cannot be written: the folder"),
        (["endpoint", "--known-failing", "/no/such/list"], "/no/such/list cannot be read (No such file"),
        (["explain", "HPP-S555"], "there is no rule, case or fault 'HPP-S555'; did you mean HPP-S"),
        (["explain", "~"], "there is no rule, case or fault '~'; hpp-contract rules lists them."),
    ],
    ids=["command", "option", "argument", "value", "folder", "list", "rule", "nonsense"],
)
def test_a_usage_error_is_one_sentence(arguments: list[str], sentence: str) -> None:
    """Each usage error is one line on stderr that says what is wrong, nothing on stdout, exit 2."""
    done = invoke(*arguments)
    assert done.exit_code == 2
    assert done.stdout == ""
    assert sentence in done.stderr
    assert re.fullmatch(r"hpp-contract: .*[.?]\n", done.stderr)


# --- Failures


def _raising(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
    def find(_: str) -> Rule:
        raise error

    monkeypatch.setattr(importlib.import_module("hpp_contract.cli.explain"), "find", find)


@pytest.mark.parametrize(("problem", "code"), [(UsageProblem("say x."), 2), (Unverifiable("say x."), 3)])
def test_a_problem_is_its_sentence_and_its_exit_code(
    monkeypatch: pytest.MonkeyPatch, problem: Exception, code: int
) -> None:
    """A Problem raised anywhere becomes its sentence on stderr and its exit code."""
    _raising(monkeypatch, problem)
    done = invoke("explain", "HPP-S05")
    assert (done.exit_code, done.stdout, done.stderr) == (code, "", "hpp-contract: say x.\n")


class Failures(BaseExceptionGroup):
    """A group that is no Exception, such as Schemathesis raises."""


@pytest.mark.parametrize("error", [KeyError(KEY), Failures(KEY, [ValueError(KEY)])], ids=["one", "group"])
def test_a_fault_of_ours_is_a_sentence(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
    """An unexpected exception is one sentence with its type, exit 3; a traceback only with -v, free of secrets."""
    _raising(monkeypatch, error)
    done = invoke("explain", "HPP-S05")
    assert done.exit_code == 3
    assert re.fullmatch(rf"hpp-contract: internal error \({type(error).__name__}\): .*\n", done.stderr)
    done = invoke("-v", "explain", "HPP-S05")
    assert done.exit_code == 3
    assert "Traceback" in done.stderr
    assert "[redacted]" in done.stderr
    assert KEY not in done.stderr


def test_a_secret_in_a_problem_is_not_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A credential of the environment never reaches stderr, whatever shape it has."""
    monkeypatch.setenv("HPP_API_KEY", "no-known-pattern-1")
    _raising(monkeypatch, UsageProblem("cannot use no-known-pattern-1 \x1b[2J here."))
    assert invoke("explain", "x").stderr == "hpp-contract: cannot use [redacted] \\x1b[2J here.\n"


def test_control_c_is_quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C ends a run with 130 and no words."""
    _raising(monkeypatch, KeyboardInterrupt())
    done = invoke("explain", "HPP-S05")
    assert (done.exit_code, done.output.strip()) == (130, "")


@pytest.mark.process
def test_a_reader_that_leaves_does_no_harm() -> None:
    """A closed pipe ends the output without a word on stderr and without changing the exit code."""
    command = [sys.executable, "-m", "hpp_contract", "explain", "HPP-S05"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait(60) == 0


@pytest.mark.process
@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8"])
def test_any_encoding_will_do(encoding: str) -> None:
    """A terminal that cannot show our typography gets plain letters, never an error."""
    done = run("explain", "HPP-S05", env={**os.environ, "PYTHONIOENCODING": encoding}, encoding=encoding)
    assert (done.returncode, done.stderr) == (0, "")
    assert "HPP-S05 status-known" in done.stdout
    assert ("›" in done.stdout) == (encoding == "utf-8")
    assert "\\" not in done.stdout


# --- The commands themselves


def test_rules_lists_the_whole_catalogue(tmp_path: Path) -> None:
    """`rules` names every rule; `rules --markdown` writes the same as a file."""
    text = invoke("rules").stdout
    assert all(re.search(rf"^{rule.id} {rule.severity} +{rule.slug}\b", text, re.MULTILINE) for rule in CATALOGUE)
    assert invoke("rules", "--markdown", str(tmp_path / "RULES.md")).exit_code == 0
    assert all(
        f">{rule.id} | {rule.slug} |" in (tmp_path / "RULES.md").read_text(encoding="utf-8") for rule in CATALOGUE
    )


def test_explain_takes_every_form_of_an_id() -> None:
    """A rule is found by its code, in any case, without its prefix, and by its slug."""
    rule = CATALOGUE[0]
    for form in (rule.id, rule.id.lower(), rule.slug, rule.id[4:], rule.id[4:].lower()):
        done = invoke("explain", form)
        assert done.exit_code == 0
        assert done.stdout.startswith(f"{rule.id} {rule.slug}\n")


@pytest.mark.parametrize("name", CASES)
def test_explain_takes_cases(name: str) -> None:
    """A case is explained: what it is about, what is owed in it, and how it is run; without credentials."""
    done = invoke("explain", name)
    assert done.exit_code == 0
    assert done.stdout.startswith(f"{name}  a client case\n  {CASES[name].description}\n")
    assert all(f"    {rule} " in done.stdout for rule in CASES[name].rules)
    assert f"--only {name}\n" in done.stdout
    assert CASES[name].credentials.api_key.strip() not in done.stdout


def test_explain_fits_a_terminal() -> None:
    """Members of a body stand in lines of their own, of a case and of a fault too."""
    for name in ("not-found", "omits-expiry"):
        assert max(map(len, invoke("explain", name).stdout.splitlines())) <= 100


@pytest.mark.parametrize(
    ("row", "lines"),
    [
        ("a  b  c", ["a  b  c"]),
        ("name           a text that goes on", ["name           a text that goes on"]),
        ("name           a text that goes on further", ["name           a text that goes on", f"{'':15}further"]),
        (f"{'name':38}  a text that goes on", ["name", f"{'':6}a text that goes on"]),
        ("a command that is to be copied, and is longer", ["a command that is to be copied, and is longer"]),
    ],
)
def test_a_row_goes_on_below_itself(row: str, lines: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """On a terminal the last column of a long row goes on in its column, or indented where that is too narrow; for
    programs a row is a line."""
    assert fitted(row) == row
    monkeypatch.setenv("COLUMNS", "40")
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    assert [line.rstrip() for line in fitted(f"{row}\n{row}").split("\n")] == [
        line.rstrip() for line in [*lines, *lines]
    ]


def test_explain_without_a_variation() -> None:
    """A rule without a variation has none to show."""
    assert close_call(CATALOGUE[0])
    assert close_call(replace(CATALOGUE[0], variations=())) == ""


VARIANTS = [(rule, each) for rule in CATALOGUE for each in (*rule.faults, *rule.variations)]


@pytest.mark.parametrize(("rule", "variant"), VARIANTS, ids=[variant.name for _, variant in VARIANTS])
def test_explain_takes_faults_and_variations(rule: Rule, variant: Variant) -> None:
    """A fault or a variation is explained: what it is of, and what it looks like."""
    done = invoke("explain", variant.name)
    assert done.exit_code == 0
    kind = "a fault" if isinstance(variant, Fault) else "an honest variation"
    assert f"{variant.name}  {kind}\n" in done.stdout  # a case may have the same name, and comes first
    assert f"{rule.id} {rule.slug}" in done.stdout
    assert ("hpp-contract serve --fault" in done.stdout) is (variant.source == "server" and kind == "a fault")


@pytest.mark.parametrize("rule", [rule for rule in CATALOGUE if rule.scope != "answer"], ids=lambda rule: rule.id)
def test_explain_shows_each_rule_kept_and_broken(rule: Rule) -> None:
    """Each rule's explanation shows an exchange that keeps it and a different one that breaks it."""
    both = kept_and_broken(rule)
    if rule.slug == "polls-politely":  # it takes 51 requests to break: too many to print
        assert both is None
        return
    assert both is not None
    assert both[0] != both[1]
    assert all(text.startswith("> ") for text in both)
    assert "kco_test_api_this" not in both[0]


def marked(rule: str) -> list[list[str]]:
    """The lines that `explain` marks in what keeps a rule, and in what breaks it."""
    clock = count(NOON, SECOND).__next__
    kept, broken = list(examples(not_none(find(rule)), clock).items())[:2]
    assert [title.split(" (")[0] for title, _ in (kept, broken)] == ["Kept by", "Broken by"]
    return [[line for line in text.split("\n") if line.startswith("*")] for _, text in (kept, broken)]


def test_explain_marks_what_differs() -> None:
    """A member that is not there is marked where it is; another value is marked in both; a line has one member."""
    assert marked("HPP-C02") == [['* <   "klarna_reference": "2F2P6NMT",'], []]
    assert marked("HPP-H11") == [
        ["* < Cache-Control: no-cache, no-store, max-age=0, must-revalidate"],
        ["* < Cache-Control: public, max-age=600"],
    ]
    assert marked("HPP-A05")[0] == ['*     "order_id": "609d13c9-79f7-5792-b035-d0c8d1d8fdb4",']


@pytest.mark.parametrize("rule", [rule.id for rule in CATALOGUE if rule.slug != "polls-politely"])
def test_explain_always_marks_something(rule: str) -> None:
    """For every rule a line is marked, in one of both."""
    assert any(marked(rule))


@pytest.mark.process
def test_endpoint_judges_the_embedded_server(tmp_path: Path) -> None:
    """Without a URL the embedded reference server is judged, and kept."""
    done = run("endpoint", "--json", str(tmp_path / "r.json"), cwd=Path.cwd())
    assert (done.returncode, done.stderr) == (0, "")
    assert "Contract kept" in done.stdout
    value = json.loads((tmp_path / "r.json").read_text(encoding="utf-8"))
    assert value["subject"]["embedded"] is True
    assert value["summary"]["ok"] > 40


def test_recording_judges_cassettes_and_reports_what_it_could_not_read(tmp_path: Path) -> None:
    """Recordings are judged; one that cannot be read is named, and makes the run unverified."""
    documented = str(folder("cassettes") / "documented")
    assert invoke("recording", documented).exit_code == 0
    (tmp_path / "torn.yaml").write_text("interactions: [")
    (tmp_path / "worse.yaml").write_text("{")
    done = invoke("recording", documented, str(tmp_path))
    assert done.exit_code == 3
    assert "Could not verify: 2 files" in done.stdout
    assert "torn.yaml" in done.stdout.replace("\n", "")
    assert "worse.yaml" in done.stdout.replace("\n", "")


def test_importing_runs_nothing() -> None:
    """The module behind `python -m hpp_contract` may be imported: new processes do that."""
    importlib.import_module("hpp_contract.__main__")


def test_every_command_is_listed() -> None:
    """The group knows its commands without importing them."""
    assert main.list_commands(click.Context(main)) == list(COMMANDS)
