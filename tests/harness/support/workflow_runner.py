"""Runs the scripts of a workflow's job, with just enough of GitHub around them and our own server as the sandbox."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

from hpp_contract.cases.scenarios import session_id
from hpp_contract.server import Server
from tests.harness.support.paths import ROOT

PINNED = re.compile(r"actions/[a-z-]+(/[a-z]+)?@[0-9a-f]{40}")
"""An action that a step uses: by commit, since a tag can be moved."""

USES = re.compile(r"uses: (.+)")
"""The same as it stands in a file, with what is said beside it."""

NOT_RUN_HERE = {
    "Install": "the tests run in an environment that is installed already",
    "Lint and test": "this is what runs this test",
    "Hold the contract against all there is": "tests/harness/project/test_contract_suite.py runs it",
    "Look for what the day's short runs miss": "this is what runs this test, for longer",
    "Test on the lowest versions": "this is what runs this test, on other versions",
    "Test on every other day in every place": "this is what runs this test, on other days",
}
"""Steps that are left out, each with the reason."""

GH = """#!{python}
import json, pathlib, sys
store = pathlib.Path({store!r})
issues = json.loads(store.read_text(encoding="utf-8")) if store.exists() else []
words, options = sys.argv[1:3], dict(zip(sys.argv[3::1], sys.argv[4::1]))
if words == ["issue", "list"]:
    print(json.dumps([issue for issue in issues if issue["state"] == "open"]))
elif words == ["issue", "create"]:
    issues.append(dict(number=len(issues) + 1, state="open", title=options["--title"], body=sys.stdin.read()))
elif words == ["issue", "edit"]:
    issues[int(sys.argv[3]) - 1] |= dict(title=options["--title"], body=sys.stdin.read())
elif words == ["issue", "close"]:
    issues[int(sys.argv[3]) - 1] |= dict(state="closed", comment=options["--comment"])
elif words != ["label", "create"]:
    sys.exit("gh: unknown " + " ".join(words))
store.write_text(json.dumps(issues))
"""
"""Stands for GitHub's command line: keeps issues in a file, and knows only what we use of it."""


class Runner:
    """Runs the `run:` steps of a job in one folder, with just enough of GitHub around them."""

    def __init__(self, place: Path, server: Server | None) -> None:
        self.place = place
        self.summary = place / "summary.md"
        self.store = place / "issues.json"
        self.said = ""
        self._output = place / "output.txt"
        self.probe(server)
        for name in ("cassettes", ".github"):
            (place / name).symlink_to(ROOT / name)
        self._bin = place / "bin"
        self._bin.mkdir()
        self._tool("hpp-contract", f'#!/bin/sh\nexec {sys.executable} -m hpp_contract "$@"\n')
        self._tool("python", f'#!/bin/sh\nexec {sys.executable} "$@"\n')
        self._tool("gh", GH.format(python=sys.executable, store=str(self.store)))

    def probe(self, server: Server | None, **secrets: str) -> None:
        """Make this server the sandbox, with further `secrets`; without one there are none."""
        ids = ",".join(map(session_id, ("waiting", "completed-with-order")))
        self._secrets = {"HPP_API_KEY": server.credentials.api_key, "HPP_SESSION_IDS": ids} if server else {}
        self._secrets |= secrets
        self._variables = {"HPP_ENDPOINT": server.url} if server else {}

    def _tool(self, name: str, text: str) -> None:
        (self._bin / name).write_text(text)
        (self._bin / name).chmod(0o755)

    @property
    def issues(self) -> list[dict[str, Any]]:
        issues: list[dict[str, Any]] = json.loads(self.store.read_text(encoding="utf-8")) if self.store.exists() else []
        return issues

    def run(self, job: dict[str, Any]) -> int:
        """Run the job; its exit code, and whatever steps say into `said`."""
        self._output.write_text("")
        self.said = ""
        code = 0
        environ = {name: self._value(text) for name, text in job.get("env", {}).items()}
        for step in job["steps"]:
            if "run" not in step or step.get("name") in NOT_RUN_HERE:
                continue
            if self._is_due(step.get("if"), environ, code):
                own = {name: self._value(text) for name, text in step.get("env", {}).items()}
                code = self.step(step["run"], environ | own) or code
        return code

    def step(self, script: str, environ: dict[str, str] | None = None) -> int:
        """Run one script as a step; without an `environ`, with the sandbox's."""
        environ = environ if environ is not None else {**self._secrets, **self._variables}
        clean = {name: value for name, value in os.environ.items() if not name.startswith("HPP_")}
        files = {"GITHUB_STEP_SUMMARY": str(self.summary), "GITHUB_OUTPUT": str(self._output)}
        path = f"{self._bin}{os.pathsep}{os.environ['PATH']}"
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script],
            cwd=self.place,
            env={**clean, **environ, **files, "PATH": path, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        self.said += done.stdout + done.stderr
        return done.returncode

    def _value(self, text: str) -> str:
        """The text with its expressions evaluated: those that the workflows use, and no others."""
        return re.sub(r"\$\{\{ (.*?) \}\}", lambda match: self._expression(match[1]), str(text))

    def _expression(self, expression: str) -> str:
        kind, _, name = expression.partition(" ")[0].partition(".")
        outputs = dict(line.split("=", 1) for line in self._output.read_text(encoding="utf-8").splitlines())
        if kind == "secrets":
            return self._secrets.get(name, "")
        if kind == "vars":
            return self._variables.get(name, "") or "".join(re.findall(r"\|\| '(.*)'", expression))
        if kind == "steps":
            return outputs[name.removeprefix("watch.outputs.")]
        return {"token": "none", "repository": "o/r", "server_url": "https://github.example", "run_id": "7"}[name]

    @staticmethod
    def _is_due(condition: str | None, environ: dict[str, str], code: int) -> bool:
        known = {
            None: code == 0,
            "${{ !cancelled() }}": True,
            "${{ env.HPP_API_KEY == '' }}": code == 0 and not environ.get("HPP_API_KEY"),
            "${{ env.HPP_API_KEY != '' }}": code == 0 and bool(environ.get("HPP_API_KEY")),
            "${{ !cancelled() && env.HPP_API_KEY != '' }}": bool(environ.get("HPP_API_KEY")),
        }
        return known[condition]
