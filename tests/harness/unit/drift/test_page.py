"""Documentation drift: what changed on the Read Session page, and its own defects.

The pages in `pages` are reconstructed from our notes, not saved from the site.
"""

from __future__ import annotations

import contextlib
import json
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from hpp_contract.cli import main
from hpp_contract.drift.page import PageDrift, page_drift, read_page
from hpp_contract.engine import Subject, judge
from hpp_contract.engine.errors import Unverifiable
from hpp_contract.rules import CATALOGUE
from hpp_contract.spec.page import HEADINGS
from hpp_contract.spec.schema_files import SHAPES, example

PAGES = Path(__file__).parent / "pages"
FILES = ("read-session.md", "read-session.html")


def text_of(name: str) -> str:
    return (PAGES / name).read_text(encoding="utf-8")


def drift_of(text: str) -> PageDrift:
    return page_drift(read_page(text), "page")


@pytest.mark.parametrize("name", FILES)
def test_page_as_documented(name: str) -> None:
    """The page as we know it has not drifted, has all headings in order, and its examples keep every rule."""
    page = read_page(text_of(name))
    assert page.headings == HEADINGS
    found = page_drift(page, name)
    assert found.changes == ()
    assert not [verdict for verdict in judge(found.examples, CATALOGUE, Subject("endpoint", name)) if verdict.counts]


@pytest.mark.parametrize("name", FILES)
def test_defects_are_listed(name: str) -> None:
    """All five defects of the page are still there."""
    defects = drift_of(text_of(name)).defects
    assert len(defects) == 5
    assert all("still there" in sentence for sentence in defects)
    assert "3 of 9 statuses and 7 of 9 members" in defects[-1]


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize(
    ("old", "new", "change_class", "fact"),
    [
        ("sessions/{session_id}", "checkouts/{session_id}", "breaking", "page · url structure"),
        ("{endpoint}/hpp/v1/sessions/{session_id}", "{endpoint}/hpp/v1/sessions/{id}", "risky", "page · url structure"),
        ("GET", "POST", "breaking", "page · operation"),
        ("api.kustom.co/hpp/v1/", "api.kustom.co/hpp/v2/", "breaking", "page · example request, path"),
        ("https://api.kustom.co", "https://api.kustom.com", "risky", "page · example request, host"),
        ("Authorization: Basic ", "Authorization: Bearer ", "risky", "page · example request, header authorization"),
        (
            "Content-Type: application/json",
            "Accept: application/json",
            "risky",
            "page · example request, header accept",
        ),
        ("Cache-Control: no-cache", "Cache-Control: no-store", "risky", "page · example request, header cache-control"),
        ("Newly created HPP Session", "A new session", "cosmetic", "page · heading Newly created HPP Session"),
        ("Newly created HPP Session", "A new session", "additive", "page · heading A new session"),
        ("IN_PROGRESS", "STARTED", "risky", "page · example status STARTED"),
        ("IN_PROGRESS", "STARTED", "risky", "page · example in-progress"),
        ("IN_PROGRESS", "BACK", "additive", "page · example back"),
        ("X438HG0Q", "Y438HG0Q", "cosmetic", "completed-with-order · example"),
        (".288Z", ".288123Z", "cosmetic", "waiting · /updated_at precision"),
        (".288Z", ".288+02:00", "risky", "waiting · /updated_at zone"),
    ],
)
def test_single_edit(name: str, old: str, new: str, change_class: str, fact: str) -> None:
    """Each single edit of the page is seen, in its class."""
    text = text_of(name)
    assert old in text
    by_fact = {change.fact: change.change_class for change in drift_of(text.replace(old, new)).changes}
    assert by_fact.get(fact) == change_class, by_fact


@pytest.mark.parametrize("name", FILES)
def test_edited_members(name: str) -> None:
    """A member that an example gains, loses or retypes is seen."""
    text = text_of(name)
    order = text.index("klarna_reference")
    line = text[text.rindex("\n", 0, order) : text.index("\n", order)]
    lost = {change.fact: change for change in drift_of(text.replace(line, "")).changes}
    assert lost["completed-with-order · /klarna_reference"].change_class == "breaking"
    gained = {c.fact: c for c in drift_of(text.replace(line, f'{line}\n  "channel": "web",')).changes}
    assert gained["completed-with-order · /channel"].change_class == "additive"
    retyped = {c.fact: c for c in drift_of(text.replace('"X438HG0Q"', "438")).changes}
    assert retyped["completed-with-order · /klarna_reference"].after == "number"


def test_order_of_headings() -> None:
    """Sections that change places are reported, and nothing else."""
    text = text_of("read-session.md")
    swapped = (
        text.replace("### Reference", "### X")
        .replace("### Operation", "### Reference")
        .replace("### X", "### Operation")
    )
    assert {change.fact for change in drift_of(swapped).changes} == {"page · order of headings"}


@pytest.mark.parametrize("name", FILES)
def test_mended_page(name: str) -> None:
    """Defects that were corrected are reported as such, and a correction is no drift."""
    mended = (
        text_of(name)
        .replace("‘", "'")
        .replace("’", "'")
        .replace("&lsquo;", "'")
        .replace("&rsquo;", "'")
        .replace("sessions/<session_id>", "sessions/")
        .replace("sessions/ \\", "sessions/&lt;session_id&gt; \\" if "html" in name else "sessions/{session_id} \\")
        .replace("Basic <token>'", "Basic '")
        .replace("Basic '", "Basic {token}'")
        .replace("https://docs.kustom.co/api/#base-urls", "https://docs.kustom.co/api/#getSessionById")
    )
    found = drift_of(mended)
    assert found.changes == ()
    assert [sentence for sentence in found.defects if "still there" in sentence] == [found.defects[-1]]


def test_pasted_credentials_are_not_repeated() -> None:
    """Credentials that somebody pasted into a page go into no change."""
    text = text_of("read-session.md").replace("Basic ", "Token c2VjcmV0OnNlY3JldA==")
    (change,) = (c for c in drift_of(text).changes if "authorization" in c.fact)
    assert (change.before, change.after) == ("Basic", "Token")


def test_a_different_page_is_refused(tmp_path: Path) -> None:
    """A page that is plainly another one verifies nothing."""
    with pytest.raises(Unverifiable, match="does not look like the Read Session page"):
        drift_of("# Create a session\n\nPOST it.\n")
    (tmp_path / "other.html").write_text("<html><body><h2>Pricing</h2></body></html>")
    assert CliRunner().invoke(main, ["drift", "--page", str(tmp_path / "other.html")]).exit_code == 3


@pytest.mark.parametrize("name", FILES)
def test_command(name: str, tmp_path: Path) -> None:
    """`drift --page` prints the defects and leaves with 0; with 1 when the page says something else now."""
    done = CliRunner().invoke(main, ["drift", "--page", str(PAGES / name)])
    assert (done.exit_code, "No drift" in done.output, done.output.count("still there")) == (0, True, 5)
    (tmp_path / name).write_text(text_of(name).replace("IN_PROGRESS", "STARTED"))
    changed = CliRunner().invoke(main, ["drift", "--page", str(tmp_path / name)])
    assert (changed.exit_code, "risky  page · example status STARTED" in changed.output) == (1, True)


@given(st.text(st.characters() | st.sampled_from('<>`#[]()\n{}"/-'), max_size=200))
def test_any_text_is_a_page(text: str) -> None:
    """No text crashes the readers."""
    for each in (text, f"<html><pre>{text}", f"## {text}\n```\n{text}"):
        page = read_page(each)
        assert all(isinstance(item.text, str) for item in page.items)
        with contextlib.suppress(Unverifiable):
            page_drift(page, "page")


def test_page_without_example_request() -> None:
    """A page that lost its example request says so, and its defects cannot be judged."""
    text = text_of("read-session.md").replace("curl", "wget")
    found = drift_of(text)
    assert [change.fact for change in found.changes] == ["page · example request"]
    assert sum("does not show it" in sentence for sentence in found.defects) == 3


def test_page_with_every_shape() -> None:
    """When examples show every status and member, that defect is corrected."""
    bodies = [{**example(shape), "customer": {}, "manual_identification": {}} for shape in SHAPES]
    text = text_of("read-session.md") + "".join(f"\n```\n{json.dumps(body)}\n```\n" for body in bodies)
    assert drift_of(text).defects[-1].startswith("Defect of the page, corrected")
