"""Adapters that only say paid or not, in PHP and Java, as docs/sdk-authors.md tells their authors to write them.

Each is the adapter of our example with a word in the place of the session.
"""

from __future__ import annotations

import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

from hpp_contract.cases import CASES
from hpp_contract.client import RunOptions, run
from hpp_contract.client.adapters.command import CommandAdapter
from hpp_contract.engine import Subject
from tests.harness.support.paths import ROOT

NAMES = ("smoke", "waiting", "back", "cancelled", "disabled", "unknown-status", "not-found", "forbidden-403-empty",
         "another-session-id", "completed-with-token")  # fmt: skip

PHP = {
    "'status' => 'open',": "'status' => 'open', 'answers' => 'verdict',",
    "'session' => client($ask)->readSession($ask->session_id, $ask->timeout_ms / 1000)": (
        "'verdict' => word(client($ask)->readSession($ask->session_id, $ask->timeout_ms / 1000), $ask->session_id)"
    ),
    "function answer(": """function word(stdClass $session, string $asked): string
{
    trigger_error('a warning is no line of the protocol', E_USER_WARNING);
    $words = ['COMPLETED' => 'paid', 'CANCELLED' => 'failed', 'DISABLED' => 'failed'];
    return $session->session_id === $asked ? $words[$session->status] ?? 'open' : 'open';
}

function answer(""",
}
JAVA = {
    '"op", "hello",': '"op", "hello", "answers", "verdict",',
    'answer.put("session", client(ask).readSession((String) ask.get("session_id"), timeout));': (
        'answer.put("verdict", word(client(ask).readSession((String) ask.get("session_id"), timeout), ask));'
    ),
    "    private Map<String, Object> answer(": """    private static String word(Map<?, ?> session, Map<?, ?> ask) {
        if (!ask.get("session_id").equals(session.get("session_id"))) return "open";
        return switch ((String) session.get("status")) {
            case "COMPLETED" -> "paid";
            case "CANCELLED", "DISABLED" -> "failed";
            default -> "open";
        };
    }

    private Map<String, Object> answer(""",
}


def write(folder: Path, example: str, adapter: str, changes: dict[str, str]) -> None:
    """The example with these changes of its adapter, each in one place."""
    shutil.copytree(ROOT / "examples" / example, folder, dirs_exist_ok=True)
    text = (folder / adapter).read_text(encoding="utf-8")
    for before, after in changes.items():
        assert text.count(before) == 1, before
        text = text.replace(before, after)
    (folder / adapter).write_text(text, encoding="utf-8")


def judge(*words: str) -> None:
    command = shlex.join(words)
    cases = [CASES[name] for name in NAMES]
    report = run(cases, lambda: CommandAdapter(command), Subject("client", command), RunOptions())
    assert report.exit_code == 0, report.unverified
    assert {v.rule.id: v.findings for v in report.rules if v.findings and v.rule.severity != "info"} == {}
    assert "HPP-A40" in {verdict.rule.id for verdict in report.rules if verdict.outcome == "ok"}


@pytest.mark.process
@pytest.mark.skipif(
    shutil.which("php") is None, reason="php is not installed here: NOTHING was checked of PHP verdicts"
)
def test_php_says_a_word(tmp_path: Path) -> None:
    """A plugin in PHP that only knows paid or not is kept, and its warnings go to stderr."""
    write(tmp_path, "php-curl", "adapter.php", PHP)
    judge("php", "-d", "display_errors=stderr", str(tmp_path / "adapter.php"))


@pytest.mark.process
@pytest.mark.skipif(shutil.which("javac") is None, reason="no javac is installed here: NOTHING was checked of Java's")
def test_java_says_a_word(tmp_path: Path) -> None:
    """A plugin in Java that only knows paid or not is kept."""
    write(tmp_path, "java-httpclient", "Adapter.java", JAVA)
    subprocess.run(["javac", "-d", str(tmp_path), *map(str, tmp_path.glob("*.java"))], check=True)
    judge("java", "-cp", str(tmp_path), "Adapter")
