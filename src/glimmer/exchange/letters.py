"""A letter's facts as a PDF."""

from typing import Any

from glimmer.exchange.typeset import typeset


def render_letter(content: dict[str, Any]) -> bytes:
    """Return the PDF of a letter's content (see `glimmer.actions.letters`)."""
    return typeset("letter.typ", "letter", content)
