"""The endpoint's description as other tools want to read it: `openapi-3.0.json`, with the examples that each asks for.

They are made because the session ids are the embedded server's, and because Dredd is at its best with OpenAPI 2.
"""

from __future__ import annotations

import json
from copy import deepcopy
from pathlib import Path
from typing import Any, Final

from hpp_contract.cases.scenarios import SCENARIOS, session_id
from hpp_contract.spec.schema_files import SHAPES

UNKNOWN_ID: Final = "00000000-0000-4000-8000-000000000000"

_BASE: Final = Path(__file__).with_name("openapi-3.0.json")
_CREATED: Final = 1_790_000_000 * 1_000_000_000
_NOT_FOUND: Final = {
    "error_code": "NOT_FOUND",
    "error_messages": ["No session has this id"],
    "correlation_id": "6a1c3f0e-9e0b-4c55-8f0e-2f3b1f0f9b55",
}

Document = dict[str, Any]


def write_documents(folder: Path) -> dict[str, Path]:
    """Write both forms of the description; their paths by name."""
    base = json.loads(_BASE.read_text("utf-8"))
    paths = {}
    for name, document in (("named", with_named_examples(base)), ("swagger", swagger(base))):
        paths[name] = folder / f"openapi-{name}.json"
        paths[name].write_text(json.dumps(document, indent=1), "utf-8")
    return paths


def with_named_examples(base: Document) -> Document:
    """Every session as a named example of request and answer: Specmatic makes a test of each name, Schemathesis a case
    of each value."""
    document = deepcopy(base)
    operation = _operation(document)
    ids = {shape: {"value": session_id(shape)} for shape in SHAPES}
    operation["parameters"][0]["examples"] = {**ids, "unknown": {"value": UNKNOWN_ID}}
    answers = {shape: {"value": SCENARIOS[shape].body(session_id(shape), 0, _CREATED)} for shape in SHAPES}
    _content(operation, "200")["examples"] = answers
    _content(operation, "404")["examples"] = {"unknown": {"value": _NOT_FOUND}}
    return document


def swagger(base: Document) -> Document:
    """OpenAPI 2, which Dredd validates by its schemas (of OpenAPI 3 it compares one example): one object with every
    member, what is required of all sessions, and every status."""
    schemas = _localized(base["components"]["schemas"])
    shapes = [schemas[reference["$ref"].rpartition("/")[2]] for reference in schemas["Session"]["oneOf"]]
    members: dict[str, Any] = {}
    for shape in shapes:
        members |= shape["properties"]
    every_status = [status for shape in shapes for status in shape["properties"]["status"]["enum"]]
    members["status"] = {"type": "string", "enum": list(dict.fromkeys(every_status))}
    session = {"type": "object", "required": shapes[0]["required"], "properties": members}
    identity = {"name": "session_id", "in": "path", "required": True, "type": "string", "x-example": UNKNOWN_ID}
    answers = {
        status: {"description": answer["description"], "schema": session if status == "200" else schemas["Error"]}
        for status, answer in _operation(base)["responses"].items()
    }
    operation = {"produces": ["application/json"], "parameters": [identity], "responses": answers}
    kept = ("Customer", "ManualIdentification", "Id", "Instant")
    return {
        "swagger": "2.0",
        "info": base["info"],
        "paths": {path: {"get": operation} for path in base["paths"]},
        "definitions": {name: schemas[name] for name in kept},
    }


def _localized(schemas: dict[str, Any]) -> dict[str, Any]:
    """The schemas with their references as OpenAPI 2 writes them."""
    located: dict[str, Any] = json.loads(json.dumps(schemas).replace("#/components/schemas/", "#/definitions/"))
    return located


def _operation(document: Document) -> dict[str, Any]:
    operation: dict[str, Any] = document["paths"]["/hpp/v1/sessions/{session_id}"]["get"]
    return operation


def _content(operation: dict[str, Any], status: str) -> dict[str, Any]:
    content: dict[str, Any] = operation["responses"][status]["content"]["application/json"]
    return content
