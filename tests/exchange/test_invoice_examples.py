"""Invoice, credit note, receipt and statement as their PDFs, word for word, of made-up facts and text that was read.

After a change that is meant, write the files anew with
`WRITE_GOLDEN=yes pytest tests/exchange/test_invoice_examples.py` and read what differs.
"""

import os
from pathlib import Path
from typing import Any

import pytest

from glimmer.exchange.invoices import render_invoice
from tests.exchange.test_letter_examples import text_of

GOLDEN = Path(__file__).parent / "golden"
FRAME: dict[str, Any] = {
    "date": "1 June 2026",
    "written_at": "2026-06-01T09:30:00+00:00",
    "clinic": {
        "name": "Made-up clinic", "address": ["1 Sample Street", "Exampleton"], "telephone": "01632 960 101",
        "email": "clinic@example.org",
    },
    "to": ["Amina Sample", "1 Sample Street", "EX1 1EX"],
    "about": ["Amina Sample, born 3 May 1984", "Our reference: G000012"],
    "note": "",
}  # fmt: skip
PAPERS: dict[str, dict[str, Any]] = {
    "invoice": {
        **FRAME,
        "title": "Invoice",
        "number": "INV-00001",
        "rows": [
            ["Assessment", "4 May 2026", "£225.00"],
            ["Infusion session, cancelled late (50 % of the price)", "18 May 2026", "£112.50"],
            ["Preparation or integration group", "20 May 2026", "£10.00"],
        ],
        "totals": [["Total", "£347.50"]],
        "note": "Please give the number of this invoice with your payment.",
    },
    "credit_note": {
        **FRAME,
        "title": "Credit note",
        "number": "CRN-00001",
        "rows": [["Credit on INV-00001: The clinic had put off the session.", "2 June 2026", "£112.50"]],
        "totals": [["Credited", "£112.50"]],
        "note": "For INV-00001.",
    },
    "receipt": {
        **FRAME,
        "title": "Receipt",
        "number": "RCT-00001",
        "rows": [["Receipt for invoice INV-00001, by bank transfer, S 12", "5 June 2026", "£235.00"]],
        "totals": [["Received", "£235.00"]],
    },
    "statement": {
        **FRAME,
        "title": "Statement",
        "number": "Journey 7",
        "rows": [
            *([f"Invoice INV-{number:05d}", f"{number} April 2026", "£225.00"] for number in range(1, 31)),
            ["Payment RCT-00001", "5 June 2026", "\N{MINUS SIGN}£235.00"],
        ],
        "totals": [["Owed", "£6,515.00"]],
    },
}


@pytest.mark.parametrize("paper", PAPERS)
def test_paper_reads_as_it_was_read_by_a_person(paper):
    shown = text_of(render_invoice(PAPERS[paper]))
    golden = GOLDEN / f"{paper}.txt"
    if os.environ.get("WRITE_GOLDEN") == "yes":
        golden.write_text(shown, encoding="utf-8")
    assert shown == golden.read_text(encoding="utf-8")


def test_long_statement_repeats_its_head_and_counts_its_pages():
    shown = text_of(render_invoice(PAPERS["statement"]))
    assert shown.count("For Date Amount") == shown.count("Page ") >= 2
