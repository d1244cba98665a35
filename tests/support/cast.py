"""The cast: named staff, and patients walked to a step by the product's own actions.

    cast = make_cast()
    episode = an_episode(cast, at="plan")          # consent given, nothing prescribed yet
    episode = an_episode(cast, at="session")       # plan prescribed and booked in bay 1
    appointment = first_appointment(episode)

Everything happens "at" given times, a few days apart, ending yesterday; nothing sleeps.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django.utils import timezone

from glimmer.actions import booking, consent, consent_talk, followup, outcomes, plan, referral, selection, switches
from glimmer.guidance import information, referral_items, selection_rules
from glimmer.records.models import Appointment, Bay, Episode, Plan, Staff
from glimmer.vocabulary.functions import Function
from glimmer.vocabulary.people import Role
from tests.support.approvals import approve_all_protocols
from tests.support.kept import kept
from tests.support.staff_at_once import store_staff

PASSWORD = "a long enough test phrase"

NHS_NUMBERS = (
    "9990000018", "9990000026", "9990000034", "9990000042", "9990000050",
    "9990000069", "9990000077", "9990000085", "9990000093", "9990000107",
)  # fmt: skip
"""Valid numbers of the range kept for tests; `test_cast.py` checks each."""

GIVEN_NAMES = ("Amina", "Bertram", "Coralie", "Dilwyn", "Ebba", "Fergus", "Greta", "Hamish", "Imelda", "Jory")


@dataclass(frozen=True)
class Cast:
    """The clinic's staff, by first name. `una` is the second psychiatrist, `jo` the second nurse."""

    maya: Staff
    jo: Staff
    idris: Staff
    una: Staff
    tomos: Staff
    priya: Staff
    bea: Staff
    gil: Staff
    ness: Staff
    wilf: Staff
    orla: Staff
    piers: Staff

    def of(self, role: Role | str) -> Staff:
        """Return the member of the cast who has a role."""
        return next(person for person in self.all if person.role == str(role))

    @property
    def all(self) -> tuple[Staff, ...]:
        """Everybody."""
        return tuple(vars(self).values())


PEOPLE: dict[str, tuple[str, Role, str]] = {
    "maya": ("Maya Okafor", Role.NURSE, "NMC 00A0001X"),
    "jo": ("Jo Sparrow", Role.NURSE, "NMC 00A0002X"),
    "idris": ("Dr Idris Penhallow", Role.PSYCHIATRIST, "GMC 0000001"),
    "una": ("Dr Una Marchbanks", Role.PSYCHIATRIST, "GMC 0000002"),
    "tomos": ("Tomos Fairweather", Role.THERAPIST, "HCPC 000003"),
    "priya": ("Priya Quill", Role.PHARMACIST, "GPhC 0000004"),
    "bea": ("Bea Larkspur", Role.ADMINISTRATOR, ""),
    "gil": ("Gil Thackeray", Role.MANAGER, ""),
    "ness": ("Ness Abernathy", Role.RESEARCHER, ""),
    "wilf": ("Dr Wilf Tarrant", Role.SAFETY_OFFICER, "GMC 0000005"),
    "orla": ("Orla Vanterpool", Role.ACCOUNTABLE_OFFICER, "GPhC 0000006"),
    "piers": ("Piers Hollowell", Role.PRIVACY_OFFICER, ""),
}


@kept
def make_cast(password: str = PASSWORD) -> Cast:
    """Store the staff, the functions signed on. Their password is `PASSWORD`; hashing it once keeps tests quick."""
    people: dict[str, Staff] = {}
    hashed = ""
    for username, (name, role, registration) in PEOPLE.items():
        person = Staff(username=username, name=name, role=role.value, registration=registration)
        if not hashed:
            person.set_password(password)
            hashed = person.password
        person.password = hashed
        people[username] = person
    store_staff(list(people.values()))
    sign_functions(people["wilf"])
    approve_all_protocols(people["una"], people["priya"])
    return Cast(**people)


def sign_functions(officer: Staff, is_on: bool = True, *functions: Function, at: datetime | None = None) -> None:
    """Have the safety officer sign functions (default: all that are built) on or off; one that is so already stays."""
    for function in functions or (Function.DOSE_ARITHMETIC, Function.ALARMS):
        if switches.functions_now().is_on(function) is not is_on:
            switches.sign_function(function, is_on, "For this test.", confirmed=switches.STATEMENTS, by=officer, at=at)


@kept
def bay(number: int = 1) -> Bay:
    """Return bay `number`, made when it is not there yet."""
    return Bay.objects.get_or_create(name=f"Bay {number}", defaults={"position": number})[0]


def details(index: int = 0, **changes: Any) -> referral.PatientDetails:
    """Return the details of one of ten fictional patients."""
    facts: dict[str, Any] = {
        "nhs_number": NHS_NUMBERS[index],
        "family_name": "Sample",
        "given_name": GIVEN_NAMES[index],
        "birth_date": date(1984 - index, 5, 3 + index),
        "sex": "female" if index % 2 == 0 else "male",
        "address": f"{index + 1} Sample Street\nExampleton",
        "postcode": "EX1 1EX",
        "telephone": f"01632 960 1{index:02d}",
        "email": f"{GIVEN_NAMES[index].lower()}.sample@example.org",
        "gp_name": "Dr Ada Quince",
        "gp_practice": "Made-up Road Surgery",
        "gp_practice_code": "X99999",
    }
    return referral.PatientDetails(**{**facts, **changes})


def from_the_gp(**changes: Any) -> referral.ReferralDetails:
    """Return a GP's referral."""
    facts: dict[str, Any] = {
        "source": "gp",
        "referrer_name": "Dr Ada Quince",
        "referrer_organisation": "Made-up Road Surgery",
        "referrer_code": "X99999",
        "reason": "Depressed for four years; two antidepressants and a talking therapy did not help.",
    }
    return referral.ReferralDetails(**{**facts, **changes})


def complete_items() -> dict[str, tuple[str, str]]:
    """Return a minimum set in which nothing is missing."""
    known = {item.id: ("present", f"{item.title}: as in the referrer's letter") for item in referral_items()}
    return {**known, "admissions": ("none", "")}


def all_met() -> dict[str, tuple[str, str]]:
    """Return answers by which nothing stands against treatment."""
    return {rule.id: ("met", "seen in the referral") for rule in selection_rules()}


def a_conversation(decision: str = "given", **changes: Any) -> consent.Conversation:
    """Return a full conversation with a patient who has capacity."""
    facts: dict[str, Any] = {
        "decision": decision,
        "information_version": information().version,
        "understands": True,
        "retains": True,
        "weighs": True,
        "communicates": True,
        "points_covered": tuple(point.id for point in information().points),
        "interpreter": "not_needed",
    }
    return consent.Conversation(**{**facts, **changes})


def a_handover(protocol_id: str = "iv-racemic-standard", **changes: Any) -> consent_talk.Handover:
    """Return how a patient was informed of a treatment that the NHS pays for: printed and in a talk."""
    facts: dict[str, Any] = {"cost": consent_talk.FREE, "ways": ("talk", "printed"), "interpreter": "not_needed"}
    return consent_talk.Handover(protocol_id, **{**facts, **changes})


def an_order(**changes: Any) -> plan.PlanOrder:
    """Return an order of the standard protocol: 70 kg, 170 cm, actual weight, so 35 mg."""
    facts: dict[str, Any] = {
        "protocol_id": "iv-racemic-standard",
        "weight_kg": 70.0,
        "height_cm": 170.0,
        "basis": "actual",
        "oxygen_scale": 1,
        "pregnancy_possible": False,
    }
    return plan.PlanOrder(**{**facts, **changes})


def phq9_items(total: int, item9: int = 0) -> list[int]:
    """Return nine answers with that total and that answer to item 9."""
    rest = total - item9
    items = [min(3, max(0, rest - 3 * place)) for place in range(8)]
    if sum(items) != rest:
        raise ValueError(f"No PHQ-9 has a total of {total} with {item9} for item 9.")
    return [*items, item9]


def phq9(total: int, item9: int = 0) -> outcomes.Form:
    """Return a completed PHQ-9 with that total and that answer to item 9."""
    return outcomes.Form("phq9", phq9_items(total, item9))


STEPS: Sequence[str] = ("referral", "selection", "consent", "plan", "session")


@kept
def an_episode(
    cast: Cast,
    at: str = "selection",
    *,
    patient: int = 0,
    now: datetime | None = None,
    first_day: date | None = None,
    **order: Any,
) -> Episode:
    """Return an episode whose patient stands at the beginning of the step `at`.

    referral: recorded and complete, not triaged. selection: accepted, nothing answered. consent: eligible,
    with a baseline PHQ-9 of 21, and informed of the treatment of `order`. plan: consent given. session: prescribed
    (`order` changes the standard order) and booked in the bay of the patient's number at 10:00 from `first_day`
    (default: today). `patient` is 0 to 9; `now` the time at which the last of it happens.
    """
    wanted = STEPS.index(at)
    moment = now or datetime.now(tz=UTC)
    days = iter(moment - timedelta(days=ago) for ago in (20, 18, 15, 14, 13, 9, 8, 7))
    episode = referral.record_referral(details(patient), from_the_gp(), complete_items(), by=cast.bea, at=next(days))
    if wanted >= 1:
        referral.triage(episode, "accepted", by=cast.maya, at=next(days))
    if wanted >= 2:
        _select(cast, episode, next(days), next(days))
        told = a_handover(order.get("protocol_id", "iv-racemic-standard"))
        consent_talk.give_information(episode, told, by=cast.maya, at=moment - timedelta(days=15))
    if wanted >= 3:
        consent.record_consent(episode, a_conversation(), by=cast.idris, at=next(days))
    if wanted >= 4:
        prescribed = plan.prescribe_plan(episode, an_order(**order), by=cast.idris, at=next(days))
        if {"mg_per_kg", "minutes", "sessions"} & set(order):
            consents_to_the_plan(cast, episode, at=moment - timedelta(days=8))
        day = first_day or timezone.localtime(moment).date()
        book_anyhow(cast, prescribed, day, bay(patient + 1), at=next(days))
    episode.refresh_from_db()
    return episode


def consents_to_the_plan(cast: Cast, episode: Episode, at: datetime | None = None) -> None:
    """Inform the patient of the plan in force by its own figures and record that they consent to it."""
    of_plan = Plan.objects.filter(episode=episode).latest("version").protocol_id
    consent_talk.give_information(episode, a_handover(of_plan), by=cast.maya, at=at)
    consent.record_consent(episode, a_conversation(), by=cast.idris, at=at)


def _select(cast: Cast, episode: Episode, first: datetime, then: datetime) -> None:
    selection.answer_rules(episode, all_met(), by=cast.maya, at=first)
    day = timezone.localtime(first).date()
    outcomes.record_score(episode, phq9(21), "baseline", day, by=cast.maya, at=first)
    selection.decide_selection(episode, "eligible", by=cast.idris, at=then)


def book_anyhow(cast: Cast, prescribed: Plan, first_day: date, place: Bay, at: datetime) -> list[Appointment]:
    """Book the first session on `first_day` whatever weekday it is, and the others after it.

    A test that runs on a Sunday has to find its patient in the chair as one on a Monday does.
    """
    here = timezone.get_current_timezone()
    days = (first_day + timedelta(days=7 * number) for number in range(prescribed.sessions))
    starts = (datetime.combine(day, time(10), tzinfo=here).astimezone(UTC) for day in days)
    # All in one act: every act asks anew where the patient stands, and hundreds of tests begin here.
    chosen = [(number, starts_at, place) for number, starts_at in enumerate(starts, start=1)]
    return list(booking.book_dates(prescribed, chosen, by=cast.bea, at=at))


def first_appointment(episode: Episode) -> Appointment:
    """Return the first date of the episode's newest plan."""
    return Appointment.objects.filter(plan__episode=episode, cancelled_at__isnull=True).order_by("starts_at")[0]


__all__ = ["Cast", "an_episode", "bay", "first_appointment", "followup", "make_cast"]
