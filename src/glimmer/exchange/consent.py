"""A patient's copy of a consent as a PDF."""

from typing import Any

from glimmer.exchange.typeset import typeset


def render_consent(content: dict[str, Any]) -> bytes:
    """Return the PDF of a consent's content (see `glimmer.actions.consent_signing.copy_content`)."""
    return typeset("consent.typ", "consent", content)
