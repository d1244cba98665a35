"""Signing a function on or off by the clinical safety officer, told to every live session in the same transaction."""

from collections.abc import Collection
from datetime import datetime
from functools import partial

from django.db import transaction

from glimmer.actions.act import Act, acting
from glimmer.actions.entries import required_text
from glimmer.actions.live import announce, publish
from glimmer.actions.log import append
from glimmer.care.session.events import FunctionsSwitched
from glimmer.guidance.safety import safety_documents
from glimmer.records.plans import Bay
from glimmer.records.sessions import TreatmentSession
from glimmer.records.staff import Staff
from glimmer.records.switches import SwitchSigning, functions_now, newest_signing, newest_signings
from glimmer.vocabulary.functions import Function
from glimmer.vocabulary.problems import BadInput, RuleRefused

__all__ = [
    "STATEMENTS",
    "functions_event",
    "functions_now",
    "is_for_other_documents",
    "newest_signings",
    "sign_function",
]

STATEMENTS = {
    "read": "I have read the safety case report, the intended purpose and the hazard log in the versions named here.",
    "site": "The hazards of this site were assessed (DCB0160), and what remains was accepted by name.",
    "tested": "This function was tested here with the monitors, pumps and network that it will be used with.",
    "trained": "Everybody who relies on it was trained, and knows what to do when it is off or fails.",
}
EVERYBODY = 0


def sign_function(
    function: Function,
    is_on: bool,
    reason: str,
    *,
    confirmed: Collection[str] = (),
    by: Staff,
    at: datetime | None = None,
) -> SwitchSigning:
    """Sign one function on or off. On needs every statement confirmed; both need a reason.

    A function that is on can be signed on again once the documents have changed, so that nobody has to switch it off
    in between while patients are treated.

    Sessions under way are told in the same transaction, so that no page shows another state than the signature.
    """
    with acting(by, "safety.sign", verb="sign_function", at=at) as act:
        # Nobody opens a session while the switch turns: opening one locks its bay as well.
        list(Bay.objects.select_for_update().order_by("pk"))
        _may_sign(function, is_on, confirmed)
        signing = SwitchSigning.objects.create(
            function=function.value,
            is_on=is_on,
            signed_by=by,
            signed_at=act.at,
            statement=_statement(confirmed if is_on else ()),
            reason=required_text(reason, "reason", "Say why, in a sentence that an inquiry would understand."),
        )
        _tell_live_sessions(act)
        act.about(signing)
        act.note(function=function.value, is_on=is_on)
        act.after_commit(lambda: publish(EVERYBODY))
    return signing


def _may_sign(function: Function, is_on: bool, confirmed: Collection[str]) -> None:
    signed_for_others = is_on and is_for_other_documents(newest_signings().get(function))
    if functions_now().is_on(function) == is_on and not signed_for_others:
        state = "on" if is_on else "off"
        raise RuleRefused(f"The function “{function.label}” is {state} already. Nothing was signed.")
    if is_on and set(STATEMENTS) - set(confirmed):
        raise BadInput(
            "Tick every statement. If one does not hold, leave the function off until it does.", field="confirmed"
        )


def is_for_other_documents(signing: SwitchSigning | None) -> bool:
    """True where a function was signed on for documents that have changed since, as after an update."""
    return signing is not None and signing.is_on and signing.documents != _stamps()


def _stamps() -> dict[str, str]:
    return {document.title: document.stamp for document in safety_documents()}


def _statement(confirmed: Collection[str]) -> dict[str, object]:
    return {"documents": _stamps(), "confirmed": [words for key, words in STATEMENTS.items() if key in confirmed]}


def functions_event() -> FunctionsSwitched:
    """Return the event that says in a session's log what is on now, by whose signature."""
    functions, newest = functions_now(), newest_signing()
    return FunctionsSwitched(
        alarms=functions.alarms,
        dose_arithmetic=functions.dose_arithmetic,
        prediction=functions.prediction,
        signed_by=str(newest.signed_by) if newest is not None else "",
    )


def _tell_live_sessions(act: Act) -> None:
    event = functions_event()
    live = TreatmentSession.objects.select_for_update().filter(ended_at__isnull=True).order_by("pk")
    for session in live:
        events = append(session, [event], by=str(act.by), author=act.by, at=act.at)
        session.save(update_fields=["last_seq"])
        transaction.on_commit(partial(announce, session.pk, events))
