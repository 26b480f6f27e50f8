"""In how many ways tools keep one and the same exchange: each gives the same bytes, or says that they were not kept."""

from __future__ import annotations

import base64
import gzip
import json
import sys
import zlib
from pathlib import Path
from typing import Any

import brotli  # type: ignore[import-untyped]  # it has no types
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from hpp_contract.model import Exchange, Instant
from hpp_contract.recordings import read_recordings
from hpp_contract.recordings.formats.addresses import located
from hpp_contract.recordings.formats.codings import Lost, Packed, Undone, undone
from hpp_contract.recordings.formats.times import instant, instant_of

ID = "39a1c773-bafd-754d-af1f-b30c592f1267"
PATH = f"/hpp/v1/sessions/{ID}"
URL = f"https://h{PATH}"
TEXT = '{"session_id": "ü"}'
BODY = TEXT.encode()
PACKED = base64.b64encode(BODY).decode()
GZIP = gzip.compress(BODY, mtime=0)
HEX = [GZIP[:20].hex(), GZIP[20:].hex()]
LONG = {"name": "Content-Length", "value": "19"}


def read(folder: Path, document: Any) -> tuple[list[Exchange], list[str], list[str]]:
    """The exchanges in a file that holds this document, what cannot be read, and what is noted."""
    file = folder / "recording"
    file.write_text(json.dumps(document), encoding="utf-8")
    found = read_recordings([str(file)])
    unreadable = [each.removeprefix(str(file)) for each in found.unreadable]
    return found.exchanges, unreadable, [each.removeprefix(f"{file}: ") for each in found.notes]


def har(content: Any, headers: Any = (), **response: Any) -> Any:
    answer = {"status": 200, "headers": list(headers), "content": content} | response
    return {"log": {"entries": [{"request": {"method": "GET", "url": f"{URL}#top"}, "response": answer}]}}


def nock(response: Any, headers: Any = (), **more: Any) -> Any:
    asked = {"scope": "https://h:443", "path": PATH, "status": 200}
    return [asked | {"response": response, "rawHeaders": list(headers)} | more]


def ruby(body: Any, **response: Any) -> Any:
    answer = {"status": {"code": 200}, "body": body} | response
    return {"http_interactions": [{"request": {"method": "get", "uri": URL}, "response": answer}]}


def go_vcr(**response: Any) -> Any:
    return {"interactions": [{"request": {"url": URL}, "response": {"code": 200} | response}]}


def vcrpy(**response: Any) -> Any:
    return {
        "interactions": [{"request": {"method": "GET", "uri": URL}, "response": {"status": {"code": 200}} | response}]
    }


def exvcr(**response: Any) -> Any:
    return [{"request": {"url": URL, "options": []}, "response": {"status_code": 200, "type": "ok"} | response}]


def charles(**message: Any) -> Any:
    return [{"scheme": "https", "host": "h", "path": PATH, "request": {}, "response": {"status": 200} | message}]


def hoverfly(**response: Any) -> Any:
    request = {"path": PATH, "destination": "h", "query": {}}
    return {"data": {"pairs": [{"request": request, "response": {"status": 200} | response}]}}


def talkback(body: Any, readable: bool) -> Any:
    meta = {"host": "https://h/", "resHumanReadable": readable}
    return {"meta": meta, "req": {"url": PATH}, "res": {"status": 200, "body": body}}


def wiremock_net(**response: Any) -> Any:
    return {"Request": {"Path": PATH}, "Response": {"StatusCode": 200} | response}


def responses(**answer: Any) -> Any:
    return {"responses": [{"response": {"url": URL, "status": 200, "content_type": "application/json"} | answer}]}


@pytest.mark.parametrize(
    "document",
    [
        har({"text": TEXT}),
        har({"text": PACKED, "encoding": "base64"}),
        har({"text": PACKED}),
        {"httpRequest": {"path": PATH, "body": {"type": "REGEX"}}, "httpResponse": {"body": TEXT}},
        responses(body=TEXT, headers={"content-type": "application/json"}),
        har({"text": TEXT, "encoding": "base64"}),
        har({"text": json.dumps([PACKED[:8], PACKED[8:]]), "encoding": "base64"}),
        har({"text": json.dumps([BODY.hex()]), "_isBinary": True}),
        har({"text": json.dumps(HEX), "encoding": "base64"}, [{"name": "Content-Encoding", "value": ["gzip"]}]),
        nock(TEXT, status=200.0),
        nock(TEXT, status="200"),
        nock(BODY.hex(), responseIsBinary=True),
        nock(HEX, ["Content-Encoding", "gzip"]),
        nock(GZIP.hex(), ["Content-Encoding", "gzip"]),
        ruby({"string": TEXT}),
        ruby({"base64_string": PACKED}),
        ruby({"raw_gzip": base64.b64encode(zlib.compress(BODY)).decode()}),
        ruby({"string": TEXT}, status={"status_code": "200"}),
        ruby({"string": TEXT}, status=None, status_code=200),
        ruby({"string": TEXT}, status="HTTP/1.1 200 OK"),
        go_vcr(body=TEXT, headers={"Content-Encoding": ["gzip"]}),
        go_vcr(body=GZIP.decode("latin-1"), headers={"Content-Encoding": ["gzip"]}),
        vcrpy(body={"string": TEXT}),
        vcrpy(body={"string": TEXT}, parsed_body={"session_id": 5}),
        exvcr(body=TEXT),
        exvcr(body=base64.b64encode(b"\x83m" + len(BODY).to_bytes(4) + BODY).decode(), binary=True),
        charles(body={"text": TEXT}),
        charles(body={"encoded": PACKED}),
        hoverfly(body=TEXT),
        hoverfly(body=PACKED, encodedBody=True),
        talkback(TEXT, readable=True),
        talkback(PACKED, readable=False),
        wiremock_net(Body=TEXT),
        wiremock_net(BodyAsBytes=PACKED),
        responses(body=TEXT),
    ],
)
def test_every_way_to_keep_a_body(tmp_path: Path, document: Any) -> None:
    """The body is the same, however it was kept."""
    (exchange,), unreadable, _ = read(tmp_path, document)
    assert exchange.response is not None
    assert (exchange.response.content, exchange.response.status, unreadable) == (BODY, 200, [])
    assert (exchange.request.method, exchange.request.path, exchange.request.parts.fragment) == ("GET", PATH, "")


@pytest.mark.parametrize(
    "document",
    [
        har({"size": 19}),
        har({"size": -1}),
        har({}),
        har({"size": 0}, [LONG]),
        har({"size": 0}, bodySize=19),
        har({"size": 0, "comment": "Response body is not included."}),
        har({"text": "", "size": 19}),
        har({"text": TEXT[:9], "size": 19}),
        har({"text": TEXT, "comment": "truncated"}),
        har({"text": "(binary data)"}),
        har({"_file": "../recording"}),
        har({"_file": "missing.json"}),
        ruby({"encoding": "UTF-8"}),
        ruby({"string": "a.json", "file": True}),
        ruby({"on_disk": "a.json"}),
        ruby({"string": "<BODY OMITTED>"}),
        go_vcr(body="", content_length=19),
        vcrpy(body=None),
        vcrpy(),
        exvcr(),
        charles(),
        charles(body={}),
        hoverfly(body="", bodyFile="a.json"),
        wiremock_net(BodyAsFile="a.json"),
        nock(brotli.compress(BODY)[:-3].hex(), ["Content-Encoding", "br"]),
        [{"request": {"method": "GET", "url": URL}, "started_at": 1, "response": {"status": 200}}],
    ],
)
def test_a_body_that_was_not_kept(tmp_path: Path, document: Any) -> None:
    """Unknown is not empty: no rule reads a body that the recorder left out."""
    (exchange,), unreadable, _ = read(tmp_path, document)
    assert exchange.response is not None
    assert (exchange.response.body_kept, exchange.response.content, unreadable) == (False, None, [])


@pytest.mark.parametrize(
    "document",
    [har({"size": 0}), har({"text": ""}), ruby({"string": ""}), go_vcr(body=""), go_vcr(), vcrpy(body={"string": ""}),
     charles(sizes={"body": 0}), hoverfly(), wiremock_net(), nock("")],
)  # fmt: skip
def test_an_empty_body_was_kept(tmp_path: Path, document: Any) -> None:
    """Empty is not unknown: a body whose size says that there is none was kept."""
    (exchange,), *_ = read(tmp_path, document)
    assert exchange.response is not None
    assert (exchange.response.body_kept, exchange.response.content) == (True, b"")


@pytest.mark.parametrize(
    ("text", "chunked", "body"),
    [
        ("abcdefghi", False, b"abcdefghi"),
        ("MTIzNDU2Nzg5", False, b"MTIzNDU2Nzg5"),
        ('{"no": "chunks"}', True, b'{"no": "chunks"}'),
        ("[1, 2]", True, b"[1, 2]"),
        ('["not base64!"]', True, b'["not base64!"]'),
        ("[", True, b"["),
    ],
)
def test_texts_that_only_look_packed(tmp_path: Path, text: str, chunked: bool, body: bytes) -> None:
    """A text of the letters of base64, and a list that holds no chunks, are what was answered."""
    (exchange,), *_ = read(tmp_path, har({"text": text} | ({"encoding": "base64"} if chunked else {})))
    assert exchange.response is not None
    assert exchange.response.body == body


@pytest.mark.parametrize(
    ("document", "sentence"),
    [
        (har({"text": "e30", "encoding": "base64"}), "#1: a body is not base64, though it says so (read as HAR)"),
        (exvcr(body="e30=", binary=True), "#1: a binary body is not in Erlang's external form (read as ExVCR)"),
        (ruby({"raw_gzip": "e30="}), "#1: a packed body that cannot be unpacked (read as Ruby VCR, Betamax, R vcr, "),
        (
            go_vcr(body="\x1f\ufffd\b", headers={"Content-Encoding": ["gzip"]}),
            "#1: the body was packed, and ",
        ),
        (ruby({"string": ""}, status={"message": "OK"}), "#1: member status.code is missing"),
        (ruby({"string": ""}, status=None), "#1: member status is missing"),
        (nock("", status="20"), "#1: a status code is not a number from 100 to 999"),
    ],
)
def test_a_body_that_is_damaged(tmp_path: Path, document: Any, sentence: str) -> None:
    """What its recorder spoiled is nobody's broken rule: the sentence says what it was read as."""
    exchanges, (said,), _ = read(tmp_path, document)
    assert exchanges == []
    assert said.startswith(sentence)


def mountebank(predicate: Any, answer: Any) -> Any:
    return {"protocol": "http", "stubs": [{"predicates": [predicate], "responses": [answer]}]}


def stub(path: str, **response: Any) -> Any:
    return {"mappings": [{"request": {"urlPath": path}, "response": response}]}


@pytest.mark.parametrize(
    ("document", "kind"),
    [
        (stub(PATH, fault="EMPTY_RESPONSE"), "stubs"),
        (stub(PATH, proxyBaseUrl="https://h"), "stubs"),
        (stub(PATH, body="{{request.path}}"), "stubs"),
        (stub(PATH, jsonBody={"a": "{{now}}"}), "stubs"),
        ({"mappings": [{"request": {"urlPathTemplate": "/hpp/v1/sessions/{id}"}, "response": {}}]}, "stubs"),
        ({"mappings": [{"uuid": "a", "request": {"method": "ANY"}, "response": {}}]}, "skipped (other operations)"),
        ({"request": {"method": "GET"}, "response": {"status": 200}}, "skipped (other operations)"),
        ([{"request": {"url": PATH}, "response": {"fault": "x"}}, {"request": {"url": "/"}, "response": {}}], "stubs"),
        ({"httpRequest": {"path": {"value": PATH}}, "httpResponse": {}}, "stubs"),
        ({"httpRequest": {"path": PATH}, "httpForward": {"host": "h"}}, "stubs"),
        (hoverfly(body="{{ Request.Path }}", templated=True), "stubs"),
        ({"data": {"pairs": [{"request": {"path": {"matcher": "glob", "value": f"{PATH}*"}}}]}}, "stubs"),
        ({"data": {"pairs": [{"request": {"path": None}}]}}, "skipped (other operations)"),
        (
            {"protocol": "http", "stubs": [{"predicates": [{"equals": {"path": PATH}}], "responses": [{"proxy": {}}]}]},
            "stubs",
        ),
        (mountebank({"matches": {"path": PATH}}, {}), "stubs"),
        ({"protocol": "http", "stubs": [{"responses": [{"is": {}}]}]}, "skipped (other operations)"),
        (wiremock_net(UseTransformer=True), "stubs"),
        ({"Request": {"Path": PATH}, "Response": {}}, "stubs"),
        ({"Request": {"Path": f"{PATH}*"}, "Response": {}}, "stubs"),
        ({"Request": {"Path": {"Matchers": [{"Name": "RegexMatcher", "Pattern": PATH}]}}, "Response": {}}, "stubs"),
        ({"Request": {"Path": "/*"}, "Response": {}}, "skipped (other operations)"),
        ([{"request": {"url": "~r/sessions.+/", "options": []}, "response": {}}], "stubs"),
        (har({}, status=0, _error="net::ERR_BLOCKED_BY_CLIENT"), "requests that the browser blocked"),
        (har({}, status=0, _blockedReason="csp"), "requests that the browser blocked"),
        ({"version": "api.keploy.io/v1beta1", "kind": "Generic", "spec": {}}, "skipped (other operations)"),
    ],
)
def test_what_is_no_exchange(tmp_path: Path, document: Any, kind: str) -> None:
    """A stub that answers many requests, or none by itself, or never left a browser, is counted, not judged."""
    exchanges, _, notes = read(tmp_path, document)
    assert exchanges == []
    assert any(f"1 {kind}" in note for note in notes), notes


@pytest.mark.parametrize(
    "document",
    [
        exvcr(type="error"),
        [{"request": {"method": "GET", "url": URL}, "response": None}],
        [{"scheme": "https", "host": "h", "port": 8443, "path": PATH, "query": "a=b", "request": {}, "response": None}],
        har({}, status=-2),
        har({}, status="-1"),
        har({}, status=0, _error="net::ERR_ABORTED"),
        har({}, status=None),
    ],
)
def test_a_request_without_an_answer(tmp_path: Path, document: Any) -> None:
    """What was asked and never answered is so recorded."""
    (exchange,), *_ = read(tmp_path, document)
    assert (exchange.response, exchange.failure) == (None, "unanswered")


def postman(url: Any, body: str = TEXT, **request: Any) -> Any:
    example = {"originalRequest": {"url": url} | request, "code": 200, "body": body}
    return {"collection": {"info": {}, "item": [{"item": [{"name": "a", "response": [example]}]}, 5, {"item": 5}]}}


@pytest.mark.parametrize(
    ("url", "body", "asked"),
    [
        (URL, TEXT, URL),
        ({"protocol": "https", "host": ["h"], "path": PATH[1:].split("/")}, TEXT, URL),
        ({"host": "{{base}}", "path": PATH}, TEXT, f"https://unnamed.invalid{PATH}"),
        ({"raw": "https://h/hpp/v1/sessions/:id?a=b", "variable": [{"key": "id", "value": ID}]}, TEXT, URL),
        ({"raw": "{{b}}/hpp/v1/sessions/:id", "variable": [{"key": "id", "value": "<id>"}]},
         f'{{"session_id": "{ID}"}}', f"https://unnamed.invalid{PATH}"),
        ("https://h/hpp/v1/sessions/{{id}}", "no JSON", None),
        ("https://h/hpp/v1/sessions/:id", '{"session_id": 5}', None),
    ],
)  # fmt: skip
def test_variables_of_postman(tmp_path: Path, url: Any, body: str, asked: str | None) -> None:
    """A variable is filled from the collection, else by the id in the answer, else it stands for any session."""
    exchanges, _, notes = read(tmp_path, postman(url, body))
    assert [each.request.url.partition("?")[0] for each in exchanges] == [asked] * bool(asked)
    assert asked or notes[0].startswith("1 stubs")


@pytest.mark.parametrize(
    "document",
    [
        {"id": "a", "order": ["b"], "requests": [{"url": URL, "method": "GET", "responses": [
            {"responseCode": {"code": 200}, "text": TEXT, "headers": [{"key": "A", "value": "b"}]}]}]},
        {"collection": {"item": [], "info": {}}, "run": {"executions": [
            {"request": {"url": {"protocol": "https", "host": ["h"], "path": PATH[1:].split("/")}, "method": "GET"},
             "response": {"code": 200, "header": [{"key": "A", "value": "b"}],
                          "stream": {"type": "Buffer", "data": [*BODY]}}}, {"requestError": {}}]}},
    ],
    ids=["version 1", "newman"],
)  # fmt: skip
def test_other_files_of_postman(tmp_path: Path, document: Any) -> None:
    """Old collections, and what newman reports of a run, hold answers too."""
    (exchange,), unreadable, _ = read(tmp_path, document)
    assert exchange.response is not None
    assert (exchange.request.url, exchange.response.body, unreadable) == (URL, BODY, [])
    assert exchange.response.headers == (("A", "b"),)


@pytest.mark.parametrize(
    ("kept", "fields"),
    [
        ({"header": None}, (("Content-Type", "application/json"),)),
        ({"header": None, "_postman_previewlanguage": "json"}, (("Content-Type", "application/json"),)),
        ({"header": None, "_postman_previewlanguage": "html"}, ()),
        ({"header": []}, ()),
    ],
)
def test_fields_that_postman_did_not_keep(tmp_path: Path, kept: Any, fields: Any) -> None:
    """Of an answer that was written by hand no fields are kept, which is not that there were none."""
    item = {"request": URL, "response": [{"code": 200, "body": TEXT} | kept]}
    (exchange,), *_ = read(tmp_path, {"info": {}, "item": [item]})
    assert exchange.response is not None
    assert exchange.response.headers == fields


def test_a_request_of_postman_that_is_only_a_url(tmp_path: Path) -> None:
    """An example without a request of its own has that of its item, which may be a URL alone."""
    item = {"request": URL, "response": [{"code": 200, "body": TEXT, "responseTime": 20}, 5]}
    (exchange,), *_ = read(tmp_path, {"info": {}, "item": [item]})
    assert (exchange.request.method, exchange.request.url, exchange.elapsed) == ("GET", URL, 0.02)


@pytest.mark.parametrize(
    ("written", "url"),
    [
        (URL, URL),
        (PATH, f"https://unnamed.invalid{PATH}"),
        *[
            (f"{origin}{PATH}", f"https://unnamed.invalid{PATH}")
            for origin in ("<HOST>", "https://<HOST>", "http://<HOST>:80", "<%= ENV['A'] + '/' %>", "{{base}}",
                           "${BASE}", "$BASE", "%BASE%", "API_HOST", "https://SHOP_API_HOST", "__HOST__", "[HOST]", "http://a.<X>.b")
        ],
        (f"<HOST>/base{PATH}", f"https://unnamed.invalid/base{PATH}"),
        (f"https://<USER>:<PASSWORD>@h{PATH}", URL),
        (f"https://SHOP_USER:REDACTED@h{PATH}", URL),
        (f"https://user:pass@h{PATH}", URL),
        (f"https://sc:kco_test_api_scrubbed@h{PATH}", f"https://sc:kco_test_api_scrubbed@h{PATH}"),
        (f"https://M000001-shop:REDACTED@h{PATH}", f"https://M000001-shop:REDACTED@h{PATH}"),
        (f"https://M1:Zm9vYmFy@h{PATH}", f"https://M1:Zm9vYmFy@h{PATH}"),
        (f"http://h{PATH}/<ID>", f"http://h{PATH}/<ID>"),
    ],
)  # fmt: skip
def test_what_was_taken_out_of_a_url(written: str, url: str) -> None:
    """A name in the place of a host, or of a user and a password, accuses nobody; what is there stays."""
    assert located(written) == url


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "zstd", "gzip, br"])
@given(body=st.binary(min_size=1, max_size=200))
def test_codings_are_undone(coding: str, body: bytes) -> None:
    """A body that was packed, also twice, is its bytes again."""
    packed = body
    for name in coding.split(", "):
        pack = {"gzip": gzip.compress, "deflate": zlib.compress, "br": brotli.compress,
                "zstd": zstandard.ZstdCompressor().compress}[name]  # fmt: skip
        packed = pack(packed)
    found = undone((("Content-Encoding", coding),), packed)
    assert found == Undone(body, plain=True) or found == Undone(packed, plain=False)


def test_codings_that_cannot_be_undone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the package, or with broken bytes, it is said that and why a body cannot be read."""
    packed = brotli.compress(BODY)
    cut, bomb = (("Content-Encoding", "br"),), zstandard.ZstdCompressor().compress(bytes(40 * 1024 * 1024))
    assert undone(cut, packed[:-2]) == Packed("br", "and cannot be unpacked")
    assert undone((("Content-Encoding", "zstd"),), bomb) == Packed("zstd", "and cannot be unpacked")
    assert undone((("Content-Encoding", "gzip"),), b"\x1f\x8b\xff") == Undone(b"\x1f\x8b\xff", plain=False)
    assert undone((("Content-Encoding", "gzip"),), "\x1f\ufffd".encode()) == Lost()
    assert undone((("Content-Encoding", "utf-8"),), BODY) == Undone(BODY, plain=False)
    monkeypatch.setitem(sys.modules, "brotli", None)
    assert undone(cut, packed) == Packed("br", "and the package brotli is not installed")


@pytest.mark.parametrize(
    "text",
    ["2026-11-20T12:00:00Z", "2026-11-20 12:00:00 GMT", "2026-11-20 12:00:00", "2026-11-20T12:00:00",
     "2026-11-20 12:00:00 UTC", "Fri, 20 Nov 2026 12:00:00 GMT", "2026-11-20T13:00:00+01:00"],
)  # fmt: skip
def test_times(text: str) -> None:
    """A time is the same in every form; one without a zone is in UTC, wherever it is read."""
    assert (instant(text) or Instant(0)).ns == (Instant.parse("2026-11-20T12:00:00Z") or Instant(1)).ns


def test_times_that_are_none() -> None:
    """What is no time is none."""
    assert [
        instant("soon"),
        instant(5),
        instant_of("5"),
        instant_of(True),
        instant_of(-1),
        instant_of(float("nan")),
    ] == [None] * 6
    assert instant_of(1_763_640_000) == Instant.parse("2025-11-20T12:00:00Z")
