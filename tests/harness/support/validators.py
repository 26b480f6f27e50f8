"""The schemas under two independent validators, as they are or changed in memory."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import jsonschema_rs
from jsonschema import Draft202012Validator, FormatChecker
from referencing import Registry, Resource

from hpp_contract.generate import NAMES
from hpp_contract.rules.schemas import is_instant
from hpp_contract.spec.schema_files import load

Files = Mapping[str, Any]

FILES: Files = {name: load(name) for name in NAMES}


def rust(name: str, files: Files = FILES) -> Any:
    """The validator of jsonschema-rs for `<name>.json`; raises where the schemas do not fit together."""
    registry = jsonschema_rs.Registry([(f"{file}.json", schema) for file, schema in files.items()])
    formats = {"date-time": is_instant}
    return jsonschema_rs.validator_for(
        {"$ref": f"{name}.json"}, registry=registry, validate_formats=True, formats=formats
    )


def python(name: str, files: Files = FILES) -> Any:
    """The validator of jsonschema for `<name>.json`."""
    resources = [(f"{file}.json", Resource.from_contents(schema)) for file, schema in files.items()]
    registry: Registry[Any] = Registry().with_resources(resources)
    checker = FormatChecker(["date"])
    checker.checks("date-time")(is_instant)
    return Draft202012Validator({"$ref": f"{name}.json"}, registry=registry, format_checker=checker)


def pointer(path: Any) -> str:
    """A JSON Pointer of jsonschema's path."""
    return "".join(f"/{token}" for token in path)


def errors(validator: Any, body: Any) -> set[tuple[str, str, str]]:
    """Keyword, place and rule of everything that jsonschema finds; an absent member has the place where it is not."""
    found = set()
    for error in validator.iter_errors(body):
        rule = error.schema.get("x-contract", {}).get(error.validator, {}).get("rule", "")
        found |= {(error.validator, pointer(error.absolute_path) + member, rule) for member in absent(error)}
    return found


def absent(error: Any) -> list[str]:
    """The pointers below the place of an error that it is about: absent members, or the place itself."""
    if error.validator != "required":
        return [""]
    return [f"/{name}" for name in error.validator_value if name not in error.instance]
