"""Every format that a report can be written in. To add one: write its function, from a ReportView to text, and name the
function here; the command line then has the option `--NAME FILE`."""

from __future__ import annotations

from dataclasses import dataclass
from pkgutil import resolve_name
from typing import Final

from hpp_contract.reporting.view import ReportView


@dataclass(frozen=True, slots=True)
class Writer:
    """A format: its `name`, what `--help` says of its option, the `function` that writes it, as `module:name` below
    this package, and whether it shows exchanges, slices and history (`detailed`), which are only collected for it."""

    name: str
    help: str
    function: str
    detailed: bool = False

    @property
    def option(self) -> str:
        return f"--{self.name}"

    def render(self, view: ReportView) -> str:
        """The report in this format; its module is imported only now."""
        text: str = resolve_name(f"hpp_contract.reporting.{self.function}")(view)
        return text


WRITERS: Final = (
    Writer("json", "Write the report as JSON.", "json_report:json_report"),
    Writer("junit", "Write the report as JUnit XML.", "junit:junit"),
    Writer("markdown", "Write the report as Markdown.", "markdown:markdown"),
    Writer("html", "Write the report as one HTML page.", "html.page:html", detailed=True),
    Writer("gitlab", "Write a Code Quality file for GitLab.", "gitlab:gitlab"),
)
"""In the order of the options."""
