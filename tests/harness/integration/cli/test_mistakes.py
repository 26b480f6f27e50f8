"""What people type, and are told: one sentence that says what, where and what to do, with exit code 2 or 3."""

from __future__ import annotations

import base64
import os
import re
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from hpp_contract.cli import COMMANDS, main
from hpp_contract.reporting.formats import WRITERS

KEY = "kco_test_api_0123456789"
PAIR = base64.b64encode(f"M000001-shop:{KEY}".encode()).decode()


@pytest.fixture(autouse=True)
def _empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith("HPP_")]:
        monkeypatch.delenv(name)


def invoke(*arguments: str, **environ: str) -> Result:
    return CliRunner().invoke(main, arguments, env=environ, prog_name="hpp-contract")


# --- Words of the command line


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("endpont", "No such command 'endpont'; did you mean endpoint?"),
        ("judge", "No such command 'judge'; try 'hpp-contract --help'."),
        ("https://api.playground.kustom.co", "to probe an endpoint: hpp-contract endpoint URL."),
        ("--strict", "No such option '--strict'; it stands after a command: 'hpp-contract endpoint --strict'."),
        ("--colour", "No such option '--colour'; try 'hpp-contract --help'."),
        ("endpoint --poll 3", "No such option '--poll'; did you mean --polls?"),
        ("endpoint --tls", "No such option '--tls'; try 'hpp-contract endpoint --help'."),
        ("endpoint -x", "No such option '-x'; try 'hpp-contract endpoint --help'."),
        ("endpoint -q -v", "-q prints less and -v prints more: give one of the two."),
        ("serve --scenario paid", "there is no scenario 'paid'; did you mean lifecycle-paid"),
        ("serve --scenario oddity", "there is no scenario 'oddity'; hpp-contract serve --list shows them all."),
        ("serve --fault breaks-of", "there is no fault 'breaks-of'; did you mean breaks-off?"),
        ("client", "give either --python MODULE:CALLABLE or --command CMD"),
        ("recording", "Missing argument 'PATH…'."),
        ("record", "Missing option '--to'."),
        ("endpoint --polls many", "'many' is not a whole number"),
        ("endpoint --json no/such/folder/x.json", "no/such/folder/x.json cannot be written: the folder"),
        ("endpoint --known-failing none.txt", "none.txt cannot be read (No such file or directory)"),
        ("serve --port 99999", "99999 is not in the range 0<=x<=65535"),
        ("client --command", "Option '--command' requires an argument."),
        (
            "client --python ./shop.py:read",
            "./shop.py is a file: name the module, as `import` does, such as shop:read",
        ),
        ("client --python ../sdk/hpp/shop.py", "such as sdk.hpp.shop:read_session, in the folder"),
        (
            "recording x --callback-url shop.example/hpp",
            "it is the beginning of a URL, https://shop.example",
        ),
        ("client --interpreter python3 --python shop.py:read", "shop.py is a file: name the module"),
        (
            "endpoint localhost:8080",
            "localhost:8080 is on this machine: write http:// or https://",
        ),
        ("endpoint [::1]:8080", "[::1]:8080 is on this machine: write http://"),
        ("endpoint --polls 2 --polls 3", "--polls is given 2 times, and only the last would count: give it once."),
        ("endpoint --junit r --html r", "--junit and --html name the same file, r: give each its own."),
        ("endpoint --format html", "reports are written by --json, --junit, --markdown and --html, each with a FILE."),
        ("init endpoint", "init is for clients: docs/running-in-ci.md has the job that watches an endpoint."),
        ("init --format html", "No such option '--format'; try 'hpp-contract init --help'."),
        ("endpoint --max-time 5s", "'5s' is not a number."),
        ("serve --port any", "'any' is not a whole number."),
        ("serve --callbacks http://localhost:9000/x", "is no host: give it alone, or with its port, such as localhost"),
        ("client adapter.js", "An adapter is named by --command, and a function by --python."),
        ("recording cassettes/documented", "cassettes/documented does not exist: hpp-contract's own is /"),
        ("recording none.har", "none.har does not exist: give a recording or a folder of recordings."),
        ("record --to file", "file is a file: name a folder to record into."),
        ("drift --baseline file --fresh .", "the baseline file is a file: name a folder."),
        ("drift --baseline b/facts.json --fresh .", "is a file: name the folder that it is in, b."),
        ('endpoint --session-id "39a1"', 'session id 1 of 1 holds `"`: give the whole id alone, such as'),
        ("endpoint 'https://api.playground.kustom.co'", "the base URL is in quotes: give it without, such as"),
        ("endpoint --html .", ". is a folder: name the file to write in it."),
        ("endpoint --only S5x", "--only 'S5x' names no rule about an endpoint; hpp-contract rules lists them."),
    ],
)
def test_a_mistake_is_one_sentence(line: str, sentence: str) -> None:
    """Nothing is printed but what is wrong and what to do, the exit code is 2, and nothing is written."""
    _litter()
    before = sorted(Path().rglob("*"))
    done = invoke(*line.split())
    assert (done.exit_code, done.stdout) == (2, ""), done.output
    assert sentence in done.stderr
    assert re.fullmatch(r"hpp-contract: [^\n]*[.?]\n", done.stderr)
    assert sorted(Path().rglob("*")) == before


@pytest.mark.process
@pytest.mark.socket
@pytest.mark.parametrize(
    ("program", "sentence"),
    [
        ("plain.py", "it is a file here, and not on the PATH): write ./plain.py, or name what runs it"),
        ("./b", "it is a folder): name the program in it."),
        ("./closed.mjs", "chmod +x ./closed.mjs, or name what runs it, such as node ./closed.mjs."),
        ("./plain.py", "no first line such as #!/bin/sh): name what runs it, such as python3"),
        ("./windows.sh", "its lines end as on Windows, and so does the interpreter's name): save"),
        ("./nothing.sh", "its first line names an interpreter that is not here): mend that line"),
    ],
)
def test_an_adapter_that_cannot_be_started(program: str, sentence: str) -> None:
    """What is wrong with the file is said, and how to start it."""
    _litter()
    done = invoke("client", "--command", program)
    assert (done.exit_code, done.stdout) == (2, "")
    assert re.fullmatch(rf"hpp-contract: cannot start '{re.escape(program)}' \([^\n]*\.\n", done.stderr)
    assert sentence in done.stderr


def _litter() -> None:
    """Files that are not what somebody takes them for."""
    texts = {
        "file": b"x",
        "b/facts.json": b"{}",
        "closed.mjs": b"x",
        "plain.py": b"print()\n",
        "windows.sh": b"#!/bin/sh\r\nexit 0\r\n",
        "nothing.sh": b"#!/usr/bin/no-such-interpreter\nexit 0\n",
    }
    for name, text in texts.items():
        Path(name).parent.mkdir(exist_ok=True)
        Path(name).write_bytes(text)
        Path(name).chmod(0o644 if name == "closed.mjs" else 0o755)


@pytest.mark.socket
@pytest.mark.parametrize(
    ("command", "word"),
    [
        ("cd sdk && node adapter.js", "cd"),
        ("node adapter.js | tee log", "|"),
        ("node adapter.js 2> log", "2>"),
        ("DEBUG=1 node adapter.js", "DEBUG=1"),
        ("sleep 1 ; node adapter.js", ";"),
    ],
)
def test_a_command_for_a_shell(command: str, word: str) -> None:
    """What only a shell understands is refused before the command is started, with the way to have a shell."""
    done = invoke("client", "--command", command)
    assert (done.exit_code, done.stdout) == (2, "")
    assert f"started without a shell, which '{word}' is for" in done.stderr
    assert "sh -c '…'" in done.stderr


def test_a_page_as_a_body() -> None:
    """The way to serve a page is named, since bodies are served as JSON."""
    Path("page.html").write_text("\n<!doctype html><title>Blocked</title>", encoding="utf-8")
    done = invoke("serve", "--body", "page.html")
    assert (done.exit_code, done.stdout) == (2, "")
    assert "page.html holds a page, not a body of the API: to serve a page, give --fault serves-html." in done.stderr


@pytest.mark.parametrize("line", ["nonsense --", "endpoint --po"])
def test_completion_goes_on_after_a_mistake(line: str) -> None:
    """A shell that completes is never told of a mistake, only offered less."""
    words = f"hpp-contract {line}"
    asked = {"_HPP_CONTRACT_COMPLETE": "bash_complete", "COMP_WORDS": words, "COMP_CWORD": "2"}
    done = CliRunner().invoke(main, env=asked, prog_name="hpp-contract")
    assert (done.exit_code, done.stderr) == (0, "")
    assert ("--polls" in done.stdout) == line.startswith("endpoint")


# --- Files from another machine


@pytest.mark.parametrize(
    ("name", "text", "line", "code", "words"),
    [
        ("hpp-contract.toml", b"\xef\xbb\xbf[rules]\r\n", "rules", 0, ""),
        ("hpp-contract.toml", b"[rules\r\n", "rules", 2, "hpp-contract.toml is not TOML: Expected ']'"),
        ("hpp-contract.toml", b"\xff\xfe[", "rules", 2, "hpp-contract.toml is not UTF-8 text: save it as UTF-8."),
        ("known.txt", b"# why\r\nHPP-S5\r\n", "endpoint --known-failing known.txt", 2, "known.txt:2: there is no rule"),
        ("known.txt", b"\xef\xbb\xbfHPP-S05", "endpoint --known-failing known.txt", 2, "known.txt:1: HPP-S05 has no"),
        ("facts.json", b"", "drift --baseline . --fresh .", 3, "the baseline facts.json cannot be read (JSONDecode"),
        (
            "facts.json",
            b'{"format": 2, "accepted": [], "situations": {}}',
            "drift --baseline . --fresh .",
            3,
            "has format 2, and this version reads 1: use the version that wrote it, or delete it and accept a new one.",
        ),
    ],
)  # fmt: skip
def test_a_file_from_elsewhere(name: str, text: bytes, line: str, code: int, words: str) -> None:
    """A file with a byte order mark or line ends of Windows is read; a damaged or newer one is named in a sentence."""
    Path(name).write_bytes(text)
    done = invoke(*line.split())
    assert done.exit_code == code, done.output
    assert words in done.stderr
    assert done.stderr.count("\n") == (1 if words else 0)


@pytest.mark.socket
def test_quiet_lists_problems() -> None:
    """What the first line calls listed below is listed, with -q too."""
    Path("known.txt").write_text("# why\nHPP-H01\n", encoding="utf-8")
    done = invoke("endpoint", "-q", "--known-failing", "known.txt")
    first, problem = done.stdout.splitlines()
    assert (done.exit_code, first) == (1, "Not accepted: 1 problem with the run, listed below")
    assert problem.startswith("known.txt:2: HPP-H01 ")


def test_two_reports_may_go_to_one_device() -> None:
    """A device takes both, as somebody wants who looks at neither."""
    done = invoke("recording", "none.har", "--json", os.devnull, "--html", os.devnull)
    assert "none.har does not exist" in done.stderr


# --- Credentials


@pytest.mark.parametrize(
    ("variable", "value", "sentence"),
    [
        ("HPP_API_KEY", f'"{KEY}"', "HPP_API_KEY is in quotes, and they would be sent too: leave them out."),
        ("HPP_API_KEY", f"“{KEY}”", "HPP_API_KEY is in quotes"),
        ("HPP_USERNAME", "'M000001-shop'", "HPP_USERNAME is in quotes"),
        ("HPP_API_KEY", f"Basic {KEY}", "HPP_API_KEY holds a header: give what follows `Basic` alone."),
        ("HPP_API_KEY", f"authorization: Basic {KEY}", "HPP_API_KEY holds a header"),
        ("HPP_API_KEY", f"{KEY}\n{KEY}", "HPP_API_KEY holds a line break or a control character"),
        ("HPP_API_KEY", f"{KEY}\x1b", "HPP_API_KEY holds a line break or a control character"),
        ("HPP_API_KEY", f"M000001-shop:{KEY}", "HPP_API_KEY is USERNAME:KEY: give the key there alone"),
        ("HPP_API_KEY", PAIR, "HPP_API_KEY is the base64 of USERNAME:KEY: give the key there alone"),
    ],
)
def test_credentials_that_hold_something_else(variable: str, value: str, sentence: str) -> None:
    """They are refused before anything is sent, and never shown."""
    environ = {"HPP_API_KEY": KEY, variable: value}
    for command, options in {"endpoint": [], "record": ["--to", "x"], "drift": ["--baseline", "x"]}.items():
        done = invoke(command, "http://127.0.0.1:9", *options, **environ)
        assert (done.exit_code, done.stdout) == (2, ""), done.output
        assert done.stderr.startswith(f"hpp-contract: {sentence}")
        assert "0123456789" not in done.stderr
        assert "M000001" not in done.stderr


def test_credentials_that_nobody_sends_are_not_looked_at() -> None:
    """A comparison of recordings has no use for them, whatever they hold."""
    done = invoke("drift", "--fresh=no/such", "--baseline", "x", HPP_API_KEY=f'"{KEY}"')
    assert done.exit_code != 0
    assert "in quotes" not in done.stderr


@pytest.mark.socket
@pytest.mark.parametrize("value", [KEY, f" {KEY}\n", "a:b", "bm8gcGFpcg==", "été", "a b"])
def test_other_credentials_are_sent(value: str) -> None:
    """What could be a key is one: whether it is right, the endpoint says."""
    done = invoke("endpoint", "http://127.0.0.1:9", HPP_API_KEY=value)
    assert done.exit_code == 3, done.output
    assert "Could not verify" in done.stdout


# --- Help


def test_the_bare_command_prints_its_whole_help() -> None:
    """In its own lines, on stderr, as a wrong use: a script that forgot the command is not green."""
    done = invoke()
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr == invoke("--help").stdout
    assert done.stderr.count("\n") > 30


@pytest.mark.parametrize("name", COMMANDS)
def test_help_shows_options_in_groups(name: str) -> None:
    """What is judged, how, and what is told of it; a command that judges nothing has one list. Each option is there."""
    text = invoke(name, "--help").stdout
    command = main.get_command(click.Context(main), name)
    assert command is not None
    judges = "--annotations" in text
    titles = [line for line in text.splitlines() if re.fullmatch(r"(Options|What|How|Report):", line)]
    groups = ["What:", "How:", "Report:"]
    assert titles == ([title for title in groups if f"\n{title}\n" in text] if judges else ["Options:"])
    assert (("How:" in titles) and ("Report:" in titles)) or not judges
    listed = text[text.index(f"\n{titles[0]}") :]
    for option in command.params:
        if isinstance(option, click.Option):
            assert re.search(rf"^  (-\w, )?{option.opts[-1]}\b", listed, re.MULTILINE), option.opts
    if judges:
        report = text[text.index("\nReport:") :]
        assert all(f"  {writer.option} " in report for writer in WRITERS)


# --- Quiet


@pytest.mark.socket
def test_quiet_prints_the_verdict_and_its_rules() -> None:
    """-q leaves a line for the verdict and one for each rule that fails or warns; files are written as ever."""
    done = invoke("endpoint", "-q", "--json", "report.json")
    assert (done.exit_code, done.stdout) == (0, "Contract kept\n")
    assert Path("report.json").exists()
    Path("broken.ndjson").write_text(
        '{"request": {"method": "GET", "url": "https://h.example/hpp/v1/sessions/9674c0b6-8f36-7989-bd7e-13fc4244d437"},'
        ' "response": {"status": 200, "headers": {"Content-Type": "application/json"}, "body": "{}"}}\n',
        encoding="utf-8",
    )
    done = invoke("recording", "-q", "broken.ndjson")
    first, *lines = done.stdout.splitlines()
    assert done.exit_code == 1
    assert first.startswith("Contract broken: ")
    assert lines
    assert all(re.fullmatch(r"(broken|warned) HPP-[A-Z]\d\d [a-z0-9-]+", line) for line in lines)
