"""The configuration file: any long option, never a credential, and the command line wins."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner

from hpp_contract.cli import COMMANDS, main
from hpp_contract.cli._configuration import configured
from hpp_contract.engine.errors import UsageProblem
from hpp_contract.spec.schema_files import folder, load
from tests.harness.support.configuration_schema import configuration_schema, options_of
from tests.harness.support.paths import ROOT
from tests.harness.support.pinned import ACCEPT, is_accepted

KEY = "kco_test_api_0123456789"


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("HPP_API_KEY", "HPP_ENDPOINT", "HPP_USERNAME", "HPP_SESSION_IDS"):
        monkeypatch.delenv(name, raising=False)


def command(name: str) -> click.Command:
    found = main.get_command(click.Context(main), name)
    assert found is not None
    found.name = name
    return found


def own(text: str) -> None:
    Path("hpp-contract.toml").write_text(text, encoding="utf-8")


def shared(text: str) -> None:
    Path("pyproject.toml").write_text(text, encoding="utf-8")


def given(name: str, *words: str) -> dict[str, Any]:
    return configured(command(name), words)[0]


def refusal(name: str = "endpoint") -> str:
    with pytest.raises(UsageProblem) as caught:
        configured(command(name), ())
    return str(caught.value)


# --- The schema


def test_the_schema_is_fresh() -> None:
    """schemas/tool/configuration.json says of every option what the commands say."""
    path, fresh = folder("schemas") / "tool" / "configuration.json", configuration_schema()
    if is_accepted():
        path.write_text(fresh, encoding="utf-8")
    assert path.read_text(encoding="utf-8") == fresh, f"{path.name} is stale. To accept what is new: {ACCEPT}"


@pytest.mark.parametrize("name", COMMANDS)
def test_every_long_option_may_stand_in_the_file(name: str) -> None:
    """Each long option of each command, but help, is one of its table."""
    assert set(load("tool/configuration")["properties"][name]["properties"]) == set(options_of(name))


# --- Where it stands


def test_nothing_is_configured_without_a_file() -> None:
    """Without a file, and with a pyproject.toml that says nothing about us, nothing is given."""
    assert configured(command("endpoint"), ("--strict",)) == ({}, ["--strict"])
    shared('[project]\nname = "shop"\n')
    assert given("endpoint") == {}
    shared('[project]\ndependencies = ["hpp-contract"]\n')
    assert given("endpoint") == {}
    Path("pyproject.toml").unlink()
    Path("pyproject.toml").mkdir()
    assert given("endpoint") == {}


@pytest.mark.parametrize("place", ["own", "shared"])
def test_an_option_at_the_top_is_for_every_command_that_has_it(place: str) -> None:
    """What a command does not have is left out; the table of the command wins."""
    top, table = "strict = true\npolls = 3\ncommand = './shop'\n", "polls = 4\n"
    if place == "own":
        own(f"{top}[endpoint]\n{table}")
    else:
        shared(f"[tool.hpp-contract]\n{top}[tool.hpp-contract.endpoint]\n{table}")
    assert given("endpoint") == {"strict": True, "polls": 4}
    assert given("record") == {"strict": True, "polls": 3}
    assert given("client") == {"strict": True, "command": "./shop"}
    assert given("rules") == {}


def test_a_repeatable_option_takes_one_text_or_a_list() -> None:
    """A list has an item a repetition; one text is a list of one."""
    own('[client]\nonly = "smoke"\ncassettes = ["a", "b"]\n')
    assert given("client") == {"only": ["smoke"], "cassettes": ["a", "b"]}


# --- The command line wins


def test_the_command_line_wins() -> None:
    """What is typed stands, beside what is configured and not typed."""
    own("[vectors]\nseed = 7\ncount = 1\n")
    done = CliRunner().invoke(main, ["vectors", "bodies", "--seed", "8"])
    assert done.exit_code == 0, done.output
    manifest = json.loads(Path("bodies/manifest.json").read_text(encoding="utf-8"))
    assert (manifest["seed"], manifest["count"]) == (8, 1)


def test_a_flag_that_the_file_sets_can_be_taken_back() -> None:
    """--no-strict takes back `strict = true`, and is no option where nothing sets the flag."""
    own("strict = true\n[endpoint]\nprovision = false\n")
    assert configured(command("endpoint"), ("--no-strict", "--polls", "1")) == ({"provision": False}, ["--polls", "1"])
    assert configured(command("endpoint"), ("--no-provision",))[1] == ["--no-provision"]
    own("")
    assert "No such option" in CliRunner().invoke(main, ["endpoint", "--no-strict"]).stderr


@pytest.mark.parametrize("words", [("--python", "shop:read"), ("--python=shop:read",), ("--command", "x")])
def test_one_of_two_alternatives_on_the_command_line(words: tuple[str, ...]) -> None:
    """A client that is named on the command line is judged, not the one of the file, of whichever kind."""
    own('[client]\npython = "shop:read"\ncommand = "x"\n')
    assert given("client", *words) == {}


@pytest.mark.parametrize("words", [["--help"], ["--version"], ["endpoint", "--help"], ["client", "--strict", "-h"]])
def test_help_comes_whatever_is_in_the_file(words: list[str]) -> None:
    """Who asks for help is not refused because of the file."""
    own("strict =")
    assert CliRunner().invoke(main, words).exit_code == 0


# --- What may not stand there


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("stricct = true", "hpp-contract.toml: there is no option 'stricct'; did you mean strict?"),
        ("known_failing = 'x'", "hpp-contract.toml: there is no option 'known_failing'; did you mean known-failing?"),
        ("[endpoint]\npoll = 1", "hpp-contract.toml, endpoint: there is no option 'poll'; did you mean polls?"),
        ("[endpoint]\ncommand = 'x'", "hpp-contract.toml, endpoint: there is no option 'command'; see docs"),
        ("[endpoints]\npolls = 1", "hpp-contract.toml: there is no option 'endpoints'; did you mean endpoint?"),
        ("help = true", "hpp-contract.toml: there is no option 'help'; see docs/configuration.md"),
        ("polls = 'many'", "hpp-contract.toml: polls must be a whole number from 1 to 1000."),
        ("polls = true", "hpp-contract.toml: polls must be a whole number from 1 to 1000."),
        ("[client]\ntimeout = 0", "hpp-contract.toml, client: timeout must be a number from 0.1 to 600."),
        ("max-latency = 0", "hpp-contract.toml: max-latency must be a number more than 0."),
        ("strict = 'yes'", "hpp-contract.toml: strict must be true or false."),
        ("only = [1]", "hpp-contract.toml: only must be a list of texts or a text."),
        ("engine = 'spark'", "hpp-contract.toml: engine must be one of local, dask."),
        ("endpoint = 'https://x'", "hpp-contract.toml: endpoint must be a table of options."),
        ("json = 3", "hpp-contract.toml: json must be a text."),
        ("strict =", "hpp-contract.toml is not TOML: Invalid value (at end of document)."),
    ],
)  # fmt: skip
def test_what_is_wrong_is_one_sentence(text: str, sentence: str) -> None:
    """An unknown name or a value of the wrong kind is a usage error with the place and what to do."""
    own(text)
    assert refusal().startswith(sentence)
    done = CliRunner().invoke(main, ["rules"])
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr.startswith(f"hpp-contract: {sentence}")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("api-key = 'abc'", "'api-key' may not stand there. Credentials never stand in a file: set HPP_API_KEY"),
        ("[client]\npassword = 'abc'", "'password' may not stand there."),
        ("HPP_USERNAME = 'M1'", "'HPP_USERNAME' may not stand there."),
        (f"{KEY} = true", "a name may not stand there."),
        (f"command = './shop --key {KEY}'", "command holds a credential."),
        (f"only = ['smoke', '{KEY}']", "only holds a credential."),
        ("reason = 'because of s3cret-of-mine'", "reason holds a credential."),
    ],
)
def test_credentials_never_stand_there(text: str, words: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A name of a credential, and a value that holds one, are refused; neither is shown."""
    monkeypatch.setenv("HPP_API_KEY", "s3cret-of-mine")
    own(text)
    assert words in refusal()
    assert not {KEY, "s3cret-of-mine", "abc"} & set(re.findall(r"[\w-]+", refusal()))


def test_two_files_are_one_too_many() -> None:
    """Options in both files are refused: nobody could tell which hold."""
    own("strict = true")
    shared("[tool.hpp-contract]\nstrict = true")
    assert (
        refusal()
        == "hpp-contract.toml and [tool.hpp-contract] in pyproject.toml both hold options: keep one of the two."
    )


def test_a_table_that_is_none() -> None:
    """`hpp-contract` under `tool` is a table."""
    shared('[tool]\nhpp-contract = "strict"')
    assert refusal().startswith("[tool.hpp-contract] in pyproject.toml is not a table")
    shared('tool = "hpp-contract"')
    assert given("endpoint") == {}


def test_files_that_cannot_be_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another encoding and a refusal by the system are usage errors."""
    Path("hpp-contract.toml").write_bytes(b"reason = '\xe9'")
    assert refusal() == "hpp-contract.toml is not UTF-8 text: save it as UTF-8."

    def refuse(_: Path) -> bytes:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "read_bytes", refuse)
    assert refusal() == "hpp-contract.toml cannot be read (Permission denied): make it readable, or remove it."


# --- The documentation


PAGE = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")


def test_the_example_of_the_page_is_valid() -> None:
    """What docs/configuration.md shows is a configuration, in either file."""
    first, second = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)
    own(second)
    whole = [configured(command(name), ()) for name in COMMANDS]
    Path("hpp-contract.toml").unlink()
    shared(first)
    assert [configured(command(name), ()) for name in COMMANDS] == whole
    assert tomllib.loads(first)["tool"]["hpp-contract"] == tomllib.loads(second)
