"""The documented pages: the sources that rules name, with their addresses, and what the Read Session page said when the
schemas were made from it. The examples are the schemas' own."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from hpp_contract.spec.endpoint import SESSION_PATH
from hpp_contract.spec.schema_files import DOCUMENTED, example, load

HAPPY_FLOW: Final = "Read Session › Happy flow examples"
REFERENCE: Final = "API reference 1.1 › getSessionById"
ERROR_OBJECT: Final = "Error object"
AUTHENTICATION: Final = "Authentication"
BASE_URLS: Final = "Base URLs"
DATA_TYPES: Final = "Data types"
SESSION_LIFECYCLE: Final = "Session lifecycle"
SESSION_LIFETIME: Final = "Session lifetime"
FIELD_TABLE: Final = "Klarna › Read session › Field table"
CALLBACKS: Final = "Callbacks page"
TRACKING: Final = "Klarna › Tracking of a session"
"""Pages, and headings on them, as `source` names them."""

_HPP: Final = "https://docs.kustom.co/contents/checkout/hosted-payment-page"
_RFC: Final = re.compile(r"RFC (\d+)(?: §([\d.]+))?")

ADDRESSES: Final[Mapping[str, str]] = {
    "Read Session": f"{_HPP}/api-documentation/read-session",
    "Session lifecycle": f"{_HPP}/before-you-start/tracking-session-status",
    "Session lifetime": f"{_HPP}/api-documentation/create-session",
    "Callbacks page": f"{_HPP}/api-documentation/status-callbacks",
    "Authentication": "https://docs.kustom.co/contents/api/api-basics/authentication",
    "API reference 1.1": "https://docs.klarna.com/api/hpp-merchant/",
    "Create HPP session": f"{_HPP}/api-documentation/create-session",
    "Base URLs": "https://docs.kustom.co/contents/api/api-basics/api-urls",
    "Klarna › Read session": "https://docs.klarna.com/hosted-payment-page/api-documentation/read-session",
    "Klarna › Tracking": "https://docs.klarna.com/hosted-payment-page/before-you-start/tracking-session-status/",
    "Klarna's rate limits": "https://docs.klarna.com/api/rate-limit/",
    "Rate limits": "https://docs.klarna.com/api/rate-limit/",
    "Data types": "https://docs.klarna.com/hosted-payment-page/api-documentation/read-session",
    "Error object": "https://docs.klarna.com/api/errors",
}
"""Where the pages were found in November 2026. Kustom's own copies of the API reference and of the page about errors
could not be reached then: Klarna's are the ones they were taken from."""


def address(source: str) -> str | None:
    """The address of what a source names, down to the section; None when nothing public says it."""
    page, *headings = source.split(" › ")
    if rfc := _RFC.match(page):
        number, section = rfc.groups()
        return f"https://www.rfc-editor.org/rfc/rfc{number}" + (f"#section-{section}" if section else "")
    found = next((ADDRESSES[name] for name in ADDRESSES if source.startswith(name)), None)
    if found is None or not headings or page != "Read Session":  # how the other pages address sections is not known
        return found
    return f"{found}#{re.sub(r'[^a-z0-9_]+', '-', headings[-1].lower()).strip('-')}"


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
