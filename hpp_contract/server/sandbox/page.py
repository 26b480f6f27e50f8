"""The HTML of the consumer's pages: `page.html` filled in. Values from outside stay text, and nothing is loaded."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Mapping
from functools import cache
from html import escape
from pathlib import Path
from string import Template
from types import MappingProxyType
from typing import Any, Final

from hpp_contract.model import Response
from hpp_contract.server.sandbox.callbacks import fill
from hpp_contract.server.sandbox.lifecycle import ACTS, ENTERED, is_final, may_become
from hpp_contract.server.sandbox.records import Order, Session

_FOLDER: Final = Path(__file__).parent

_BUTTONS: Final[Mapping[str, str]] = MappingProxyType(
    {"pay": "Pay {amount}", "decline": "Be declined", "back": "Go back", "cancel": "Cancel", "error": "Meet an error"}
)
_HEADINGS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "COMPLETED": "Paid",
        "FAILED": "The payment was declined",
        "BACK": "You went back",
        "CANCELLED": "The payment was cancelled",
        "ERROR": "Something went wrong while paying",
    }
)
_ONWARD: Final[Mapping[str, str]] = MappingProxyType(
    {"COMPLETED": "success", "FAILED": "failure", "BACK": "back", "CANCELLED": "cancel", "ERROR": "error"}
)
"""Where each outcome leads: a member of the session's merchant_urls."""


def checkout_page(session: Session, order: Order, code: int = 200) -> Response:
    """The page of a session: its status, what is bought, and the buttons that its status allows."""
    amount = _money(order.content["order_amount"], order.content["purchase_currency"])
    parts = [_status(session.status), *_onward(session), *_form(session, amount), _order(order, amount)]
    return _html(code, _HEADINGS.get(session.status, f"Pay {amount}"), "\n".join(parts))


def message_page(code: int, heading: str, sentence: str) -> Response:
    """A page with a heading and one sentence."""
    return _html(code, heading, f"<p>{escape(sentence)}</p>")


def see_other(location: str) -> Response:
    """The answer to a form: a redirect, so that reloading the page does not send the form again."""
    return Response(303, (("Location", location), ("Cache-Control", "no-store")))


def _status(status: str) -> str:
    end = "This is final." if is_final(status) else "It can still change."
    return f'<p role="status">The session is <strong class="status">{escape(status)}</strong>. {end}</p>'


def _onward(session: Session) -> list[str]:
    """The link to the merchant's page for this status. It is not a redirect: nothing here opens other sites."""
    links = []
    url = session.urls.get(_ONWARD.get(session.status, ""))
    if url:
        target = fill(url, session_id=session.id, order_id=session.order_id)
        links.append(f'<a class="button" rel="noreferrer" href="{_text(target)}">Go on to the merchant</a>')
    if session.status != ENTERED and may_become(session.status, ENTERED):
        links.append(f'<a class="button" href="{_text(session.page)}">Try again</a>')
    return [f'<p class="links">{" ".join(links)}</p>'] if links else []


def _form(session: Session, amount: str) -> list[str]:
    acts = [act for act, status in ACTS.items() if may_become(session.status, status)]
    if not acts:
        return []
    buttons = "\n".join(_button(act, amount) for act in acts)
    legend = "<legend>What does the consumer do?</legend>"
    return [
        f'<form method="post" action="{_text(session.page)}">\n<fieldset>\n{legend}\n{buttons}\n</fieldset>\n</form>'
    ]


def _button(act: str, amount: str) -> str:
    label = _text(_BUTTONS[act].format(amount=amount))
    return (
        f'<p><button name="act" value="{act}" aria-describedby="to-{act}">{label}</button> '
        f'<span id="to-{act}">leads to {ACTS[act]}</span></p>'
    )


def _order(order: Order, amount: str) -> str:
    lines: Iterable[Mapping[str, Any]] = order.content["order_lines"]
    currency = order.content["purchase_currency"]
    tax = _money(order.content["order_tax_amount"], currency)
    head = '<tr><th scope="col">Item</th><th scope="col">Amount</th></tr>'
    rows = "\n".join(_row(line, currency) for line in lines)
    foot = f"{_line('Of which tax', tax)}\n{_line('Total', amount)}"
    return (
        f"<table>\n<caption>The order</caption>\n<thead>{head}</thead>\n"
        f"<tbody>\n{rows}\n</tbody>\n<tfoot>\n{foot}\n</tfoot>\n</table>"
    )


def _row(line: Mapping[str, Any], currency: str) -> str:
    each = f"{line['quantity']} × {_money(line['unit_price'], currency)}"
    return _line(line["name"], _money(line["total_amount"], currency), f" <small>{_text(each)}</small>")


def _line(what: str, amount: str, more: str = "") -> str:
    return f'<tr><th scope="row">{_text(what)}{more}</th><td>{_text(amount)}</td></tr>'


def _money(minor: int, currency: str) -> str:
    """Minor units as an amount for readers: `500.00 SEK`."""
    whole, rest = divmod(abs(minor), 100)
    return f"{'-' if minor < 0 else ''}{whole}.{rest:02d} {currency.upper()}"


def _text(text: str) -> str:
    """Text from outside as HTML: no markup, and no characters that change the direction of writing."""
    return escape("".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in text))


def _html(code: int, heading: str, content: str) -> Response:
    style, source = _style()
    page = _template().substitute(heading=_text(heading), style=style, content=content)
    policy = f"default-src 'none'; style-src '{source}'; img-src data:; form-action 'self'; base-uri 'none'"
    headers = (
        ("Content-Type", "text/html; charset=utf-8"),
        ("Cache-Control", "no-store"),
        ("Content-Security-Policy", f"{policy}; frame-ancestors 'none'"),
        ("Referrer-Policy", "same-origin"),
        ("X-Content-Type-Options", "nosniff"),
    )
    return Response(code, headers, page.encode("utf-8", "replace"))


@cache
def _template() -> Template:
    return Template((_FOLDER / "page.html").read_text(encoding="utf-8"))


@cache
def _style() -> tuple[str, str]:
    """The style sheet, and the source expression by which the policy of the page allows it."""
    style = (_FOLDER / "page.css").read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return style, f"sha256-{digest}"
