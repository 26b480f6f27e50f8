"""The HTML page: what it says, that it is sound for everybody who reads it, and that no text in it becomes markup."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given

from hpp_contract.engine import Outcome, Report, Subject
from hpp_contract.engine.evidence import with_evidence
from hpp_contract.engine.report import NOT_ANSWERED
from hpp_contract.engine.rule import Finding
from hpp_contract.engine.sanitize import sanitize_report
from hpp_contract.model import Exchange
from hpp_contract.privacy.redact import Redactor
from hpp_contract.reporting.html.page import html
from hpp_contract.reporting.reproduce import reproduce_command
from hpp_contract.reporting.view import ReportView
from hpp_contract.rules import CATALOGUE
from hpp_contract.spec.page import address
from tests.harness.support.html_reader import Page
from tests.harness.support.not_none import not_none
from tests.harness.support.sample_pages import (
    CHANGES,
    HISTORY,
    HOSTILE_PAGES,
    broken,
    drifted,
    exchanges,
    judged,
    rewritten,
)
from tests.harness.support.sample_reports import EVERY_OUTCOME, report, verdict

PAGES = {
    "kept": lambda: html(ReportView(judged("lifecycle-paid"))),
    "broken": lambda: html(ReportView(broken(), written="22 November 2026, 12:04 UTC")),
    "every-outcome": lambda: html(ReportView(EVERY_OUTCOME)),
    "known": lambda: html(
        ReportView(report(verdict("HPP-S01", Outcome.BROKEN, Finding("/a", "b", "c"), known_failing="why")))
    ),
    "unverified": lambda: html(ReportView(Report(Subject("endpoint", "https://api.example"), (), "closed port."))),
    "learned": lambda: html(ReportView(replace(broken(), learned=(("Who?", "Nobody."),)))),
    "drift": lambda: html(ReportView(drifted(), HISTORY)),
    "no-drift": lambda: html(ReportView(replace(drifted(), changes=()), HISTORY[:1])),
}


@pytest.fixture(params=PAGES)
def page(request: pytest.FixtureRequest) -> Page:
    return Page(PAGES[request.param]())


# --- What it says


def test_the_verdict_comes_first() -> None:
    """The headline is the page's only first heading, agrees with the exit code and stands before everything else."""
    shown, count = Page(html(ReportView(broken()))), broken().summary[Outcome.BROKEN]
    assert count > 1
    assert [heading.text for heading in shown.all("h1")] == [f"Contract broken: {count} rules"]
    assert shown.all("h1", "h2")[0].tag == "h1"
    assert "broken" in next(e for e in shown.elements if e["id"] == "verdict")["class"].split()


def test_a_finding_has_all_its_parts() -> None:
    """A finding is shown with its rule, the basis, where, expected, found, evidence, exchange and commands."""
    shown = Page(html(ReportView(broken())))
    written = next(element for element in shown.all("article") if element["id"] == "HPP-C02").text
    for part in [
        "HPP-C02 order-with-reference",
        "order_id and klarna_reference come together.",
        "should · shown: Read Session",
        "/klarna_reference",
        "present",
        "absent",
        "and 4 more places",
        "hpp-contract endpoint https://api.example",
        "hpp-contract explain HPP-C02",
        "> GET https://hpp.example/hpp/v1/sessions/",
        '<   "status": "COMPLETED"',
    ]:
        assert part in written


@pytest.mark.parametrize(
    ("subject", "found", "command"),
    [
        (Subject("endpoint", "the embedded server", embedded=True), {}, "hpp-contract endpoint"),
        (
            Subject("endpoint", "https://a/b c"),
            {"evidence": "GET … (poll 7)"},
            "hpp-contract endpoint 'https://a/b c' --polls 7",
        ),
        (
            Subject("endpoint", "https://a"),
            {"evidence": "GET … (generated request 3): curl -i https://a"},
            "curl -i https://a",
        ),
        (Subject("recording", "kept"), {"evidence": "kept/a b.yaml#2"}, "hpp-contract recording 'kept/a b.yaml'"),
        (
            Subject("client", "pkg.mod:read"),
            {"case": "smoke"},
            "hpp-contract client --python pkg.mod:read --only smoke",
        ),
        (Subject("client", "node a.js"), {}, ""),
        (Subject("drift", "x"), {}, ""),
    ],
)
def test_a_finding_can_be_reproduced(subject: Subject, found: dict[str, str], command: str) -> None:
    """Each finding comes with the one command that shows it again, for a shell as it is."""
    finding = Finding("/a", "b", "c", found.get("evidence", ""), found.get("case", ""))
    again = f"hpp-contract client --python {subject.name}"
    judged = replace(report(verdict("HPP-S01", Outcome.BROKEN, finding)), subject=subject, reproduce=again)
    assert reproduce_command(judged, finding) == command
    page = Page(html(ReportView(judged)))
    assert page.text.count(command) == 1 or not command


def test_every_rule_has_its_row_and_every_slice_its_column() -> None:
    """The matrix has a row for each rule, and a column for the whole run and each slice with its outcomes."""
    judgement = broken()
    shown = Page(html(ReportView(judgement)))
    rows = [element for element in shown.all("tr") if "tbody" in element.within and element["class"] != "letter"]
    matrix = [row for row in rows if re.match(r"\s*[A-Z]\d\d ", row.text)]
    assert len(matrix) == len(judgement.rules)
    columns = [th.text for th in shown.all("th") if th["scope"] == "col"][: len(judgement.slices) + 2]
    assert columns[:2] == ["rule", "the whole run"]
    assert all(part.name in column for part, column in zip(judgement.slices, columns[2:], strict=True))
    words = Counter(cell.text for cell in shown.all("td") if cell["class"] in {"ok", "broken", "warned", "error"})
    assert words["broken"] == sum(
        [verdict.outcome is Outcome.BROKEN for verdict in judgement.rules]
        + [outcome is Outcome.BROKEN for part in judgement.slices for outcome in part.outcomes.values()]
    )


def test_what_was_not_exercised_is_listed() -> None:
    """Rules that had nothing to judge are listed by id and sentence."""
    not_exercised = [verdict.rule for verdict in broken().rules if verdict.outcome is Outcome.NOT_EXERCISED]
    listed = next(
        element for element in Page(html(ReportView(broken()))).all("ul") if element["class"] == "untested"
    ).text
    assert not_exercised
    assert all(rule.id in listed and rule.summary.replace("`", "") in listed for rule in not_exercised)


def test_nothing_is_counted_where_nothing_was_judged() -> None:
    """A page about a run that judged nothing says that in a sentence: it counts, links and lists no rules."""
    nothing = replace(report(verdict("HPP-S01", Outcome.NOT_EXERCISED)), unverified="closed port.")
    shown = Page(html(ReportView(nothing)))
    assert "Nothing was judged, of 1 rule. Not tested does not mean kept." in " ".join(shown.text.split())
    assert not [*shown.all("table"), *shown.all("nav")]
    assert {element["class"] for element in shown.all("ul")}.isdisjoint({"outcomes", "untested"})


def test_polled_sessions_and_transitions_are_described() -> None:
    """What the drawings show is also there as text: each session's life, and each transition with its count."""
    text = " ".join(Page(html(ReportView(broken()))).text.split())
    assert "WAITING, IN_PROGRESS after" in text
    assert "IN_PROGRESS → COMPLETED 2 documented" in text
    assert "WAITING → COMPLETED 1 allowed: a poller can miss what was in between" in text
    assert "COMPLETED → IN_PROGRESS 1 breaks the contract: COMPLETED is final" in text


def test_drift_is_shown_with_its_history() -> None:
    """Changes come with before, after and advice, alike ones once; runs come with their verdicts."""
    text = " ".join(Page(html(ReportView(drifted(), HISTORY))).text.split())
    assert "breaking new waiting, in-progress · /expires_at is gone" in text
    assert "risky known since 2026-11-02 waiting · /status is PARKED" in text
    assert text.count("Stop relying on it.") == 1
    assert "5 runs from 2026-11-01 to 2026-11-05: 2 quiet, 2 with changes, 1 that could not be verified." in text
    assert "2026-11-02: 1 breaking, 1 risky, 1 additive" in text


def test_what_was_learned_is_listed() -> None:
    """An open question comes with its answer, or with the word that there is none yet."""
    asked = (("Which status code has a malformed id?", "404"), ("Does a GET move it?", NOT_ANSWERED))
    shown = Page(html(ReportView(replace(broken(), learned=asked))))
    terms = zip(shown.all("dt"), shown.all("dd"), strict=True)
    assert [pair for pair in ((dt.text, dd.text) for dt, dd in terms) if pair in asked] == list(asked)


# --- For everybody who reads it


def test_the_page_is_self_contained(page: Page) -> None:
    """Nothing is loaded and nothing runs: no script, no event handler, no address but places on the page itself and the
    pages that rules rest on."""
    sources = {address(rule.source) for rule in CATALOGUE} - {None}
    assert not page.all("script", "iframe", "object", "embed", "img", "base", "form")
    for element in page.elements:
        assert not [name for name in element.attributes if name.startswith("on") or name == "srcdoc"]
        addresses = [element[name] for name in ("href", "src", "xlink:href", "action", "poster") if element[name]]
        assert all(each.startswith("#") or each == "data:," or each in sources for each in addresses)
    styles = [element.text for element in page.all("style")] + [element["style"] for element in page.elements]
    assert not re.search(r"@import|url\((?!#)|https?:", "".join(styles))
    assert "default-src 'none'" in page.source


def test_the_page_has_a_sound_structure(page: Page) -> None:
    """Language, title, landmarks, a way past the navigation, headings without gaps, ids that are unique and found."""
    assert page.all("html")[0]["lang"] == "en"
    assert page.all("title")[0].text.strip()
    assert [len(page.all(tag)) for tag in ("header", "main", "footer", "h1")] == [1, 1, 1, 1]
    assert page.all("a")[0]["class"] == "skip"
    levels = [int(heading.tag[1]) for heading in page.all("h1", "h2", "h3", "h4")]
    assert all(after <= before + 1 for before, after in pairwise(levels))
    ids = Counter(element["id"] for element in page.elements if element["id"])
    assert [name for name, count in ids.items() if count > 1] == []
    wanted = [element["href"][1:] for element in page.all("a") if element["href"].startswith("#")]
    for element in page.elements:
        wanted += (element["aria-labelledby"] + " " + element["aria-describedby"]).split()
    assert [name for name in wanted if name not in ids] == []


def test_tables_drawings_and_scrolling_regions_have_names(page: Page) -> None:
    """Tables have captions and scopes, drawings a name or no voice; what scrolls has a name and can have the focus."""
    assert len(page.all("caption")) == len(page.all("table"))
    assert all(heading["scope"] in {"col", "row", "rowgroup"} for heading in page.all("th"))
    drawings = [svg for svg in page.all("svg") if "svg" not in svg.within]
    assert all(svg["aria-hidden"] == "true" or (svg["role"] == "img" and svg["aria-labelledby"]) for svg in drawings)
    regions = [element for element in page.elements if "tabindex" in element.attributes]
    names = [element["aria-label"] for element in regions if element["role"] == "region"]
    assert len(names) == len(regions)
    assert all(count == 1 for count in Counter(names).values())


def test_no_meaning_is_only_in_a_colour(page: Page) -> None:
    """Every cell that has an outcome says it in a word."""
    cells = [cell for cell in page.all("td") if cell["class"]]
    assert all(cell.text.strip() for cell in cells)


# --- What must not be there


def _named(text: str) -> str:
    """Another text, different for every text, without a character that means anything to HTML. Backticks stay: what is
    between two is shown as code."""
    return "".join(char if char in "#`" else f"{ord(char):x}z" for char in text)


@given(HOSTILE_PAGES)
def test_hostile_text_stays_text(hostile: Report) -> None:
    """No text adds an element or an attribute: a page of harmless texts has the same elements and attributes."""
    clean = sanitize_report(hostile, Redactor())
    shown, harmless = Page(html(ReportView(clean))), Page(html(ReportView(rewritten(clean, _named))))
    assert shown.skeleton == harmless.skeleton
    for text in (clean.subject.name, *clean.notes, *clean.problems):
        assert " ".join(text.replace("`", "").split()) in " ".join(shown.text.replace("`", "").split())


PERSON = ("Exempelsson", "Fiktiv", "19000228-0000", "1900-02-28", "Testperson", "example-challenge")


def test_ids_tokens_credentials_and_people_stay_out() -> None:
    """No session id, order id, token, reference, correlation id, credential or personal value is on the page."""
    scenarios = (
        "manual-id-check",
        "completed-with-token",
        "completed-with-order",
        "wrong-credentials",
        "echoes-credentials",
    )
    evidence = exchanges(*scenarios)
    secrets = {exchange.request.session_id for exchange in evidence if exchange.context.session != "malformed"}
    for exchange in evidence:
        body: dict[str, Any] = not_none(exchange.response).json.value
        secrets |= {value for name, value in body.items() if name.endswith(("_id", "_token", "_reference"))}
        secrets.add((exchange.request.header("authorization") or "").removeprefix("Basic "))
    subject = Subject("endpoint", "https://api.example")
    everything = tuple(Finding("/x", "y", "z", exchange.evidence) for exchange in evidence)
    shown = sanitize_report(_showing(subject, everything, evidence), Redactor())
    assert len(shown.exchanges) == len({exchange.evidence for exchange in evidence})
    text = html(ReportView(shown))
    leaked = [secret for secret in {*secrets, *PERSON} - {""} if secret and secret in text]
    assert leaked == []


def _showing(subject: Subject, findings: tuple[Finding, ...], evidence: tuple[Exchange, ...]) -> Report:
    return with_evidence(Report(subject, (verdict("HPP-S01", Outcome.BROKEN, *findings),)), evidence)


def test_what_changed_and_what_was_found_meet() -> None:
    """A change leads to the rules that see it, and a broken rule to the change, or says that it is no drift."""
    seen = judged("order-without-reference", "omits-status")
    found = [verdict.rule.id for verdict in seen.rules if verdict.outcome in (Outcome.BROKEN, Outcome.WARNED)]
    (first, *others) = found
    change = replace(CHANGES[0], what="/x is gone")
    follows = replace(CHANGES[2], fact=f"waiting · {first}")
    subject = Subject("drift", "https://api.example against baseline")
    page = Page(html(ReportView(replace(seen, subject=subject, changes=(change, follows)))))
    links = {(link["href"], link.text) for link in page.all("a")}
    assert any(href == f"#{first}" and first in text for href, text in links)
    assert ("#change-1", "waiting · /x is gone") in links
    assert page.text.count("No drift: the baseline has it too, or has nothing like it yet.") == len(others)


def test_letters_where_nothing_failed_are_folded() -> None:
    """The matrix opens the letters with a rule that failed or warned; the line of each says how many came to what."""
    page = Page(html(ReportView(EVERY_OUTCOME)))
    letters = [element for element in page.all("details") if element["class"] == "letter"]
    opened = {each.text.split()[0]: "open" in each.attributes for each in letters}
    assert opened == {"H": True, "S": True, "L": False, "E": True}
    assert "1 ok, 1 broken" in " ".join(page.text.split())


def test_backticks_are_code() -> None:
    """What stands between two backticks is code, in notes and findings too."""
    noted = replace(report(verdict("HPP-S01", Outcome.OK)), notes=("Give `Basic` alone, not `<b>`.",))
    page = Page(html(ReportView(noted)))
    assert {"Basic", "<b>"} <= {element.text for element in page.all("code")}
