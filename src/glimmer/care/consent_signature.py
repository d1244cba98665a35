"""What counts as a signature: a drawn line, a name typed before a witness, or a scan that is what it says."""

import re
from typing import Final

from glimmer.guidance import figure
from glimmer.vocabulary.problems import BadInput

BOX: Final[tuple[int, int]] = figure("consent", "signature_box").value
"""Width and height of the box that is drawn in; every point lies inside it."""

LEAST_POINTS = 2
"""A line has two ends: less is a slip of the finger."""

_PATH = re.compile(r"(?:[ML]\d{1,3} \d{1,3})+")
_POINT = re.compile(r"[ML](\d{1,3}) (\d{1,3})")
_KINDS = ((b"%PDF-", "application/pdf"), (b"\x89PNG\r\n\x1a\n", "image/png"), (b"\xff\xd8\xff", "image/jpeg"))


def checked_path(path: str) -> str:
    """Return drawn SVG path data; raise BadInput unless it is lines inside the box, and not more than anybody signs."""
    points = _POINT.findall(path)
    if len(points) < LEAST_POINTS:
        raise BadInput("Nothing was drawn. Let the patient sign in the box, or type the name instead.", field="path")
    inside = all(int(x) <= BOX[0] and int(y) <= BOX[1] for x, y in points)
    if not inside or not _PATH.fullmatch(path) or len(points) > figure("consent", "most_signature_points").value:
        raise BadInput("This drawing cannot be stored. Clear it, and let the patient sign again.", field="path")
    return path


def scan_type(content: bytes) -> str:
    """Return what a scan is by its own first bytes (PDF, PNG or JPEG); raise BadInput for anything else or too much."""
    most = figure("consent", "most_scan_bytes").value
    if len(content) > most:
        raise BadInput(
            f"The file is too big: {_megabytes(len(content)):.1f} MB, and at most {_megabytes(most):.0f} MB are taken. "
            "Scan it in grey, or with fewer dots.",
            field="scan",
        )
    for first, kind in _KINDS:
        if content.startswith(first):
            return kind
    raise BadInput("This file is no PDF, PNG or JPEG. Scan the form again as one of these.", field="scan")


def _megabytes(length: int) -> float:
    return length / 1000 / 1000
