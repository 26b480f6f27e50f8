"""The stub servers, as their documentation has them: WireMock with a mapping for each situation, Prism with an example
for each session. Which answers are asked for is told here too; what a test asserts of them is not.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from copy import deepcopy
from pathlib import Path
from typing import Any, Final

from benchmarks.detection.environment import Environment
from hpp_contract.cases.scenarios import CREDENTIALS, SCENARIOS, session_id
from hpp_contract.spec.schema_files import SHAPES

PATH: Final = "/hpp/v1/sessions/"
_CREATED: Final = 1_790_000_000 * 1_000_000_000
_READY: Final = re.compile(r"(?:Prism is listening on http://\S+?:|^port:\s+)(\d+)")

SESSIONS: Final[Mapping[str, dict[str, Any]]] = {
    session_id(shape): dict(SCENARIOS[shape].body(session_id(shape), 0, _CREATED)) for shape in SHAPES
}
"""The documented shapes, by session id."""

REFUSED: Final = {f"00000000-0000-4000-8000-000000000{code}": code for code in (400, 403, 404, 429, 500, 503)}
ERROR: Final = {"error_code": "NOT_FOUND", "error_messages": ["No such session"], "correlation_id": "6a1c3f0e-9e0b"}
BAD: Final = {
    "10000000-0000-4000-8000-000000000001": {
        "status": 200,
        "body": '{"session_id": "10',
        "headers": "application/json",
    },
    "10000000-0000-4000-8000-000000000002": {"status": 200, "body": "", "headers": "application/json"},
    "10000000-0000-4000-8000-000000000003": {"status": 502, "body": "<html>Bad Gateway</html>", "headers": "text/html"},
    "10000000-0000-4000-8000-000000000004": {"status": 200, "body": "<html>Sign in</html>", "headers": "text/html"},
    "10000000-0000-4000-8000-000000000005": {"fault": "CONNECTION_RESET_BY_PEER"},
    "10000000-0000-4000-8000-000000000006": {"fault": "MALFORMED_RESPONSE_CHUNK"},
    "10000000-0000-4000-8000-000000000007": {"status": 200, "jsonBody": {}, "fixedDelayMilliseconds": 4000},
}
"""Sessions whose read must end in an error, as WireMock's responses."""

POLLED: Final = "20000000-0000-4000-8000-000000000001"
LIFE: Final = ("waiting", "in-progress", "completed-with-order")


_CHALLENGE: Final[dict[str, Any]] = {
    "priority": 10,
    "request": {"method": "GET", "urlPathPattern": f"{PATH}.*", "headers": {"Authorization": {"absent": True}}},
    "response": {"status": 401, "headers": {"WWW-Authenticate": 'Basic realm="hpp"'}},
}
"""For clients that send credentials once they are asked for."""


def mappings() -> dict[str, Any]:
    """WireMock's mappings: basic authentication is matched, whatever fits none is a 404 of its own."""
    plain = {identity: {"status": 200, "jsonBody": body} for identity, body in SESSIONS.items()}
    refused = {identity: {"status": code, "jsonBody": ERROR} for identity, code in REFUSED.items()}
    bad = {identity: _typed(answer) for identity, answer in BAD.items()}
    single = [
        {"request": _request(identity), "response": _typed(answer)} for identity, answer in (plain | refused).items()
    ]
    single += [{"request": _request(identity), "response": answer} for identity, answer in bad.items()]
    return {"mappings": [*single, *_life(), _CHALLENGE]}


def _life() -> Iterator[dict[str, Any]]:
    states = ["Started", *LIFE[1:], LIFE[-1]]
    for number, shape in enumerate(LIFE):
        body = SCENARIOS[shape].body(POLLED, 0, _CREATED)
        yield {
            "scenarioName": "life",
            "requiredScenarioState": states[number],
            "newScenarioState": states[number + 1],
            "request": _request(POLLED),
            "response": _typed({"status": 200, "jsonBody": body}),
        }


def _request(identity: str) -> dict[str, Any]:
    pair = {"username": CREDENTIALS.username, "password": CREDENTIALS.api_key}
    return {"method": "GET", "urlPath": PATH + identity, "basicAuth": pair}


def _typed(answer: Mapping[str, Any]) -> dict[str, Any]:
    kind = answer.get("headers", "application/json")
    return {**answer, "headers": {"Content-Type": kind}} if "fault" not in answer else dict(answer)


def description(document: dict[str, Any]) -> dict[str, Any]:
    """The description with a path of its own, and so an example of its own, for each session."""
    made = deepcopy(document)
    ((_, item),) = made["paths"].items()
    made["paths"] = {PATH + identity: _with_example(item, body) for identity, body in SESSIONS.items()}
    return made


def _with_example(item: dict[str, Any], body: object) -> dict[str, Any]:
    own: dict[str, Any] = deepcopy(item)
    own["get"].pop("parameters")
    own["get"].pop("operationId")
    content = own["get"]["responses"]["200"]["content"]["application/json"]
    content.pop("examples", None)
    content["example"] = body
    return own


@contextmanager
def wiremock(environment: Environment, folder: Path) -> Iterator[str]:
    """WireMock, with its base URL."""
    (folder / "mappings").mkdir()
    (folder / "mappings" / "all.json").write_text(json.dumps(mappings()), "utf-8")
    jar = next((environment.node / "wiremock" / "build").glob("*.jar"))
    with _started(["java", "-jar", str(jar), "--port", "0", "--root-dir", str(folder)]) as url:
        yield url


@contextmanager
def prism(environment: Environment, folder: Path) -> Iterator[str]:
    """Prism as a mock that validates requests, with its base URL."""
    document = json.loads((environment.documents / "openapi-named.json").read_text("utf-8"))
    path = folder / "openapi.json"
    path.write_text(json.dumps(description(document)), "utf-8")
    with _started([str(environment.node / ".bin" / "prism"), "mock", "--errors", "--port", "0", str(path)]) as url:
        yield url


@contextmanager
def _started(command: list[str]) -> Iterator[str]:
    environ = {**os.environ, "NO_COLOR": "1"}
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environ) as process:
        assert process.stdout is not None
        try:
            found = next(found for line in process.stdout if (found := _READY.search(line)))
            # What it prints from now on is read too, or the pipe would fill and stop it.
            threading.Thread(target=process.stdout.read, daemon=True).start()
            yield f"http://127.0.0.1:{found[1]}"
        finally:
            process.terminate()
