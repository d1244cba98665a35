"""In the training clinic, SIMULATED stands on everything that leaves the server: pages, prints, and files to keep.

Put into the answers themselves and not into templates, so that no page, also a later one, can be without it. Documents
are marked where they are typeset.
"""

import json
import re
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.templatetags.static import static
from django.utils.deprecation import MiddlewareMixin

MARK = "SIMULATED"
SAYS = "SIMULATED: training clinic. Nobody here is real, and nothing here treats anybody."
_BODY = re.compile(rb"<body[^>]*>")
_NAME = re.compile(r'filename="')
TEST_DATA = {
    "system": "http://terminology.hl7.org/CodeSystem/v3-ActReason",
    "code": "HTEST",
    "display": "test health data",
}
"""The label that FHIR R4 has for what is about nobody (security labels, HL7 v3 ActReason)."""


class SimulatedMiddleware(MiddlewareMixin):
    """Marks every answer while the training clinic is served; does nothing in a clinic."""

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        """Put the mark on a page, and into the name and the data of a file."""
        if not settings.ENVIRONMENT.training:
            return response
        response["Glimmer-Simulated"] = "training"
        held = response.get("Content-Disposition", "")
        if held:
            response["Content-Disposition"] = _NAME.sub(f'filename="{MARK}-', held, count=1)
        kind = response.get("Content-Type", "").partition(";")[0].strip()
        if response.streaming:
            return response
        if kind == "text/html":
            response.content = marked(response.content)  # type: ignore[attr-defined]
        elif held and kind in ("application/json", "application/fhir+json"):
            response.content = labelled(response.content)  # type: ignore[attr-defined]
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


def labelled(data: bytes) -> bytes:
    """Return a JSON file that says of itself that it is simulated: a FHIR one as test data in each of its resources."""
    found = json.loads(data)
    if not isinstance(found, dict):
        return data
    if "resourceType" not in found:
        return json.dumps({"simulated": SAYS, **found}, indent=1, ensure_ascii=False).encode()
    for one in (found, *(entry["resource"] for entry in found.get("entry", ()) if "resource" in entry)):
        _label(one)
    return json.dumps(found, indent=1, ensure_ascii=False).encode()


def _label(resource: dict[str, Any]) -> None:
    meta = resource.setdefault("meta", {})
    meta["security"] = [*meta.get("security", ()), TEST_DATA]
    if resource["resourceType"] == "Composition":
        # What a person reads first.
        resource["title"] = f"{MARK} {resource['title']}"
