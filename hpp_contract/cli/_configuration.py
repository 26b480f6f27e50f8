"""The configuration file: long options that a project need not type again (docs/configuration.md).

`[tool.hpp-contract]` in `pyproject.toml`, or the whole of `hpp-contract.toml`, in the working directory. An option
stands at the top, for every command that has it, or in the table of one command, which wins; the command line wins over
both. `schemas/tool/configuration.json`, generated from the commands, says what may stand there. Credentials may not.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from hpp_contract.engine.errors import UsageProblem, suggest
from hpp_contract.spec.endpoint import API_KEY, KEY_VARIABLE
from hpp_contract.spec.schema_files import load

if TYPE_CHECKING:
    import click

OWN_FILE: Final = "hpp-contract.toml"
SHARED_FILE: Final = "pyproject.toml"
TABLE: Final = "hpp-contract"

ALTERNATIVES: Final = {"client": ("python", "command")}
"""Options of a command of which one run takes one: when the command line names one, the file's are left out."""

_CREDENTIAL: Final = re.compile(r"key|pass|secret|credential|user|auth|token", re.IGNORECASE)
_ENVIRONMENT: Final = "Credentials never stand in a file: set HPP_API_KEY and HPP_USERNAME in the environment."


class Configuration(NamedTuple):
    """The content of the file, and how to call the place where an option stands."""

    place: str
    options: Mapping[str, Any]


def configured(command: click.Command, words: Sequence[str]) -> tuple[dict[str, Any], list[str]]:
    """What the configuration gives the command, by the names of its parameters, and what is left of the command line:
    `--no-FLAG` takes back a flag that the file sets. Raises UsageProblem."""
    found = read_configuration(Path())
    if found is None:
        return {}, list(words)
    check(found)
    own = found.options.get(command.name or "", {})
    given = {name: value for name, value in found.options.items() if not isinstance(value, dict)} | own
    given = _without_alternatives(command.name or "", given, words)
    options = {name: parameter for parameter in command.params for name in _names(parameter) if name in given}
    refused = {f"--no-{name}" for name in options if given[name] is True}
    values = {
        parameter.name or "": _value(parameter, given[name])
        for name, parameter in options.items()
        if f"--no-{name}" not in words or given[name] is not True
    }
    return values, [word for word in words if word not in refused]


def _names(parameter: click.Parameter) -> Iterator[str]:
    """The long options of a parameter, as they stand in the file."""
    return (option[2:] for option in parameter.opts if option.startswith("--"))


def _value(parameter: click.Parameter, value: Any) -> Any:
    """A repeatable option may have one text instead of a list of one."""
    return [value] if getattr(parameter, "multiple", False) and isinstance(value, str) else value


def _without_alternatives(command: str, given: dict[str, Any], words: Sequence[str]) -> dict[str, Any]:
    names = ALTERNATIVES.get(command, ())
    typed = any(word.partition("=")[0] == f"--{name}" for word in words for name in names)
    return {name: value for name, value in given.items() if not (typed and name in names)}


# --- The file


def read_configuration(folder: Path) -> Configuration | None:
    """The configuration in the folder; None when there is none. Raises UsageProblem, for two of them too."""
    own, shared = _own(folder / OWN_FILE), _shared(folder / SHARED_FILE)
    if own is not None and shared is not None:
        raise UsageProblem(f"{own.place} and {shared.place} both hold options: keep one of the two.")
    return own or shared


def _own(path: Path) -> Configuration | None:
    data = _bytes(path)
    return None if data is None else Configuration(path.name, _parsed(path, data))


def _shared(path: Path) -> Configuration | None:
    data = _bytes(path)
    if data is None or TABLE.encode() not in data:  # most projects have the file and say nothing in it about us
        return None
    tools = _parsed(path, data).get("tool", {})
    if not isinstance(tools, dict) or TABLE not in tools:
        return None
    place, table = f"[tool.{TABLE}] in {path.name}", tools[TABLE]
    if not isinstance(table, dict):
        raise UsageProblem(f"{place} is not a table: write options in lines below it, such as strict = true.")
    return Configuration(place, table)


def _bytes(path: Path) -> bytes | None:
    try:
        return path.read_bytes() if path.is_file() else None
    except OSError as error:
        raise UsageProblem(f"{path.name} cannot be read ({error.strerror}): make it readable, or remove it.") from None


def _parsed(path: Path, data: bytes) -> dict[str, Any]:
    import tomllib  # most runs have no configuration

    try:
        return tomllib.loads(data.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise UsageProblem(f"{path.name} is not UTF-8 text: save it as UTF-8.") from None
    except tomllib.TOMLDecodeError as error:  # its words quote no more than a character
        raise UsageProblem(f"{path.name} is not TOML: {error}.") from None


# --- What may stand in it


def check(found: Configuration) -> None:
    """Raise UsageProblem for an unknown name, a value that its option cannot have, and for credentials."""
    schema = load("tool/configuration")
    commands = schema["x-commands"]
    for name, value in found.options.items():
        if name in commands and isinstance(value, dict):
            for inner, inner_value in value.items():
                _check_option(schema["properties"][name]["properties"], inner, inner_value, f"{found.place}, {name}")
        else:
            _check_option(schema["properties"], name, value, found.place)


def _check_option(known: Mapping[str, Any], name: str, value: Any, place: str) -> None:
    if name not in known:
        if _is_secret(name) or _CREDENTIAL.search(name):
            raise UsageProblem(f"{place}: {_shown(name)} may not stand there. {_ENVIRONMENT}")
        hint = suggest(name, known, "see docs/configuration.md for what may stand there.")
        raise UsageProblem(f"{place}: there is no option {_shown(name)}; {hint}")
    if any(map(_is_secret, _texts(value))):
        raise UsageProblem(f"{place}: {name} holds a credential. {_ENVIRONMENT}")
    if not _fits(known[name], value):
        raise UsageProblem(f"{place}: {name} must be {_wanted(known[name])}.")


def _shown(name: str) -> str:
    """A name that is not ours, unless it is a credential itself."""
    return "a name" if _is_secret(name) else repr(name[:40])


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        yield from (text for item in value for text in _texts(item))


def _is_secret(text: str) -> bool:
    key = os.environ.get(KEY_VARIABLE, "")
    return bool(API_KEY.search(text)) or (bool(key) and key in text)


def _fits(option: Mapping[str, Any], value: Any) -> bool:
    import jsonschema_rs  # most runs have no configuration

    return jsonschema_rs.is_valid(dict(option), value)


_WORDS: Final = {
    "boolean": "true or false",
    "integer": "a whole number",
    "number": "a number",
    "string": "a text",
    "object": "a table of options",
    "array": "a list of texts",
}
_LIMITS: Final = {"minimum": "from {}", "exclusiveMinimum": "more than {}", "maximum": "to {}"}


def _wanted(option: Mapping[str, Any]) -> str:
    if "enum" in option:
        return f"one of {', '.join(option['enum'])}"
    kinds = option["type"] if isinstance(option["type"], list) else [option["type"]]
    limits = (f" {words.format(option[name])}" for name, words in _LIMITS.items() if name in option)
    return " or ".join(_WORDS[kind] for kind in kinds) + "".join(limits)
