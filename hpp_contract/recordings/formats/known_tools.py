"""Files of tools that are known and not read: what they are, and how to get a recording out of the tool."""

from __future__ import annotations

import re
from pathlib import PurePath
from typing import Any, Final

from hpp_contract.recordings.formats.convert import first_object

_STARTS: Final[tuple[tuple[re.Pattern[bytes], str], ...]] = (
    (
        re.compile(rb"\d+:\d+:[a-z_]+;|\d+:(?:\d+:)?.{0,200}?(?:mitmproxy|websocket;|timestamp_start;)", re.DOTALL),
        "a flow file of mitmproxy: export it by `mitmdump -nr FILE --set hardump=FILE.har`",
    ),
    (re.compile(rb"\xac\xed\x00\x05|.{0,64}com\.xk72", re.DOTALL),
     "a session of Charles: export it by File › Export Session… as HTTP Archive (.har)"),
    (re.compile(rb"\s*(?:<\?xml[^>]*>\s*)?(?:<!DOCTYPE[^>]*>\s*)?<charles-session"),
     "a session of Charles in XML: export it by File › Export Session… as HTTP Archive (.har)"),
    (re.compile(rb"\s*(?:<\?xml[^>]*>\s*)?(?:<!DOCTYPE.{0,4000}?\]>\s*)?<items burpVersion", re.DOTALL),
     "items of Burp Suite: export them as HAR by an extension, or record through mitmproxy"),
    (re.compile(rb"\s*(?:<\?xml[^>]*>\s*)?<testResults"),
     "results of JMeter: record as HAR by a proxy in between, such as mitmproxy"),
    (re.compile(rb"timeStamp[,;\t]elapsed[,;\t]"),
     "results of JMeter as CSV, which keep no answers: record as HAR by a proxy in between, such as mitmproxy"),
    (re.compile(rb"\s*(?:<\?xml[^>]*>\s*)?<jmeterTestPlan"), "a test plan of JMeter: it holds no answers"),
    (re.compile(rb"(?:\xd4\xc3\xb2\xa1|\xa1\xb2\xc3\xd4|\x0a\x0d\x0d\x0a|\x4d\x3c\xb2\xa1)"),
     "a capture of network packets: its answers are encrypted; record as HAR in the browser or by mitmproxy"),
    (re.compile(rb"WARC/1\."), "a web archive (WARC): record as HAR instead"),
    (re.compile(rb"SQLite format 3\x00"), "an SQLite database, as requests-cache keeps: export its answers as HAR"),
    (re.compile(rb"PAR1"), "a Parquet file: write its rows as NDJSON"),
)  # fmt: skip
"""How files begin that are no text, or another text than JSON and YAML."""

ZIP: Final = b"PK\x03\x04"


_ENDINGS: Final = {".chls": _STARTS[1][1], ".chlz": _STARTS[1][1], ".flow": _STARTS[0][1], ".flows": _STARTS[0][1],
                   ".mitm": _STARTS[0][1]}  # fmt: skip
"""How files of such tools are called."""


def not_text(data: bytes, name: str) -> str | None:
    """What a file is, and how to export it, where its first bytes, or its name where these are no text, show a tool
    whose files are not read."""
    start = data[:8192]
    for pattern, sentence in _STARTS:
        if pattern.match(start):
            return sentence
    return _ENDINGS.get(PurePath(name).suffix.lower()) if data[:1] not in (b"{", b"[") else None


def of_zip(names: list[str]) -> str:
    """What a zip is that holds these files and no HAR."""
    if any(re.fullmatch(r"raw/\d+_[cs]\.txt", name) for name in names):
        return "a zip, a session archive of Fiddler: export it by File › Export Sessions as HTTPArchive v1.2 (.har)"
    if any(name.endswith((".trace", ".network")) for name in names):
        return "a zip, a trace of Playwright: record with recordHar instead"
    if any(name.startswith("META-INF/") for name in names):
        return "a zip, a Java archive: give the recordings in it"
    return "a zip without a HAR in it: unpack it, and give the recordings in it"


def not_read(document: Any) -> str | None:
    """What a parsed document is, where it is known and holds no exchanges that could be judged."""
    value = document if isinstance(document, dict) else first_object(document)
    names = value.keys()
    for members, sentence in _DOCUMENTS:
        if members <= names:
            return sentence
    return None


_NO_BODIES: Final = "it keeps no bodies: log exchanges as docs/formats.md shows"

_DOCUMENTS: Final[tuple[tuple[set[str], str], ...]] = (
    ({"_type", "__export_format"}, "an export of Insomnia: it holds no answers; export a response as HAR"),
    ({"resourceSpans"}, f"traces of OpenTelemetry: {_NO_BODIES}"),
    ({"constants", "events"}, "a net log of Chrome: save as HAR in the developer tools' network panel"),
    ({"start_time", "response_code"}, f"an access log of Envoy: {_NO_BODIES}"),
    ({"request_method", "status"}, f"an access log of nginx: {_NO_BODIES}"),
    ({"request_uri", "status"}, f"an access log of a web server: {_NO_BODIES}"),
    ({"RequestMethod", "DownstreamStatus"}, f"an access log of Traefik: {_NO_BODIES}"),
    ({"httpRequest", "logName"}, f"a log of Google Cloud: {_NO_BODIES}"),
    ({"openapi", "paths"}, "an OpenAPI document: a description, not a recording"),
    ({"swagger", "paths"}, "an OpenAPI document: a description, not a recording"),
    ({"traceEvents"}, "a performance trace of Chrome: save as HAR in the developer tools' network panel"),
    ({"info", "item"}, "a Postman collection without saved answers: save them as examples (Save Response)"),
)  # fmt: skip
