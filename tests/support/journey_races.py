"""Two people at once on the journey's pages, for real: see `tests.support.races`, whose threads are used here.

Run as a process of its own: `python -m tests.support.journey_races NAME ROUNDS`.
"""

import json
import sys
from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta
from typing import Any

import django

django.setup()

from django.db import IntegrityError  # noqa: E402
from django.utils import timezone  # noqa: E402

from glimmer.actions import (  # noqa: E402
    booking,
    consent,
    correspondence,
    followup,
    funding,
    invoices,
    meeting,
    outcomes,
    plan,
    protocols,
    referral,
    selection,
    tasks,
    urgent,
)
from glimmer.actions.ports import PORTS  # noqa: E402
from glimmer.care.funding import Funding, Route  # noqa: E402
from glimmer.exchange.fhir.referral import read_referral_bundle  # noqa: E402
from glimmer.exchange.invoices import render_invoice  # noqa: E402
from glimmer.exchange.letters import render_letter  # noqa: E402
from glimmer.guidance.protocol import FOLDER as PROTOCOLS  # noqa: E402
from glimmer.records.audit import broken_at  # noqa: E402
from glimmer.records.funding import CHARGES, price_list_on  # noqa: E402
from glimmer.records.models import (  # noqa: E402
    Appointment,
    Episode,
    GuidanceApproval,
    Invoice,
    MeetingConclusion,
    Patient,
    Plan,
    Task,
    TriageDecision,
)
from glimmer.vocabulary.problems import RuleRefused  # noqa: E402
from tests.support.bundles import a_bundle, as_bytes  # noqa: E402
from tests.support.cast import (  # noqa: E402  # noqa: E402
    Cast,
    an_episode,
    an_order,
    bay,
    complete_items,
    details,
    from_the_gp,
    make_cast,
    phq9,
)
from tests.support.races import _at_once as at_once  # noqa: E402

Act = Callable[[], Any]
Count = Callable[[], int]


def same_patient_referred_twice(cast: Cast, number: int) -> tuple[list[Act], Count]:
    def refer() -> int:
        return referral.record_referral(details(number), from_the_gp(), complete_items(), by=cast.bea).pk

    return [refer, refer], lambda: Episode.objects.filter(patient__nhs_number=details(number).nhs_number).count()


def two_new_patients(cast: Cast, number: int) -> tuple[list[Act], Count]:
    def refer(index: int) -> Act:
        return lambda: referral.record_referral(details(index), from_the_gp(), complete_items(), by=cast.bea).pk

    numbers = [details(2 * number).nhs_number, details(2 * number + 1).nhs_number]
    return [refer(2 * number), refer(2 * number + 1)], lambda: len(
        set(Patient.objects.filter(nhs_number__in=numbers).values_list("local_number", flat=True))
    )


def same_bundle_imported_twice(cast: Cast, number: int) -> tuple[list[Act], Count]:
    raw = as_bytes({**a_bundle(), "id": str(number)})
    old = Episode.objects.filter(closed_at__isnull=True).first()
    if old is not None:
        followup.decide_followup(old, "discharge", None, "Next round.", by=cast.idris)
    before = Episode.objects.count()
    return [lambda: referral.import_bundle(raw, by=cast.bea).pk] * 2, lambda: Episode.objects.count() - before


def triaged_twice(cast: Cast, number: int) -> tuple[list[Act], Count]:
    episode = an_episode(cast, at="referral", patient=number)
    return [
        lambda: referral.triage(episode, "accepted", by=cast.maya).decision,
        lambda: referral.triage(episode, "declined", "Too far away.", by=cast.jo).decision,
    ], lambda: TriageDecision.objects.filter(referral__episode=episode).count()


def two_pages_of_the_same_age(cast: Cast, number: int) -> tuple[list[Act], Count]:
    episode = an_episode(cast, at="selection", patient=number)
    seen = episode.revision

    def answer(person: Any, said: str) -> Act:
        return lambda: selection.answer_rules(episode, {"depression_now": (said, "")}, by=person, seen=seen)

    return [answer(cast.maya, "met"), answer(cast.idris, "not_met")], episode.selection_answers.count


def one_bay_for_two_patients(cast: Cast, number: int) -> tuple[list[Act], Count]:
    place, day = bay(90 + number), timezone.localdate() + timedelta(days=7)
    plans = [
        plan.prescribe_plan(an_episode(cast, at="plan", patient=2 * number + index), an_order(), by=cast.idris)
        for index in (0, 1)
    ]
    # Twenty minutes apart: not the same start, so no unique index sees it; only the locked bay does.
    return [
        lambda: len(booking.book_course(plans[0], day, time(10), place, by=cast.bea)),
        lambda: len(booking.book_course(plans[1], day, time(10, 20), place, by=cast.bea)),
    ], lambda: Appointment.objects.filter(bay=place).count()


def wrong_programs_book_one_bay(cast: Cast, number: int) -> tuple[list[Act], Count]:
    """Two programs that ask nobody write straight into the table: no lock, no rule, only the database."""
    place, start = bay(190 + number), timezone.now() + timedelta(days=7)
    plans = [
        plan.prescribe_plan(an_episode(cast, at="plan", patient=2 * number + index), an_order(), by=cast.idris)
        for index in (0, 1)
    ]

    def write(one: Plan, minutes: int) -> Act:
        begins = start + timedelta(minutes=minutes)
        row = Appointment(plan=one, patient_id=one.episode.patient_id, number=1, bay=place, starts_at=begins)
        row.ends_at, row.booked_by, row.booked_at = begins + timedelta(hours=2), cast.bea, start

        def go() -> int:
            try:
                return len(Appointment.objects.bulk_create([row]))
            except IntegrityError as error:
                raise RuleRefused(f"{error}.") from error

        return go

    return [write(plans[0], 0), write(plans[1], 20)], lambda: Appointment.objects.filter(bay=place).count()


def plan_prescribed_twice(cast: Cast, number: int) -> tuple[list[Act], Count]:
    episode = an_episode(cast, at="plan", patient=number)
    return [
        lambda: plan.prescribe_plan(episode, an_order(), by=cast.idris).version,
        lambda: plan.prescribe_plan(episode, an_order(), by=cast.idris).version,
    ], lambda: Plan.objects.filter(episode=episode).count()


def task_finished_twice(cast: Cast, number: int) -> tuple[list[Act], Count]:
    episode = an_episode(cast, at="selection", patient=number)
    day = timezone.localdate()
    outcomes.record_score(episode, phq9(15, item9=1), "baseline", day, by=cast.maya)
    task = Task.objects.get(episode=episode)
    return [
        lambda: outcomes.finish_task(task, "Spoke.", by=cast.idris).did,
        lambda: outcomes.finish_task(task, "Called.", by=cast.una).did,
    ], lambda: Task.objects.filter(episode=episode, done_at__isnull=False).count()


def task_taken_by_two(cast: Cast, number: int) -> tuple[list[Act], Count]:
    episode = an_episode(cast, at="referral", patient=number)
    due = datetime.now(UTC) + timedelta(days=1)
    task = tasks.add_task(episode, "Ring the patient", "nurse", due, by=cast.bea)
    return [
        lambda: tasks.take_task(task, by=cast.maya).taken_by_id,
        lambda: tasks.take_task(task, by=cast.jo).taken_by_id,
    ], lambda: task.steps.filter(step="taken").count()


def _charged(cast: Cast, number: int) -> Episode:
    episode = an_episode(cast, at="consent", patient=number)
    if price_list_on(CHARGES, timezone.localdate()) is None:
        funding.set_prices(CHARGES, {"oral_bottle": 6000}, timezone.localdate(), "Example", by=cast.gil)
    funding.record_route(episode, Funding(Route.SELF_PAY), by=cast.bea)
    funding.add_charge(episode, "oral_bottle", timezone.localdate(), by=cast.bea)
    return episode


def invoices_at_once(cast: Cast, number: int) -> tuple[list[Act], Count]:
    """Two patients are invoiced at the same moment: each number is given once, and none is left out."""
    first, second = _charged(cast, 2 * number), _charged(cast, 2 * number + 1)
    chosen = {one.pk: [charge.pk for charge in invoices.open_charges(one)] for one in (first, second)}
    return [
        lambda: invoices.issue_invoice(first, chosen[first.pk], by=cast.bea).number,
        lambda: invoices.issue_invoice(second, chosen[second.pk], by=cast.bea).number,
    ], lambda: Invoice.objects.count()


def paid_twice(cast: Cast, number: int) -> tuple[list[Act], Count]:
    episode = _charged(cast, number)
    invoice = invoices.issue_invoice(episode, [one.pk for one in invoices.open_charges(episode)], by=cast.bea)
    day = timezone.localdate()
    return [
        lambda: invoices.record_payment(invoice, 6000, "card", "", day, by=cast.bea).pence,
        lambda: invoices.record_payment(invoice, 6000, "transfer", "", day, by=cast.bea).pence,
    ], lambda: invoice.payments.count()


def letter_sent_by_two(cast: Cast, number: int) -> tuple[list[Act], Count]:
    letter = followup.write_letter(an_episode(cast, at="session", patient=number), "course_summary", by=cast.maya)
    letter = followup.sign_letter(letter, by=cast.idris)
    seen = Episode.objects.get(pk=letter.episode_id).revision
    send = {"digest": letter.pdf_digest, "seen": seen}
    return [
        lambda: correspondence.send_letter(letter, 0, "post", by=cast.bea, **send).pk,
        lambda: correspondence.send_letter(letter, 0, "post", by=cast.maya, **send).pk,
    ], lambda: letter.dispatches.count()


def letter_signed_twice(cast: Cast, number: int) -> tuple[list[Act], Count]:
    letter = followup.write_letter(an_episode(cast, at="session", patient=number), "course_summary", by=cast.maya)
    return [
        lambda: followup.sign_letter(letter, by=cast.idris).signed_by.name,
        lambda: followup.sign_letter(letter, by=cast.una).signed_by.name,
    ], lambda: letter.episode.letters.filter(signed_at__isnull=False).count()


def consent_withdrawn_while_prescribing(cast: Cast, number: int) -> tuple[list[Act], Count]:
    episode = an_episode(cast, at="plan", patient=number)
    return [
        lambda: consent.withdraw_consent(episode, by=cast.maya).decision,
        lambda: plan.prescribe_plan(episode, an_order(), by=cast.idris).version,
    ], lambda: Plan.objects.filter(episode=episode).count()


def urgent_heard_by_two(cast: Cast, number: int) -> tuple[list[Act], Count]:
    """Two people hear of the danger at the same moment: neither call is lost, and each has its clock."""
    episode = an_episode(cast, at="referral", patient=number)
    return [
        lambda: urgent.raise_urgent(episode, "very_urgent", "Says she will.", by=cast.bea).pk,
        lambda: urgent.raise_urgent(episode, "very_urgent", "Rang her sister.", by=cast.tomos).pk,
    ], lambda: Task.objects.filter(episode=episode, kind=urgent.TASK, done_at__isnull=True).count()


def urgent_closed_twice(cast: Cast, number: int) -> tuple[list[Act], Count]:
    episode = an_episode(cast, at="referral", patient=number)
    call = urgent.raise_urgent(episode, "urgent", "Has a plan.", by=cast.maya)
    urgent.write_urgent_step(call, "handed", "Taken over.", "Crisis team, Bo Ss", by=cast.idris)
    return [
        lambda: urgent.write_urgent_step(call, "closed", "Safe with her sister.", by=cast.idris).pk,
        lambda: urgent.write_urgent_step(call, "closed", "Handed to the crisis team.", by=cast.una).pk,
    ], lambda: call.acts.filter(step="closed").count()


def put_on_two_lists(cast: Cast, number: int) -> tuple[list[Act], Count]:
    episode, day = an_episode(cast, at="selection", patient=number), timezone.localdate()
    return [
        lambda: meeting.put_on_the_list(episode, day, "Is ECT better?", by=cast.maya).pk,
        lambda: meeting.put_on_the_list(episode, day + timedelta(days=7), "Is it safe?", by=cast.idris).pk,
    ], episode.meeting_cases.count


def meeting_concluded_twice(cast: Cast, number: int) -> tuple[list[Act], Count]:
    episode = an_episode(cast, at="selection", patient=number)
    case = meeting.put_on_the_list(episode, timezone.localdate(), "Is ECT better?", by=cast.maya)
    for member in (cast.maya, cast.idris, cast.una, cast.priya, cast.tomos):
        meeting.give_view(case, "for", "Two antidepressants failed.", by=member)

    def conclude(person: Any, says: str) -> Act:
        return lambda: meeting.conclude(case, "treat", says, by=person).pk

    acts = [conclude(cast.idris, "We all agree."), conclude(cast.una, "Nobody is against it.")]
    return acts, MeetingConclusion.objects.filter(case=case).count


def protocol_approved_twice(cast: Cast, number: int) -> tuple[list[Act], Count]:
    """One clinician approves a version in two windows at the same moment."""
    proposed, signed = _a_proposed_protocol(cast, number)

    def approve() -> int:
        return protocols.approve_protocol(*proposed, "As the BNF says.", by=cast.una).pk

    return [approve, approve], signed("protocol").count


def protocol_retired_twice(cast: Cast, number: int) -> tuple[list[Act], Count]:
    proposed, signed = _a_proposed_protocol(cast, 20 + number)
    protocols.approve_protocol(*proposed, "As the BNF says.", by=cast.una)

    def retire(person: Any) -> Act:
        return lambda: protocols.retire_protocol(*proposed, "A new one is better.", by=person).pk

    return [retire(cast.idris), retire(cast.priya)], signed("protocol_retired").count


def _a_proposed_protocol(cast: Cast, number: int) -> tuple[tuple[str, str, str], Callable[[str], Any]]:
    text = (PROTOCOLS / "intranasal-esketamine.v1.toml").read_text()
    version = str(50 + number)
    made = protocols.propose_protocol(
        text.replace('version = "1"', f'version = "{version}"'), "The second week.", by=cast.priya
    )
    name = made.guidance_id
    known = {"guidance_id": name, "version": version}
    return (name, version, made.digest), lambda kind: GuidanceApproval.objects.filter(kind=kind, **known)


RACES = {
    race.__name__: race
    for race in (
        same_patient_referred_twice,
        two_new_patients,
        same_bundle_imported_twice,
        triaged_twice,
        two_pages_of_the_same_age,
        one_bay_for_two_patients,
        wrong_programs_book_one_bay,
        plan_prescribed_twice,
        task_finished_twice,
        letter_signed_twice,
        letter_sent_by_two,
        task_taken_by_two,
        invoices_at_once,
        paid_twice,
        consent_withdrawn_while_prescribing,
        urgent_heard_by_two,
        urgent_closed_twice,
        put_on_two_lists,
        meeting_concluded_twice,
        protocol_approved_twice,
        protocol_retired_twice,
    )
}


def run(rounds: int) -> dict[str, Any]:
    """Run every race in its turn; return what each thread got and how many rows there were then."""
    PORTS.read_referral_bundle, PORTS.render_letter = read_referral_bundle, render_letter
    PORTS.render_invoice = render_invoice
    cast = make_cast()
    told: dict[str, Any] = {}
    for name, race in RACES.items():
        for number in range(rounds):
            acts, count = race(cast, number)
            told.setdefault(name, []).append({"answers": at_once(acts), "count": count()})
        _end_all(cast)
    return {**told, "broken_at": broken_at()}


def _end_all(cast: Cast) -> None:
    """Free the ten patients for the next race."""
    for episode in Episode.objects.filter(closed_at__isnull=True):
        followup.decide_followup(episode, "discharge", None, "Next race.", by=cast.idris)


if __name__ == "__main__":
    print(json.dumps(run(int(sys.argv[1]))))
