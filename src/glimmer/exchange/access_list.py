"""The list of looks at one patient's record as a PDF."""

from typing import Any

from glimmer.exchange.typeset import typeset


def render_access_list(content: dict[str, Any]) -> bytes:
    """Return the PDF of a list's content (see `glimmer.actions.access_list`)."""
    return typeset("access_list.typ", "list", content)
