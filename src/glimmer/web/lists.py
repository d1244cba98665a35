"""Lists shown one page at a time, and the questions that stand in an address."""

from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, QueryDict


def asked_number(query: QueryDict, name: str, otherwise: int = 1) -> int:
    """Return a whole number from the address; nonsense counts as not asked."""
    text = query.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 8 else otherwise


def asked_choice(query: QueryDict, name: str, among: tuple[str, ...]) -> str:
    """Return one of `among` from the address, or "" when it asks for none of them."""
    text = query.get(name, "")
    return text if text in among else ""


def page_links(request: HttpRequest, listed: Any) -> dict[str, Any] | None:
    """Return the parameters of the pagination component; None when everything is on one page."""
    if listed.pages <= 1:
        return None
    links: dict[str, Any] = {}
    if listed.number > 1:
        links["previous"] = {"label": f"{listed.number - 1} of {listed.pages}", "href": _at(request, listed.number - 1)}
    if listed.number < listed.pages:
        links["next"] = {"label": f"{listed.number + 1} of {listed.pages}", "href": _at(request, listed.number + 1)}
    return links


def _at(request: HttpRequest, number: int) -> str:
    asked = {name: value for name, value in request.GET.items() if name != "page" and value}
    return "?" + urlencode({**asked, "page": number})
