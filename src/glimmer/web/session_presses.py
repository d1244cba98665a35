"""What can be pressed on the session page: for each press its permission, its form, its action, its words."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from django.utils import timezone

from glimmer.actions import session as do
from glimmer.actions import sound
from glimmer.actions.live import live_view
from glimmer.actions.log import protocol_of
from glimmer.care.session.checks import applies
from glimmer.care.session.functions import functions_of, is_measured
from glimmer.care.session.leaving import said_since_the_end
from glimmer.care.session.log import Said, SessionLog
from glimmer.guidance.protocol import Check, Protocol
from glimmer.monitoring.state import SessionState
from glimmer.records.access import access_session
from glimmer.records.sessions import TreatmentSession
from glimmer.vocabulary.problems import BadInput
from glimmer.web import session_forms as forms
from glimmer.web.gate import StaffRequest


@dataclass(frozen=True)
class Bedside:
    """One session as a request sees it at `now`. `again` names a question that the person
    wants to answer anew, `round` the round of observations that they chose."""

    session: TreatmentSession
    log: SessionLog
    protocol: Protocol
    state: SessionState
    now: datetime
    again: str = ""
    round: str = ""


def find(request: StaffRequest, session_id: int, permission: str = "session.view") -> Bedside:
    """Return the session, brought up to date with the database, or raise NotFound or NotAllowed."""
    session = access_session(request.staff, session_id, permission)
    now = timezone.now()
    state, log = live_view(session.pk, now)
    return Bedside(
        session, log, protocol_of(log), state, now, request.GET.get("again", ""), request.GET.get("round", "")
    )


@dataclass(frozen=True)
class Press:
    """One thing that can be done on the page. `do(bedside, form, request)` acts; `says` is shown when it is done.

    `part` is where the page goes on; `fields` makes the form for the posted data.
    """

    name: str
    permission: str
    do: Callable[[Bedside, Any, StaffRequest], object]
    says: str | Callable[[Bedside], str]
    part: str
    fields: Callable[[Bedside, Any], forms.PressForm]

    def words(self, bedside: Bedside) -> str:
        """Return what is shown when it is done, in the words of the session's way of giving."""
        return self.says if isinstance(self.says, str) else self.says(bedside)


def _plain(kind: type[forms.PressForm], name: str) -> Callable[[Bedside, Any], forms.PressForm]:
    return lambda bedside, data: kind(data, name=name)


def _with_protocol(kind: Callable[..., forms.PressForm]) -> Callable[[Bedside, Any], forms.PressForm]:
    return lambda bedside, data: kind(data, protocol=bedside.protocol)


def _prepare(bedside: Bedside, data: Any) -> forms.PrepareForm:
    typed = not functions_of(bedside.log).dose_arithmetic
    return forms.PrepareForm(data, protocol=bedside.protocol, typed=typed)


def _checks(bedside: Bedside, data: Any) -> forms.AnswersForm:
    open_ones = [one for one in bedside.protocol.checks_before if _is_asked(one, bedside, data, bedside.log.check)]
    return forms.AnswersForm(data, name="checks", asked=open_ones)


def _leaving(bedside: Bedside, data: Any) -> forms.AnswersForm:
    said = partial(said_since_the_end, bedside.log)
    open_ones = [one for one in bedside.protocol.leaving if _is_asked(one, bedside, data, said)]
    return forms.AnswersForm(data, name="leaving", asked=open_ones)


def _is_asked(check: Check, bedside: Bedside, data: Any, said: Callable[[str], Said]) -> bool:
    """What was answered is asked again only when the person wants to change it, or just answered it anew."""
    if is_measured(check, bedside.log) or not applies(check, bedside.log):
        return False
    return said(check.id).answer is None or check.id == bedside.again or bool(data and data.get(check.id))


def _reason(kind: str) -> Callable[[Bedside, Any], forms.PressForm]:
    def make(bedside: Bedside, data: Any) -> forms.ReasonForm:
        about = str(data.get("about", "")) if data else ""
        return forms.ReasonForm(data, name=f"{kind}-{about}" if about else kind)

    return make


def _seq(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise BadInput("The page did not say which entry is meant. Load it again and repeat your entry.")
    return int(text)


def _by(form: forms.PressForm, request: StaffRequest) -> dict[str, Any]:
    return {"by": request.staff, "form_token": form.cleaned_data["form_token"]}


PRESSES: tuple[Press, ...] = (
    Press(
        "checks",
        "session.check",
        lambda at, form, request: do.record_checks(at.session, form.answers(), **_by(form, request)),
        "The answers were saved.",
        "checks",
        _checks,
    ),
    Press(
        "override_check",
        "session.override",
        lambda at, form, request: do.override_check(
            at.session, form.cleaned_data["about"], form.cleaned_data["reason"], **_by(form, request)
        ),
        "The check was overridden on your responsibility.",
        "checks",
        _reason("override_check"),
    ),
    Press(
        "prepare",
        "session.prepare",
        lambda at, form, request: do.prepare_infusion(at.session, form.details(), **_by(form, request)),
        "The preparation was saved. Another person has to check it.",
        "prepare",
        _prepare,
    ),
    Press(
        "check_preparation",
        "session.prepare",
        lambda at, form, request: do.check_preparation(
            at.session, prepared_seq=_seq(form.cleaned_data["prepared_seq"]), **_by(form, request)
        ),
        "You confirmed it as second person.",
        "prepare",
        _with_protocol(forms.SecondCheckForm),
    ),
    Press(
        "start",
        "session.run",
        lambda at, form, request: do.start_infusion(at.session, **_by(form, request)),
        lambda at: at.protocol.given_by.says_given,
        "infusion",
        _plain(forms.PlainForm, "start"),
    ),
    Press(
        "give_step",
        "session.run",
        lambda at, form, request: do.give_step(
            at.session, number=_seq(form.cleaned_data["number"]), **_by(form, request)
        ),
        lambda at: at.protocol.given_by.says_given,
        "infusion",
        _plain(forms.StepForm, "give-step"),
    ),
    Press(
        "pause",
        "session.run",
        lambda at, form, request: do.pause_infusion(at.session, form.cleaned_data["reason"], **_by(form, request)),
        "The infusion is recorded as paused. Make sure that the pump stands still.",
        "infusion",
        _reason("pause"),
    ),
    Press(
        "resume",
        "session.run",
        lambda at, form, request: do.resume_infusion(at.session, form.cleaned_data["reason"], **_by(form, request)),
        "The infusion is recorded as running again. Make sure that the pump runs.",
        "infusion",
        _reason("resume"),
    ),
    Press(
        "stop",
        "session.run",
        lambda at, form, request: do.stop_infusion(at.session, form.cleaned_data["reason"], **_by(form, request)),
        lambda at: (
            "The infusion is recorded as stopped. Make sure that the pump is off."
            if at.protocol.given_by.pump
            else "Nothing more is given in this session. The recovery has begun."
        ),
        "infusion",
        _reason("stop"),
    ),
    Press(
        "complete",
        "session.run",
        lambda at, form, request: do.complete_infusion(
            at.session, _float(form.cleaned_data["volume_ml"]), **_by(form, request)
        ),
        "The infusion is recorded as complete. The recovery has begun.",
        "leaving",
        _plain(forms.CompleteForm, "complete"),
    ),
    Press(
        "observation",
        "session.run",
        lambda at, form, request: do.record_observation(
            at.session, form.observation(timezone.now()), **_by(form, request)
        ),
        "The round was saved.",
        "observation",
        _with_protocol(forms.ObservationForm),
    ),
    Press(
        "attribute",
        "session.attribute",
        lambda at, form, request: do.attribute_confusion(
            at.session, _seq(form.cleaned_data["about"]), form.cleaned_data["reason"], **_by(form, request)
        ),
        "The confusion is attributed to the drug. The score stays as it is.",
        "news2",
        _reason("attribute"),
    ),
    Press(
        "side_effect",
        "session.note",
        lambda at, form, request: do.record_side_effect(
            at.session,
            form.symptom,
            form.cleaned_data["severity"],
            form.cleaned_data["elicited"],
            form.cleaned_data["note"],
            **_by(form, request),
        ),
        "The side effect was saved.",
        "side-effects",
        _plain(forms.SideEffectForm, "side-effect"),
    ),
    Press(
        "note",
        "session.note",
        lambda at, form, request: do.write_note(at.session, form.cleaned_data["text"], **_by(form, request)),
        "The note was saved.",
        "notes",
        _plain(forms.NoteForm, "note"),
    ),
    Press(
        "correct",
        "session.run",
        lambda at, form, request: do.correct_event(
            at.session, _seq(form.cleaned_data["about"]), form.cleaned_data["reason"], **_by(form, request)
        ),
        "The entry is marked as wrong. Enter the right one now, if there is one.",
        "log",
        _reason("correct"),
    ),
    Press(
        "acknowledge",
        "alarm.acknowledge",
        lambda at, form, request: do.acknowledge_alarm(
            at.session, form.cleaned_data["key"], form.cleaned_data["did"], **_by(form, request)
        ),
        "You took charge of the alarm.",
        "alarms-heading",
        _plain(forms.AcknowledgeForm, "acknowledge"),
    ),
    Press(
        "pause_sound",
        "alarm.acknowledge",
        lambda at, form, request: sound.pause_sound(at.session, **_by(form, request)),
        "The sound is paused. A new alarm sounds all the same.",
        "sound",
        _plain(forms.PlainForm, "pause-sound"),
    ),
    Press(
        "resume_sound",
        "alarm.acknowledge",
        lambda at, form, request: sound.resume_sound(at.session, **_by(form, request)),
        "The sound is on again.",
        "sound",
        _plain(forms.PlainForm, "resume-sound"),
    ),
    Press(
        "leaving",
        "session.discharge",
        lambda at, form, request: do.record_leaving(at.session, form.answers(), **_by(form, request)),
        "The answers were saved.",
        "leaving",
        _leaving,
    ),
    Press(
        "override_leaving",
        "session.override",
        lambda at, form, request: do.override_leaving(
            at.session, form.cleaned_data["about"], form.cleaned_data["reason"], **_by(form, request)
        ),
        "The criterion was overridden on your responsibility.",
        "leaving",
        _reason("override_leaving"),
    ),
    Press(
        "discharge",
        "session.discharge",
        lambda at, form, request: do.discharge_patient(
            at.session,
            form.cleaned_data["escorted_by"],
            form.cleaned_data["advice_given"] == "yes",
            **_by(form, request),
        ),
        "The patient has left. The session is closed.",
        "log",
        _plain(forms.DischargeForm, "discharge"),
    ),
    Press(
        "cancel",
        "session.check",
        lambda at, form, request: do.cancel_session(at.session, form.cleaned_data["reason"], **_by(form, request)),
        "The session was cancelled.",
        "log",
        _reason("cancel"),
    ),
)


def _float(value: Any) -> float | None:
    return None if value is None else float(value)
