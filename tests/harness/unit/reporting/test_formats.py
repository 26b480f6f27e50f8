"""The report formats: what they say, and that no text from outside can break or steer them."""

from __future__ import annotations

import base64
import json
import re
import xml.etree.ElementTree as ET
from dataclasses import replace
from html import unescape
from html.parser import HTMLParser
from pkgutil import resolve_name
from typing import Any
from urllib.parse import quote

import jsonschema_rs
import pytest
from hypothesis import given, settings
from markdown_it import MarkdownIt

from hpp_contract import __version__
from hpp_contract.engine.report import Outcome, Report
from hpp_contract.engine.rule import Finding
from hpp_contract.engine.sanitize import sanitize_report
from hpp_contract.privacy.redact import Redactor
from hpp_contract.reporting import formats
from hpp_contract.reporting.json_report import json_report
from hpp_contract.reporting.junit import junit
from hpp_contract.reporting.markdown import escape, markdown
from hpp_contract.reporting.terminal import terminal
from hpp_contract.reporting.view import ReportView
from hpp_contract.spec.schema_files import folder
from tests.harness.support.sample_reports import EVERY_OUTCOME, HOSTILE, REPORTS, finding, report, verdict

WRITERS = [terminal, *(resolve_name(f"hpp_contract.reporting.{each.function}") for each in formats.WRITERS)]


def _validator() -> jsonschema_rs.Draft202012Validator:
    return jsonschema_rs.Draft202012Validator(
        json.loads((folder("schemas") / "tool" / "report.json").read_text(encoding="utf-8"))
    )


# --- JSON


def test_json_has_the_documented_members_in_the_documented_order() -> None:
    """The JSON report has exactly the documented members, in order, and nothing optional that is empty."""
    value = json.loads(json_report(ReportView(report(verdict("HPP-S05", Outcome.BROKEN, finding(case="smoke"))))))
    assert list(value) == ["tool", "version", "subject", "summary", "exit_code", "rules"]
    assert value["version"] == __version__
    assert value["subject"] == {"kind": "endpoint", "name": "https://api.example", "embedded": False}
    assert list(value["summary"].items()) == [
        ("ok", 0),
        ("broken", 1),
        ("warned", 0),
        ("not-exercised", 0),
        ("error", 0),
    ]
    assert value["exit_code"] == 1
    rule = value["rules"][0]
    assert list(rule) == ["id", "slug", "severity", "basis", "outcome", "findings"]
    assert list(rule["findings"][0].items()) == [
        ("where", "/status"),
        ("expected", "a documented status"),
        ("found", '"EXPIRED"'),
        ("evidence", "x.yaml#2"),
        ("case", "smoke"),
    ]


def test_json_has_optional_members_only_with_content() -> None:
    """What was not verified, problems, notes, reasons and totals are in the JSON when there are any."""
    known = verdict("HPP-S01", Outcome.BROKEN, finding(), total=9, known_failing="ticket 5")
    value = json.loads(json_report(ReportView(report(known, unverified="closed port", problems=("p",), notes=("n",)))))
    assert (value["unverified"], value["problems"], value["notes"]) == ("closed port", ["p"], ["n"])
    assert (value["rules"][0]["total"], value["rules"][0]["known_failing"]) == (9, "ticket 5")
    assert value["exit_code"] == 1


@given(REPORTS)
def test_json_is_valid_by_its_own_schema(hostile: Report) -> None:
    """Every JSON report is valid by schemas/tool/report.json."""
    text = json_report(ReportView(sanitize_report(hostile, Redactor())))
    _validator().validate(json.loads(text))


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (["exit_code"], 2),
        (["extra"], 1),
        (["notes"], []),
        (["unverified"], ""),
        (["rules", 0, "id"], "HPP404"),
        (["rules", 0, "outcome"], "passed"),
        (["rules", 1, "findings", 0, "where"], None),
        (["summary", "ok"], -1),
        (["subject", "kind"], "server"),
    ],
    ids=lambda value: "-".join(map(str, value)) if isinstance(value, list) else "",
)
def test_the_schema_refuses_what_is_no_report(path: list[Any], value: object) -> None:
    """schemas/tool/report.json refuses a report with any one thing wrong."""
    spoilt = json.loads(json_report(ReportView(EVERY_OUTCOME)))
    assert _validator().is_valid(spoilt)
    place = spoilt
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    assert not _validator().is_valid(spoilt)


# --- JUnit


@given(REPORTS)
def test_junit_is_always_well_formed(hostile: Report) -> None:
    """The JUnit report parses, its counts are right, and it fails when the run fails for a rule or a problem."""
    root = ET.fromstring(junit(ReportView(hostile)).encode("utf-8"))  # noqa: S314  our own output
    cases = list(root.iter("testcase"))
    assert all(case.get("classname") and case.get("name") for case in cases)
    for tag, attribute in (("failure", "failures"), ("error", "errors"), ("skipped", "skipped")):
        assert len(list(root.iter(tag))) == int(root.get(attribute, "-1"))
        assert int(root.get(attribute, "-1")) == sum(int(suite.get(attribute, "-1")) for suite in root)
    assert int(root.get("tests", "-1")) == len(cases)
    failed = root.get("failures") != "0" or root.get("errors") != "0"
    assert failed == (hostile.exit_code != 0)


def test_junit_maps_each_outcome() -> None:
    """Broken fails, a crash is an error, not exercised is skipped, a warning passes with its text, unless strict."""

    def tags(judged: Report) -> dict[str, list[str]]:
        root = ET.fromstring(junit(ReportView(judged)))  # noqa: S314  our own output
        return {case.get("name", "").split()[0]: [child.tag for child in case] for case in root.iter("testcase")}

    assert tags(EVERY_OUTCOME) == {
        "HPP-S01": [],
        "HPP-S02": ["failure"],
        "HPP-H01": ["system-out"],
        "HPP-L01": ["skipped"],
        "HPP-E01": ["error"],
        "the": ["system-out"],
        "problem": ["failure"],
    }
    assert tags(replace(EVERY_OUTCOME, strict=True))["HPP-H01"] == ["failure"]
    assert tags(report(verdict("HPP-S02", Outcome.BROKEN, finding(), known_failing="x")))["HPP-S02"] == ["skipped"]
    assert tags(report(unverified="closed port"))["the"] == ["error"]


# --- Markdown


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.seen: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.add(tag)
        assert not dict(attrs).keys() & {"href", "src", "onerror"}, attrs


_RENDER = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])


@given(REPORTS)
def test_markdown_lets_no_text_become_markup(hostile: Report) -> None:
    """Rendered, the Markdown report holds only the elements that we wrote, and each table row all of its cells."""
    html = _RENDER.render(markdown(ReportView(sanitize_report(hostile, Redactor()))))
    tags = _Tags()
    tags.feed(html)
    ours = {"h2", "h3", "p", "code", "table", "thead", "tbody", "tr", "th", "td", "ul", "li", "details", "summary"}
    assert tags.seen <= ours
    for row in re.findall(r"<tr>(.*?)</tr>", html, re.DOTALL):
        assert len(re.findall(r"<t[dh][ >]", row)) in (4, 7)


def test_markdown_shows_text_as_it_is() -> None:
    """Markup characters in a finding are text, not obeyed."""
    nasty = "a|b `c` <img src=x> *d* _e_ [f](g) @someone #1 $x$ https://h www.i :smile: \\|"
    html = _RENDER.render(markdown(ReportView(report(verdict("HPP-S01", Outcome.BROKEN, finding(nasty))))))
    table = re.findall(r"<code>(.*?)</code>", html, re.DOTALL)
    assert nasty in [unescape(text) for text in table]
    assert not re.search(r"<(img|em|a|strong)\b", html)


@given(HOSTILE)
def test_escaped_text_is_one_line_of_itself(text: str) -> None:
    """Escaped text is on one line, where it can open no block, and unescaped it is the text, spaces apart."""
    assert len(escape(text).splitlines()) <= 1
    assert unescape(escape(text)) == " ".join(text.split())


# --- No secret in any format


SECRET = "kco-is-not-this-0815/+ä"


@settings(max_examples=settings().max_examples // 5)  # each writes four reports in every format
@given(REPORTS, HOSTILE)
def test_no_writer_leaks_a_secret(hostile: Report, around: str) -> None:
    """A secret in any text of a report, in any encoding, reaches no format."""
    for encoded in (SECRET, quote(SECRET, safe=""), base64.b64encode(SECRET.encode()).decode(), "kco_live_api_abcDEF"):
        text = f"{around}{encoded}{around}"
        leaky = Finding(text, text, text, text, text)
        spilt = replace(
            hostile,
            subject=replace(hostile.subject, name=text),
            rules=(*hostile.rules, verdict("HPP-A01", Outcome.BROKEN, leaky, known_failing=text)),
            unverified=text,
            problems=(text,),
            notes=(text,),
        )
        for writer in WRITERS:
            output = writer(ReportView(sanitize_report(spilt, Redactor([SECRET]))))
            assert encoded not in output, writer
            assert "[redacted]" in output or writer not in (json_report, junit)
