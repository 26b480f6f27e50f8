"""`hpp-contract init`: the files that a repository of a client begins with."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Final, Literal

import click

from hpp_contract import __version__
from hpp_contract.cli._configuration import OWN_FILE, read_configuration
from hpp_contract.cli._console import completing, write_stdout
from hpp_contract.cli._languages import ALSO_CALLED, LANGUAGES, Language
from hpp_contract.engine.errors import UsageProblem, suggest
from hpp_contract.engine.files import check, write
from hpp_contract.spec.schema_files import folder

Ci = Literal["github", "gitlab"]

FOLDER: Final = Path("contract")
"""Where the adapter lives, in the repository of the client."""

_TEMPLATES: Final = Path(__file__).with_name("templates")
_JOBS: Final[dict[Ci, Path]] = {
    "github": Path(".github/workflows/hpp-contract.yml"),
    "gitlab": Path(".gitlab/hpp-contract.yml"),
}


@click.command()
@click.argument("language", shell_complete=completing(*LANGUAGES))
@click.argument("directory", metavar="[DIR]", type=click.Path(path_type=Path, file_okay=False), default=".")
@click.option(
    "--ci", type=click.Choice(list(_JOBS)), help="Whose job to write; by default GitLab's beside a .gitlab-ci.yml."
)
def init(language: str, directory: Path, ci: Ci | None) -> None:
    """Write what the repository of a client begins with, into DIR (by default, here): an adapter with a sample client,
    a list of known failures, hpp-contract.toml and a CI job. No file is overwritten.

    LANGUAGE is python, node, typescript, php, ruby, java, go, csharp, kotlin or shell. The sample keeps the contract.
    Have the adapter call your client in its place.

    \b
    Examples:
      hpp-contract init node
      hpp-contract init go ../shop-sdk --ci gitlab
    """
    name = _known(language)
    ci = ci or ("gitlab" if (directory / ".gitlab-ci.yml").exists() else "github")
    if read_configuration(directory) is not None:
        raise UsageProblem(f"{directory} holds options of hpp-contract already: init is for a repository without any.")
    texts = dict(_files(name, LANGUAGES[name], ci))
    _refuse_existing(directory, texts)
    for path, text in texts.items():
        _write(directory / path, text)
    write_stdout(_report(directory, name, LANGUAGES[name], ci, texts))


def _known(language: str) -> str:
    name = ALSO_CALLED.get(language.lower(), language.lower())
    if name in LANGUAGES:
        return name
    if name in ("endpoint", "drift"):
        raise UsageProblem("init is for clients: docs/running-in-ci.md has the job that watches an endpoint.")
    raise UsageProblem(
        f"there is no language {language!r}; " + suggest(name, LANGUAGES, f"init knows {', '.join(LANGUAGES)}.")
    )


def _files(name: str, language: Language, ci: Ci) -> Iterator[tuple[Path, str]]:
    """Each file to write, relative to the repository, with its text."""
    for source in language.examples:
        place = folder("examples") / source
        paths = sorted(path for path in place.iterdir() if path.is_file()) if place.is_dir() else [place]
        yield from ((FOLDER / path.name, path.read_text(encoding="utf-8")) for path in paths)
    if language.built:
        yield FOLDER / ".gitignore", "".join(f"{line}\n" for line in language.built)
    yield FOLDER / "known-failing.txt", (_TEMPLATES / "known-failing.txt").read_text(encoding="utf-8")
    yield Path(OWN_FILE), _rendered(OWN_FILE, name, language)
    yield _JOBS[ci], _rendered(f"{ci}.yml", name, language)


def _rendered(template: str, name: str, language: Language) -> str:
    from jinja2 import Environment, StrictUndefined  # slow to load

    # GitHub's own expressions have the usual braces. What is filled in is ours, and no HTML.
    environment = Environment(
        block_start_string="[%",
        block_end_string="%]",
        variable_start_string="[[",
        variable_end_string="]]",
        undefined=StrictUndefined,
        keep_trailing_newline=True,
        autoescape=False,  # noqa: S701
    )
    text = (_TEMPLATES / template).read_text(encoding="utf-8")
    return environment.from_string(text).render(name=name, language=language, version=__version__)


def _refuse_existing(directory: Path, texts: dict[Path, str]) -> None:
    there = [str(path) for path in texts if (directory / path).exists() or (directory / path).is_symlink()]
    if there:
        others = f" and {len(there) - 1} more of its files" if there[1:] else ""
        raise UsageProblem(f"{directory / there[0]}{others} would be overwritten: move it away, or name another DIR.")


def _write(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageProblem(f"{path.parent} cannot be made ({error.strerror}): name another DIR.") from None
    check(path)
    write(path, text)


def _report(directory: Path, name: str, language: Language, ci: Ci, texts: dict[Path, str]) -> str:
    first = [] if directory == Path() else [f"cd {shlex.quote(str(directory))}"]
    steps = [*first, *language.build, "hpp-contract client --only smoke", "hpp-contract client"]
    notes = [f"Then have the adapter in {FOLDER}/ call your client in the place of the sample."]
    notes.append(
        f"No index has hpp-contract yet: name the repository that you have it from, as\nHPP_CONTRACT in {_JOBS[ci]}."
    )
    if ci == "gitlab":
        notes.append(f".gitlab-ci.yml takes the job in with: include: {_JOBS[ci]}")
    if not language.run_by_tests:
        notes.append(f"The tests of hpp-contract do not run this one: their machines have nothing for {name}.")
    lines = [f"Wrote for {name}, in {directory}:", *(f"  {path}" for path in texts)]
    return "\n".join([*lines, "", "Next:", *(f"  {step}" for step in steps), "", *notes]) + "\n"
