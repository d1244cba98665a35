"""The PDF of a letter: tagged, repeatable, and deaf to commands in what people typed."""

from io import BytesIO

import pypdf
import pytest

from glimmer.exchange.letters import render_letter

TYPED = r"#panic(1) *bold* _it_ $1+1$ `raw` #read(\"/etc/passwd\") @ref <label> \ // /* // = heading ~"


def content(**changes):
    facts = {
        "title": "Summary of a course of ketamine treatment",
        "written_at": "2026-11-22T20:00:00.123456+00:00",
        "draft": True,
        "date": "22 November 2026",
        "reference": "G000012 / 7",
        "clinic": {
            "name": "Glimmer demonstration clinic",
            "address": ["1 Sample Street", "Exampleton"],
            "telephone": "01632 960 101",
            "email": "clinic@glimmer.example",
        },
        "to": ["Dr Ada Quince", "Made-up Road Surgery"],
        "salutation": "Dear Dr Quince",
        "copies": ["Amina Sample (patient)"],
        "patient": {
            "name": "SAMPLE, Amina",
            "nhs_number": "999 000 0018",
            "birth_date": "3 May 1984",
            "local_number": "G000012",
            "address": "1 Sample Street, EX1 1EX",
        },
        "sections": [section("In short", paragraphs=["One paragraph."])],
        "signature": None,
    }
    return {**facts, **changes}


def section(heading, paragraphs=(), points=(), columns=(), rows=()):
    return {
        "heading": heading,
        "paragraphs": list(paragraphs),
        "points": list(points),
        "columns": list(columns),
        "rows": [list(row) for row in rows],
    }


def read(pdf):
    return pypdf.PdfReader(BytesIO(pdf))


def words(pdf):
    return " ".join(" ".join(page.extract_text() for page in read(pdf).pages).split())


def test_pdf_is_tagged_and_says_its_language_and_title():
    root = read(render_letter(content())).trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"] == True  # noqa: E712 - a PDF boolean, not Python's
    assert root["/Lang"] == "en-GB"
    assert root["/StructTreeRoot"]
    assert b"pdfuaid:part" in root["/Metadata"].get_data()
    assert read(render_letter(content())).metadata.title.startswith("Summary of a course")


def test_same_facts_give_the_same_bytes():
    assert render_letter(content()) == render_letter(content())


def test_every_page_names_the_patient_and_counts_itself():
    rows = [[f"{number} March 2026", str(number)] for number in range(1, 121)]
    pdf = render_letter(content(sections=[section("Scores", columns=["Date", "PHQ-9"], rows=rows)]))
    pages = read(pdf).pages
    assert len(pages) > 2
    for number, page in enumerate(pages, start=1):
        shown = " ".join(page.extract_text().split())
        assert "SAMPLE, Amina" in shown
        assert "NHS number 999 000 0018" in shown
        assert f"Page {number} of {len(pages)}" in shown
        assert "DRAFT" in shown
        assert "PHQ-9" in shown


def test_signature_never_stands_on_a_page_of_its_own():
    signature = {"name": "Dr Idris Penhallow", "role": "Psychiatrist", "registration": "", "signed_at": "today"}
    for lines in range(28, 46):
        parts = [section("In short", paragraphs=["A line."] * lines), section("Whom to call", points=["Call us."])]
        pages = read(render_letter(content(draft=False, signature=signature, sections=parts))).pages
        shown = next(page.extract_text() for page in pages if "Yours sincerely" in page.extract_text())
        assert "Call us." in shown


def test_what_people_typed_is_printed_and_never_obeyed():
    pdf = render_letter(
        content(
            salutation=TYPED,
            to=[TYPED],
            sections=[section(TYPED, paragraphs=[TYPED], points=[TYPED], columns=[TYPED], rows=[[TYPED]])],
            patient={**content()["patient"], "name": TYPED, "address": TYPED},
        )
    )
    shown = words(pdf)
    assert shown.count("#panic(1)") >= 7
    assert "root:" not in shown


@pytest.mark.parametrize(
    ("typed", "printed"),
    [
        ("Zoë Ł. Ng’ang’a-Müller", "Zoë Ł. Ng’ang’a-Müller"),
        ("a\x07b", "a"),
        ("tab\there", "tab"),
        ("left\u202eright", "left"),
        ("a\u200bb", "a"),
    ],
)
def test_unusual_characters_do_not_stop_a_letter(typed, printed):
    assert printed in words(render_letter(content(salutation=typed)))


def test_character_that_no_font_can_draw_is_printed_as_its_number():
    # A private-use character: no font of any machine gives it a meaning.
    assert "[U+F8F7]" in words(render_letter(content(salutation="name \uf8f7 here")))


def test_signed_letter_has_the_signature_block_and_no_draft_mark():
    signature = {
        "name": "Dr Idris Penhallow",
        "role": "Psychiatrist",
        "registration": "GMC 0000001",
        "signed_at": "22 November 2026 at 20:15",
    }
    shown = words(render_letter(content(draft=False, signature=signature)))
    assert "Signed electronically by Dr Idris Penhallow Psychiatrist, registration GMC 0000001 on 22 November" in shown
    assert "DRAFT" not in shown
