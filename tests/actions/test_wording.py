"""Official wording: imported item by item, shown on the form, and never touching how a form is scored."""

import json

import pytest

from glimmer.actions.wording import import_wording, wording_of
from glimmer.guidance.instrument import instrument
from glimmer.records.models import AuditLine, WordingPack
from glimmer.vocabulary.problems import BadInput, NotAllowed, RuleRefused

pytestmark = pytest.mark.django_db
WHY = "Made up for this test"


def a_file(count: int = 9, answers: int = 4, title: str = "A form", mark: str = "") -> bytes:
    options = [{"valueString": f"choice {number}"} for number in range(answers)]
    items = [
        {"linkId": str(n), "text": f"Made-up question {n}{mark}", "answerOption": options} for n in range(1, count + 1)
    ]
    return json.dumps({"resourceType": "Questionnaire", "title": title, "item": items}).encode()


def test_wording_is_stored_with_who_and_why(cast):
    pack = import_wording(a_file(), "phq9", "en", WHY, by=cast.maya)
    assert (len(pack.items), pack.imported_by, pack.permission) == (9, cast.maya, WHY)
    assert AuditLine.objects.get(action="import_wording").details["instrument"] == "phq9"


def test_newest_wording_of_a_language_is_shown_and_the_older_stays(cast):
    import_wording(a_file(), "phq9", "en", WHY, by=cast.maya)
    import_wording(a_file(mark=" anew"), "phq9", "en", WHY, by=cast.maya)
    welsh = import_wording(a_file(mark=" cy"), "phq9", "cy", WHY, by=cast.maya)
    phq9 = instrument("phq9")
    assert wording_of(phq9).items[0]["text"] == "Made-up question 1 anew"
    assert wording_of(phq9, "cy") == welsh
    assert wording_of(phq9, "pl") is None
    assert WordingPack.objects.count() == 3


def test_questions_after_the_items_are_left_out(cast):
    assert len(import_wording(a_file(count=10), "phq9", "en", WHY, by=cast.maya).items) == 9


@pytest.mark.parametrize(
    ("raw", "name", "language", "why", "says"),
    [
        (a_file(8), "phq9", "en", WHY, "has 9 items, and the file has 8"),
        (a_file(9, 5), "phq9", "en", WHY, "Question 1 of the file has 5 answers"),
        (a_file(), "phq99", "en", WHY, "no instrument 'phq99'"),
        (a_file(), "phq9", "", WHY, "language"),
        (a_file(), "phq9", "<en>", WHY, "language"),
        (a_file(), "phq9", "en", "  ", "why this clinic may show"),
    ],
)
def test_wording_that_does_not_fit_is_refused(cast, raw, name, language, why, says):
    with pytest.raises(BadInput, match=says):
        import_wording(raw, name, language, why, by=cast.maya)
    assert not WordingPack.objects.exists()


def test_same_file_twice_is_refused(cast):
    import_wording(a_file(), "phq9", "en", WHY, by=cast.maya)
    with pytest.raises(RuleRefused, match="imported before"):
        import_wording(a_file(), "phq9", "en", WHY, by=cast.maya)


def test_instrument_whose_owner_must_be_asked_takes_no_wording(cast):
    with pytest.raises(RuleRefused, match="may not be held here"):
        import_wording(a_file(1, 4), "kset", "en", WHY, by=cast.maya)


def test_who_has_no_part_in_care_imports_nothing(cast):
    with pytest.raises(NotAllowed):
        import_wording(a_file(), "phq9", "en", WHY, by=cast.gil)
