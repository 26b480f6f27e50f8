"""The published schemas in the tools that others use: `python -m tests.published_schemas`.

It installs the tools in a temporary folder, so it needs Node.js and the registries of npm and PyPI, and runs every
night. Each tool must accept the files without a warning, and each generator must give classes of the names that the API
reference has.
"""

from __future__ import annotations

import re
import subprocess
import sys
import venv
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from hpp_contract.spec.schema_files import folder

NPM: Final = (
    "ajv@8.20.0",
    "@stoplight/spectral-cli@6.16.3",
    "openapi-typescript@7.13.0",
    "typescript@5.9.3",
    "quicktype@26.0.0",
)
PYPI: Final = (
    "check-jsonschema==0.39.0",
    "openapi-spec-validator==0.9.0",
    "datamodel-code-generator==0.89.0",
    "pydantic==2.14.4",
)

SESSION: Final = folder("schemas") / "published" / "session.json"
OPENAPI: Final = folder("schemas") / "openapi.json"

AJV: Final = """
const Ajv = require("ajv/dist/2020");
const said = [], say = (...words) => said.push(words.join(" "));
const schema = JSON.parse(require("fs").readFileSync(process.argv[2]));
const validate = new Ajv({logger: {log: say, warn: say, error: say}}).compile(schema);
const refused = schema.examples.filter(example => !validate(example));
const unknown = validate({...schema.examples[0], status: "NEW"}), empty = validate({});
if (said.length || refused.length || !unknown || empty) throw new Error([said, refused, unknown, empty].join("; "));
"""
PYDANTIC: Final = """
import json, sys
from models import Session
for example in json.load(open(sys.argv[1], encoding="utf-8"))["examples"]:
    Session.model_validate(example)
"""
REACHABLE: Final = {"Session", "Customer", "ManualIdentification"}
ALL: Final = REACHABLE | {"ErrorObject"}


def installed(work: Path) -> None:
    """Install the tools below `work`."""
    run(work, "npm", "install", "--silent", "--no-audit", "--no-fund", *NPM)
    venv.create(work / "venv", with_pip=True)
    run(work, work / "venv/bin/pip", "install", "--quiet", "--disable-pip-version-check", *PYPI)


def run(work: Path, *command: object) -> str:
    """What a command writes. Raises SystemExit with that, and the command, where it fails."""
    done = subprocess.run(list(map(str, command)), cwd=work, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise SystemExit(f"{' '.join(map(str, command))}: {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout + done.stderr


def validated(work: Path) -> Iterator[str]:
    """Give the files to validators and linters; the name of each that accepted them."""
    python, node = work / "venv/bin", work / "node_modules/.bin"
    (work / "validate.js").write_text(AJV, encoding="utf-8")
    run(work, "node", "validate.js", SESSION)
    yield "Ajv"
    run(work, python / "check-jsonschema", "--check-metaschema", SESSION)
    yield "check-jsonschema"
    run(work, python / "openapi-spec-validator", OPENAPI)
    yield "openapi-spec-validator"
    (work / "ruleset.yaml").write_text("extends: ['spectral:oas']\n", encoding="utf-8")
    run(work, node / "spectral", "lint", "--ruleset", "ruleset.yaml", "--fail-severity", "hint", OPENAPI)
    yield "Spectral"


def generated(work: Path) -> Iterator[str]:
    """Generate classes; the name of each generator whose classes have the right names."""
    python, node = work / "venv/bin", work / "node_modules/.bin"
    run(work, node / "openapi-typescript", OPENAPI, "--output", "types.ts")
    run(work, node / "tsc", "--noEmit", "--strict", "types.ts")
    _, _, types = (work / "types.ts").read_text("utf-8").partition("    schemas: {\n")
    named("openapi-typescript", re.findall(r"^ {8}(\w+): \{$", types.partition("\n    };")[0], re.MULTILINE), ALL)
    yield "openapi-typescript"
    for source, kind in ((OPENAPI, "openapi"), (SESSION, "jsonschema")):
        options = ("--output-model-type", "pydantic_v2.BaseModel", "--output", "models.py")
        run(work, python / "datamodel-codegen", "--input", source, "--input-file-type", kind, *options)
        named("datamodel-code-generator", classes(work / "models.py"), ALL)
        run(work, python / "python", "-c", PYDANTIC, SESSION)
    yield "datamodel-code-generator"
    for language in ("python", "typescript", "go", "java"):
        written = run(work, node / "quicktype", "--src-lang", "schema", SESSION, "--lang", language)
        pattern = r"^(?:export interface|class|type|public class) (\w+)(?: struct)?\b"
        found = {name for name in re.findall(pattern, written, re.MULTILINE) if name not in ("Convert", "Converter")}
        named(f"quicktype for {language}", found, REACHABLE)
    yield "quicktype"


def classes(path: Path) -> list[str]:
    """The classes of a Python file."""
    return re.findall(r"^class (\w+)", path.read_text("utf-8"), re.MULTILINE)


def named(tool: str, found: list[str] | set[str], expected: set[str]) -> None:
    """Raise SystemExit unless these are the expected names."""
    if set(found) != expected:
        raise SystemExit(f"{tool} makes {', '.join(sorted(found))} instead of {', '.join(sorted(expected))}")


def main() -> None:
    """Install the tools and give them the files."""
    with TemporaryDirectory() as name:
        work = Path(name)
        installed(work)
        for tool in (*validated(work), *generated(work)):
            sys.stdout.write(f"{tool} accepts the published schemas\n")


if __name__ == "__main__":
    main()
