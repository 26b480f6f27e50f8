"""What a repository has beside its code: forms for issues, the site of the documentation, what checks a commit."""

from __future__ import annotations

import re
import runpy
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
import yaml
from packaging.utils import canonicalize_name

from hpp_contract.rules import CATALOGUE
from tests.harness.support.paths import ROOT

GITHUB = ROOT / ".github"
SITE = yaml.safe_load(
    (ROOT / "mkdocs.yml").read_text(encoding="utf-8").replace("!!python/object/apply:pymdownx.slugs.slugify", "")
)
LOCK = (ROOT / "requirements.lock").read_text(encoding="utf-8")


@pytest.mark.process
@pytest.mark.parametrize(
    ("schema", "pattern"),
    [
        ("github-issue-forms", "ISSUE_TEMPLATE/[!c]*.yml"),
        ("github-issue-config", "ISSUE_TEMPLATE/config.yml"),
        ("dependabot", "dependabot.yml"),
    ],
)
def test_valid_by_schema(schema: str, pattern: str) -> None:
    """check-jsonschema finds the files valid by GitHub's schemas."""
    paths = list(map(str, GITHUB.glob(pattern)))
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", f"vendor.{schema}", *paths]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_wrong_rule_is_reported_with_what_decides_it() -> None:
    """The form asks for the rule, the recording and the source, and warns of secrets."""
    form = yaml.safe_load((GITHUB / "ISSUE_TEMPLATE" / "rule-is-wrong.yml").read_text(encoding="utf-8"))
    assert {"rule", "recording", "source"} <= {part.get("id") for part in form["body"]}
    assert "never paste a key" in str(form)


def test_code_has_owners_that_exist() -> None:
    """What CODEOWNERS names is in the repository."""
    lines = (GITHUB / "CODEOWNERS").read_text(encoding="utf-8").splitlines()
    places = [line.split()[0] for line in lines if line and not line.startswith("#")]
    assert [place for place in places if place != "*" and not (ROOT / place.strip("/")).exists()] == []


def test_every_action_is_kept_up_to_date() -> None:
    """Dependabot looks into each folder that has an action."""
    (actions, _) = yaml.safe_load((GITHUB / "dependabot.yml").read_text(encoding="utf-8"))["updates"]
    folders = {"/" + path.parent.relative_to(ROOT).as_posix() for path in ROOT.glob("actions/*/action.yml")}
    assert folders | {"/"} == set(actions["directories"])


# --- What checks a commit


HOOKS: dict[str, dict[str, Any]] = {
    hook["id"]: hook
    for hook in yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8"))["repos"][0]["hooks"]
}


def test_hooks_are_pinned() -> None:
    """A hook's tool has one version, the lock's where the lock has it."""
    asked = [text for hook in HOOKS.values() for text in hook.get("additional_dependencies", ())]
    assert all(re.fullmatch(r"[a-z-]+==[0-9.]+", text) for text in asked)
    locked = {canonicalize_name(name): text for text, name in re.findall(r"^((\S+)==\S+) \\$", LOCK, re.MULTILINE)}
    assert [text for text in asked if locked.get(text.partition("==")[0], text) != text] == []


@pytest.mark.process
@pytest.mark.parametrize("name", ["workflows", "actions", "schemas"])
def test_hooks_pass(name: str) -> None:
    """What is in the repository passes the hooks whose tool is in the lock."""
    hook = HOOKS[name]
    every = [
        path.relative_to(ROOT).as_posix()
        for folder in (".github", "actions", "schemas")
        for path in (ROOT / folder).rglob("*.*")
    ]
    files = [path for path in [*every, "action.yml"] if re.search(hook["files"], path)]
    assert files
    words = hook["entry"].removeprefix("check-jsonschema ").split()
    command = [sys.executable, "-m", "check_jsonschema", *words, *files]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_codespell_skips_what_exists() -> None:
    """What is left out of spelling is there."""
    skip = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["codespell"]["skip"]
    assert [place for place in skip.split(",") if not list(ROOT.glob(place))] == []


# --- The site


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The pages, before mkdocs renders them."""
    folder = tmp_path_factory.mktemp("site") / "pages"
    write: Callable[[Path], None] = runpy.run_path(str(ROOT / ".ci" / "site"))["main"]
    write(folder)
    return folder


@pytest.mark.slow
def test_every_rule_has_a_page(site: Path) -> None:
    """A rule's page says what explain says, and RULES.md leads to it."""
    index = (site / "RULES.md").read_text(encoding="utf-8")
    for rule in CATALOGUE:
        text = (site / "rules" / f"{rule.id}.md").read_text(encoding="utf-8")
        assert text.startswith(f"# {rule.id} {rule.slug}\n")
        assert re.search(r"^## (Why|Who loses what)$", text, re.MULTILINE)
        assert f"](rules/{rule.id}.md)" in index
    assert (site / "rules" / "HPP-C02.md").read_text(encoding="utf-8").count("```text\n  > GET ") >= 2
    final = (site / "rules" / "HPP-L01.md").read_text(encoding="utf-8")
    assert "## Broken by (* marks what differs)\n" in final
    assert "\n* < " in final


@pytest.mark.slow
def test_every_link_of_the_site_leads_somewhere(site: Path) -> None:
    """A relative link is to a page or a file of the site."""
    for path in site.rglob("*.md"):
        text = re.sub(r"```.*?```", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
        for target in re.findall(r"\]\((?!https?:|#)([^)#\s]+)", text):
            assert (path.parent / unquote(target)).is_file(), f"{path.name}: {target}"


@pytest.mark.slow
def test_every_guide_is_in_the_contents(site: Path) -> None:
    """The contents of the site name each page but those of the rules, and no others."""
    named = re.findall(r"'([\w-]+\.md)'", str(SITE["nav"]))
    assert sorted(named) == sorted(path.name for path in site.glob("*.md"))
