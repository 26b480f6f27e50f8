"""`hpp-contract drift` over real sockets: exit codes, what it writes and what it must not touch."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from hpp_contract.cases.scenarios import session_id
from hpp_contract.cli import main
from hpp_contract.drift import Accepted, Baseline, accept, as_json, read_baseline
from hpp_contract.drift.collect import collect_facts
from hpp_contract.engine.edits import body, drop, header, member, status
from hpp_contract.engine.errors import Unverifiable, UsageProblem
from hpp_contract.engine.fault import Fault, fault
from hpp_contract.privacy.redact import encodings
from hpp_contract.server import Server, simulate_server
from hpp_contract.spec.schema_files import folder, load
from tests.harness.support.drift_changes import respell

STATES = ("waiting", "in-progress", "completed-with-order", "failed")


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("HPP_")] + ["NO_COLOR", "COLUMNS"]:
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(scope="module")
def honest() -> Iterator[Server]:
    with Server() as server:
        yield server


@pytest.fixture
def baseline(honest: Server, tmp_path: Path) -> Path:
    """A baseline that was accepted from an honest server."""
    place = tmp_path / "baseline"
    done = drift(honest, "--baseline", str(place), "--accept", "--reason", "first run")
    assert done.exit_code == 0, done.output
    return place


def drift(server: Server | None, *arguments: str) -> Result:
    """The command against a server, as a real endpoint with real credentials."""
    if server is None:
        return CliRunner().invoke(main, ["drift", *arguments])
    return CliRunner(env=credentials_of(server)).invoke(main, ["drift", server.url, *arguments])


def credentials_of(server: Server) -> dict[str, str | None]:
    """The environment of a run against a server: its credentials and four of its sessions."""
    credentials = {"HPP_API_KEY": server.credentials.api_key, "HPP_USERNAME": server.credentials.username}
    return {**credentials, "HPP_SESSION_IDS": " ".join(map(session_id, STATES))}


def faulty(*faults: Fault) -> Server:
    return Server(faults)


def validate(document: Any, schema: dict[str, Any]) -> None:
    Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER).validate(document)


@pytest.mark.socket
def test_a_week(honest: Server, baseline: Path, tmp_path: Path) -> None:
    """Quiet, changed, unreachable, changed, undone: the exit codes, the history's lines and what they add up to."""
    history, report = tmp_path / "history.jsonl", tmp_path / "report.json"
    options = ("--baseline", str(baseline), "--history", str(history), "--json", str(report))
    kept = (baseline / "facts.json").read_bytes()
    assert drift(honest, *options).exit_code == 0
    with faulty(fault("changed", "unknown-id", status(410))) as server:
        changed = drift(server, *options)
        assert changed.exit_code == 1
        assert "breaking, new  unknown-id · answered with HTTP 410 instead of 404" in changed.output
        changes = json.loads(report.read_text(encoding="utf-8"))["changes"]
        assert {"class": "breaking", "fact": "unknown-id · status code", "before": "404", "after": "410"}.items() <= (
            next(change for change in changes if change["fact"] == "unknown-id · status code").items()
        )
        validate(json.loads(report.read_text(encoding="utf-8")), load("tool/report"))
    assert drift(server, *options).exit_code == 3, "it is closed now"
    assert json.loads(report.read_text(encoding="utf-8"))["changes"] == []
    with faulty(fault("changed", "unknown-id", status(410))) as server:
        known = drift(server, *options, "--new-only")
        assert (known.exit_code, known.output.splitlines()[0]) == (
            0,
            "Drift: 1 breaking known, which does not fail the run",
        )
        assert re.search(r"^breaking, known since 20\d\d-\d\d-\d\d \d\d:\d\d  unknown-id", known.output, re.MULTILINE)
        assert drift(server, *options).exit_code == 1
    assert drift(honest, *options).exit_code == 0
    assert (baseline / "facts.json").read_bytes() == kept
    lines = [json.loads(line) for line in history.read_text(encoding="utf-8").splitlines()]
    assert [line["verdict"] for line in lines] == ["quiet", "drift", "unverified", "drift", "drift", "quiet"]
    for line in lines:
        validate(line, load("tool/history"))
    summary = tmp_path / "since.json"
    done = drift(None, "--report", "--history", str(history), "--json", str(summary))
    assert done.exit_code == 0
    words = "answered with HTTP 410 instead of 404"
    gone = " ".join(done.output.split())
    assert re.search(rf"Gone breaking unknown-id · {words} \(.* in 3 runs\)", gone)
    assert "Documented, never observed: " in done.output
    since = json.loads(summary.read_text(encoding="utf-8"))
    validate(since, {**load("tool/history"), "$ref": "#/$defs/summary"})
    assert {change["state"] for change in since["changes"]} == {"gone"}
    assert not set(since["never_observed"]) & {"waiting", "no-credentials"}
    assert "manual-id-check" in since["never_observed"]


@pytest.mark.socket
@pytest.mark.parametrize(
    ("fault", "change_class", "code"),
    [
        (fault("a", "waiting", member("status", "EXPIRED")), "risky", 1),
        (fault("b", "waiting", header("Content-Type", "text/plain")), "breaking", 1),
        (fault("c", "waiting", member("channel", "web")), "additive", 0),
        (fault("d", "malformed-id", status(400)), "cosmetic", 0),
    ],
)
def test_classes_and_codes(baseline: Path, fault: Fault, change_class: str, code: int) -> None:
    """Breaking and risky fail, additive and cosmetic are reported."""
    with faulty(fault) as server:
        done = drift(server, "--baseline", str(baseline))
    assert done.exit_code == code
    assert re.search(rf"^{change_class}  ", done.output, re.MULTILINE)
    assert ("which does not fail the run" in done.output) == (code == 0)


@pytest.mark.socket
@pytest.mark.parametrize(("choice", "code"), [("none", 0), ("additive", 1), ("breaking,risky", 0), ("cosmetic", 0)])
def test_fail_on(baseline: Path, choice: str, code: int) -> None:
    """--fail-on says which classes fail."""
    with faulty(fault("new", "waiting", member("channel", "web"))) as server:
        assert drift(server, "--baseline", str(baseline), "--fail-on", choice).exit_code == code


@pytest.mark.socket
def test_quiet_is_a_line_for_each_change(baseline: Path) -> None:
    """-q prints the verdict and what changed; a rule that was broken all along is no change."""
    with faulty(fault("new", "waiting", member("channel", "web"))) as server:
        done = drift(server, "--baseline", str(baseline), "-q")
    assert done.output == (
        "Drift: 1 additive, which does not fail the run\nadditive: waiting · /channel is new (string)\n"
    )


@pytest.mark.socket
def test_a_change_has_the_line_that_shows_it_again(baseline: Path, tmp_path: Path) -> None:
    """With -v, in JSON and in HTML, with the key and the session as variables."""
    files = ("--json", str(tmp_path / "r.json"), "--html", str(tmp_path / "r.html"))
    with faulty(fault("new", "waiting", member("channel", "web"))) as server:
        done = drift(server, "--baseline", str(baseline), "-v", *files)
        plain = drift(server, "--baseline", str(baseline))
    line = f'curl -i --path-as-is -u "$HPP_USERNAME:$HPP_API_KEY" {server.url}/hpp/v1/sessions/"$HPP_SESSION_ID"'
    report = json.loads((tmp_path / "r.json").read_text(encoding="utf-8"))
    validate(report, load("tool/report"))
    assert {change["curl"] for change in report["changes"]} == {line}
    assert line in " ".join(done.output.split())
    assert "curl" not in plain.output
    assert line.replace('"', "&#34;") in (tmp_path / "r.html").read_text(encoding="utf-8")


@pytest.mark.socket
def test_strict_fails_on_anything(baseline: Path) -> None:
    """--strict lets every class fail."""
    with faulty(fault("new", "malformed-id", status(400))) as server:
        assert drift(server, "--baseline", str(baseline), "--strict").exit_code == 1


@pytest.mark.socket
def test_accept_makes_it_quiet(baseline: Path) -> None:
    """What was accepted is the baseline, with its reason, and valid by its schema."""
    with faulty(fault("changed", "waiting", member("channel", "web"))) as server:
        done = drift(server, "--baseline", str(baseline), "--accept", "--reason", "announced on Friday")
        assert done.exit_code == 0
        assert done.output.startswith("Accepted: 1 change\n")
        assert "Accepted: additive, waiting · /channel is new (string)" in " ".join(done.output.split())
        assert drift(server, "--baseline", str(baseline)).output.startswith("No drift\n")
        again = drift(server, "--baseline", str(baseline), "--accept", "--reason", "once more")
        assert again.output.startswith("No drift\n")
    document = json.loads((baseline / "facts.json").read_text(encoding="utf-8"))
    validate(document, load("tool/facts"))
    assert [entry["reason"] for entry in document["accepted"]] == ["first run", "announced on Friday", "once more"]


@pytest.mark.socket
def test_the_first_baseline_says_what_is_in_it(tmp_path: Path) -> None:
    """It is made whatever the endpoint breaks, and says so: the rules that were broken from the beginning."""
    with faulty(fault("wrong", "waiting", drop("expires_at"))) as server:
        done = drift(server, "--baseline", str(tmp_path), "--accept", "--reason", "first run")
        assert re.match(r"Baseline made: \d+ facts in 10 situations\n", done.output)
        assert "Broken from the beginning: breaking, waiting · /expires_at is absent" in " ".join(done.output.split())
        assert "not in the baseline yet" not in done.output
        assert (done.exit_code, drift(server, "--baseline", str(tmp_path)).exit_code) == (0, 0)


@pytest.mark.socket
def test_what_is_breaking_must_be_named(baseline: Path, tmp_path: Path) -> None:
    """--accept accepts nothing while anything is breaking; --accept-only accepts what it names, and leaves the rest."""
    history, kept = tmp_path / "h.jsonl", (baseline / "facts.json").read_bytes()
    options = ("--baseline", str(baseline), "--history", str(history), "--reason", "announced")
    server = faulty(
        fault("a", "waiting", drop("expires_at")),
        fault("b", "failed", member("channel", "web")),
        fault("c", "completed-with-order", respell(9)),
        fault("d", "in-progress", respell(9)),
    )
    with server:
        refused = drift(server, *options, "--accept")
        assert refused.exit_code == 1
        text = " ".join(refused.output.split())
        assert "Nothing was accepted, since 1 breaking change must be named by --accept-only" in text
        again = f"hpp-contract drift {server.url} --baseline {baseline} --history {history}"
        assert f"{again} --accept-only HPP-S02 --accept-only /channel" in text
        assert (baseline / "facts.json").read_bytes() == kept
        wrong = drift(server, *options, "--accept-only", "waiting · /expires")
        assert (wrong.exit_code, (baseline / "facts.json").read_bytes()) == (2, kept)
        done = drift(server, *options, "--accept-only", "waiting*")
        assert (done.exit_code, done.output.splitlines()[0]) == (
            0,
            "Accepted: 1 change; not accepted: 1 additive, 1 cosmetic known, which does not fail the run",
        )
        left = drift(server, *options[:4])
        assert left.output.startswith("Drift: 1 additive, 1 cosmetic known")
        whole = drift(server, *options, "--accept-only", "*")
        assert whole.output.startswith("Accepted: 2 changes\n")
        assert drift(server, *options[:4]).output.startswith("No drift\n")
    for line in map(json.loads, history.read_text(encoding="utf-8").splitlines()):
        validate(line, load("tool/history"))


@pytest.mark.socket
def test_the_guide_shows_what_is_printed(honest: Server, baseline: Path, tmp_path: Path) -> None:
    """The example in docs/drift.md is what a run prints: one change is known, two are new."""
    page = (folder("docs") / "drift.md").read_text(encoding="utf-8")
    (shown,) = re.findall(r"```text\n(Drift: .*?)```", page, re.DOTALL)
    known = fault("new", "waiting", member("channel", "web"))
    new = (fault("gone", "in-progress", drop("expires_at")), fault("word", "failed", member("status", "EXPIRED")))
    options = ("--baseline", str(baseline), "--history", str(tmp_path / "h.jsonl"))
    with faulty(known) as server:
        assert drift(server, *options).exit_code == 0
    with faulty(known, *new) as server:
        printed = drift(server, *options).output.partition("Notes")[0]
    printed = printed.replace(server.url, "https://api.playground.kustom.co").replace(str(baseline), "baseline")
    assert re.sub(r"20\d\d-\d\d-\d\d \d\d:\d\d", "2026-11-20", printed).split() == shown.split()


@pytest.mark.socket
def test_the_documentation_is_a_baseline_of_what_it_allows() -> None:
    """The embedded server, which keeps to the documentation, is no drift from it."""
    done = drift(None, "--baseline", str(folder("cassettes") / "documented"))
    assert (done.exit_code, done.output.splitlines()[0]) == (0, "No drift")


@pytest.mark.socket
def test_a_known_failure_is_no_drift(baseline: Path, tmp_path: Path) -> None:
    """A rule in --known-failing is reported with its reason, and does not fail the run."""
    (tmp_path / "known.txt").write_text("# asked in May\nHPP-S02\n")
    options = ("--baseline", str(baseline), "--known-failing", str(tmp_path / "known.txt"))
    with faulty(fault("a", "waiting", drop("expires_at"))) as server:
        done = drift(server, *options)
    assert done.exit_code == 0
    assert "known failing  asked in May" in done.output


@pytest.mark.socket
@pytest.mark.parametrize(
    "faults",
    [
        tuple(fault(f"down-{name}", name, status(503), body(b"")) for name in ("unknown-id", "malformed-id")),
        (fault("wall", "unknown-id", status(403), header("Content-Type", "text/html"), body(b"<html>no</html>")),),
        (fault("stuck", "waiting", status(504), body(b"")),),
    ],
    ids=["two questions", "a wall", "one session"],
)
def test_unverified_touches_nothing(baseline: Path, tmp_path: Path, faults: tuple[Fault, ...]) -> None:
    """What could not be verified exits 3 with a reason, changes nothing, and cannot be accepted."""
    kept, history = (baseline / "facts.json").read_bytes(), tmp_path / "history.jsonl"
    with faulty(*faults) as server:
        for more in ((), *((*how, "--reason", "never mind") for how in (("--accept",), ("--accept-only", "/x")))):
            done = drift(server, "--baseline", str(baseline), "--history", str(history), *more)
            assert done.exit_code == 3
            assert "not answered by the API" in " ".join(done.output.split())
    assert (baseline / "facts.json").read_bytes() == kept
    assert [json.loads(line)["verdict"] for line in history.read_text(encoding="utf-8").splitlines()] == [
        "unverified"
    ] * 3


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), "no --baseline DIR"),
        (("--baseline", "nowhere"), "there is no baseline in nowhere: make one with hpp-contract record --to nowhere"),
        (("--baseline", "b", "--accept"), "--accept needs --reason"),
        (("--baseline", "b", "--accept", "--reason", " "), "--accept needs --reason"),
        (("--baseline", "b", "--reason", "x"), "--reason goes with --accept"),
        (("--report",), "--report needs --history"),
        (("--baseline", "b", "--accept-only", "x"), "--accept-only needs --reason"),
        (("--baseline", "b", "--new-only"), "--new-only needs --history"),
        (("--baseline", "b", "--webhook", "https://x"), "--webhook needs --history"),
        (("--baseline", "b", "--history", "h", "--webhook", "http://hooks.example/x"), "--webhook wants an https URL"),
        (("--baseline", "b", "--history", "h", "--webhook", "https://[x"), "--webhook wants an https URL"),
        (("--report", "--history", "nowhere.jsonl"), "nowhere.jsonl cannot be read"),
        (("http://127.0.0.1:1", "--fresh", "x", "--baseline", "b"), "--fresh compares recordings"),
        (("--page", "x.md", "--baseline", "b"), "--page compares the documentation alone"),
        (("--page", "nowhere.md"), "nowhere.md cannot be read"),
        (("--baseline", "b", "--fail-on", "awful"), "'awful' is no class"),
        (("--baseline", "b", "--accept", "--reason", "x", "--history", "no/where.jsonl"), "does not exist; create it"),
    ],
)
def test_usage(
    arguments: tuple[str, ...], words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    """What makes no sense is refused in one sentence, with exit code 2 and before anything is sent or written."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as left:
        main(["drift", *arguments])
    output = capsys.readouterr().err
    assert left.value.code == 2
    assert words in output
    assert output.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.socket
def test_embedded_is_not_compared_with_a_real_endpoint(baseline: Path) -> None:
    """A forgotten HPP_ENDPOINT does not compare the embedded server with a real endpoint's baseline."""
    done = drift(None, "--baseline", str(baseline))
    assert done.exit_code == 2


def test_documented_cassettes_are_a_baseline(tmp_path: Path) -> None:
    """The documented cassettes serve as a baseline, and the fresh side may be recordings."""
    documented = str(folder("cassettes") / "documented")
    same = drift(None, "--fresh", documented, "--baseline", documented)
    assert (same.exit_code, "No drift" in same.output) == (0, True)


@pytest.mark.parametrize(
    "content", ["", "{}", "[]", '{"situations": 3}', "\x00", '{"format": 2, "accepted": [], "situations": {}}']
)
def test_unreadable_baseline(content: str, tmp_path: Path) -> None:
    """A baseline that cannot be read could not verify, and says so in a sentence."""
    (tmp_path / "facts.json").write_text(content)
    done = drift(None, "--baseline", str(tmp_path), "--accept", "--reason", "x")
    assert done.exit_code == 3
    assert (tmp_path / "facts.json").read_text(encoding="utf-8") == content


def test_unreadable_recordings(tmp_path: Path) -> None:
    """A baseline of recordings that cannot be read could not verify."""
    (tmp_path / "x.yaml").write_text("interactions: [")
    done = drift(None, "--baseline", str(tmp_path))
    assert done.exit_code == 3


def test_baseline_that_is_a_file(tmp_path: Path) -> None:
    """Accepting into something that is no folder is refused before anything is sent."""
    (tmp_path / "b").write_text("")
    done = drift(None, "--baseline", str(tmp_path / "b"), "--accept", "--reason", "x")
    assert done.exit_code == 2


@given(st.data())
def test_damaged_baseline_never_crashes(data: st.DataObject) -> None:
    """A baseline with any bytes changed is read or refused, never an internal error."""
    facts = collect_facts(simulate_server("waiting")).facts
    text = bytearray(as_json(accept(Baseline({}), facts, (), Accepted("x", "y", "z"))).encode())
    for _ in range(data.draw(st.integers(1, 4))):
        text[data.draw(st.integers(0, len(text) - 1))] = data.draw(st.integers(0, 255))
    with TemporaryDirectory() as place:
        Path(place, "facts.json").write_bytes(bytes(text))
        try:
            read_baseline(Path(place))
        except Unverifiable as problem:
            assert "facts.json" in str(problem)


@pytest.mark.socket
def test_secrets_stay_out(honest: Server, tmp_path: Path) -> None:
    """Neither screen nor any file holds the credentials, in any spelling, whatever the server and the reason repeat."""
    key = honest.credentials.api_key
    echo = fault("echo", "wrong-credentials", header("X-Debug", key), member("error_code", key))
    options = ("--history", str(tmp_path / "h"), "--json", str(tmp_path / "j"), "--markdown", str(tmp_path / "m"))
    with faulty(echo, fault("status", "waiting", member("status", key.upper().replace("-", "_")))) as server:
        accepted = drift(server, "--baseline", str(tmp_path / "b"), "--accept", "--reason", f"key {key}", *options)
        assert accepted.exit_code == 0
    with faulty(echo, fault("member", "waiting", member(key, key))) as server:
        done = drift(server, "--baseline", str(tmp_path / "b"), "--junit", str(tmp_path / "x"), *options)
    texts = [
        accepted.output,
        done.output,
        *(path.read_text(encoding="utf-8") for path in tmp_path.rglob("*") if path.is_file()),
    ]
    secrets = [form for secret in honest.credentials.secrets for form in encodings(secret)]
    assert not [(secret, text) for text in texts for secret in secrets if secret in text]


def started(server: Server, *arguments: str, first: str = "") -> subprocess.Popen[bytes]:
    """The command in a process of its own, which does `first` before."""
    code = f"import sys; from hpp_contract.cli import main; {first or 'pass'}; main(sys.argv[1:])"
    ids = [part for state in STATES for part in ("--session-id", session_id(state))]
    environ = {"HPP_API_KEY": server.credentials.api_key, "HPP_USERNAME": server.credentials.username or ""}
    whole = [sys.executable, "-c", code, "drift", server.url, *ids, *arguments]
    return subprocess.Popen(whole, env=os.environ | environ, stdout=subprocess.DEVNULL)


def last_line(history: Path) -> dict[str, Any]:
    line: dict[str, Any] = json.loads(history.read_text(encoding="utf-8").splitlines()[-1])
    return line


@pytest.mark.socket
@pytest.mark.process
def test_an_acceptance_and_its_line_are_one(honest: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the line cannot be written nothing is accepted; a run killed between the two is finished by the next."""
    place, history = tmp_path / "b", tmp_path / "h.jsonl"
    options = ("--baseline", str(place), "--accept", "--reason", "first", "--history", str(history))

    def full(*_: object) -> None:
        raise UsageProblem("no space")

    with monkeypatch.context() as patched:
        patched.setattr("hpp_contract.cli.drift.append", full)
        assert drift(honest, *options).exit_code == 2
    assert [*place.iterdir()] == []

    # It is killed when the line is written, before the baseline takes its place.
    killed = started(honest, *options, first="import os, pathlib; pathlib.Path.replace = lambda *_: os._exit(9)")
    assert killed.wait(60) == 9
    [draft] = place.iterdir()
    assert draft.name.startswith(".facts.json.")
    assert last_line(history)["accepted"] == "first"

    done = drift(honest, "--baseline", str(place), "--history", str(history))
    assert done.exit_code == 0
    assert [path.name for path in place.iterdir()] == ["facts.json"]
    assert read_baseline(place).accepted[-1].reason == "first"
    assert [*last_line(history)["changes"]] == []


@pytest.mark.socket
@pytest.mark.process
def test_a_draft_of_which_no_line_tells_is_removed(honest: Server, baseline: Path, tmp_path: Path) -> None:
    """A run that was killed before it wrote its line has accepted nothing."""
    history = tmp_path / "h.jsonl"
    drift(honest, "--baseline", str(baseline), "--history", str(history))
    ended = subprocess.Popen([sys.executable, "-S", "-c", ""])
    ended.wait(60)
    for number, text in enumerate(("{", (baseline / "facts.json").read_text(encoding="utf-8"))):
        (baseline / f".facts.json.{ended.pid}-{number:08x}").write_text(text, encoding="utf-8")
    drift(honest, "--baseline", str(baseline), "--history", str(history))
    assert len([*baseline.iterdir()]) == 3
    drift(honest, "--baseline", str(baseline), "--accept", "--reason", "second")
    assert [path.name for path in baseline.iterdir()] == ["facts.json"]


@pytest.mark.socket
@pytest.mark.process
def test_two_acceptances_at_a_time(honest: Server, baseline: Path, tmp_path: Path) -> None:
    """Each adds its entry, and its line, to what the other has written."""
    history = tmp_path / "h.jsonl"
    options = ("--baseline", str(baseline), "--history", str(history), "--accept", "--reason")
    runs = [started(honest, *options, f"number {number}") for number in range(4)]
    assert [each.wait(60) for each in runs] == [0] * 4
    reasons = {entry.reason for entry in read_baseline(baseline).accepted}
    assert reasons == {"first run", *(f"number {number}" for number in range(4))}
    assert len(history.read_text(encoding="utf-8").splitlines()) == 4
