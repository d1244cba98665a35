"""What counts as a signature."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glimmer.care.consent_signature import BOX, checked_path, scan_type
from glimmer.vocabulary.problems import BadInput


@given(st.lists(st.tuples(st.integers(0, BOX[0]), st.integers(0, BOX[1])), min_size=2, max_size=60))
def test_a_line_inside_the_box_is_a_signature(points):
    path = "M" + "L".join(f"{x} {y}" for x, y in points)
    assert checked_path(path) == path


@pytest.mark.parametrize(
    "path",
    [
        "",
        "M1 1",
        "M1 1L601 1",
        "M1 1L1 201",
        "M1 1L2 2<script>",
        "M1 1L2 2' onload='x",
        "m1 1l2 2",
        "M1 1L2 2 url(http://x)",
        "M0 0" + "L1 1" * 4000,
    ],
)
def test_anything_else_is_none(path):
    with pytest.raises(BadInput):
        checked_path(path)


# The first bytes by which the formats' own specifications know them: ISO 32000, PNG, JFIF.
@pytest.mark.parametrize(
    ("first", "kind"),
    [(b"%PDF-1.7\n", "application/pdf"), (b"\x89PNG\r\n\x1a\n", "image/png"), (b"\xff\xd8\xff\xe0", "image/jpeg")],
)
def test_a_scan_is_what_its_own_bytes_say(first, kind):
    assert scan_type(first + b"the rest") == kind


@pytest.mark.parametrize("content", [b"", b"<html>", b"<svg xmlns=", b"GIF89a", b" %PDF-1.7", b"PK\x03\x04"])
def test_a_page_that_could_run_is_no_scan(content):
    with pytest.raises(BadInput, match="no PDF, PNG or JPEG"):
        scan_type(content)


def test_a_scan_has_its_bounds():
    with pytest.raises(BadInput, match=r"5\.0 MB, and at most 5 MB"):
        scan_type(b"%PDF-" + b"0" * 5_000_000)
