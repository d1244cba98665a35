"""Chapter 3. Amina decides."""

from datetime import timedelta

from tests.journey.people import Patient, Person, today

POINTS = "Which points did you go through with the patient?"
CAPACITY = (
    "Can the patient understand the information?",
    "Can the patient keep it in mind long enough to decide?",
    "Can the patient weigh it up?",
    "Can the patient make the decision known?",
)

BEGINS_AT = "consent"
WEEKLY = "IV racemic ketamine, weekly, three sessions (Oxford)"


def amina_is_informed(amina: Patient, *, by: Person) -> None:
    nurse = by
    nurse.goes_to(amina.step("consent")).opens("Record that the information was given")
    nurse.picks("Treatment", WEEKLY).chooses("What does it cost the patient?", "Nothing: the NHS pays")
    nurse.page.get_by_label("Printed, to take away").check()
    informing = nurse.page.get_by_role("group", name="Interpreter in this talk").first
    informing.get_by_label("No interpreter was needed").check()
    # She had it two days ago, so she has slept on it.
    nurse.dates("Day it was given", today() - timedelta(days=2)).presses("Record the information")


def conversation_about_consent(amina: Patient, *, with_: Person, weighs: str, decision: str = "Consents") -> None:
    nurse = with_
    nurse.goes_to(amina.step("consent")).ticks_all(POINTS)
    for question in CAPACITY:
        nurse.chooses(question, weighs if "weigh" in question else "Yes")
    nurse.page.get_by_role("group", name="Interpreter in this talk").last.get_by_label("No interpreter was").check()
    nurse.chooses("What did the patient decide?", decision).presses("Record the conversation")


def test_amina_is_informed_and_asks(maya, amina):
    amina_is_informed(amina, by=maya)
    maya.sees("It is recorded that the patient was given the information.", "Time to think")
    maya.opens("Write down a question").writes("What the patient asks", "Will I sleep?").presses("Record the question")
    maya.sees("No answer yet").writes("Your answer", "No, you stay awake.").presses("Record the answer")
    maya.sees("The answer was written down.", "No, you stay awake.")


def test_consent_without_assessed_capacity_is_refused_in_words(maya, amina):
    conversation_about_consent(amina, with_=maya, weighs="Not assessed")
    maya.sees("There is a problem")
    assert maya.page.get_by_role("group", name=POINTS).get_by_role("checkbox").first.is_checked()


def test_amina_consents(maya, amina):
    conversation_about_consent(amina, with_=maya, weighs="Yes")
    maya.sees("The conversation was recorded.", "Consent holds today.")


def test_amina_signs_on_the_screen(maya, amina):
    maya.goes_to(amina.step("consent")).follows("Signature")
    canvas = maya.page.locator("canvas")
    canvas.scroll_into_view_if_needed()
    place, mouse = canvas.bounding_box(), maya.page.mouse
    mouse.move(place["x"] + 20, place["y"] + 40)
    mouse.down()
    mouse.move(place["x"] + 120, place["y"] + 80, steps=4)
    mouse.up()
    assert maya.page.get_by_label("Draws in the box below").is_checked()
    maya.writes("Name of who signs", "Amina Sample").presses("Store the signature")
    maya.sees("The signature was stored.").does_not_see("not signed yet")
    maya.follows("Signature").sees("Signed by Amina Sample, drawn on the screen")


def test_amina_has_second_thoughts_and_then_consents_again(maya, amina):
    maya.goes_to(amina.step("consent"))
    maya.page.get_by_label("What the patient said (optional)").fill("She wants to talk with her sister first.")
    maya.presses("Record the withdrawal").sees("No session can start.", "Consent does not hold")
    conversation_about_consent(amina, with_=maya, weighs="Yes")
    maya.sees("Consent holds today.")
