"""Going home: the criteria for leaving, a psychiatrist's override, the discharge."""

from collections.abc import Mapping
from datetime import datetime

from glimmer.actions.entries import chosen, optional_text, required_text
from glimmer.actions.log import Bedside, allow, attend
from glimmer.care.session.conduct import may_override_leaving, must_be_open
from glimmer.care.session.course import Phase
from glimmer.care.session.events import Discharged, LeavingChecked, LeavingOverridden, SessionEvent, What
from glimmer.care.session.functions import is_measured
from glimmer.care.session.leaving import may_leave
from glimmer.care.session.manner import manner_of
from glimmer.guidance.protocol import Check
from glimmer.monitoring.episodes import PRIORITIES
from glimmer.monitoring.state import session_state
from glimmer.records.sessions import TreatmentSession
from glimmer.records.staff import Staff
from glimmer.vocabulary.problems import BadInput, RuleRefused
from glimmer.vocabulary.verdict import Verdict

ANSWERS = ("yes", "no")
LONGEST_NAME = 200


def record_leaving(
    session: TreatmentSession,
    answers: Mapping[str, tuple[str, str]],
    *,
    by: Staff,
    form_token: str = "",
    at: datetime | None = None,
) -> list[SessionEvent]:
    """Write answers to the criteria for leaving: `{criterion id: (answer, note)}`, answer yes or no."""

    def decide(bedside: Bedside) -> list[LeavingChecked]:
        _must_be_recovering(bedside)
        if not answers:
            raise BadInput("No criterion was answered. Answer at least one, then save.")
        for criterion, (answer, _) in answers.items():
            asked = _criterion(bedside, criterion)
            if is_measured(asked, bedside.log):
                raise BadInput(
                    "This criterion is worked out from the readings; it is not answered by hand.", field=criterion
                )
            chosen(answer, ANSWERS, criterion, f"Choose yes or no: {asked.asks}")
        return [LeavingChecked(one, answer, optional_text(note, one)) for one, (answer, note) in answers.items()]

    return attend(session, "session.discharge", "record_leaving", decide, by=by, form_token=form_token, at=at)


def override_leaving(
    session: TreatmentSession,
    criterion: str,
    reason: str,
    *,
    by: Staff,
    form_token: str = "",
    at: datetime | None = None,
) -> list[SessionEvent]:
    """Let the patient leave although a criterion is not met, as a psychiatrist, with a reason."""

    def decide(bedside: Bedside) -> list[LeavingOverridden]:
        _must_be_recovering(bedside)
        verdict = may_override_leaving(bedside.log, bedside.protocol, criterion, bedside.at)
        allow(verdict, "This criterion cannot be overridden.")
        return [
            LeavingOverridden(criterion, required_text(reason, "reason", "Say why the patient may leave regardless."))
        ]

    return attend(session, "session.override", "override_leaving", decide, by=by, form_token=form_token, at=at)


def discharge_patient(
    session: TreatmentSession,
    escorted_by: str,
    advice_given: bool = True,
    *,
    by: Staff,
    form_token: str = "",
    at: datetime | None = None,
) -> list[SessionEvent]:
    """Write down that the patient left, and with whom (or how they travel alone)."""

    def decide(bedside: Bedside) -> list[What]:
        _must_be_recovering(bedside)
        escort = required_text(escorted_by, "escorted_by", "Say who takes the patient home, or how.", LONGEST_NAME)
        if not advice_given:
            raise BadInput("Give the written advice for the next 24 hours first, then discharge.", field="advice_given")
        may_go = may_leave(bedside.log, bedside.protocol, bedside.at)
        allow(Verdict((*_urgent_alarms(bedside), *may_go.reasons), may_go.cautions), "The patient cannot leave yet.")
        return [Discharged(escort, advice_given)]

    return attend(
        session, "session.discharge", "discharge_patient", decide, by=by, form_token=form_token, at=at, moves=True
    )


def _urgent_alarms(bedside: Bedside) -> list[str]:
    """Return why urgent alarms keep the patient: an override of a criterion covers what was known then, not these."""
    alarms = session_state(bedside.log.events.values(), bedside.at).alarms
    return [
        f"An urgent alarm is not over: {alarm.says}"
        if alarm.is_holding
        else f"Nobody has taken charge of an urgent alarm: {alarm.says}"
        for alarm in alarms
        if alarm.priority == PRIORITIES[0]
    ]


def _must_be_recovering(bedside: Bedside) -> None:
    allow(must_be_open(bedside.log), "This cannot be recorded.")
    if bedside.log.phase() is not Phase.RECOVERING:
        treatment = manner_of(bedside.log).treatment
        raise RuleRefused(f"The {treatment} has not ended yet. Complete or stop it first; then the recovery begins.")


def _criterion(bedside: Bedside, criterion: str) -> Check:
    found = next((one for one in bedside.protocol.leaving if one.id == criterion), None)
    if found is None:
        raise BadInput("This criterion is not part of the protocol of this session.", field=criterion)
    return found
