"""The schemas for others, made from ours: `published/session.json` and `openapi.json` in `schemas/`.

Ours are for our rules: many files, an annotation beside every constraint, warnings among them. Published is what a
consumer may rely on: one file, only what breaks a *must*, and any status, since new ones may come. A test holds the
files in step with what is built here, and writes them where that is accepted. `python -m tests.published_schemas` gives
them to the tools that others use.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from hpp_contract.engine.rule import Severity
from hpp_contract.rules import find
from hpp_contract.spec.endpoint import SESSION_PATH
from hpp_contract.spec.page import examples
from hpp_contract.spec.schema_files import END, SHAPES, example, load
from hpp_contract.spec.session import STATUSES

Schema = dict[str, Any]

BASE: Final = "https://hpp-contract.example/schemas/"
"""What the schemas' ids begin with. They are names: nothing is there to be fetched."""

NAMES: Final = {
    "session": "Session",
    "customer": "Customer",
    "manual_identification": "ManualIdentification",
    "error_object": "ErrorObject",
}
"""What the API reference calls each object, in the notation of classes."""

_CONSTRAINTS: Final = ("type", "const", "enum", "pattern", "format", "minLength", "maxLength", "required", "not")

_ID: Final = "^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$"

_PAID: Final = ("authorization_token", "klarna_reference")
"""What no session has before it is paid; an order may be there earlier."""


def _forbidden(*names: str) -> Schema:
    return {"type": "object", "properties": {name: {"not": {}} for name in names}}


def _status(*statuses: str) -> Schema:
    return {"type": "object", "required": ["status"], "properties": {"status": {"enum": list(statuses)}}}


def _requires(name: str) -> Schema:
    return {"type": "object", "required": [name]}


CONDITIONS: Final = (
    {"if": _status("WAITING", "IN_PROGRESS"), "then": _forbidden(*_PAID)},
    {"if": _status("COMPLETED"), "then": {"oneOf": [_requires("order_id"), _requires("authorization_token")]}},
)
"""What a status says of the other members."""


def session_schema() -> Schema:
    """The session as one JSON Schema. Without formats, which Ajv refuses unless it is taught them: the pattern says the
    same of an instant but for the length of months."""
    definitions = _definitions("#/$defs/", formats=False)
    session = definitions.pop("Session")
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"{BASE}published/session.json",
        **session,
        "allOf": list(CONDITIONS),
        "$defs": definitions,
    }


def openapi() -> Schema:
    """The read-session operation, in one document."""
    session = {"schema": {"$ref": "#/components/schemas/Session"}}
    bodies = {shape: {"summary": load(shape)["title"], "value": body} for shape, body in examples().items()}
    problem = {"schema": {"$ref": "#/components/schemas/ErrorObject"}}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Kustom Hosted Payment Page: read session",
            "version": "1.1",
            "description": "The read-session operation as its documentation has it, written by the authors of "
            "hpp-contract and not by Kustom.",
            "contact": {"name": "The authors of hpp-contract"},
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [
            {"url": "https://api.kustom.co", "description": "production"},
            {"url": "https://api.playground.kustom.co", "description": "playground"},
        ],
        "security": [{"basic": []}],
        "tags": [{"name": "sessions", "description": "Payment pages that Kustom hosts"}],
        "paths": {
            SESSION_PATH: {
                "get": {
                    "operationId": "getSessionById",
                    "tags": ["sessions"],
                    "summary": "Read a session",
                    "description": "The session as it is now. It may be read again and again until it is final.",
                    "parameters": [_session_id(), _cache_control()],
                    "responses": {
                        "200": {
                            "description": "The session",
                            "content": {"application/json": {**session, "examples": bodies}},
                        },
                        "401": {"description": "Credentials missing or wrong. No body is documented."},
                        "403": {"description": "Not allowed to read this session. No body is documented."},
                        "404": {
                            "description": "The session expired, or no session has this id. No body is documented."
                        },
                        "5XX": {
                            "description": "The API failed. All Kustom APIs describe their errors like this; a gateway "
                            "in front of one may answer with a page.",
                            "content": {"application/json": problem},
                        },
                    },
                }
            }
        },
        "components": {
            "schemas": _definitions("#/components/schemas/", formats=True),
            "securitySchemes": {
                "basic": {
                    "type": "http",
                    "scheme": "basic",
                    "description": "`Basic <API key>`, or `Basic base64(<username>:<API key>)`",
                }
            },
        },
    }


def _session_id() -> Schema:
    return {
        "name": "session_id",
        "in": "path",
        "required": True,
        "description": "The id of the session.",
        "schema": {"type": "string", "pattern": _ID},
        "examples": {"documented": {"value": example("waiting")["session_id"]}},
    }


def _cache_control() -> Schema:
    return {
        "name": "Cache-Control",
        "in": "header",
        "description": "The documented example request sends it.",
        "schema": {"type": "string"},
        "examples": {"documented": {"value": "no-cache"}},
    }


def _definitions(where: str, *, formats: bool) -> dict[str, Schema]:
    """Every object by its name, with references below `where`."""
    ours = load("session")["$defs"]
    sources = {name: ours[name] for name in NAMES if name in ours} | {"error_object": load("error-object")}
    found = {}
    for name, source in sources.items():
        found[NAMES[name]] = {"title": NAMES[name], **_published(source, where, formats=formats)}
    found["Session"]["properties"]["status"]["examples"] = list(STATUSES)
    found["Session"]["examples"] = [example(shape) for shape in SHAPES]
    return found


def _published(schema: Mapping[str, Any], where: str, *, formats: bool) -> Schema:
    """The schema without annotations of ours, and without constraints that weigh less than a must."""
    reference = schema.get("$ref", "").rpartition("/")[2].removeprefix("unmasked_")
    if reference in NAMES:
        return {"$ref": where + NAMES[reference], **{key: schema[key] for key in schema if key != "$ref"}}
    if reference:
        schema = {**load("session")["$defs"][reference], **{key: schema[key] for key in schema if key != "$ref"}}
    kept: Schema = {key: schema[key] for key in ("description", "examples") if key in schema}
    kept |= {key: schema[key] for key in _CONSTRAINTS if key in schema and _is_kept(schema, key, formats=formats)}
    if "pattern" in kept:
        kept["pattern"] = kept["pattern"].replace(END, "$")
    for name, inner in schema.get("properties", {}).items():
        kept.setdefault("properties", {})[name] = _published(inner, where, formats=formats)
    if "items" in schema:
        kept["items"] = _published(schema["items"], where, formats=formats)
    return kept


def _is_kept(schema: Mapping[str, Any], keyword: str, *, formats: bool) -> bool:
    reason = schema["x-contract"][keyword]
    rule = find(reason["rule"])
    weight = reason.get("severity") or (rule.severity if rule is not None else "")
    if keyword == "enum":  # a new status is valid for a consumer
        return False
    if keyword == "format":
        return formats
    return keyword == "type" or weight == Severity.MUST


PUBLISHED: Final = {"published/session": session_schema, "openapi": openapi}
"""The published files by name, and what makes each."""


def text_of(name: str) -> str:
    """The file as it is written."""
    return json.dumps(PUBLISHED[name](), indent=2, ensure_ascii=False) + "\n"
