"""Two people at once, pages that are old, forms that are forged, roles that do not fit: what they see in a browser."""

import pytest

from tests.journey.people import Person
from tests.journey.setting import in_clinic

FORGED = """([address, fields]) => {
    const form = document.createElement('form');
    form.method = 'post'; form.action = address;
    for (const [name, value] of fields) {
        const input = document.createElement('input'); input.name = name; input.value = value; form.append(input);
    }
    document.body.append(form);
    form.submit();
}"""


def posts(person: Person, address: str, *fields: tuple[str, str], forged: bool = False) -> Person:
    """Send a form of the person's own making from their browser; `forged` leaves out the sign of a true page."""
    sign = "" if forged else person.page.locator("input[name=csrfmiddlewaretoken]").first.input_value()
    wanted = [[name, value] for name, value in fields] + ([] if forged else [["csrfmiddlewaretoken", sign]])
    with person.page.expect_navigation():
        person.page.evaluate(FORGED, [address, wanted])
    return person


@pytest.fixture(scope="module")
def greta(clinic):
    """Greta's referral is complete; nobody has triaged it."""
    return in_clinic(clinic, "referred", "6")


@pytest.fixture(scope="module")
def ebba(clinic):
    """Ebba sits in her bay, and everything before the start is done."""
    return in_clinic(clinic, "ready", "4")


def test_second_nurse_to_triage_is_told_that_somebody_was_here_first(maya, jo, greta):
    for nurse in (maya, jo):
        nurse.goes_to(f"{greta['journey']}/referral").chooses("What did triage decide?", "Accept")
    maya.presses("Record the decision").sees("The triage decision was recorded.")
    jo.writes("Reason", "Looks right").presses("Record the decision")
    jo.is_told("Somebody else changed this patient's record")
    assert jo.page.get_by_label("Reason").count() == 0 or jo.page.get_by_label("Reason").input_value() == "Looks right"


def test_same_page_sent_twice_is_stored_once(maya, ebba):
    """Back in the browser and pressed again: the note stands once."""
    maya.goes_to(ebba["session"])
    form = maya.page.locator("form[action*='/note']").last
    token = form.locator("input[name=form_token]").input_value()
    for _ in range(2):
        posts(maya, f"{ebba['session']}/note", ("text", "Window seat, please"), ("form_token", token))
    maya.goes_to(ebba["session"])
    assert maya.page.locator(".glimmer-log li").filter(has_text="Window seat, please").count() == 1


def test_refused_press_is_not_sent_again_when_the_session_moves_on(maya, jo, clinic):
    """Maya's start was refused. When Jo cancels the session, Maya's page says so and presses nothing for her."""
    imelda = in_clinic(clinic, "ready", "8")
    maya.goes_to(imelda["session"])
    maya.opens("Prepare another syringe").page.get_by_label("Batch number").fill("")
    maya.presses("Work out volumes and rate").is_told("Enter the batch number printed on the vial.")
    jo.goes_to(imelda["session"]).opens("Cancel this session")
    jo.page.locator("form[action$='/cancel']").get_by_label("Reason").fill("Feels unwell today")
    jo.presses("Cancel the session").sees("The session was cancelled.")
    maya.sees("This session has moved on while you were typing.")
    maya.is_told("Enter the batch number printed on the vial.")
    maya.follows("Show the page as it is now").sees("Feels unwell today")


def test_forged_form_is_refused_in_words_and_changes_nothing(maya, ebba):
    maya.goes_to(ebba["session"])
    posts(maya, f"{ebba['session']}/start", ("form_token", "forged"), forged=True)
    maya.does_not_see("Traceback")
    assert maya.page.locator("h1").count() == 1
    maya.goes_to(ebba["session"]).does_not_see("Planned end")


def test_administrator_who_makes_a_form_of_her_own_starts_nothing(bea, maya, ebba):
    bea.goes_to("/")
    posts(bea, f"{ebba['session']}/start", ("form_token", "own"))
    assert bea.page.locator("h1").count() == 1
    maya.goes_to(ebba["session"]).does_not_see("Planned end")


def test_address_of_no_patient_is_a_page_in_words(maya):
    for path in ("/episodes/999999", "/sessions/999999", "/letters/999999", "/no-such-page"):
        maya.page.goto(f"{maya.clinic.url}{path}")
        maya.does_not_see("Traceback", "DoesNotExist")
        assert maya.page.locator("h1").count() == 1
    maya.inspect(maya.page)
