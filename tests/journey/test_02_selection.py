"""Chapter 2. Is ketamine right for Amina? Baseline PHQ-9, the rules, an override by two psychiatrists, the decision."""

from glimmer.guidance import selection_rules
from glimmer.guidance.instrument import instrument
from tests.journey.people import Patient, Person, today

THERAPY = "At least 1 psychological therapy was tried"

BEGINS_AT = "selection"
PHQ9_LABELS = [item.label for item in instrument("phq9").items]


def phq9_is_recorded(amina: Patient, *, by: Person, occasion: str, answers: str, session: str = "") -> None:
    """The nine answers are copied from the patient's form; the product adds them up."""
    by.goes_to(amina.step("outcomes"))
    by.chooses("What is this PHQ-9 for?", occasion).dates("Completed on", today())
    if session:
        by.writes("Number of the session", session)
    for label, answer in zip(PHQ9_LABELS, answers, strict=True):
        by.chooses(label, answer)
    by.presses("Record the score").sees("The score was recorded.")


def rules_are_answered(amina: Patient, *, by: Person, not_met: str = "") -> None:
    by.goes_to(amina.step("selection"))
    for rule in selection_rules():
        group = by.page.get_by_role("group", name=rule.asks)
        if group.count():
            by.chooses(rule.asks, "Not met" if rule.asks == not_met else "Met")
    by.presses("Save the answers").sees("The answers were saved.")


def test_maya_records_how_amina_is_before_treatment(maya, amina):
    phq9_is_recorded(amina, by=maya, occasion="Baseline", answers="333333300")
    maya.sees("21")


def test_unanswered_hard_rule_does_not_pass(idris, amina):
    idris.goes_to(amina.step("selection")).sees("What still stands against treatment")
    idris.chooses("Is the patient eligible?", "Eligible").presses("Record the decision")
    idris.is_told("The patient has a depressive illness now")


def treatment_is_added(amina: Patient, *, by: Person, kind: str, outcome: str, **known: str) -> None:
    by.goes_to(amina.step("treatment-history")).chooses("What kind of treatment was it?", kind)
    if "drug" in known:
        by.picks("Which antidepressant?", known["drug"]).picks("Unit of the dose", "mg/day")
        by.writes("Highest daily dose", known["dose"]).writes("Weeks taken at that dose", known["weeks"])
    else:
        by.writes("Name of any other treatment", known["name"]).writes("Sessions attended", known["sessions"])
    by.chooses("What came of it?", outcome).chooses("Was it in the present episode?", "Yes")
    by.picks("Who says so?", "The referral").presses("Add to the history").sees("was added to the history")


def test_maya_records_what_was_tried_and_sees_what_it_comes_to(maya, amina):
    for drug, dose in (("Sertraline", "200"), ("Venlafaxine", "225")):
        treatment_is_added(
            amina, by=maya, kind="Antidepressant", outcome="Did not help", drug=drug, dose=dose, weeks="10"
        )
    maya.sees("225 mg a day is enough", "10 weeks are long enough")
    treatment_is_added(
        amina, by=maya, kind="Psychological therapy", outcome="Not known", name="CBT, on the waiting list", sessions="0"
    )
    maya.opens("Describe the present episode").writes("How long has the present episode lasted?", "30")
    maya.chooses("How severe is it now?", "Moderate").presses("Save the description").sees("7 of 15: moderate")


def test_maya_answers_the_rules_and_one_is_not_met(maya, amina):
    rules_are_answered(amina, by=maya, not_met=THERAPY)
    maya.sees("What still stands against treatment", THERAPY)
    assert not maya.may("Record the decision")


def test_idris_proposes_an_override_and_cannot_agree_to_it_himself(idris, amina):
    idris.goes_to(amina.step("selection")).opens("Propose an override")
    idris.picks("Rule", THERAPY)
    idris.page.get_by_label("Reason").first.fill("On the waiting list for two years; none offered where she lives.")
    idris.presses("Propose the override").sees("A second clinician has to agree.")
    assert not idris.may("Agree as second clinician")


def test_una_agrees_as_the_second_clinician(una, amina):
    una.goes_to(amina.step("selection")).presses("Agree as second clinician")
    una.sees("You agreed to the override.", "Agreed by Dr Una Marchbanks")


def test_idris_decides_that_amina_is_eligible(idris, amina):
    idris.goes_to(amina.step("selection")).does_not_see("What still stands against treatment")
    idris.chooses("Is the patient eligible?", "Eligible").presses("Record the decision")
    idris.sees("The decision was recorded.", "Awaiting consent")
