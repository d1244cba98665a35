"""Two stages: the patient is informed, has time to think, and then decides; and what the talk needs besides.

The time to think runs from the moment at which the information was given. It is shorter where the patient had
consented to the same treatment before, and falls away on the urgent pathway. A named psychiatrist may shorten it and
says why.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from glimmer.guidance import figure

INTERPRETER = {
    "not_needed": "No interpreter was needed",
    "used": "An interpreter was there",
    "declined": "An interpreter was offered, and the patient did not want one",
}
"""How a talk was interpreted: the code on record, and its words."""


@dataclass(frozen=True, slots=True)
class Talk:
    """What surrounds a decision: times are aware; `informed_at` is None when no information was given.

    `questions_open` are questions of the patient that nobody has answered; `interpreter_needed` is what the
    patient's communication needs say (None: nobody has asked), `interpreter` one of INTERPRETER or "";
    `needs_unread` are needs that the referral names in words and that nobody has recorded yet.
    """

    decided_at: datetime
    informed_at: datetime | None
    consented_before: bool = False
    urgent: bool = False
    sooner_because: str = ""
    questions_open: int = 0
    cost_is_known: bool = True
    interpreter_needed: bool | None = None
    interpreter: str = ""
    needs_unread: str = ""


def decide_from(informed_at: datetime, *, consented_before: bool = False, urgent: bool = False) -> datetime:
    """Return the moment from which the patient may consent to what they were informed of at `informed_at`."""
    name = "cooling_off_urgent" if urgent else "cooling_off_again" if consented_before else "cooling_off"
    return informed_at + timedelta(hours=figure("consent", name).value)


def against_talk(talk: Talk) -> tuple[str, ...]:
    """Return every reason why a consent cannot be recorded as given after this talk."""
    if talk.informed_at is None:
        return ("The patient has not been given the information yet. Give it, and leave time to think.",)
    return (*_too_soon(talk, talk.informed_at), *_left_open(talk), *_not_understood(talk))


def _too_soon(talk: Talk, informed_at: datetime) -> list[str]:
    earliest = decide_from(informed_at, consented_before=talk.consented_before, urgent=talk.urgent)
    if talk.decided_at < informed_at:
        return ["The information is recorded as given after this decision. Check the times."]
    if talk.decided_at >= earliest or talk.sooner_because.strip():
        return []
    hours = figure("consent", "cooling_off").value
    return [
        f"The patient has had less than {hours} hours to think since the information was given. Record the decision "
        "later, or let a psychiatrist record it now with the reason why it cannot wait."
    ]


def question_caution(questions_open: int) -> tuple[str, ...]:
    """Return what to say where consent stands and the patient has asked something since that nobody has answered."""
    if not questions_open:
        return ()
    asked = "A question" if questions_open == 1 else f"{questions_open} questions"
    has = "has" if questions_open == 1 else "have"
    return (f"{asked} of the patient {has} no answer yet. Answer before the treatment, and write the answer down.",)


def _left_open(talk: Talk) -> list[str]:
    reasons = []
    if talk.questions_open:
        count = "A question" if talk.questions_open == 1 else f"{talk.questions_open} questions"
        has = "has" if talk.questions_open == 1 else "have"
        reasons.append(f"{count} of the patient {has} no answer yet. Answer first.")
    if not talk.cost_is_known:
        reasons.append("The patient has not been told what the treatment costs them. Give the information with it.")
    return reasons


def _not_understood(talk: Talk) -> list[str]:
    if talk.needs_unread:
        return [f"The referral names communication needs: {talk.needs_unread}. Record what the patient needs first."]
    if talk.interpreter_needed and talk.interpreter not in ("used", "declined"):
        return ["The patient needs an interpreter. Hold the talk with one, or record that the patient declined."]
    return []
