"""Finds what reads the time of day in Python source, by its syntax tree: whatever name it was imported or assigned by.

Durations (`monotonic`, `perf_counter`, `sleep`) and functions that are given their time are no finding.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

READS = frozenset(
    {
        "time.time", "time.time_ns", "time.clock_gettime", "time.clock_gettime_ns",
        "datetime.datetime.now", "datetime.datetime.utcnow", "datetime.datetime.today", "datetime.date.today",
        "uuid.uuid1", "uuid.uuid6", "uuid.uuid7", "email.utils.localtime", "email.utils.make_msgid",
        "http.cookiejar.time2isoz", "http.cookiejar.time2netscape",
    }
)  # fmt: skip
"""Functions that read it however they are called."""

UNLESS_GIVEN = {
    "time.gmtime": 1, "time.localtime": 1, "time.ctime": 1, "time.asctime": 1, "time.strftime": 2,
    "email.utils.formatdate": 1,
}  # fmt: skip
"""Functions that read it unless they are called with so many arguments."""

METHODS = frozenset(
    {"now", "utcnow", "today", "time", "time_ns", "date_time_string", "log_date_time_string", "send_response"}
)
"""Methods that read it whatever they are called on: http.server's `send_response` adds a Date of its own."""

MODULES = frozenset({"time", "datetime"})
"""Modules that stand before a dot only: one that is handed on is searched, or has its functions replaced."""

TRAVEL = frozenset({"time_machine", "freezegun"})

_ANY = frozenset({*READS, *UNLESS_GIVEN})
_ALIASES = frozenset({*_ANY, *MODULES, "datetime.datetime", "datetime.date"})
_TEXT = re.compile(
    r"(?:[\w.]+\.)?(?:time|datetime|date|clock)\.(?:time|now|utcnow|today|sleep|monotonic|perf_counter|[a-z]+_ns"
    r"|gmtime|localtime|strftime|system_clock)"
    r"|.*\b(?:time\.time(?:_ns)?|datetime\.now|datetime\.utcnow|date\.today)\(.*|.*\bfrom time import time.*"
    r"|.*\b(?i:CURRENT_TIMESTAMP|CURRENT_DATE|CURRENT_TIME)\b.*|.*\('now'.*",
    re.DOTALL,
)
"""A text that names a function of a clock, to replace it; or code or SQL that reads one."""


def clock_readers(source: str) -> list[tuple[int, str]]:
    """Line and name of everything in `source` that reads the time of day, or replaces what does; the first first."""
    tree = ast.parse(source)
    names = _names(tree)
    nodes = list(ast.walk(tree))
    free = {id(node.value) for node in nodes if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)}
    free |= {id(node.func) for node in nodes if isinstance(node, ast.Call) and _is_given_its_time(node, names)}
    return sorted(found for node in nodes if id(node) not in free for found in _found(node, names))


def _names(tree: ast.AST) -> dict[str, str]:
    """What names of the file stand for, as dotted paths: its imports, wherever they are, and plain assignments."""
    names: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                whole = alias.name if alias.asname else alias.name.partition(".")[0]
                names[alias.asname or whole] = whole
        elif isinstance(node, ast.ImportFrom):
            names |= {alias.asname or alias.name: f"{node.module}.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.Assign) and (path := _path(node.value, names)) in _ALIASES:
            names |= {target.id: path for target in node.targets if isinstance(target, ast.Name)}
    return names


def _path(node: ast.AST, names: dict[str, str]) -> str:
    """The dotted path that an expression names; empty for any other expression."""
    if isinstance(node, ast.Name):
        return names.get(node.id, node.id)
    return f"{_path(node.value, names)}.{node.attr}" if isinstance(node, ast.Attribute) else ""


def _function(node: ast.AST, names: dict[str, str]) -> str | None:
    """The function of a clock that an expression names, through another module (`app.time.time`) too."""
    path = f".{_path(node, names)}"
    return next((name for name in _ANY if path.endswith(f".{name}")), None)


def _found(node: ast.AST, names: dict[str, str]) -> Iterator[tuple[int, str]]:
    line = getattr(node, "lineno", 0)
    if isinstance(node, ast.Name | ast.Attribute):
        if (name := _function(node, names)) is not None:
            yield line, name
    elif isinstance(node, ast.Call):
        yield from ((line, name) for name in _found_in_call(node, names))
    elif isinstance(node, ast.Import):
        yield from ((line, alias.name) for alias in node.names if alias.name.partition(".")[0] in TRAVEL)
    elif isinstance(node, ast.Assign):
        paths = (_path(target, names) for target in node.targets)
        yield from ((line, path) for path in paths if path.startswith("time."))
    elif isinstance(node, ast.ImportFrom):
        if (node.module or "").partition(".")[0] in TRAVEL or (node.module in MODULES and node.names[0].name == "*"):
            yield line, f"{node.module}.{node.names[0].name}"
    elif isinstance(node, ast.Constant) and isinstance(node.value, str) and _TEXT.fullmatch(node.value):
        yield line, "a text"


def _found_in_call(node: ast.Call, names: dict[str, str]) -> Iterator[str]:
    function = ast.unparse(node.func).rpartition(".")[2]
    if isinstance(node.func, ast.Attribute) and function in METHODS:
        yield function
    if function in ("import_module", "__import__") and ast.unparse(node.args[0]).strip("'") in MODULES:
        yield function
    replaces = function in ("getattr", "setattr", "delattr", "vars", "object", "patch")
    for argument in (*node.args, *(keyword.value for keyword in node.keywords)):
        path = _path(argument, names)
        is_module = isinstance(argument, ast.Name) and names.get(argument.id) in MODULES
        named = isinstance(argument, ast.Constant) and str(argument.value).rpartition(".")[2] in MODULES
        if is_module or (replaces and (path.endswith(".time") or path == "datetime.datetime" or named)):
            yield f"{path or ast.literal_eval(argument)}, handed on"


def _is_given_its_time(node: ast.Call, names: dict[str, str]) -> bool:
    arguments = [*node.args, *(keyword.value for keyword in node.keywords if keyword.arg == "timeval")]
    needed = UNLESS_GIVEN.get(_function(node.func, names) or "", len(arguments) + 1)
    return len(arguments) >= needed and not any(ast.unparse(argument) == "None" for argument in arguments)
