"""An invoice, credit note, receipt or statement as a PDF."""

from typing import Any

from glimmer.exchange.typeset import typeset


def render_invoice(content: dict[str, Any]) -> bytes:
    """Return the PDF of an invoice's content (see `glimmer.actions.invoices`)."""
    return typeset("invoice.typ", "invoice", content)
