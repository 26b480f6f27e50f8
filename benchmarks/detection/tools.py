"""The tools that are compared, as data: what is run, with which of the configurations beside this file, and in which
words it is introduced. How a run is measured and judged is not said here.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Final, Literal

from benchmarks.detection.environment import HERE, Environment, node_version, python_version
from hpp_contract import __version__

ROOT: Final = HERE.parent.parent


@dataclass(frozen=True, slots=True)
class Site:
    """What a command is built from: the `environment`, the endpoint's `url`, a scratch `folder` to run in; `hurried`
    when only the verdict counts and not what it costs."""

    environment: Environment
    url: str
    folder: Path
    hurried: bool = False

    @property
    def named(self) -> str:
        return str(self.environment.documents / "openapi-named.json")

    @property
    def swagger(self) -> str:
        return str(self.environment.documents / "openapi-swagger.json")


@dataclass(frozen=True, slots=True)
class Tool:
    """One row of the table. `needs` are the installations without which it cannot run."""

    name: str
    setup: str
    version: Callable[[Environment], str]
    command: Callable[[Site], list[str]]
    environ: Callable[[Site], Mapping[str, str]] = field(default=lambda _: MappingProxyType({}))
    needs: tuple[Literal["python", "node", "java"], ...] = ("python",)
    is_ours: bool = False


def _ours(*options: str) -> Callable[[Site], list[str]]:
    return lambda site: [sys.executable, "-m", "hpp_contract", "endpoint", site.url, "--polls", "3", *options]


def _pytest(folder: str, *options: str) -> Callable[[Site], list[str]]:
    """One of the suites under pytest, with nothing of this project's settings and no plugin but those named."""
    suite = HERE / folder
    fixed = ["-c", str(HERE / "alien.ini"), f"--rootdir={suite}", "-p", "no:cacheprovider", "-q"]
    return lambda site: [str(site.environment.python / "pytest"), *fixed, *options, str(suite)]


def _schemathesis(site: Site) -> list[str]:
    config = str(HERE / "schemathesis" / "schemathesis.toml")
    st = str(site.environment.python / "st")
    return [st, "--config-file", config, "run", "--seed", "1", "--no-color", "--url", site.url, site.named]


def _prism(site: Site) -> list[str]:
    return [str(site.environment.python / "python"), str(HERE / "prism" / "drive.py")]


def _dredd(site: Site) -> list[str]:
    dredd = str(site.environment.node / ".bin" / "dredd")
    options = ["--hookfiles", str(HERE / "dredd" / "hooks.js"), "--loglevel", "error", "--no-color"]
    return [dredd, site.swagger, site.url, *options]


def _specmatic(site: Site) -> list[str]:
    jar = site.environment.node / "specmatic" / "specmatic.jar"
    examples = ["--examples", str(HERE / "specmatic")]
    flags = _hurried_java(site.environment.cache / "specmatic.jsa") if site.hurried else []
    return ["java", *flags, "-jar", str(jar), "test", *examples, f"--testBaseURL={site.url}", site.named]


def _hurried_java(archive: Path) -> list[str]:
    """Flags that cut a run's time to a third and change nothing it finds; its cost is measured without them. The first
    run with them keeps its loaded classes in `archive`, for the others."""
    sharing = "SharedArchiveFile" if archive.is_file() else "ArchiveClassesAtExit"
    return ["-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", f"-XX:{sharing}={archive}"]


TOOLS: Final = (
    Tool(
        "hpp-contract --strict",
        "`hpp-contract endpoint --strict --polls 3`: a broken *should* fails the run",
        lambda _: __version__,
        _ours("--strict"),
        lambda _: {"PYTHONPATH": str(ROOT)},
        needs=(),
        is_ours=True,
    ),
    Tool(
        "hpp-contract",
        "`hpp-contract endpoint --polls 3`: only a broken *must* fails the run",
        lambda _: __version__,
        _ours(),
        lambda _: {"PYTHONPATH": str(ROOT)},
        needs=(),
        is_ours=True,
    ),
    Tool(
        "Schemathesis + checks",
        "as below, with seven checks written by hand",
        lambda environment: python_version(environment, "schemathesis"),
        _schemathesis,
        lambda _: {"SCHEMATHESIS_HOOKS": "checks", "PYTHONPATH": str(HERE / "schemathesis")},
    ),
    Tool(
        "Schemathesis",
        "every session id as an example of the parameter and in a dictionary, all its own checks",
        lambda environment: python_version(environment, "schemathesis"),
        _schemathesis,
    ),
    Tool(
        "pytest + jsonschema",
        "a suite as people write it: schema, dates, ids, a second poll, refusals",
        lambda environment: python_version(environment, "jsonschema"),
        _pytest("plain"),
    ),
    Tool(
        "Tavern",
        "typed members, a pydantic model, a second poll, refusals",
        lambda environment: python_version(environment, "tavern"),
        _pytest("tavern", "-p", "tavern._core.pytest"),
        lambda _: {"PYTHONPATH": str(HERE / "tavern")},
    ),
    Tool(
        "openapi-core",
        "response validation in pytest: sessions twice, refusals",
        lambda environment: python_version(environment, "openapi-core"),
        _pytest("openapi_core"),
        lambda site: {"HPP_OPENAPI": site.named},
    ),
    Tool(
        "Prism proxy",
        "`prism proxy --errors` and a client that reads every session twice through it",
        lambda environment: node_version(environment, "@stoplight/prism-cli"),
        _prism,
        lambda site: {
            "PRISM": str(site.environment.node / ".bin" / "prism"),
            "HPP_OPENAPI_30": site.named,
        },
        needs=("python", "node"),
    ),
    Tool(
        "Dredd",
        "the description in OpenAPI 2, hooks that read every session twice and give the credentials",
        lambda environment: node_version(environment, "dredd"),
        _dredd,
        needs=("node",),
    ),
    Tool(
        "Specmatic",
        "`specmatic test`, every session a named example, wrong credentials as an external one",
        lambda environment: node_version(environment, "specmatic"),
        _specmatic,
        needs=("node", "java"),
    ),
)
"""In the table's order."""
