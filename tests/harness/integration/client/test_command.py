"""Adapters behind commands: honest ones are heard, hostile ones end in bounded time and leave nothing behind."""

from __future__ import annotations

import ast
import json
import os
import selectors
import shlex
import signal
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from unittest.mock import Mock

import pytest

from hpp_contract.cases import CASES
from hpp_contract.client import RunOptions, run
from hpp_contract.client.adapters import command as adapters
from hpp_contract.client.adapters import subprocess_group
from hpp_contract.client.adapters.adapter import Ask
from hpp_contract.client.adapters.command import CommandAdapter
from hpp_contract.client.adapters.command_template import CommandTemplateAdapter
from hpp_contract.client.adapters.subprocess_group import AdapterError, SubprocessGroup, ended_by_signals
from hpp_contract.engine import Report, Subject
from hpp_contract.engine.errors import UsageProblem
from hpp_contract.engine.sanitize import sanitize_report
from hpp_contract.model.client_read import ClientResult
from hpp_contract.privacy.redact import Redactor
from hpp_contract.reporting.json_report import json_report
from hpp_contract.reporting.view import ReportView
from tests.harness.support.leftovers import MARK, left
from tests.harness.support.paths import ADAPTER, ROOT
from tests.harness.support.sockets import HANG, wait_for

needs_posix = pytest.mark.skipif(sys.platform == "win32", reason="commands need process groups")
pytestmark = needs_posix


@pytest.fixture
def token(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A mark that every process of this test carries in its environment; none may be left in the end."""
    name = str(uuid.uuid4())
    monkeypatch.setenv(MARK, name)
    yield name
    wait_for(lambda: not left(name))  # the last signal is sent, not yet felt


def command(how: str) -> str:
    return shlex.join([sys.executable, "-S", str(ADAPTER), how])


def judged(how: str, *names: str, wait: float = HANG, beside: int = 0) -> Report:
    cases = [CASES[name] for name in names]
    text = command(how)
    return run(cases, lambda: CommandAdapter(text), Subject("client", how), RunOptions(wait, beside))


def problems(report: Report) -> dict[str, str]:
    """What HPP-A37 found, by case."""
    [verdict] = [verdict for verdict in report.rules if verdict.rule.id == "HPP-A37"]
    return {finding.case: finding.found for finding in verdict.findings}


def failed(report: Report) -> dict[str, list[str]]:
    return {v.rule.id: [f.case for f in v.findings] for v in report.rules if v.findings and v.rule.severity != "info"}


@pytest.mark.process
def test_honest_adapter_is_kept(token: str) -> None:
    """An adapter that does as the protocol says is kept in every case, with others beside it for the slow ones."""
    assert failed(judged("honest", *CASES, beside=2)) == {}


WRONG = {
    "prints": "a line on stdout that is not a JSON object: 'DEBUG reading smoke' (logs belong on stderr)",
    "indents": "a line on stdout that is not a JSON object: '{' (a message is one line)",
    "wrong-id": "an answer with the id 'nobody' instead of 'smoke'",
    "no-id": "an answer without an id: it must repeat 'smoke'",
    "no-part": "an answer with none of empty, error, session, skipped, verdict in it",
    "answers-twice": "a second answer to 'smoke'",
    "floods": "a line on stdout that is not a JSON object: ",
    "prints-100-mb": "a line of more than 1,000,000 bytes on stdout",
    "forks-and-leaves": "it ended with exit code 3",
    "closes-stdout": "it closed its stdout",
    "crashes": "it ended with exit code 1, saying last on stderr: Traceback: boom",
}


@pytest.mark.process
@pytest.mark.parametrize(("how", "words"), WRONG.items(), ids=WRONG)
def test_smoke_says_what_is_wrong_with_the_adapter(
    how: str, words: str, token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first case says in words what is wrong with an adapter as soon as it shows, not when its time is up, and
    that this says nothing of the client."""
    if how == "answers-twice":
        monkeypatch.setattr(adapters, "EXTRA_LINES_WAIT_S", HANG)  # the second answer comes, sooner or later
    report = judged(how, "smoke")
    assert (report.unverified or "").startswith(f"the adapter answered no read rightly ({words}")
    assert report.exit_code == 3
    assert problems(report) == {}


@pytest.mark.process
def test_what_a_wrong_adapter_asks_for_is_judged(token: str) -> None:
    """A request that came is judged all the same, and a must that it breaks is what the run ends with."""
    keyless = "import http.client as h, json, sys; from urllib.parse import urlsplit as u\n"
    keyless += (
        "for line in sys.stdin:\n ask = json.loads(line)\n if ask['op'] == 'hello': print('{\"op\": \"hello\"}')\n"
    )
    keyless += " else: c = h.HTTPConnection(u(ask['base_url']).netloc)\n"
    keyless += (
        " if 'id' in ask: c.request('GET', '/hpp/v1/sessions/' + ask['session_id']); c.getresponse(); print('got it')"
    )
    text = python(keyless)
    report = run([CASES["smoke"]], lambda: CommandAdapter(text), Subject("client", "x"), RunOptions(HANG))
    assert set(failed(report)) == {"HPP-R05"}
    assert report.unverified
    assert report.exit_code == 1


@pytest.mark.process
def test_session_that_is_a_text(token: str) -> None:
    """What the client returned is the client's, whatever it is."""
    found = problems(judged("session-is-text", "smoke"))
    assert found == {"smoke": "the client returned a str, which has no member of a session"}


@pytest.mark.process
@pytest.mark.parametrize("how", ["hangs", "ignores-sigterm", "floods-stderr"])
def test_who_never_answers_is_started_again(how: str, token: str) -> None:
    """An adapter that never answers is stopped and started again for the next case; nothing is verified then. Where its
    client got a session, the answer may be in a buffer."""
    report = judged(how, "smoke", "waiting", wait=0.7)
    assert report.unverified == (
        "the adapter answered no read rightly (no answer within 0.7 s, though the client got one from the server: is "
        "each line flushed): make it run with --only smoke first."
    )
    assert len(report.slices) == 2


@pytest.mark.process
def test_hang_is_a_finding_and_the_run_goes_on(token: str) -> None:
    """An adapter that does not answer in some cases is stopped and started again for the next."""
    found = problems(judged("hangs-on-errors", "smoke", "not-found", "waiting", wait=0.7))
    assert found == {"not-found": "no answer within 0.7 s"}


@pytest.mark.process
@pytest.mark.parametrize("how", ["forks", "forks-away", "stays", "answers-late"])
def test_odd_manners_are_forgiven(how: str, token: str) -> None:
    """What leaves processes behind, will not leave or takes its time still answers, and nothing of it is left."""
    assert failed(judged(how, "smoke", "waiting")) == {}


@pytest.mark.process
def test_closed_stdin(token: str) -> None:
    """An adapter that closes its stdin is started again for the case after the next."""
    found = problems(judged("closes-stdin", "smoke", "waiting", "back"))
    assert found == {"waiting": "it closed its stdin"}


@pytest.mark.process
def test_flood_of_answers_ends(token: str) -> None:
    """An adapter that answers without end is stopped."""
    assert judged("floods-with-answers", "smoke", "waiting").exit_code == 3


@pytest.mark.process
def test_after_a_hang(token: str) -> None:
    """After a hang a shorter time-out is advised, not a case that passes."""
    report = judged("hangs-on-sessions", "not-found", *list(CASES)[:9], wait=2.5)
    [advice] = [note for note in report.notes if "The client hung in" in note]
    assert advice.endswith("Try hpp-contract client --timeout 2: it waits for 2 s, not 2.5.")
    assert not any("--only smoke" in note for note in report.notes)


@pytest.mark.process
def test_five_failures_in_a_row_end_the_run(token: str) -> None:
    """A run ends when an adapter has not answered five times in a row, says how many cases were not run, and where to
    begin: with the first of the five."""
    sessions = [name for name, case in CASES.items() if "HPP-A17" in case.rules][:6]
    report = judged("crashes-on-sessions", "not-found", *sessions)
    assert list(problems(report)) == sessions[:5]
    assert (
        "1 case was not run: stopped after 5 cases in a row without an answer. "
        f"Begin with hpp-contract client --only {sessions[0]}."
    ) in report.notes


@pytest.mark.process
def test_who_ends_where_an_error_is_right_goes_on(token: str) -> None:
    """An adapter that does not catch what its client raises is judged in every case, and a note says what to do."""
    refused = ("not-found", "unauthorized", "empty-200", "html-200", "truncated-json", "null-200")
    report = judged("crashes-on-errors", *refused, "smoke", "waiting")
    assert set(problems(report)) == set(refused)
    [note] = [note for note in report.notes if "ended in" in note]
    assert note == (
        "The adapter ended in not-found, unauthorized, empty-200, html-200 and 2 more. If your client raised something "
        "there, catch it, whatever its class, and answer with an error: a caller can do the same."
    )


@pytest.mark.process
@pytest.mark.parametrize(
    ("how", "words"),
    [("no-hello", "did not answer hello within 1 s"), ("answers-hello-wrongly", "answered hello with"),
     ("crashes-on-hello", 'stopped during "hello" (it ended with exit code 2)')],
)  # fmt: skip
def test_hello_may_be_missing(how: str, words: str, token: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without an answer to hello all optional abilities are assumed, and a note says so."""
    if how != "no-hello":
        monkeypatch.setattr(adapters, "HELLO_LIMIT_S", HANG)  # something comes, sooner or later
    report = judged(how, "smoke", "waiting")
    assert failed(report) == {}
    assert any(words in note for note in report.notes)


@pytest.mark.process
def test_hello_may_come_late(token: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """An adapter that is slow to start says what its client cannot do all the same, and nothing is held against it."""
    monkeypatch.setattr("hpp_contract.client.adapters.command.HELLO_LIMIT_S", 0.001)
    report = judged("honest", "smoke", "waiting")
    assert not [note for note in report.notes if "hello" in note]


@pytest.mark.process
def test_secrets_on_stderr_stay_out_of_the_report(token: str) -> None:
    """What a dying adapter wrote to stderr is quoted without the credentials in it."""
    text = json_report(
        ReportView(sanitize_report(judged("crashes", "smoke"), Redactor(CASES["smoke"].credentials.secrets)))
    )
    assert "boom" in text
    assert CASES["smoke"].credentials.api_key not in text


@pytest.mark.process
def test_one_shot_command(tmp_path: Path, token: str) -> None:
    """A command with {session_id} in it is run for every read, and the last line of its output is the answer."""
    script = tmp_path / "read.py"
    script.write_text(
        "import json, sys\nsys.path.insert(0, sys.argv[1])\nfrom hostile_adapter import read\n"
        "names = ('base_url', 'username', 'password', 'session_id')\n"
        "ask = dict(zip(names, sys.argv[2:]), timeout_ms=int(sys.argv[6]))\n"
        "print('reading')\nprint(json.dumps(read(ask)))\n",
        encoding="utf-8",
    )
    words = [sys.executable, "-S", str(script), str(ADAPTER.parent)]
    text = shlex.join(words) + " {base_url} {username} {password} {session_id} {timeout_ms}"
    names = ("smoke", "not-found", "id-with-space", "id-with-umlaut", "lifecycle-paid", "stalls-in-body")
    plan = RunOptions(extra_adapters=1, all=True)
    report = run([CASES[name] for name in names], lambda: CommandTemplateAdapter(text), Subject("client", "x"), plan)
    assert failed(report) == {}


@pytest.mark.process
@pytest.mark.parametrize(
    ("code", "words", "wait"),
    [("print('done')", "the last line of output is not a JSON object: 'done'", HANG),
     ("import time; print('{}', flush=True); time.sleep(600)", "no answer within 1 s", 1.0),
     ("while True: print('x' * 100000)", "more than 10,000,000 bytes of output", HANG)],
)  # fmt: skip
def test_wrong_one_shot_command(code: str, words: str, wait: float, token: str) -> None:
    """A command template that does not end in an answer is reported as such."""
    text = shlex.join([sys.executable, "-S", "-c", code, "{session_id}"])
    report = run([CASES["smoke"]], lambda: CommandTemplateAdapter(text), Subject("client", "x"), RunOptions(wait))
    assert (report.unverified or "").startswith(f"the adapter answered no read rightly ({words}")


AT_ONCE = """
import json, sys
sys.path.insert(0, sys.argv[1])
from hostile_adapter import HELLO, read, say

waiting = []
for line in sys.stdin:
    message = json.loads(line)
    if message["op"] == "bye":
        break
    if message["op"] == "hello":
        say({**HELLO, "concurrent": True})
        continue
    waiting.append(message)
    if len(waiting) == 2:
        for ask in reversed(waiting[: int(sys.argv[2])]):
            say({"id": ask["id"], **read(ask)})
        if sys.argv[3] == "ends":
            break
"""


@pytest.mark.process
@pytest.mark.parametrize(
    ("answered", "then", "wait", "found"),
    [(2, "stays", HANG, {}), (1, "stays", 2.0, {"two-at-once": "no answer within 2 s"}),
     (0, "ends", HANG, {})],
)  # fmt: skip
def test_two_messages_in_flight(answered: int, then: str, wait: float, found: dict[str, str], token: str) -> None:
    """An adapter that says that it can is asked for a second read before it answers, and answers in any order."""
    text = shlex.join([sys.executable, "-S", "-c", AT_ONCE, str(ADAPTER.parent), str(answered), then])
    report = run([CASES["two-at-once"]], lambda: CommandAdapter(text), Subject("client", "x"), RunOptions(wait))
    assert problems(report) == found
    assert (failed(report) == {}) is (not found)
    assert ("it ended with exit code 0" in (report.unverified or "")) is (answered == 0)


NEVER = {
    "pass": "it ended with exit code 0",
    "import sys; sys.exit('boom')": "it ended with exit code 1, saying last on stderr: boom",
    "import sys; sys.exit('Error: boom\\nsee the manual')": "it ended with exit code 1, saying on stderr: Error: boom",
    "import no_such_module": "it ended with exit code 1, saying on stderr: "
    "ModuleNotFoundError: No module named 'no_such_module'",
    "import sys; print('Error: cannot open display', file=sys.stderr, flush=True); input(); input(); input()": (
        "no answer within 0.7 s, saying on stderr: Error: cannot open display"
    ),
}


@pytest.mark.process
@pytest.mark.parametrize(("code", "words"), NEVER.items(), ids=str)
@pytest.mark.parametrize("mark", [[], ["{session_id}"]], ids=["adapter", "template"])
def test_what_never_says_anything_verifies_nothing(code: str, words: str, mark: list[str], token: str) -> None:
    """Of what never says anything nothing can be verified, and what it said on stderr tells why."""
    text = shlex.join([sys.executable, "-S", "-c", code, *mark])
    adapter = CommandTemplateAdapter if mark else CommandAdapter
    wait = 0.7 if "input" in code else HANG
    report = run([CASES["smoke"]], lambda: adapter(text), Subject("client", "x"), RunOptions(wait))
    assert report.exit_code == 3
    assert words in (report.unverified or "")
    assert not [verdict for verdict in report.rules if verdict.findings]


@pytest.mark.process
@pytest.mark.parametrize("text", ["", "'unbalanced", "no-such-command-anywhere x"])
def test_command_that_cannot_be_started(text: str) -> None:
    """A command that is none is a usage problem, in one sentence."""
    with pytest.raises(UsageProblem, match="--command"):
        run(list(CASES.values()), lambda: CommandAdapter(text), Subject("client", "x"), RunOptions(extra_adapters=2))


ID = "39a1c773-bafd-754d-af1f-b30c592f1267"
ASK = Ask("smoke", "http://127.0.0.1:1", "user", "key", ID, 1.0)
WAIT = 60.0
"""Seconds that nothing here needs, however loaded the machine is."""


def python(code: str, *words: str) -> str:
    return shlex.join([sys.executable, "-S", "-c", code, *words])


def test_commands_need_posix(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where there are no process groups, a command is refused with what to use instead."""
    monkeypatch.setattr(subprocess_group, "os", SimpleNamespace(name="nt"))
    with pytest.raises(UsageProblem, match="use --python here"):
        SubprocessGroup(["any"])


@pytest.mark.process
@needs_posix
def test_full_stdin() -> None:
    """A process that does not read is reported for the line that fills its stdin, and of the one after."""
    deaf = SubprocessGroup(shlex.split(python("import time; time.sleep(600)")))
    try:
        for size in (5_000_000, 5_000_000):
            with pytest.raises(AdapterError, match=r"^it does not read its stdin$"):
                deaf.send(b"x" * size)
    finally:
        deaf.stop()


@pytest.mark.process
@needs_posix
def test_last_line_without_its_end() -> None:
    """Output that ends without a line end is an answer too."""
    result, _ = CommandTemplateAdapter(python("print('{\"empty\": true}', end='')", "{session_id}")).read(ASK, WAIT)
    assert result == ClientResult(empty=True)


@pytest.mark.process
@needs_posix
def test_output_between_two_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a process writes, and ends, between the look at its output and the look whether it ended is read."""
    quick = SubprocessGroup(shlex.split(python("input(); print('here')")))
    select = quick._selector.select

    def too_early(_: float) -> list[tuple[selectors.SelectorKey, int]]:
        monkeypatch.setattr(quick._selector, "select", select)
        quick.send(b"go")
        wait_for(quick._ended)
        return []

    try:
        monkeypatch.setattr(quick._selector, "select", too_early)
        assert quick.line(time.monotonic() + WAIT) == b"here"
    finally:
        quick.stop()


@pytest.mark.process
@needs_posix
def test_output_that_somebody_else_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """A stream that was said to be readable and is empty is waited for, not taken for ended."""
    slow = SubprocessGroup(shlex.split(python("input(); print('here'); input()")))
    try:
        keys = [(key, selectors.EVENT_READ) for key in slow._selector.get_map().values()]
        with monkeypatch.context() as patch:
            patch.setattr(slow._selector, "select", lambda _: keys)
            assert slow.line(time.monotonic() + 0.02) is None
        slow.send(b"go")
        assert slow.line(time.monotonic() + WAIT) == b"here"
    finally:
        slow.stop()


@pytest.mark.process
@pytest.mark.skipif(not Path("/proc/self").exists(), reason="only Linux shows whose process is whose")
def test_what_cannot_be_killed_is_let_be(monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that is still there after three attempts, as one that nobody reaps, does not hold up the run."""
    with subprocess.Popen([sys.executable, "-S", "-c", "import time; time.sleep(600)"]) as unreaped:
        found: list[str] = []

        def is_marked(folder: Path, _: bytes) -> bool:
            if folder.name == str(unreaped.pid):
                found.append(folder.name)
            return folder.name == str(unreaped.pid)

        monkeypatch.setattr(subprocess_group, "_is_marked", is_marked)
        subprocess_group._kill_marked(b"mark")
        assert len(found) == 3
        assert unreaped.wait() == -signal.SIGKILL


@pytest.mark.process
@needs_posix
def test_hello_is_not_repeated_after_a_crash(tmp_path: Path) -> None:
    """An adapter that stopped during hello is not asked for it when it is started for the next case."""
    log = tmp_path / "log"
    code = "import sys\nline = sys.stdin.readline()\nwith open(sys.argv[1], 'a') as log:\n    log.write(line)"
    adapter = CommandAdapter(python(code, str(log)))
    for _ in range(2):
        result, _ = adapter.read(ASK, WAIT)
        assert result.problem
    adapter.close()
    assert [json.loads(line)["op"] for line in log.read_text(encoding="utf-8").splitlines()] == [
        "hello",
        "read_session",
        "read_session",
    ]


@pytest.mark.process
@needs_posix
def test_the_same_is_noted_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A banner before the hello is reported once, however often the adapter is started."""
    monkeypatch.setattr(adapters, "HELLO_LIMIT_S", WAIT)
    code = 'input(); print(\'"starting"\'); print(\'{"op": "hello", "timestamps": "instant"}\', flush=True); input()'
    adapter = CommandAdapter(python(code))
    for _ in range(2):
        adapter.read(ASK, WAIT)
    adapter.close()
    assert adapter.can.timestamps == "instant"
    assert adapter.notes == [
        "The adapter answered hello with '\"starting\"' before it said hello: logs belong on stderr.",
    ]


@pytest.mark.process
def test_children_get_no_credentials(token: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An adapter is started without our variables, which may hold credentials, and with all others."""
    for name in ("HPP_API_KEY", "HPP_USERNAME", "HPP_SESSION_IDS", "HPP_ENDPOINT", "hpp_order"):
        monkeypatch.setenv(name, "Geheim")
    seen = tmp_path / "env"
    script = f"import os; open({str(seen)!r}, 'w', encoding='utf-8').write(repr(dict(os.environ)))"
    child = SubprocessGroup([sys.executable, "-S", "-c", script])
    wait_for(lambda: seen.exists() and seen.read_text(encoding="utf-8").endswith("}"))
    child.stop()
    environ = ast.literal_eval(seen.read_text(encoding="utf-8"))
    assert [name for name in environ if name.upper().startswith("HPP_")] == []
    assert environ[MARK] == token


HEAR_SIGNALS = """
import os, signal, sys
for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
    signal.signal(number, signal.SIG_DFL)
os.execv(sys.argv[1], sys.argv[1:])
"""


@pytest.mark.process
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
@pytest.mark.parametrize(("how", "processes"), [("ignores-sigterm", 2), ("forks-away", 3), ("template", 2)])
def test_a_signal_ends_all(token: str, number: signal.Signals, how: str, processes: int) -> None:
    """Ctrl-C, SIGTERM and SIGHUP end the client run at once, with adapters, their children and their sessions."""
    sleeper = shlex.join([sys.executable, "-S", "-c", "import time; time.sleep(600)", "{session_id}"])
    words = sleeper if how == "template" else command(how)
    whole = [sys.executable, "-m", "hpp_contract", "client", "--timeout", "60", "--command", words]
    heard = [sys.executable, "-c", HEAR_SIGNALS, *whole]  # a CI may ignore signals, and what is ignored is inherited
    process = subprocess.Popen(heard, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True, cwd=ROOT)
    wait_for(lambda: len(left(token)) >= processes)
    began = time.monotonic()
    process.send_signal(number)
    process.communicate(timeout=HANG)
    assert process.returncode == 130
    assert time.monotonic() - began < 10
    wait_for(lambda: not left(token))


@pytest.mark.process
def test_what_is_ignored_stays_ignored(token: str) -> None:
    """A signal that the caller ignores, as nohup does, ends nothing, and handlers are put back."""
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with ended_by_signals():
            os.kill(os.getpid(), signal.SIGHUP)
            assert signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL
        assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
    finally:
        signal.signal(signal.SIGHUP, before)


@pytest.mark.process
def test_signals_end_children_in_this_process(token: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every child ends before KeyboardInterrupt is raised, and a second signal changes nothing."""
    children = [SubprocessGroup([sys.executable, "-S", "-c", "import time; time.sleep(600)"]) for _ in range(2)]
    before = signal.signal(signal.SIGUSR1, lambda *_: None)
    with ended_by_signals():
        os.kill(os.getpid(), signal.SIGUSR1)  # another one, which ends nobody
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGTERM)
        os.kill(os.getpid(), signal.SIGINT)
        with pytest.raises(KeyboardInterrupt):
            SubprocessGroup([sys.executable])
    signal.signal(signal.SIGUSR1, before)
    for child in children:
        child.stop()
        child.signal(signal.SIGTERM)
    assert not left(token)
    monkeypatch.setattr(subprocess_group, "_refuse_when_ending", Mock(side_effect=(None, KeyboardInterrupt)))
    with pytest.raises(KeyboardInterrupt):
        SubprocessGroup([sys.executable, "-S", "-c", "import time; time.sleep(600)"])
    assert not left(token)
    outside: list[object] = []

    def handle() -> None:
        with ended_by_signals():
            outside.append(signal.getsignal(signal.SIGTERM))

    thread = threading.Thread(target=handle)
    thread.start()
    thread.join()
    assert outside == [signal.SIG_DFL]
