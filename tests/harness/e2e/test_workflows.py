"""The workflows: valid by GitHub's schema, careful with permissions, and run step by step as far as that goes here."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from hpp_contract import __version__
from hpp_contract.engine.edits import drop, status
from hpp_contract.engine.fault import Fault, fault
from hpp_contract.model import Response
from hpp_contract.server import Server
from tests import published_schemas
from tests.harness.support.paths import ROOT
from tests.harness.support.sockets import answering
from tests.harness.support.workflow_runner import NOT_RUN_HERE, PINNED, USES, Runner

WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))


def load(path: Path) -> dict[str, Any]:
    workflow: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return workflow


def jobs() -> list[Any]:
    found = [(path, name, job) for path in WORKFLOWS for name, job in load(path)["jobs"].items()]
    return [pytest.param(job, id=f"{path.stem}-{name}") for path, name, job in found]


@pytest.mark.process
@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_valid_by_schema(path: Path) -> None:
    """check-jsonschema finds the workflow valid by GitHub's schema."""
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.github-workflows", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_least_permissions(path: Path) -> None:
    """A workflow may read the repository; only the job that keeps issues may write those, and a release itself."""
    workflow = load(path)
    assert workflow["permissions"] == {"contents": "read"}
    asked = {name: job["permissions"] for name, job in workflow["jobs"].items() if "permissions" in job}
    publishing = {"contents": "write", "id-token": "write", "attestations": "write"}
    expected = {
        "drift": {"watch": {"contents": "read", "issues": "write"}},
        "release": {"release": publishing, "pypi": {"id-token": "write"}},
    }
    assert asked == expected.get(path.stem, {})


@pytest.mark.process
def test_a_release_has_the_version_of_its_tag(tmp_path: Path) -> None:
    """The tag of another version, or of one that the changelog does not have, is no release."""
    (script,) = [
        step["run"] for step in job_of("release", "build")["steps"] if step.get("name", "").startswith("The tag")
    ]
    for name in ("hpp_contract/__init__.py", "CHANGELOG.md"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes((ROOT / name).read_bytes())

    def tagged(tag: str) -> subprocess.CompletedProcess[str]:
        command = ["bash", "-eo", "pipefail", "-c", script]
        environ = {"PATH": os.environ["PATH"], "GITHUB_REF_NAME": tag}
        return subprocess.run(command, cwd=tmp_path, env=environ, capture_output=True, text=True, check=False)

    assert tagged(f"v{__version__}").returncode == 0
    assert tagged("v99.0.0").stdout == f"::error::The tag is v99.0.0, the version {__version__}.\n"
    (tmp_path / "CHANGELOG.md").write_text("# Changelog\n", encoding="utf-8")
    assert tagged(f"v{__version__}").stdout == f"::error::CHANGELOG.md has no {__version__}.\n"


@pytest.mark.parametrize("job", jobs())
def test_steps_are_careful(job: dict[str, Any]) -> None:
    """Every job ends in time, every action is pinned by commit, and no expression stands in a script."""
    assert job["timeout-minutes"] <= 120
    assert job["runs-on"] == "ubuntu-24.04"
    for step in job["steps"]:
        assert PINNED.fullmatch(step.get("uses", f"actions/x@{'0' * 40}"))
        assert "${{" not in step.get("run", "")
        if step.get("uses", "").startswith("actions/checkout@"):
            assert step["with"]["persist-credentials"] is False


def test_an_action_has_one_version() -> None:
    """Beside each commit stands the tag that it had, for people and for dependabot; every file has the same one."""
    places = [*WORKFLOWS, ROOT / "action.yml", *ROOT.glob("actions/*/action.yml")]
    places += [ROOT / "hpp_contract" / "cli" / "templates" / "github.yml"]
    used = [line for path in places for line in USES.findall(path.read_text(encoding="utf-8"))]
    versions: dict[str, set[str]] = {}
    for line in used:
        assert re.fullmatch(r"actions/[a-z/-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", line) or line.startswith("[["), line
        versions.setdefault("/".join(re.split("[/@]", line)[:2]), set()).add(line.partition("@")[2])
    assert {name: found for name, found in versions.items() if len(found) > 1} == {}


def test_secrets_only_where_needed() -> None:
    """Secrets reach only the jobs that probe, by the environment."""
    for path in WORKFLOWS:
        holders = {name for name, job in load(path)["jobs"].items() if "secrets." in json.dumps(job)}
        assert holders == {"drift": {"watch"}, "contract": {"sandbox"}}.get(path.stem, set())


def test_nightly_runs_the_lowest_versions() -> None:
    """The lowest versions are tested on the oldest and on the newest Python that contract.yml tests."""
    lowest, every = job_of("nightly", "lowest"), job_of("contract", "test")
    pythons = every["strategy"]["matrix"]["python"]
    assert lowest["strategy"]["matrix"]["python"] == [pythons[0], pythons[-1]]
    assert [step["run"] for step in lowest["steps"] if "run" in step] == ["make test-lowest"]


def test_nightly_runs_every_day_in_every_place() -> None:
    """What .ci/run tests on two days, the nightly run tests on six, in every place, and with sockets."""
    steps = [step["run"] for step in job_of("nightly", "any-day")["steps"] if "run" in step]
    assert steps == ["make test-any-day ARGS=--everywhere"]
    assert 'make --no-print-directory test-any-day ARGS="--fast ' in (ROOT / ".ci/run").read_text(encoding="utf-8")


def test_nightly_gives_the_published_schemas_to_real_tools() -> None:
    """What needs the registries of npm and PyPI runs every night, in a module that is there."""
    steps = [step["run"] for step in job_of("nightly", "published-schemas")["steps"] if "run" in step]
    assert steps[-1] == f"python -m {published_schemas.__name__}"
    assert Path(str(published_schemas.__file__)).with_name("__main__.py").is_file()


def job_of(workflow: str, name: str) -> dict[str, Any]:
    job: dict[str, Any] = load(ROOT / ".github" / "workflows" / f"{workflow}.yml")["jobs"][name]
    return job


@pytest.mark.process
def test_embedded_job(tmp_path: Path) -> None:
    """The embedded server and the committed cassettes are judged, and the summary says so."""
    runner = Runner(tmp_path, None)
    assert runner.run(job_of("contract", "embedded")) == 0, runner.said
    assert runner.summary.read_text(encoding="utf-8").count("## Contract kept") == 2
    assert {path.name for path in (tmp_path / "report").iterdir()} >= {"embedded.xml", "embedded.json", "cassettes.xml"}


@pytest.mark.process
@pytest.mark.parametrize(("workflow", "name"), [("contract", "sandbox"), ("drift", "watch")])
def test_without_secrets(workflow: str, name: str, tmp_path: Path) -> None:
    """Without secrets a job says that it did nothing, and does nothing."""
    runner = Runner(tmp_path, None)
    assert runner.run(job_of(workflow, name)) == 0
    assert runner.said.startswith("::notice::HPP_API_KEY is no secret of this repository")
    assert not (tmp_path / "report").exists()


@pytest.mark.process
@pytest.mark.parametrize(
    ("faults", "code", "words"),
    [
        ((), 0, "## Contract kept"),
        ((fault("gone", "unknown-id", status(410)),), 1, "## Contract broken"),
        (None, 0, "## Could not verify"),
    ],
    ids=["honest", "broken", "closed"],
)
def test_sandbox_job(faults: tuple[Fault, ...] | None, code: int, words: str, tmp_path: Path) -> None:
    """A broken contract fails the job; a sandbox that cannot be reached is a warning."""
    with Server(faults or ()) as server:
        runner = Runner(tmp_path, server)
        if faults is None:
            server.close()
        assert runner.run(job_of("contract", "sandbox")) == code, runner.said
    assert words in runner.summary.read_text(encoding="utf-8")
    assert ("::warning::" in runner.said) == (faults is None)


@pytest.mark.process
def test_drift_job_over_several_runs(tmp_path: Path) -> None:
    """Nothing, a drift, the same drift, an outage, nothing: one issue is opened, kept and closed."""
    job, exits, states = job_of("drift", "watch"), [], []
    gone = (fault("gone", "unknown-id", status(410)),)
    runs: list[tuple[Fault, ...] | None] = [(), gone, gone, None, ()]
    with Server() as honest:
        runner = Runner(tmp_path, honest)
        accept = 'hpp-contract drift --baseline baseline --accept --reason "first run"'
        assert runner.step(accept) == 0, runner.said
    for faults in runs:
        with Server(faults or ()) as server:
            runner.probe(server)
            if faults is None:
                server.close()
            exits.append(runner.run(job))
            states.append([issue["state"] for issue in runner.issues])
    assert exits == [0, 1, 1, 3, 0], runner.said
    assert states == [[], ["open"], ["open"], ["open"], ["closed"]]
    (issue,) = runner.issues
    assert issue["title"].startswith("Drift since ")
    assert "breaking, unknown-id · answered with HTTP 410" in issue["title"]
    assert "| breaking | `unknown-id · answered with HTTP 410 instead of 404` | HPP-E03 HPP-H01 |" in issue["body"]
    assert issue["comment"].startswith("Over: gone on ")
    assert issue["comment"].endswith("https://github.example/o/r/actions/runs/7")
    assert len((tmp_path / "history" / "drift.jsonl").read_text(encoding="utf-8").splitlines()) == len(runs)
    assert (tmp_path / "report" / "drift.html").exists()


@pytest.mark.process
def test_news_are_posted(tmp_path: Path) -> None:
    """Where there is the secret DRIFT_WEBHOOK, a new drift is posted there, once."""
    with Server() as honest:
        runner = Runner(tmp_path, honest)
        assert runner.step("hpp-contract drift --baseline baseline --accept --reason x") == 0, runner.said
    with answering(Response(200, (), b"ok")) as (url, requests):
        with Server((fault("gone", "unknown-id", status(410)),)) as server:
            runner.probe(server, DRIFT_WEBHOOK=url)
            assert [runner.run(job_of("drift", "watch")) for _ in range(2)] == [1, 1]
        (request,) = requests
    assert "unknown-id · answered with HTTP 410 instead of 404" in json.loads(request.body)["text"]
    assert url not in runner.said


@pytest.mark.process
def test_first_run_compares_with_the_documentation(tmp_path: Path) -> None:
    """Before anything was accepted, the documentation is the baseline, and the report says what nobody has seen yet."""
    with Server() as server:
        runner = Runner(tmp_path, server)
        assert runner.run(job_of("drift", "watch")) == 0, runner.said
    assert "Documented, never observed:" in runner.summary.read_text(encoding="utf-8")


def test_every_script_has_a_name() -> None:
    """Every step that runs a script is named, and what is not run here is still there."""
    steps = [
        step for path in WORKFLOWS for job in load(path)["jobs"].values() for step in job["steps"] if "run" in step
    ]
    names = {step.get("name") for step in steps}
    assert None not in names
    assert names > NOT_RUN_HERE.keys()


def change(since: str, state: str, change_class: str = "breaking", fact: str = "waiting · /x") -> dict[str, Any]:
    value = {"class": change_class, "fact": fact, "before": "string", "after": "number | `x`", "state": state}
    return value | {"since": since, "until": None if state == "still there" else "2026-01-09T03:00:00Z"}


@pytest.mark.process
def test_one_issue_a_drift(tmp_path: Path) -> None:
    """Changes of one run share an issue, another run's have their own, and harmless ones have none."""
    runner = Runner(tmp_path, None)

    def tell(*changes: dict[str, Any]) -> list[tuple[str, str]]:
        (tmp_path / "since.json").write_text(json.dumps({"changes": changes}))
        assert runner.step("python .github/drift_issues.py since.json", {}) == 0, runner.said
        return [(issue["title"], issue["state"]) for issue in runner.issues]

    one, two, three = (f"2026-01-0{day}T03:00:00Z" for day in (1, 2, 3))
    harmless = change(two, "still there", "additive", "waiting · /y")
    words = "/x: number | `x` instead of string"
    first = (f"Drift since 2026-01-01: breaking, waiting · {words} and 1 more", "open")
    risky = change(one, "still there", "risky", "waiting · /z")
    assert tell(change(one, "still there"), risky, harmless) == [first]
    assert "`waiting · /x: number / 'x' instead of string`" in runner.issues[0]["body"]
    assert tell(change(one, "still there"), risky, harmless) == [first]
    partly = [("Drift since 2026-01-01: risky, waiting · /z: number | `x` instead of string", "open")]
    assert tell(change(one, "gone"), risky) == partly
    assert "| gone |" in runner.issues[0]["body"]
    second = tell(change(one, "gone"), change(one, "accepted", "risky", "waiting · /z"), change(three, "still there"))
    assert [state for _, state in second] == ["closed", "open"]
    assert runner.issues[0]["comment"] == "Over: accepted on 2026-01-09, gone on 2026-01-09."


@pytest.mark.process
def test_an_issue_says_what_the_report_says(tmp_path: Path) -> None:
    """Title, body and link: what changed in words, once, with its rules and advice, and the run that found it."""
    new = (fault("a", "waiting", drop("expires_at")), fault("b", "completed-with-order", drop("expires_at")))
    with Server() as honest:
        runner = Runner(tmp_path, honest)
        assert runner.step("hpp-contract drift --baseline b --accept --reason x") == 0, runner.said
    with Server(new) as server:
        runner.probe(server)
        report = "hpp-contract drift --report --history h --json since.json"
        assert runner.step(f"hpp-contract drift --baseline b --history h > drift.txt || {report}") == 0, runner.said
        tell = "python .github/drift_issues.py since.json"
        assert runner.step(tell, {"RUN_URL": "https://github.example/o/r/actions/runs/7"}) == 0, runner.said
        assert runner.step(tell, {"RUN_URL": "https://github.example/o/r/actions/runs/8"}) == 0, runner.said
    (issue,) = runner.issues
    (line,) = [
        line
        for line in (tmp_path / "drift.txt").read_text(encoding="utf-8").splitlines()
        if line.startswith("breaking, new")
    ]
    assert issue["title"].partition(", ")[2] == line.removeprefix("breaking, new  ")
    assert f"| breaking | `{line.removeprefix('breaking, new  ')}` | HPP-S02 | still there |" in issue["body"]
    assert "- Make the member optional, and decide what your client does without it." in issue["body"]
    assert "The run that found it: https://github.example/o/r/actions/runs/7\n" in issue["body"]
    assert "kept" not in issue["body"]


def shown(language: str) -> str:
    """The block of this language in the guide."""
    (text,) = re.findall(
        rf"```{language}\n(.*?)```", (ROOT / "docs" / "running-in-ci.md").read_text(encoding="utf-8"), re.DOTALL
    )
    return str(text)


@pytest.mark.process
@pytest.mark.parametrize(("faults", "mailed"), [((), False), ((fault("gone", "unknown-id", status(410)),), True)])
def test_cron_recipe(faults: tuple[Fault, ...], mailed: bool, tmp_path: Path) -> None:
    """The crontab's line says nothing about a quiet run and shows the report of any other."""
    fields = shown("cron").strip().split(maxsplit=5)
    assert fields[:5] == ["17", "3", "*", "*", "*"]
    with Server() as honest:
        runner = Runner(tmp_path, honest)
        assert runner.step("hpp-contract drift --baseline baseline --accept --reason x") == 0, runner.said
    for name in ("Makefile", "requirements.lock", "pyproject.toml"):
        (tmp_path / name).symlink_to(ROOT / name)
    (tmp_path / ".venv").mkdir()
    (tmp_path / ".venv" / "bin").symlink_to(tmp_path / "bin")
    (tmp_path / ".venv" / ".ready").touch()
    with Server(faults) as server:
        runner.probe(server)
        runner.said = ""
        runner.step(fields[5].replace("/srv/hpp-contract", ".").replace(". ./sandbox.env", "true"))
    assert runner.said.startswith("Drift: 1 breaking new") == mailed, runner.said
    assert bool(runner.said) == mailed
