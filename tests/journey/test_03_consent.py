"""Chapter 3. Amina decides."""

from tests.journey.people import Patient, Person

POINTS = "Which points did you go through with the patient?"
CAPACITY = (
    "Can the patient understand the information?",
    "Can the patient keep it in mind long enough to decide?",
    "Can the patient weigh it up?",
    "Can the patient make the decision known?",
)

BEGINS_AT = "consent"


def conversation_about_consent(amina: Patient, *, with_: Person, weighs: str, decision: str = "Consents") -> None:
    nurse = with_
    nurse.goes_to(amina.step("consent")).ticks_all(POINTS)
    for question in CAPACITY:
        nurse.chooses(question, weighs if "weigh" in question else "Yes")
    nurse.writes("What the patient asked, and what was answered (optional)", "Will I sleep? No, she stays awake.")
    nurse.chooses("What did the patient decide?", decision).presses("Record the conversation")


def test_consent_without_assessed_capacity_is_refused_in_words(maya, amina):
    conversation_about_consent(amina, with_=maya, weighs="Not assessed")
    maya.sees("There is a problem")
    assert maya.page.get_by_role("group", name=POINTS).get_by_role("checkbox").first.is_checked()


def test_amina_consents(maya, amina):
    conversation_about_consent(amina, with_=maya, weighs="Yes")
    maya.sees("The conversation was recorded.", "Consent holds today.")


def test_amina_has_second_thoughts_and_then_consents_again(maya, amina):
    maya.goes_to(amina.step("consent"))
    maya.page.get_by_label("What the patient said (optional)").fill("She wants to talk with her sister first.")
    maya.presses("Record the withdrawal").sees("No session can start.", "Consent does not hold")
    conversation_about_consent(amina, with_=maya, weighs="Yes")
    maya.sees("Consent holds today.")
