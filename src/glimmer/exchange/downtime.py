"""The sheets on which a session is written while Glimmer is away, as a PDF."""

from typing import Any

from glimmer.exchange.typeset import typeset


def render_sheets(content: dict[str, Any]) -> bytes:
    """Return the PDF of a day's sheets (see `glimmer.actions.downtime.print_sheets`): two pages for each session."""
    return typeset("downtime.typ", "day", content)
