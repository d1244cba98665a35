"""In the training clinic, SIMULATED stands on everything that leaves the server: pages, prints, and files to keep.

Put into the answers themselves and not into templates, so that no page, also a later one, can be without it. Documents
are marked where they are typeset.
"""

import re

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.templatetags.static import static
from django.utils.deprecation import MiddlewareMixin

MARK = "SIMULATED"
SAYS = "SIMULATED: training clinic. Nobody here is real, and nothing here treats anybody."
_BODY = re.compile(rb"<body[^>]*>")
_NAME = re.compile(r'filename="')


class SimulatedMiddleware(MiddlewareMixin):
    """Marks every answer while the training clinic is served; does nothing in a clinic."""

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        """Put the mark on a page, and into the name of a file."""
        if not settings.ENVIRONMENT.training:
            return response
        response["Glimmer-Simulated"] = "training"
        held = response.get("Content-Disposition", "")
        if held:
            response["Content-Disposition"] = _NAME.sub(f'filename="{MARK}-', held, count=1)
        if not response.streaming and response.get("Content-Type", "").startswith("text/html"):
            response.content = marked(response.content)  # type: ignore[attr-defined]
        return response


def marked(page: bytes) -> bytes:
    """Return a page with the mark in its title, its head and on top of its body; a piece of a page as it is."""
    found = _BODY.search(page)
    if found is None:
        return page
    style = f'<link rel="stylesheet" href="{static("glimmer/simulated.css")}">'
    banner = f'<div class="glimmer-simulated" role="note">{SAYS}</div>'
    page = page[: found.end()] + banner.encode() + page[found.end() :]
    return page.replace(b"<title>", f"<title>{MARK} ".encode(), 1).replace(b"</head>", f"{style}</head>".encode(), 1)
