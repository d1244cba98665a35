"""The journey of one patient: its steps, stated once, and where a patient stands on it.

The step and state are never set: they follow from what is recorded. Navigation, worklists and the
index of the documentation are built from `STEPS`.
"""

from collections.abc import Callable
from dataclasses import dataclass

from glimmer.vocabulary.people import Role


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the journey. `slug` is its key in addresses and records; `purpose` says what it is for."""

    number: int
    slug: str
    title: str
    purpose: str


STEPS = (
    Step(1, "referral", "Referral", "Take in who is referred and why, and see that nothing needed is missing."),
    Step(2, "selection", "Selection", "Find out whether ketamine is right and safe for this patient."),
    Step(3, "consent", "Consent", "Inform the patient, and record what the patient decides."),
    Step(4, "plan", "Plan", "Prescribe the protocol and the dose, and book the dates."),
    Step(5, "session", "Sessions", "Treat, watch over and send home safely, session by session."),
    Step(6, "outcomes", "Outcomes", "See by stated definitions whether it helped."),
    Step(7, "follow-up", "Follow-up", "Decide what comes next, and tell the GP and the referrer."),
)


def step(slug: str) -> Step:
    """Return the step with this slug; raise KeyError naming those that exist."""
    for one in STEPS:
        if one.slug == slug:
            return one
    raise KeyError(f"There is no step {slug!r}. There is: {', '.join(one.slug for one in STEPS)}.")


@dataclass(frozen=True, slots=True)
class JourneyFacts:
    """What is recorded of one episode, as far as it decides where the patient stands.

    Decisions are "" until taken, else: `triage` accepted, returned or declined; `selection` eligible or
    not_eligible; `consent` given, refused or withdrawn; `followup` review, repeat or discharge (a
    *repeat* counts only until the next plan is prescribed, then it is "" again).
    Sessions: `planned` by the newest plan, `booked` those dates that still stand (held or to come),
    `done` those in which drug was given or that ended, `session_running` while one is open.
    `stopped_early`: a psychiatrist stopped the newest course. `maintenance_ended`: the newest plan keeps well and has
    ended, by a psychiatrist's decision or its planned end.
    `scored_after_course`: there is a PHQ-9 after the last session. `letters_unsigned`: drafts waiting.
    """

    closed: bool = False
    missing_items: int = 0
    triage: str = ""
    hard_rules_open: int = 0
    overrides_waiting: int = 0
    has_baseline: bool = False
    selection: str = ""
    consent: str = ""
    has_plan: bool = False
    second_prescriber_wanted: bool = False
    sessions_planned: int = 0
    sessions_booked: int = 0
    sessions_done: int = 0
    session_running: bool = False
    stopped_early: bool = False
    maintenance_ended: bool = False
    scored_after_course: bool = False
    followup: str = ""
    letters_unsigned: int = 0


@dataclass(frozen=True, slots=True)
class Position:
    """Where a patient stands: the step, a state in words, what is needed next, and whose move it is.

    `needs` and `waiting_on` are "" when the journey has ended and nothing is left to do.
    """

    step: str
    state: str
    needs: str = ""
    waiting_on: str = ""


def where_is(facts: JourneyFacts) -> Position:
    """Return where the patient stands. The first step that is not finished is where they are."""
    for rule in (_running, _ended, _referral, _selection, _consent, _plan, _session, _outcomes):
        found = rule(facts)
        if found is not None:
            return found
    return _followup(facts)


def _position(slug: str, state: str, needs: str, role: Role) -> Position:
    return Position(slug, state, needs, role.value)


def _running(facts: JourneyFacts) -> Position | None:
    # A patient in the chair is in a session whatever else is recorded, withdrawn consent included.
    if not facts.session_running:
        return None
    number = facts.sessions_done + 1
    return _position("session", f"Session {number} running", f"Watch over session {number}", Role.NURSE)


def _ended(facts: JourneyFacts) -> Position | None:
    for decided, slug, state in (
        (facts.triage == "declined", "referral", "Declined"),
        (facts.selection == "not_eligible", "selection", "Not eligible"),
        (facts.consent == "refused", "consent", "Consent refused"),
        (facts.followup == "discharge", "follow-up", "Discharged"),
        (facts.closed, _furthest(facts), "Closed"),
    ):
        if decided:
            return _last_letters(slug, state, facts)
    return None


def _furthest(facts: JourneyFacts) -> str:
    if facts.followup:
        return "follow-up"
    if facts.sessions_done:
        return "outcomes" if facts.scored_after_course else "session"
    if facts.has_plan:
        return "plan"
    if facts.selection:
        return "consent"
    return "selection" if facts.triage == "accepted" else "referral"


def _last_letters(slug: str, state: str, facts: JourneyFacts) -> Position:
    if facts.letters_unsigned:
        return _position(slug, state, "Sign the letter", Role.PSYCHIATRIST)
    if not facts.closed:
        return _position(slug, state, "Tell the referrer, and close the journey", Role.PSYCHIATRIST)
    return Position(slug, state)


def _referral(facts: JourneyFacts) -> Position | None:
    if facts.triage == "accepted":
        return None
    if facts.triage == "returned":
        return _position(
            "referral", "Returned to the referrer", "Ask the referrer for what is missing", Role.ADMINISTRATOR
        )
    if facts.missing_items:
        items = "1 item" if facts.missing_items == 1 else f"{facts.missing_items} items"
        return _position("referral", "Incomplete", f"Obtain {items} of the referral", Role.ADMINISTRATOR)
    return _position("referral", "Ready for triage", "Triage the referral", Role.NURSE)


def _selection(facts: JourneyFacts) -> Position | None:
    if facts.selection == "eligible":
        return None
    state = "In assessment"
    if not facts.has_baseline:
        return _position("selection", state, "Record the baseline PHQ-9", Role.NURSE)
    if facts.overrides_waiting:
        return _position("selection", "Override waiting", "Agree or refuse the override", Role.PSYCHIATRIST)
    if facts.hard_rules_open:
        rules = "1 hard rule" if facts.hard_rules_open == 1 else f"{facts.hard_rules_open} hard rules"
        return _position("selection", state, f"Settle {rules}", Role.PSYCHIATRIST)
    return _position("selection", "Ready to decide", "Decide about eligibility", Role.PSYCHIATRIST)


def _consent(facts: JourneyFacts) -> Position | None:
    if facts.consent == "given":
        return None
    if facts.consent == "withdrawn":
        return _position("consent", "Consent withdrawn", "Talk with the patient, then end or renew", Role.PSYCHIATRIST)
    return _position("consent", "Awaiting consent", "Inform the patient and record the decision", Role.NURSE)


def _plan(facts: JourneyFacts) -> Position | None:
    if not facts.has_plan:
        return _position("plan", "To be prescribed", "Prescribe the treatment plan", Role.PSYCHIATRIST)
    if facts.second_prescriber_wanted:
        return _position("plan", "Second prescriber wanted", "Countersign the plan", Role.PSYCHIATRIST)
    if facts.maintenance_ended:
        return None
    if not facts.sessions_booked and facts.sessions_done < facts.sessions_planned:
        return _position("plan", "To be booked", "Book the dates", Role.ADMINISTRATOR)
    return None


def _session(facts: JourneyFacts) -> Position | None:
    if facts.sessions_done >= facts.sessions_planned or facts.followup or facts.stopped_early:
        return None
    if facts.maintenance_ended:
        return None
    left = facts.sessions_planned - facts.sessions_done
    if facts.sessions_booked < facts.sessions_planned:
        return _position("session", _progress(facts), "Book the remaining dates", Role.ADMINISTRATOR)
    words = "Hold the last session" if left == 1 else f"Hold session {facts.sessions_done + 1}"
    return _position("session", _progress(facts), words, Role.NURSE)


def _progress(facts: JourneyFacts) -> str:
    if not facts.sessions_done:
        return "Booked"
    return f"{facts.sessions_done} of {facts.sessions_planned} sessions done"


def _outcomes(facts: JourneyFacts) -> Position | None:
    if facts.scored_after_course or facts.followup:
        return None
    if facts.maintenance_ended and not facts.sessions_done:
        return None
    state = "Course stopped" if facts.stopped_early else "Course done"
    state = "Maintenance ended" if facts.maintenance_ended else state
    return _position("outcomes", state, "Record the PHQ-9 after the course", Role.NURSE)


def _followup(facts: JourneyFacts) -> Position:
    if facts.letters_unsigned:
        return _position("follow-up", "Letter waiting", "Sign the letter", Role.PSYCHIATRIST)
    rule: dict[str, Callable[[], Position]] = {
        "review": lambda: _position("follow-up", "Under review", "Review the patient", Role.PSYCHIATRIST),
        "repeat": lambda: _position("follow-up", "Another course", "Prescribe the next course", Role.PSYCHIATRIST),
    }
    state = "Maintenance ended" if facts.maintenance_ended else "To be decided"
    undecided = _position("follow-up", state, "Decide what comes next", Role.PSYCHIATRIST)
    return rule[facts.followup]() if facts.followup in rule else undecided
