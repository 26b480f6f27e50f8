"""Nothing leaves without the last check: every place of the library that writes or prints, and why it may."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.harness.support.paths import ROOT

LIBRARY = ROOT / "hpp_contract"

_METHODS = {
    *(
        "write",
        "writelines",
        "write_text",
        "write_bytes",
        "print",
        "echo",
        "secho",
        "dump",
        "send",
        "sendall",
        "sendto",
    ),
    *("copyfileobj", "copyfile", "copytree", "copy", "copy2", "symlink_to", "hardlink_to", "fdopen", "mkstemp"),
    *("GzipFile", "ZipFile", "TarFile", "NamedTemporaryFile", "warn", "warning", "error", "critical", "info", "log"),
    *("print_exc", "print_exception", "replace_file"),
}
"""Names of what writes, whatever it is called on."""

_CHECKED = {
    "cli/_console.py:_write": "all that is printed: credentials in the environment are taken out",
    "engine/files.py:write": "`redact`, which the places below hand over",
    "cli/_options.py:finish": "every report: the report is sanitized before, and checked again as a whole",
    "cli/client.py:_list": "hands `redact` over",
    "cli/drift.py:_accept": "hands `redact` over; facts are without credentials before",
    "cli/drift.py:_summarize_history": "hands `redact` over",
    "drift/history.py:append": "a line that the caller has redacted",
    "plugin.py:_conclude": "a warning, of a report that was sanitized",
    "recordings/write.py:Persister.save_cassette": "looks for everything that was scrubbed, and refuses",
}
"""Places that write what came from outside, and what checks it."""

_OURS = {
    "cli/__init__.py:LazyGroup.format_epilog": "the help",
    "cli/init.py:_write": "templates",
    "cli/rules.py:rules": "the catalogue",
    "cli/_listening.py:ready_file": "the address of our own server and its published credentials, which clients need",
    "cli/vectors.py:_write": "generated bodies",
    "client/generated.py:_keep": "a generated body",
    "engine/files.py:replace_file": "bytes, for the callers listed here",
}
"""Places that write nothing from outside."""

_NO_FILE = {
    "client/adapters/command.py": "the client under test is asked, over its standard input",
    "client/adapters/own_interpreter.py": "the client under test answers us, over its standard output",
    "client/adapters/subprocess_group.py": "the client under test is asked, over its standard input",
    "generate/": "`write` writes an instant into a generated session",
    "probe/": "a request to the endpoint that was named",
    "proxy/cassettes.py": "calls the writer of cassettes",
    "proxy/forwarding.py": "a request to the endpoint that was named",
    "proxy/upstream.py": "a request to the endpoint that was named",
    "recordings/bulk/local.py": "packed records for our own processes, without ids or keys, in a folder that goes",
    "recordings/unpacking.py": "a packed or piped log is unpacked into a folder that goes with the run",
    "recordings/write.py:write_cassettes": "calls the writer of cassettes",
    "reporting/terminal.py": "prints into a text, for `finish`",
    "server/": "an answer of our own server to whoever asked, and a line of log with the name of a class",
}
"""Places that write no file and print nothing, or only into what nobody keeps."""


def name_of(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


def opens_to_write(call: ast.Call) -> bool:
    """Whether this is `open(…, "w")`, `path.open("ab")` and the like."""
    if name_of(call) not in ("open", "GzipFile", "opened"):
        return False
    texts = [*call.args, *(each.value for each in call.keywords if each.arg == "mode")]
    modes = [each.value for each in texts if isinstance(each, ast.Constant) and isinstance(each.value, str)]
    return any(set(mode) <= set("rwaxbt+") and set(mode) & set("wax+") for mode in modes)


def places(path: Path) -> Iterator[str]:
    """Where in a module something is written: `room/module.py:Class.function`."""

    def walk(node: ast.AST, names: tuple[str, ...]) -> Iterator[str]:
        for child in ast.iter_child_nodes(node):
            inner = names
            if isinstance(child, ast.FunctionDef | ast.ClassDef | ast.AsyncFunctionDef):
                inner = (*names, child.name)
            if isinstance(child, ast.Call) and (name_of(child) in _METHODS or opens_to_write(child)):
                yield ".".join(names) or "module"
            yield from walk(child, inner)

    where = path.relative_to(LIBRARY).as_posix()
    yield from (f"{where}:{place}" for place in walk(ast.parse(path.read_text(encoding="utf-8")), ()))


def everywhere() -> set[str]:
    return {place for path in sorted(LIBRARY.rglob("*.py")) for place in places(path)}


def test_every_place_that_writes_is_known() -> None:
    """A place that writes goes through the last check, or is listed here with a reason; none is listed in vain."""
    found = everywhere()
    beside = {place for place in found if any(place.startswith(prefix) for prefix in _NO_FILE)}
    assert sorted(found - _CHECKED.keys() - _OURS.keys() - beside) == []
    assert sorted((_CHECKED.keys() | _OURS.keys()) - found) == []
    assert [prefix for prefix in _NO_FILE if not any(place.startswith(prefix) for place in found)] == []


def test_whoever_writes_a_file_hands_the_check_over() -> None:
    """Every call of `files.write` has the last check as its third argument, unless it writes nothing from outside."""
    without = set()
    for path in sorted(LIBRARY.rglob("*.py")):
        where = path.relative_to(LIBRARY).as_posix()
        for call in (
            node for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, ast.Call)
        ):
            if isinstance(call.func, ast.Name) and call.func.id == "write" and len(call.args) + len(call.keywords) < 3:
                without.add(where)
    assert without == {"cli/init.py", "cli/rules.py", "cli/_listening.py"}


@pytest.mark.parametrize(
    ("code", "writes"),
    [
        ("open('x', 'w')", True),
        ("open('x', mode='ab')", True),
        ("path.open('r+b')", True),
        ("path.open('rb')", False),
        ("open('file')", False),
        ("path.write_text('x')", True),
        ("print('x')", True),
        ("sys.stdout.write('x')", True),
        ("os.write(1, b'x')", True),
        ("gzip.open('x', 'wt')", True),
        ("ZipFile('x')", True),
        ("logging.getLogger('x').error('y')", True),
        ("path.read_text()", False),
    ],
)  # fmt: skip
def test_what_writes_is_recognized(code: str, writes: bool, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The search finds every way to write that the library could use."""
    monkeypatch.setattr("tests.harness.project.test_last_check.LIBRARY", tmp_path)
    (tmp_path / "x.py").write_text(f"class A:\n    def b(self):\n        {code}\n", encoding="utf-8")
    assert everywhere() == ({"x.py:A.b"} if writes else set())
