"""The safety page: which functions are on, who signed them, the hazard log, the documents; and the signing itself."""

from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse

from glimmer.actions.switches import (
    STATEMENTS,
    is_for_other_documents,
    newest_signings,
    sign_function,
)
from glimmer.guidance import figure
from glimmer.guidance.safety import DOCUMENTS, FOLDER, hazards, safety_documents
from glimmer.records.access import NotFound
from glimmer.records.switches import SwitchSigning
from glimmer.vocabulary.functions import Function
from glimmer.vocabulary.people import Role
from glimmer.vocabulary.permissions import may
from glimmer.web.forms import Choice, Form, LongText, Secret, Several, attempt
from glimmer.web.gate import StaffRequest, page
from glimmer.web.pages import done, show
from glimmer.web.sign_in import check_own_password

# In plain words, for everybody who reads the page: what a function does, and what is left of it when it is off.
WORDS: dict[Function, tuple[str, str]] = {
    Function.DOSE_ARITHMETIC: (
        "Works out the dose in mg from mg/kg and weight with the protocol's guard rails, the volumes, strength and "
        "pump rate of the syringe, and compares the pump with the plan.",
        "The prescriber types the dose in mg and a second prescriber always agrees. The nurse types volumes, strength "
        "and rate, and a second person checks them. The pump is compared with nothing.",
    ),
    Function.ALARMS: (
        "Compares values with the protocol's limits, raises alarms with tones, judges artefacts and lost signals, adds "
        "up and interprets NEWS2, and answers checks from readings.",
        "Values are shown with their age and nothing else. No alarm is raised. Checks that readings would answer "
        "become questions to a person. The monitor itself is the only alarm.",
    ),
    Function.PREDICTION: (
        "Draws beside an infusion, and for a plan, the level in the blood that published models predict, with a band "
        "for how people differ and a second model. It recommends no dose and no alarm knows of it. It needs dose "
        "arithmetic.",
        "No level is predicted. Everything else works as before.",
    ),
}


class SignForm(Form):
    """A signature: what is to be, what was read, why, and the password once more. Nothing is chosen beforehand."""

    name = "sign"
    is_on = Choice(
        "This function is to be",
        [("on", "On"), ("off", "Off")],
        missing="Choose whether the function is to be on or off.",
        inline=True,
    )
    confirmed = Several("To switch it on, confirm each", [(key, words) for key, words in STATEMENTS.items()])
    reason = LongText("Why", missing="Say why, in a sentence that an inquiry would understand.", rows=2)
    password = Secret("Your password again", missing="Enter your password: it is your signature.")


@dataclass(frozen=True, slots=True)
class Switch:
    """One function as the page shows it."""

    function: Function
    does: str
    without: str
    signing: SwitchSigning | None
    form: SignForm

    @property
    def is_for_other_documents(self) -> bool:
        """True where it was signed on for documents that have changed since, as after an update."""
        return is_for_other_documents(self.signing)

    @property
    def is_on(self) -> bool:
        """True while the newest signature says on."""
        return self.signing is not None and self.signing.is_on


@page("safety.view")
def safety(request: StaffRequest) -> HttpResponse:
    """Show each function, its state and who signed it."""
    return _shown(request)


@page("safety.sign", methods=("POST",))
def sign_post(request: StaffRequest, function: str) -> HttpResponse:
    """Take the signature of the clinical safety officer."""
    if function not in {one.value for one in Function}:
        raise NotFound("There is no such function. Choose one on the safety page.")
    chosen = Function(function)
    form = SignForm(request.POST, name=f"sign-{function}")

    def sign(data: dict[str, Any]) -> None:
        check_own_password(request, data["password"])
        sign_function(chosen, data["is_on"] == "on", data["reason"], confirmed=data["confirmed"], by=request.staff)

    if attempt(form, sign):
        is_on = form.cleaned_data["is_on"]
        return done(request, f"You signed {chosen.label} {is_on}. Every open page was told.", "safety")
    return _shown(request, chosen, form)


@page("safety.view")
def hazard_log(request: StaffRequest) -> HttpResponse:
    """Show the hazard log with the risk before and after each control."""
    found = hazards()
    return show(
        request,
        "safety_hazards.html",
        title="Hazard log",
        here="safety",
        hazards=found,
        classes=figure("safety", "risk_classes").value,
        accepted=sum(1 for one in found if one.is_accepted),
        trail=[("Safety", "safety")],
    )


@page("safety.view")
def document(request: StaffRequest, name: str) -> HttpResponse:
    """Show the text of a document that a signature refers to, as it is in this installation."""
    files = {_slug(title): (title, file) for title, file in DOCUMENTS.items() if file.endswith(".md")}
    if name not in files:
        raise NotFound("There is no such document. Choose one on the safety page.")
    title, file = files[name]
    text = (FOLDER / file).read_text(encoding="utf-8")
    return show(request, "safety_document.html", title=title, here="safety", text=text, trail=[("Safety", "safety")])


def _shown(request: StaffRequest, posted_for: Function | None = None, posted: SignForm | None = None) -> HttpResponse:
    signings = newest_signings()
    switches = []
    for function, (does, without) in WORDS.items():
        form = posted if function is posted_for and posted is not None else SignForm(name=f"sign-{function.value}")
        switches.append(Switch(function, does, without, signings.get(function), form))
    return show(
        request,
        "safety.html",
        title="Safety",
        here="safety",
        forms=[posted] if posted is not None else [],
        switches=switches,
        documents=[(_slug(one.title), one) for one in safety_documents()],
        signs=may(Role(request.staff.role), "safety.sign"),
    )


def _slug(title: str) -> str:
    return title.lower().replace(" ", "-")
