"""The schema of the configuration file, made from the commands: `schemas/tool/configuration.json`."""

from __future__ import annotations

import json
from typing import Any, Final

import click

from hpp_contract.cli import COMMANDS, main

NOT_IN_A_FILE: Final = {"help", "webhook"}
"""Options that say something about one call only, or hold a secret."""

_TITLE: Final = (
    "The options of hpp-contract that stand in hpp-contract.toml, or in [tool.hpp-contract] of pyproject.toml"
)
_DESCRIPTION: Final = (
    "An option at the top is for every command that has it; one in the table of a command is for that command, and "
    "wins. The command line wins over both. Credentials never stand here: they are taken from the environment."
)


def configuration_schema() -> str:
    """The schema as JSON, as it stands in the file."""
    commands = {name: _command(name) for name in COMMANDS}
    options: dict[str, Any] = {}
    for table in commands.values():
        for name, schema in table["properties"].items():
            if name not in commands:  # a command's table has the name
                options.setdefault(name, schema)
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": _TITLE,
        "description": _DESCRIPTION,
        "type": "object",
        "x-commands": list(commands),
        "additionalProperties": False,
        "properties": dict(sorted(options.items())) | commands,
    }
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def options_of(name: str) -> dict[str, click.Option]:
    """The long options of a command, as they stand in the file."""
    command = main.get_command(click.Context(main), name)
    assert command is not None
    return {
        word[2:]: option
        for option in command.params
        if isinstance(option, click.Option)
        for word in option.opts
        if word.startswith("--") and word[2:] not in NOT_IN_A_FILE
    }


def _command(name: str) -> dict[str, Any]:
    properties = {word: _option(option) for word, option in sorted(options_of(name).items())}
    return {
        "description": f"Options of hpp-contract {name}. {COMMANDS[name]}",
        "type": "object",
        "additionalProperties": False,
        "properties": properties,
    }


def _option(option: click.Option) -> dict[str, Any]:
    assert option.help is not None
    described = {"description": option.help}
    if option.is_flag:
        return described | {"type": "boolean"}
    if option.multiple:
        return described | {"type": ["array", "string"], "items": {"type": "string"}}
    return described | _type(option.type)


def _type(kind: click.ParamType[Any]) -> dict[str, Any]:
    if isinstance(kind, click.Choice):
        return {"type": "string", "enum": list(kind.choices)}
    if isinstance(kind, click.IntRange | click.FloatRange):
        name = "integer" if isinstance(kind, click.IntRange) else "number"
        lowest = "exclusiveMinimum" if kind.min_open else "minimum"
        limits = {lowest: kind.min, "maximum": kind.max}
        return {"type": name} | {key: limit for key, limit in limits.items() if limit is not None}
    return {"type": {"integer": "integer", "float": "number"}.get(kind.name, "string")}
