"""`hpp-contract serve --body FILE`: a vector, or the body that a test failed on, said by the reference endpoint."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hpp_contract.spec.session import UUID

if TYPE_CHECKING:
    from hpp_contract.cases.scenarios import Scenario
    from hpp_contract.engine.fault import Fault

STAGE = "waiting"
"""The scenario in whose place the body is served."""


def served_body(path: Path) -> tuple[Scenario, Fault]:
    """What to give a Server so that every well-formed id is answered with the bytes of the file; an error object with
    404. Raises UsageProblem when the file cannot be read."""
    from hpp_contract.cases.scenarios import SCENARIOS
    from hpp_contract.engine.edits import body, status
    from hpp_contract.engine.errors import UsageProblem
    from hpp_contract.engine.fault import fault

    try:
        content = path.read_bytes()
    except OSError as error:
        raise UsageProblem(f"--body {path} could not be read ({error.strerror}): name a file with a body.") from None
    edits = (body(content), status(404)) if _is_error(content) else (body(content),)
    return SCENARIOS[STAGE], fault("body", STAGE, *edits)


def session_in(path: Path) -> str | None:
    """The id that the body in the file is about, as a client would ask for it; None when it names none."""
    try:
        value: Any = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):  # broken on purpose, perhaps
        return None
    found = value.get("session_id") if isinstance(value, dict) else None
    return found if isinstance(found, str) and UUID.fullmatch(found) else None


def _is_error(content: bytes) -> bool:
    """Whether this is meant to be an error object."""
    try:
        value: Any = json.loads(content)
    except ValueError:  # broken on purpose, perhaps
        return False
    return isinstance(value, dict) and "status" not in value and bool({"error_code", "correlation_id"} & value.keys())
