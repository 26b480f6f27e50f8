"""Cases in which a 200 carries something other than a sound session."""

from __future__ import annotations

from typing import Any, Final

from hpp_contract.cases.case import Case, case
from hpp_contract.cases.responses import CORRELATION, PAGE, page
from hpp_contract.engine.edits import Edit, body, header, rewrite, send_json, status
from hpp_contract.model.body import BOM

_EMPTY: Final = "HPP-A22"
_PAGE: Final = "HPP-A23"
_BROKEN: Final = "HPP-A24"
_SHAPE: Final = "HPP-A26"


def _case(name: str, description: str, rule: str, *steps: Edit) -> Case:
    return case(name, description, (rule,), *steps)


def _value(name: str, description: str, value: Any) -> Case:
    return _case(name, description, _SHAPE, send_json(value))


BODIES: Final = (
    _case("empty-200", "A 200 with no body.", _EMPTY, body(b"")),
    _case("blank-200", "A 200 with white space only.", _EMPTY, body(b" \r\n\t ")),
    _case("no-content-204", "A 204.", _EMPTY, status(204), body(b""), header("Content-Type", None)),
    _case("html-200", "An HTML page with status 200.", _PAGE, page()),
    _case("html-as-json", "An HTML page with status 200, declared as JSON.", _PAGE, body(PAGE)),
    _case("plain-text-200", "A line of text with status 200.", _BROKEN, body(b"OK\n"),
          header("Content-Type", "text/plain")),
    _case("truncated-json", "A session cut in the middle of a string, its length adjusted.", _BROKEN,
          rewrite(lambda content: content[: content.index(b'"status"') + 15])),
    _case("truncated-at-brace", "A session without its last brace.", _BROKEN, rewrite(lambda content: content[:-1])),
    _case("missing-colons", "A session without its colons.", _BROKEN,
          rewrite(lambda content: content.replace(b":", b" "))),
    _case("trailing-garbage", "A session with bytes after it.", _BROKEN, rewrite(lambda content: content + b"}}")),
    _case("two-sessions-concatenated", "Two sessions, one after the other.", _BROKEN,
          rewrite(lambda content: content + content)),
    _value("array-200", "A list with a session in it.", [{"status": "WAITING"}]),
    _value("empty-array-200", "An empty list.", []),
    _value("null-200", "null with status 200.", None),
    _value("string-200", "A status as a JSON string with status 200.", "COMPLETED"),
    _value("number-200", "A number with status 200.", 0),
    _value("true-200", "true with status 200.", True),
    _case("deeply-nested-200", "Lists in lists, six hundred deep.", _SHAPE, body(b"[" * 600 + b"]" * 600)),
    _case("empty-object-200", "An object without members.", "HPP-A16", send_json({})),
    _case("error-object-200", "An error object with status 200.", "HPP-A16",
          send_json({"error_code": "NOT_FOUND", "error_messages": ["no"], "correlation_id": CORRELATION})),
    _case("wrapped-session", "A session inside another object.", "HPP-A16",
          rewrite(lambda content: b'{"data": ' + content + b"}")),
    _case("byte-order-mark", "A session after a byte order mark.", _BROKEN, rewrite(lambda content: BOM + content)),
    _case("invalid-utf-8", "A session with bytes in it that are not UTF-8.", _BROKEN,
          rewrite(lambda content: content[:-1] + b', "note": "caf\xe9"}')),
    _case("utf-16-session", "A session in UTF-16.", _BROKEN,
          rewrite(lambda content: content.decode().encode("utf-16"))),
    _case("repeated-member", "A session that names its status twice.", "HPP-A12",
          rewrite(lambda content: content[:-1] + b', "status": "IN_PROGRESS"}')),
    _case("text-plain-session", "A session declared as plain text.", "HPP-A11", header("Content-Type", "text/plain")),
    _case("undeclared-session", "A session without a Content-Type.", "HPP-A11", header("Content-Type", None)),
    _case("problem-json-session", "A session declared as problem details.", "HPP-A11",
          header("Content-Type", "application/problem+json")),
    _case("capital-charset", "A session whose Content-Type is written Application/JSON; Charset=UTF-8.", "HPP-A17",
          header("Content-Type", "Application/JSON; Charset=UTF-8")),
    _case("padded-session", "A session with a megabyte of white space around it.", "HPP-A02",
          rewrite(lambda content: b"\n" * 500_000 + content + b" " * 500_000)),
)  # fmt: skip
