"""docs/formats.md, the schemas of our own formats and the code say the same."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import click
import pytest
from jsonschema import Draft202012Validator

from hpp_contract.cases import CASES
from hpp_contract.cases.scenarios import CREDENTIALS
from hpp_contract.cli import main
from hpp_contract.client import Ask
from hpp_contract.client.adapters.command import HELLO
from hpp_contract.model.client_read import ERROR_PARTS
from hpp_contract.recordings.formats import ndjson
from hpp_contract.rules import find
from hpp_contract.server import Server
from hpp_contract.spec.schema_files import folder, load
from hpp_contract.spec.session import MEMBERS
from tests.harness.support.paths import ADAPTER, ROOT

PAGE = (ROOT / "docs" / "formats.md").read_text(encoding="utf-8")
PROTOCOL = re.findall(r"^([<>]) (\{.*\})$", PAGE, re.MULTILINE)


def valid(name: str, value: Any) -> list[str]:
    return [error.message for error in Draft202012Validator(load(f"tool/{name}")).iter_errors(value)]


@pytest.mark.parametrize("path", sorted(folder("schemas").glob("tool/*.json")), ids=lambda path: path.stem)
def test_schemas_are_schemas(path: Path) -> None:
    """Every schema of a format of this project is valid."""
    Draft202012Validator.check_schema(json.loads(path.read_text(encoding="utf-8")))


def test_messages_are_as_their_schema_says() -> None:
    """What is written to an adapter is what adapter-request.json describes."""
    ask = Ask("smoke#2", "http://127.0.0.1:1/eu/", "M1", "kco", "a/b", 0.3)
    assert [valid("adapter-request", message) for message in (HELLO, ask.message(), {"op": "bye"})] == [[], [], []]
    assert ask.message()["timeout_ms"] == 300


@pytest.mark.process
def test_an_adapter_that_follows_the_schema() -> None:
    """What a conforming adapter writes is what adapter-answer.json describes."""
    with Server() as server:
        asks = [
            Ask(name, server.url, CREDENTIALS.username or "", CREDENTIALS.api_key, session, 2.0).message()
            for name, session in (("one", CASES["waiting"].sessions[0]), ("two", "no-such-session"))
        ]
        command = [sys.executable, "-S", str(ADAPTER), "honest"]
        lines = "\n".join(map(json.dumps, [HELLO, *asks, {"op": "bye"}]))
        done = subprocess.run(command, input=lines, capture_output=True, text=True, timeout=60, check=True)
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert [valid("adapter-answer", answer) for answer in answers] == [[], [], []]
    assert [next(iter(answer.keys() - {"id", "op", "client"}), None) for answer in answers] == [
        None,
        "session",
        "error",
    ]


def test_answer_schema_knows_every_member() -> None:
    """The schema of answers names the members and error parts that the code does."""
    definitions = load("tool/adapter-answer")["$defs"]
    assert tuple(definitions["hello"]["properties"]["fields"]["items"]["enum"]) == MEMBERS
    assert tuple(definitions["hello"]["properties"]["error"]["items"]["enum"]) == ERROR_PARTS
    assert set(definitions["session"]["properties"]["session"]["properties"]) == set(MEMBERS)


@pytest.mark.parametrize(
    "answer",
    [{"id": "x"}, {"session": {}}, {"id": "x", "empty": False}, {"id": "x", "skipped": ""}, {"op": "hallo"},
     {"id": "x", "error": {"kind": "magic"}}, {"op": "hello", "fields": ["id"]}],
    ids=json.dumps,
)  # fmt: skip
def test_answer_schema_can_fail(answer: dict[str, Any]) -> None:
    """What is no answer is refused by the schema."""
    assert valid("adapter-answer", answer)


def test_documented_conversation() -> None:
    """The conversation that the page shows is one, as far as it is written out."""
    assert len(PROTOCOL) >= 5
    for direction, line in PROTOCOL:
        if ",…}" not in line:
            assert valid("adapter-request" if direction == ">" else "adapter-answer", json.loads(line)) == []


def test_documented_exchange_is_read() -> None:
    """The line of NDJSON that the page shows is valid and can be read."""
    [line] = [line for line in PAGE.splitlines() if line.startswith('{"at"')]
    assert valid("exchange", json.loads(line)) == []
    exchange = ndjson.exchange_on(line.encode(), "page")
    assert exchange.status == 200
    assert exchange.at is not None


@pytest.mark.parametrize("body", ["text", None, {"base64": "AAE="}], ids=["text", "none", "base64"])
@pytest.mark.parametrize("headers", [{}, {"A": "b"}, {"A": ["b", "c"]}], ids=["no headers", "one", "twice"])
def test_whatever_the_schema_allows_is_read(body: Any, headers: dict[str, Any]) -> None:
    """An exchange that its schema allows is one that the recordings' reader understands."""
    request = {"method": "GET", "url": "https://h/hpp/v1/sessions/x", "headers": headers, "body": body}
    for response in (None, {"status": 200, "headers": headers, "body": body}):
        value = {"at": "2026-11-22T01:02:03Z", "request": request, "response": response}
        assert valid("exchange", value) == []
        exchange = ndjson.exchange_on(json.dumps(value).encode(), "x")
        assert len(exchange.request.headers) == len([v for held in headers.values() for v in held])


def test_page_names_what_exists() -> None:
    """Every rule, schema and case pattern that the page names exists."""
    assert all(find(code) for code in re.findall(r"HPP-[A-Z]\d\d", PAGE))
    for name in set(re.findall(r"`([a-z-]+\.json)`", PAGE)):
        assert any((folder("schemas") / place / name).is_file() for place in ("tool", ".")), name
    assert any(case.startswith("base-url-") for case in CASES)


def test_every_report_format_is_documented() -> None:
    """docs/report.md has a row for every file that a judging command can write."""
    command = main.get_command(click.Context(main), "endpoint")
    options = [option for option in command.params if isinstance(option, click.Option)] if command else []
    files = [option.opts[0] for option in options if (option.help or "").startswith("Write")]
    page = (ROOT / "docs" / "report.md").read_text(encoding="utf-8")
    assert len(files) >= 5
    missing = [name for name in files if f"| `{name} FILE` |" not in page]
    assert missing == [], f"docs/report.md has no row for {', '.join(missing)}"
