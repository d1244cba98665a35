"""Every letter as its PDF, word for word: made of made-up facts, compared with text that a person has read.

After a change that is meant, write the files anew with `WRITE_GOLDEN=yes pytest tests/exchange/test_letter_examples.py`
and read what differs.
"""

import os
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

import pypdf
import pytest

from glimmer.actions.letters import example_content
from glimmer.exchange.letters import render_letter
from glimmer.guidance.letter_templates import letter_kinds

GOLDEN = Path(__file__).parent / "golden"
AT = datetime(2026, 6, 1, 9, 30, tzinfo=UTC)


def text_of(pdf):
    pages = (page.extract_text() for page in pypdf.PdfReader(BytesIO(pdf)).pages)
    return "\n".join(line.rstrip() for page in pages for line in page.splitlines() if line.strip()) + "\n"


@pytest.mark.parametrize("kind", letter_kinds())
def test_letter_reads_as_it_was_read_by_a_person(kind):
    content = example_content(kind, letter_kinds()[kind].shipped, AT)
    shown = text_of(render_letter({**content, "template": kind}))
    golden = GOLDEN / f"letter_{kind}.txt"
    if os.environ.get("WRITE_GOLDEN") == "yes":
        golden.write_text(shown, encoding="utf-8")
    assert shown == golden.read_text(encoding="utf-8")
