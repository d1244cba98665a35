"""Who pays, what is charged, and what a course cost: recorded by the office, never asked by a rule of treatment."""

from collections.abc import Iterator, Mapping
from datetime import date, datetime

from django.utils import timezone

from glimmer.actions.act import Act, acting
from glimmer.actions.endings import locked_episode
from glimmer.care.funding import (
    Arising,
    Cost,
    Funding,
    cancelled_share,
    is_charged,
    late_share,
    may_record,
    missed_share,
    part_of,
    session_cost,
    total_cost,
)
from glimmer.care.psychotherapy import CAME
from glimmer.guidance import protocol
from glimmer.guidance.prices import prices
from glimmer.records.access import require
from glimmer.records.episodes import Episode
from glimmer.records.funding import (
    CHARGES,
    COSTS,
    Charge,
    FundingRoute,
    PriceLine,
    PriceList,
    newest_route,
    price_list_on,
    prices_of,
)
from glimmer.records.plans import Appointment, Plan
from glimmer.records.psychotherapy import TherapyMember
from glimmer.records.sessions import TreatmentSession
from glimmer.records.staff import Staff
from glimmer.records.waiting import LATE, NOT_COME, Absence
from glimmer.vocabulary.problems import BadInput, RuleRefused

DATE = "date"
"""The cause of a date that was not held begins with this word: one date is charged once, whatever became of it."""
BY_HAND = "hand"
"""Causes of charges that a person adds begin with this word."""


def record_route(
    episode: Episode,
    funding: Funding,
    note: str = "",
    *,
    by: Staff,
    seen: int | None = None,
    at: datetime | None = None,
) -> FundingRoute:
    """Record who pays for a journey from now on; what was recorded before stays."""
    with acting(by, "funding.record", verb="record_route", episode=episode, seen=seen, at=at) as act:
        verdict = may_record(funding)
        if not verdict.allowed:
            raise RuleRefused(" ".join(verdict.reasons), reasons=verdict.reasons)
        stored = FundingRoute.objects.create(
            episode=locked_episode(act),
            route=funding.route.value,
            reference=funding.reference,
            state=funding.state,
            expires_on=funding.expires_on,
            insurer=funding.insurer,
            authorisation=funding.authorisation,
            note=note.strip(),
            recorded_by=by,
            recorded_at=act.at,
        )
        act.about(stored)
        act.note(route=stored.route, state=stored.state)
    return stored


def set_prices(
    kind: str,
    pence: Mapping[str, int],
    valid_from: date | None,
    source: str,
    *,
    by: Staff,
    at: datetime | None = None,
) -> PriceList:
    """Record a new version of the prices, valid from a day that has not passed; charges that were made keep theirs."""
    with acting(by, "prices.manage", verb="set_prices", at=at) as act:
        known = {one.id for one in (prices().items if kind == CHARGES else prices().costs)}
        if kind not in (CHARGES, COSTS) or not pence or set(pence) - known:
            raise BadInput("Enter at least one price, for items of the list only.")
        if valid_from is None or valid_from < timezone.localtime(act.at).date():
            raise BadInput("Prices are valid from today or a later day.", field="valid_from")
        if not source.strip():
            raise BadInput("Say where these prices come from: a decision, a contract.", field="source")
        newest = PriceList.objects.filter(kind=kind).order_by("-version").first()
        stored = PriceList.objects.create(
            kind=kind,
            version=newest.version + 1 if newest is not None else 1,
            valid_from=valid_from,
            source=source.strip(),
            recorded_by=by,
            recorded_at=act.at,
        )
        PriceLine.objects.bulk_create([PriceLine(prices=stored, item=item, pence=of) for item, of in pence.items()])
        act.about(stored)
        act.note(kind=kind, version=stored.version, items=len(pence))
    return stored


def arising(episode: Episode, now: datetime) -> list[Arising]:
    """Return what happened in a journey that may be charged and that nobody has decided about, by day.

    A proposal: whether a date was cancelled by the clinic, or a patient could not help not coming, a person knows.
    """
    decided = {_of_a_date(cause) for cause in Charge.objects.filter(episode=episode).values_list("cause", flat=True)}
    found = [one for one in _happened(episode, now) if one.cause not in decided]
    return sorted(found, key=lambda one: (one.on, one.cause))


def _happened(episode: Episode, now: datetime) -> Iterator[Arising]:
    assessed = episode.selection_decisions.order_by("decided_at", "pk").first()
    if assessed is not None:
        yield Arising(f"assessment:{episode.pk}", "assessment", "Assessment", _day(assessed.decided_at))
    sessions = TreatmentSession.objects.filter(episode=episode, ended_at__isnull=False).exclude(phase="cancelled")
    for session in sessions.select_related("plan"):
        item = item_of(session.plan)
        title = f"{prices().title_of(item)} {session.number}"
        yield Arising(f"session:{session.pk}", item, title, _day(session.opened_at))
    for review in episode.followup_decisions.filter(decision="review"):
        yield Arising(f"review:{review.pk}", "review", "Review", _day(review.decided_at))
    yield from _groups(episode)
    yield from _dates(episode, now)


def _groups(episode: Episode) -> Iterator[Arising]:
    """Yield the places in groups to which the patient came, by what was recorded last of each.

    One that the desk has charged by hand, of the same item and day, is not proposed again.
    """
    by_hand = set(Charge.objects.filter(episode=episode, cause__startswith=BY_HAND).values_list("item", "happened_on"))
    places = TherapyMember.objects.filter(episode=episode, session__is_group=True, session__cancelled_at__isnull=True)
    for place in places.select_related("session").prefetch_related("attendance"):
        newest = max(place.attendance.all(), key=lambda one: (one.recorded_at, one.pk), default=None)
        item, on = prices().item_of_group(place.session.kind), _day(place.session.starts_at)
        if item and newest is not None and newest.attendance in CAME and (item, on) not in by_hand:
            yield Arising(f"group:{place.pk}", item, prices().title_of(item), on)


def _dates(episode: Episode, now: datetime) -> Iterator[Arising]:
    """Yield the dates that were not held and cost something: by what the desk recorded of each, else by its times."""
    standing = Absence.objects.filter(appointment__plan__episode=episode, withdrawn_at__isnull=True)
    absences = dict(standing.values_list("appointment_id", "kind"))
    dates = Appointment.objects.filter(plan__episode=episode, session__isnull=True).select_related("plan")
    for date_of in dates:
        share, words = _not_held(date_of, absences.get(date_of.pk, ""), now)
        if share:
            item = item_of(date_of.plan)
            title = f"{prices().title_of(item)}, {words}"
            yield Arising(f"{DATE}:{date_of.pk}", item, title, _day(date_of.starts_at), share)


def _of_a_date(cause: str) -> str:
    """Return a cause as it is named now: formerly one date had two, by whether it was missed or cancelled."""
    kind, _, key = cause.partition(":")
    return f"{DATE}:{key}" if kind in ("missed", "cancelled") else cause


def _not_held(date_of: Appointment, absence: str, now: datetime) -> tuple[int, str]:
    """Return which share of its price a date costs that was not held, and why; 0 where nothing is owed."""
    missed, late = (missed_share(), "not attended"), (late_share(), "cancelled late")
    if absence:
        return {NOT_COME: missed, LATE: late}.get(absence, (0, ""))
    if date_of.cancelled_at is not None:
        return late if cancelled_share(_day(date_of.cancelled_at), _day(date_of.starts_at)) else (0, "")
    return missed if date_of.ends_at < now else (0, "")


def item_of(plan: Plan) -> str:
    """Return the item of the price list that a session of a plan is."""
    pinned = protocol(plan.protocol_id, plan.protocol_version)
    if pinned.administration == "sprays":
        return f"session_nasal_{plan.dose_mg:.0f}"
    return {"injection": "session_injection", "swallowed": "session_oral"}.get(
        pinned.administration, "session_infusion"
    )


def charge(
    episode: Episode,
    cause: str,
    waived_because: str = "",
    *,
    waive: bool = False,
    by: Staff,
    seen: int | None = None,
    at: datetime | None = None,
) -> Charge:
    """Charge something that arose, at the price of its day; or let it go (`waive`) with a reason."""
    with acting(by, "funding.record", verb="charge", episode=episode, seen=seen, at=at) as act:
        found = next((one for one in arising(locked_episode(act), act.at) if one.cause == cause), None)
        if found is None:
            raise RuleRefused("This was decided already, or has not happened. Look at the page again.")
        if waive and not waived_because.strip():
            raise BadInput("Say why it is not charged.", field="waived_because")
        stored = _charge(act, found, waived_because.strip() if waive else "")
    return stored


def add_charge(
    episode: Episode,
    item: str,
    on: date | None,
    *,
    by: Staff,
    seen: int | None = None,
    at: datetime | None = None,
) -> Charge:
    """Charge something that Glimmer does not know of, such as a bottle."""
    with acting(by, "funding.record", verb="add_charge", episode=episode, seen=seen, at=at) as act:
        if item not in {one.id for one in prices().items}:
            raise BadInput("Choose what is charged.", field="item")
        if on is None or on > timezone.localtime(act.at).date():
            raise BadInput("Enter the day on which it happened, today or earlier.", field="on")
        number = Charge.objects.filter(episode=episode, cause__startswith=f"{BY_HAND}:{episode.pk}:").count() + 1
        of = Arising(f"{BY_HAND}:{episode.pk}:{number}", item, prices().title_of(item), on)
        stored = _charge(act, of, "")
    return stored


def _charge(act: Act, of: Arising, waived_because: str) -> Charge:
    episode = locked_episode(act)
    route = newest_route(episode)
    if not waived_because and (route is None or not is_charged(route.facts.route)):
        raise RuleRefused("Nobody is charged for this journey by the way it is paid for. Record who pays first.")
    in_force = price_list_on(CHARGES, of.on)
    unit = prices_of(in_force).get(of.item)
    if not waived_because and unit is None:
        raise RuleRefused(
            f"There is no price for {prices().title_of(of.item).lower()} on {of.on.day} {of.on:%B %Y}. "
            "Ask the manager to record one, or let this charge go with a reason."
        )
    stored = Charge.objects.create(
        episode=episode,
        cause=of.cause,
        item=of.item,
        title=of.title,
        happened_on=of.on,
        share=of.share,
        unit_pence=unit or 0,
        pence=0 if waived_because else part_of(unit or 0, of.share),
        prices=in_force,
        waived_because=waived_because,
        decided_by=act.by,
        decided_at=act.at,
    )
    act.about(stored)
    act.note(cause=of.cause, waived=bool(waived_because))
    return stored


def service_cost(by: Staff, episode: Episode) -> Cost:
    """Return what the sessions of a journey cost the service, by their protocols' minutes and that day's inputs."""
    require(by, "funding.view")
    sessions = TreatmentSession.objects.filter(episode=episode, ended_at__isnull=False).exclude(phase="cancelled")
    costs = []
    for session in sessions.select_related("plan").order_by("opened_at"):
        pinned = protocol(session.plan.protocol_id, session.plan.protocol_version)
        inputs = prices_of(price_list_on(COSTS, _day(session.opened_at)))
        costs.append(session_cost(pinned.staff_minutes, pinned.chair_minutes, inputs))
    return total_cost(costs)


def _day(moment: datetime) -> date:
    return timezone.localtime(moment).date()
