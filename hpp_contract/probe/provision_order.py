"""The order that provisioning makes: an example with made-up content, or one from a file."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from hpp_contract.engine.errors import UsageProblem
from hpp_contract.model.body import read

VARIABLE: Final = "HPP_ORDER"
"""Names a file with the body of an order: for merchants who may not sell in Sweden."""

_EXAMPLE: Final = """
{
  "purchase_country": "SE", "purchase_currency": "SEK", "locale": "sv-SE",
  "order_amount": 10000, "order_tax_amount": 2000,
  "order_lines": [
    {"name": "Contract test, not for delivery", "quantity": 1, "unit_price": 10000, "tax_rate": 2500,
     "total_amount": 10000, "total_tax_amount": 2000}
  ],
  "merchant_urls": {
    "terms": "https://www.example.com/terms", "checkout": "https://www.example.com/checkout",
    "confirmation": "https://www.example.com/confirmation", "push": "https://www.example.com/push"
  }
}
"""


def example_order() -> Any:
    """The body of an order that nobody placed."""
    return json.loads(_EXAMPLE)


def order_from(environ: Mapping[str, str]) -> Any:
    """The order in the file that HPP_ORDER names, None when it names none; raises UsageProblem."""
    file = environ.get(VARIABLE, "").strip()
    if not file:
        return None
    try:
        body = read(Path(file).read_bytes())
    except OSError as error:
        raise UsageProblem(f"{VARIABLE} names {file}, which cannot be read ({error.strerror}).") from None
    if not isinstance(body.value, dict):
        raise UsageProblem(f"{VARIABLE} names {file}, which is no JSON object: an order is one.")
    return body.value
