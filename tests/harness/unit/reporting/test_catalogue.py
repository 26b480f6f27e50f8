"""The catalogue prints every rule, with all that is known of it."""

from __future__ import annotations

import re

import pytest

from hpp_contract.cli.explain import examples
from hpp_contract.engine.rule import Rule
from hpp_contract.reporting.catalogue import explain, rules_markdown, rules_text
from hpp_contract.rules import CATALOGUE, find
from tests.harness.support.fake_time import noon
from tests.harness.support.paths import ROOT
from tests.harness.support.sample_reports import make_rule


def test_rules_text_fits_its_width() -> None:
    """The list of rules names every rule whole, at any width of 40 or more."""
    rules = [make_rule(f"HPP-S0{n}", slug="x" * n * 5) for n in range(1, 7)]
    for width in (40, 80, 200):
        text = rules_text(rules, width)
        assert all(f"{rule.id} must   {rule.slug}" in text for rule in rules)
        assert max(map(len, text.splitlines())) <= width or width == 40


def test_explain_is_complete() -> None:
    """An explanation has id, sentence, reason, weight, basis, source with its address, scope and the examples."""
    text = explain(make_rule("HPP-S01"), {"Kept by": "  > GET good", "Broken by": "* > GET bad"})
    for expected in [
        "HPP-S01 a-rule\n\nThe rule is kept.",
        "Who loses what\n  Otherwise somebody loses a session.",
        "Weight\n  must: breaking it fails the run",
        "Basis\n  stated: Read Session › Operation\n  https://docs.kustom.co/",
        "Judged by\n  one request and its response",
        "Kept by\n  > GET good",
        "Broken by\n* > GET bad",
    ]:
        assert expected in text


def test_rules_markdown_has_a_row_per_rule() -> None:
    """RULES.md has one table row per rule, under its letter."""
    text = rules_markdown([make_rule("HPP-S01"), make_rule("HPP-H01", "info", "b|c")])
    assert text.index("## H:") < text.index(">HPP-H01 |") < text.index("## S:") < text.index(">HPP-S01 |")
    assert "b\\|c" in text
    assert "2 rules: 1 must, 0 should, 1 info." in text


@pytest.mark.parametrize("rule", [rule for rule in CATALOGUE if rule.scope == "answer"], ids=lambda rule: rule.id)
def test_every_rule_about_answers_has_a_pair(rule: Rule) -> None:
    """`explain` shows what a good client returns and what a bad one returns, and they differ."""
    shown = examples(rule, noon)
    kept, broken = list(shown.values())[:2]
    assert kept != broken
    text = " ".join(explain(rule, shown).split())
    assert all(" ".join(example.split()) in text for example in shown.values())
    assert "Kept by" not in explain(rule)


@pytest.mark.parametrize(
    ("rule_id", "expected"),
    [
        ("HPP-H14", "breaks-off (on waiting) breaks-off-later (on in-progress, from poll 2)"),
        ("HPP-L09", "fails-in-between (on in-progress, from poll 1 until poll 2)"),
        ("HPP-H03", "fails-once (on waiting, from poll 0 until poll 1)"),
    ],
)
def test_faults_that_begin_late(rule_id: str, expected: str) -> None:
    """`explain` says from which poll to which a fault lasts."""
    rule = find(rule_id)
    assert rule is not None
    assert expected in " ".join(explain(rule).split())


def test_every_rule_has_an_anchor() -> None:
    """A link such as `RULES.md#hpp-s05` leads to the row of that rule; the documents link to no other anchors."""
    page = rules_markdown(CATALOGUE)
    anchors = [f"hpp-{rule.id[4:].lower()}" for rule in CATALOGUE]
    assert sorted(re.findall(r'<a id="([^"]+)"></a>', page)) == sorted(anchors)
    for document in (*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")):
        for anchor in re.findall(r"RULES\.md#([\w-]+)", document.read_text(encoding="utf-8")):
            assert anchor in anchors, document.name
