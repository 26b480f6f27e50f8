"""The documented pages: the sources that rules name, and what the Read Session page said when the schemas were made
from it. The examples are the schemas' own."""

from __future__ import annotations

from typing import Any, Final

from hpp_contract.spec.endpoint import SESSION_PATH
from hpp_contract.spec.schema_files import DOCUMENTED, example, load

HAPPY_FLOW: Final = "Read Session › Happy flow examples"
REFERENCE: Final = "API reference 1.1 › getSessionById"
ERROR_OBJECT: Final = "Error object"
AUTHENTICATION: Final = "Authentication"
DATA_TYPES: Final = "Data types"
SESSION_LIFECYCLE: Final = "Session lifecycle"
SESSION_LIFETIME: Final = "Session lifetime"
"""Pages, and headings on them, as `source` names them."""

URL: Final = "https://{endpoint}" + SESSION_PATH
OPERATION: Final = "Operation"
EXAMPLE_HOST: Final = "api.kustom.co"
HEADERS: Final = {"authorization": "Basic", "content-type": "application/json", "cache-control": "no-cache"}
"""Header fields of the example request; of the credentials only the scheme."""


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
