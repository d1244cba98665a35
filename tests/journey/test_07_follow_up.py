"""Chapter 7. What comes next, and the letter that tells the GP."""

import io
import re

from pypdf import PdfReader


def test_idris_discharges_amina_to_her_gp(idris, amina):
    idris.goes_to(amina.step("follow-up")).sees("Nothing has been decided yet.")
    idris.chooses("What happens next?", "Discharge to the referrer")
    idris.writes("Reason", "Much better; she does not wish to go on.").presses("Record the decision")
    idris.sees("The decision was recorded.")


def test_idris_drafts_the_letter_and_reads_it(idris, amina):
    idris.goes_to(amina.step("follow-up")).chooses("Which letter?", "Discharge")
    idris.writes("Your own paragraph (optional)", "Please see her in four weeks.").presses("Draft the letter")
    idris.sees("The letter was drafted.", "Draft", "Dr Ada Quince", "Please see her in four weeks.")
    amina.comes_from(idris.page, "letter")


def test_maya_cannot_sign_it(maya, amina):
    maya.goes_to(amina.found_at("letter"))
    assert not maya.may("Sign as")


def test_idris_signs_it_and_the_pdf_says_the_same(idris, amina):
    idris.goes_to(amina.found_at("letter")).presses("Sign as Dr Idris Penhallow").sees("Signed")
    answer = idris.page.request.get(f"{idris.clinic.url}{amina.found_at('letter')}.pdf")
    assert answer.headers["content-type"] == "application/pdf"
    pdf = PdfReader(io.BytesIO(answer.body()))
    text = " ".join(" ".join(page.extract_text() for page in pdf.pages).split())
    for words in ("Amina Sample", "999 000 0018", "Dr Ada Quince", "PHQ-9", "Please see her in four weeks."):
        assert words in text, words
    # A few minutes of a 40-minute infusion: what she was given, not what was prescribed.
    given = re.search(r"Ketamine \(racemic\) (\d+\.\d) mg", text)
    assert given, text
    assert 0 < float(given[1]) < 35
    assert "GMC 0000001" in text
    assert "DRAFT" not in text.upper()
    # Tagged, with a language and a title: a screen reader can read it.
    assert pdf.trailer["/Root"]["/MarkInfo"]["/Marked"]
    assert pdf.trailer["/Root"]["/Lang"].lower().startswith("en")


def test_journey_has_ended_and_tells_all_that_was_done(maya, amina):
    maya.goes_to(amina.found_at("journey")).sees("Discharged", "Ended on")
    history = maya.page.get_by_role("region", name="What was done")
    for line in ("Referral", "override", "Consent", "Plan", "Session 1", "PHQ-9", "letter"):
        assert line.casefold() in history.inner_text().casefold(), line
