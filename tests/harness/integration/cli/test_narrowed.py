"""`endpoint --only` and `--exclude`: what is left out is said everywhere, and is never green."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from jsonschema import Draft202012Validator

from hpp_contract.cli import main
from hpp_contract.engine.edits import header
from hpp_contract.engine.fault import fault
from hpp_contract.engine.rule import JUDGES
from hpp_contract.reporting.formats import WRITERS
from hpp_contract.reporting.view import plural
from hpp_contract.rules import CATALOGUE
from hpp_contract.server import Server
from hpp_contract.spec.schema_files import load
from tests.harness.integration.cli.test_drift import _clean_environment, credentials_of
from tests.harness.support.junit_reader import passing

__all__ = ["_clean_environment"]

pytestmark = pytest.mark.socket


def endpoint(*arguments: str) -> Result:
    """The command against a server that lets caches keep a session: HPP-H11 warns."""
    with Server([fault("a", "waiting", header("Cache-Control", "public"))]) as server:
        return CliRunner(env=credentials_of(server)).invoke(main, ["endpoint", server.url, *arguments])


IDS = [rule.id for rule in CATALOGUE if "endpoint" in JUDGES[rule.scope]]


@pytest.mark.parametrize(
    ("arguments", "left_out"),
    [
        (("--exclude", "HPP-H11"), "HPP-H11"),
        (("--exclude", "h11,HPP-H12"), "HPP-H11|HPP-H12"),
        (("--exclude", "not-cacheable", "--exclude", "S0*"), "HPP-H11|HPP-S0."),
        (("--only", "H11"), "HPP-(?!H11).*"),
        (("--only", "HPP-H*", "--exclude", "H11"), "HPP-([^H]..|H11)"),
    ],
)
def test_the_verdict_counts_what_is_left_out(arguments: tuple[str, ...], left_out: str) -> None:
    """An id, a slug or a glob of either chooses, in any case, with or without its prefix."""
    names = [name for name in IDS if re.fullmatch(left_out, name)]
    warns = "" if "HPP-H11" in names else ", with 1 warning"
    done = endpoint(*arguments)
    headline = f"Contract kept{warns} ({plural(len(names), 'rule')} left out)"
    assert (done.exit_code, done.output.splitlines()[0]) == (0, headline)


def test_every_format_says_what_is_left_out(tmp_path: Path) -> None:
    """The rule is named, or counted, in every format; JUnit has it as skipped, and JSON lists it."""
    files = [part for writer in WRITERS for part in (f"--{writer.name}", str(tmp_path / writer.name))]
    done = endpoint("--exclude", "HPP-H11", "--annotations", *files)
    texts = {path.name: path.read_text(encoding="utf-8") for path in tmp_path.iterdir()}
    for name, text in {**texts, "terminal": done.output}.items():
        assert "HPP-H11" in text, name
    report = json.loads(texts["json"])
    Draft202012Validator(load("tool/report")).validate(report)
    assert report["left_out"] == ["HPP-H11"]
    assert "HPP-H11" not in [rule["id"] for rule in report["rules"]]
    assert not [name for name in passing(texts["junit"]) if "H11" in name]
    assert "::notice title=1 rule left out::HPP-H11 not-cacheable" in done.output
    assert "Left out, so not judged: HPP-H11 not-cacheable." in done.output


def test_only_names_what_is_judged() -> None:
    """With --only the note names the rules that are judged, and counts the others."""
    done = endpoint("--only", "S01")
    words = f"Judged by these rules only: HPP-S01. All {len(IDS) - 1} others were left out."
    assert words in " ".join(done.output.split())


def test_nothing_left_is_nothing_verified() -> None:
    """Where all rules are left out the run could not verify."""
    done = endpoint("--only", "S01", "--exclude", "*")
    assert done.exit_code == 3
    assert "Judged by these rules only: none." in done.output


@pytest.mark.parametrize("option", ["--only", "--exclude"])
@pytest.mark.parametrize(("name", "hint"), [("HPP-S99", "did you mean"), ("R01", "hpp-contract rules lists them")])
def test_a_name_of_no_rule_is_refused(option: str, name: str, hint: str, capsys: pytest.CaptureFixture[str]) -> None:
    """What names no rule about an endpoint is wrong usage, in a sentence."""
    with pytest.raises(SystemExit) as left:
        main(["endpoint", option, name])
    said = capsys.readouterr().err
    assert left.value.code == 2
    assert f"{option} {name!r} names no rule about an endpoint; {hint}" in said


def test_an_entry_about_it_is_not_stale(tmp_path: Path) -> None:
    """A known failure of a rule that is left out is no problem of the list."""
    (tmp_path / "known.txt").write_text("# asked in May\nHPP-H11\n")
    known = ("--known-failing", str(tmp_path / "known.txt"))
    assert endpoint("--exclude", "HPP-H11", *known).exit_code == 0
    assert endpoint("--only", "HPP-H11", *known).output.startswith(
        f"Contract kept (1 known failure on record, {len(IDS) - 1} rules left out)"
    )


def test_nothing_is_left_out_unasked() -> None:
    """A report of which nothing is left out does not mention it."""
    assert "left out" not in endpoint().output
