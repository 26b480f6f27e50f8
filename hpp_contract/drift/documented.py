"""What the Read Session page said when the schemas were made from it. The examples are the schemas' own."""

from __future__ import annotations

from typing import Any, Final

from hpp_contract.spec.schema_files import DOCUMENTED, example, load

URL: Final = "https://{endpoint}/hpp/v1/sessions/{session_id}"
PATH: Final = "/hpp/v1/sessions/"
METHOD: Final = "GET"
OPERATION: Final = "Operation"
EXAMPLE_HOST: Final = "api.kustom.co"
HEADERS: Final = {"authorization": "Basic", "content-type": "application/json", "cache-control": "no-cache"}
"""Of the example request; of the credentials, the scheme alone."""


def heading_of(shape: str) -> str:
    """The heading under which the page shows this shape."""
    return str(load(shape)["x-source"]).rpartition(" › ")[2]


HEADINGS: Final = (
    "Endpoint description",
    "Reference",
    "Url structure",
    OPERATION,
    "Example",
    "Happy flow examples",
    *map(heading_of, DOCUMENTED),
    "Important Considerations",
)
"""In the page's order, below its title."""


def examples() -> dict[str, dict[str, Any]]:
    """The documented example body of each shape."""
    return {shape: example(shape) for shape in DOCUMENTED}


def members() -> tuple[str, ...]:
    """Every member that the API reference gives a session."""
    return tuple(load("session")["$defs"]["session"]["properties"])


def statuses() -> tuple[str, ...]:
    """Every status of the API reference; TIMEOUT is another page's."""
    values = load("session")["$defs"]["session"]["properties"]["status"]["enum"]
    return tuple(value for value in values if value != "TIMEOUT")
