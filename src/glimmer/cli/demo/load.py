"""Build the demo clinic."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from itertools import chain, repeat

from django.db import transaction
from django.utils import timezone
from rich.console import Console
from rich.progress import track

from glimmer.cli.demo.assessment import assess
from glimmer.cli.demo.clinic import DemoClinic, open_clinic
from glimmer.cli.demo.house import arrange_house, arrange_waiting
from glimmer.cli.demo.incidents import report_incidents
from glimmer.cli.demo.journeys import Diary, Journey
from glimmer.cli.demo.keeping_well import get_worse, keep_well
from glimmer.cli.demo.long_term import record_checks
from glimmer.cli.demo.money import keep_accounts
from glimmer.cli.demo.own import invite_another, send_from_own_pages
from glimmer.cli.demo.people import patients
from glimmer.cli.demo.post import send_post
from glimmer.cli.demo.register import open_register
from glimmer.cli.demo.talks import hold_talks
from glimmer.guidance import referral_items
from glimmer.records.models import Bay, Plan
from glimmer.records.training import DEMO, set_purpose

Walk = Callable[[Journey], None]

# Minutes since the infusion began, bay by bay. The one with most left to run turns hypertensive once it is served.
RUNNING_NOW = (22.0, 6.0, 34.0)


def load_demo(seed: int = 1, now: datetime | None = None, *, quietly: bool = False) -> DemoClinic:
    """Fill an empty database with the demo clinic, the same one for the same seed and moment.

    One transaction: either the whole clinic is there or none of it.
    """
    moment = now or timezone.now()
    with transaction.atomic():
        set_purpose(DEMO, moment)
        clinic = open_clinic(moment, seed)
        open_register(clinic)
        walks = list(_walks())
        people = patients(len(walks), seed=seed, today=timezone.localtime(moment).date())
        diary = Diary(moment)
        pairs = list(zip(walks, people, strict=True))
        for (days_ago, walk), person in track(
            pairs, "Loading the demo clinic", console=Console(stderr=True, quiet=quietly), transient=True
        ):
            walk(Journey(clinic, diary, person, clock=clinic.days_ago(days_ago)))
        report_incidents(clinic)
        record_checks(clinic)
        send_from_own_pages(clinic)
        invite_another(clinic)
        arrange_house(clinic)
        hold_talks(clinic)
        arrange_waiting(clinic)
        keep_accounts(clinic)
        send_post(clinic)
    return clinic


def _walks() -> Iterator[tuple[int, Walk]]:
    """Yield (days since the referral, how far the patient came), one per patient, about 40 of them."""
    return chain(
        zip((2, 5, 9), map(_referred_missing, ((0,), (1, 2), (3,))), strict=True),
        zip((1, 3, 4), repeat(_referred), strict=False),
        [(6, _returned), (20, _declined)],
        zip((16, 19, 22, 25), repeat(_in_selection), strict=False),
        zip((24, 28), repeat(_waiting_for_the_meeting), strict=False),
        [(40, _not_eligible)],
        zip((30, 33, 36), (_awaiting_consent, _informed, _informed), strict=True),
        [(45, _refused)],
        zip((38, 41, 44), (_awaiting_plan, _prescribed, _prescribed), strict=True),
        zip((42, 46), repeat(_booked), strict=False),
        zip((60, 63), repeat(_in_course), strict=False),
        zip((75, 80, 84), repeat(_course_done), strict=False),
        zip((90, 95), repeat(_outcome_known), strict=False),
        zip((110, 120, 130), (_kept_well, _getting_worse, _followed_up("review")), strict=True),
        zip((140, 150), repeat(_followed_up("repeat")), strict=False),
        zip((160, 180, 200), repeat(_followed_up("discharge")), strict=False),
        [(69, _expected_now)],
        # Last: they leave their bays taken.
        [(70 + index, _treated_now(index)) for index in range(len(RUNNING_NOW))],
    )


def _referred_missing(places: tuple[int, ...]) -> Walk:
    def walk(journey: Journey) -> None:
        items = [item.id for item in referral_items()]
        journey.missing = tuple(items[place] for place in places)
        journey.refer()

    return walk


def _referred(journey: Journey) -> None:
    journey.refer()


def _returned(journey: Journey) -> None:
    journey.missing = (referral_items()[-1].id,)
    journey.refer()
    journey.triage("returned", "Please send the letters of the last three years.")


def _declined(journey: Journey) -> None:
    journey.refer()
    journey.triage("declined", "Lives outside the area that the clinic serves; told whom to ask instead.")


def _in_selection(journey: Journey) -> None:
    journey.refer()
    journey.triage()
    journey.baseline()
    journey.answer_rules(leave=18)


def _ready_to_decide(journey: Journey) -> None:
    journey.refer()
    journey.triage()
    journey.baseline()
    journey.answer_rules()


def _waiting_for_the_meeting(journey: Journey) -> None:
    _ready_to_decide(journey)
    assess(journey)


def _not_eligible(journey: Journey) -> None:
    _ready_to_decide(journey)
    journey.decide("not_eligible", "An aneurysm was found; the risk of a rise in blood pressure is too high.")


def _awaiting_consent(journey: Journey) -> None:
    _ready_to_decide(journey)
    journey.decide()


def _informed(journey: Journey) -> None:
    _awaiting_consent(journey)
    journey.inform(answered=False)


def _refused(journey: Journey) -> None:
    _awaiting_consent(journey)
    journey.consent("refused")


def _awaiting_plan(journey: Journey) -> None:
    _awaiting_consent(journey)
    journey.consent()


def _prescribed(journey: Journey) -> None:
    _awaiting_plan(journey)
    journey.prescribe()


def _booked(journey: Journey) -> None:
    _awaiting_plan(journey)
    prescribed = journey.prescribe()
    journey.book(prescribed, timezone.localtime(journey.clinic.now).date() + timedelta(days=1))


def _in_course(journey: Journey) -> None:
    journey.protocol_id = "iv-racemic-standard"
    _awaiting_plan(journey)
    prescribed = journey.prescribe()
    first = timezone.localtime(journey.clinic.now).date() - timedelta(days=8)
    for appointment in journey.book(prescribed, first):
        if appointment.ends_at < journey.clinic.now:
            journey.treat(appointment)


def _treated_now(index: int) -> Walk:
    def walk(journey: Journey) -> None:
        _awaiting_plan(journey)
        prescribed = journey.prescribe()
        # In the bay of their own: the others hold sessions that run.
        _treated_once(journey, prescribed, [journey.clinic.busy_bays[index]])
        journey.treat_now(prescribed, 2, journey.clinic.busy_bays[index], RUNNING_NOW[index])

    return walk


def _expected_now(journey: Journey) -> None:
    _awaiting_plan(journey)
    prescribed = journey.prescribe()
    _treated_once(journey, prescribed, [journey.clinic.visitors_bay])
    journey.expect_now(prescribed, 2, journey.clinic.visitors_bay)


def _treated_once(journey: Journey, prescribed: Plan, bays: list[Bay]) -> None:
    first = timezone.localtime(journey.clinic.now).date() - timedelta(days=10)
    for appointment in journey.book(prescribed, first, sessions=1, bays=bays):
        journey.treat(appointment)


def _course_done(journey: Journey) -> None:
    journey.responds = journey.clinic.chance.random() < 0.5 or journey.always_responds
    _awaiting_plan(journey)
    prescribed = journey.prescribe()
    for appointment in journey.book(prescribed, timezone.localtime(journey.clock).date() + timedelta(days=5)):
        journey.treat(appointment)


def _outcome_known(journey: Journey) -> None:
    _course_done(journey)
    journey.finish()


def _followed_up(decision: str) -> Walk:
    def walk(journey: Journey) -> None:
        _outcome_known(journey)
        journey.follow_up(decision)

    return walk


def _kept_well(journey: Journey) -> None:
    _helped(journey)
    keep_well(journey)


def _getting_worse(journey: Journey) -> None:
    _helped(journey)
    get_worse(journey)


def _helped(journey: Journey) -> None:
    journey.always_responds = True
    _followed_up("review")(journey)
