"""Who pays, what arises from what happened, and how an account stands. Money is whole pence; shares are decimals.

Nothing here is asked by a rule of treatment: no verdict about a patient knows what anything costs.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum

from glimmer.guidance.prices import prices
from glimmer.guidance.working_days import working_days_between
from glimmer.vocabulary.problems import BadInput
from glimmer.vocabulary.verdict import Verdict

MOST_PENCE = 100 * 100 * 1000
"""No single price or payment above a hundred thousand pounds: more is a slip of the keys."""


class Route(StrEnum):
    """Who pays for a journey."""

    NHS = "nhs"
    IFR = "ifr"
    SELF_PAY = "self_pay"
    INSURER = "insurer"

    @property
    def label(self) -> str:
        """The route as a page shows it."""
        return ROUTES[self]


ROUTES = {
    Route.NHS: "NHS",
    Route.IFR: "NHS, individual funding request",
    Route.SELF_PAY: "Self-pay",
    Route.INSURER: "Insurer",
}
REQUEST_STATES = {"applied": "Applied for", "approved": "Approved", "declined": "Declined", "appeal": "Under appeal"}


@dataclass(frozen=True, slots=True)
class Funding:
    """How a journey is paid for. `state` is that of a funding request, `authorisation` an insurer's number."""

    route: Route
    reference: str = ""
    state: str = ""
    expires_on: date | None = None
    insurer: str = ""
    authorisation: str = ""


def may_record(funding: Funding) -> Verdict:
    """Say whether a route is told whole: a request has its state and reference, an insurer its number."""
    reasons = []
    if funding.route is Route.IFR:
        if funding.state not in REQUEST_STATES:
            reasons.append("Choose how the funding request stands.")
        elif funding.state != "applied" and not funding.reference:
            reasons.append("Enter the reference of the funding request.")
    elif funding.state:
        reasons.append("Only a funding request has a state.")
    if funding.route is Route.INSURER and not (funding.insurer and funding.authorisation):
        reasons.append("Enter the insurer and its authorisation number.")
    return Verdict(tuple(reasons))


def warnings(funding: Funding | None, today: date) -> tuple[str, ...]:
    """Return what the office has to see to, in sentences."""
    if funding is None:
        return ("Nobody has recorded who pays for this journey.",)
    found = []
    if funding.route is Route.IFR and funding.state != "approved":
        found.append(f"The funding request is not approved: {REQUEST_STATES.get(funding.state, 'not known').lower()}.")
    if funding.expires_on is not None:
        ends = f"{funding.expires_on.day} {funding.expires_on:%B %Y}"
        if funding.expires_on < today:
            found.append(f"The funding ended on {ends}.")
        elif funding.expires_on <= today + timedelta(days=prices().rules["expires_soon"].value):
            found.append(f"The funding ends on {ends}.")
    return tuple(found)


def is_charged(route: Route) -> bool:
    """Say whether somebody is sent an invoice: for the NHS nobody is, by whatever way it pays."""
    return route in (Route.SELF_PAY, Route.INSURER)


@dataclass(frozen=True, slots=True)
class Arising:
    """Something that may be charged. `cause` names it once and for all; `share` is in per cent of the price."""

    cause: str
    item: str
    title: str
    on: date
    share: int = 100


def cancelled_share(cancelled_on: date, date_was: date) -> int:
    """Return which share of the price a cancelled date costs, in per cent: 0 when it was cancelled in time."""
    ahead = working_days_between(cancelled_on, date_was)
    late = ahead < prices().rules["late_cancellation_within"].value
    return late_share() if late else 0


def late_share() -> int:
    """Return which share of the price a date costs that the patient cancelled late, in per cent."""
    return int(prices().rules["late_cancellation_share"].value)


def missed_share() -> int:
    """Return which share of the price a date costs to which nobody came, in per cent."""
    return int(prices().rules["no_show_share"].value)


def part_of(pence: int, share: int) -> int:
    """Return a share of a price in pence, a half penny rounded up."""
    return int((Decimal(pence) * share / 100).quantize(Decimal(1), rounding=ROUND_HALF_UP))


@dataclass(frozen=True, slots=True)
class Account:
    """How one invoice stands, in pence. All four are sums of what was recorded and never below 0."""

    invoiced: int
    credited: int = 0
    paid: int = 0
    refunded: int = 0

    @property
    def owed(self) -> int:
        """What is still to be paid; below 0, what is to be paid back."""
        return self.invoiced - self.credited - self.paid + self.refunded

    @property
    def state(self) -> str:
        """How it stands, as a word for a page."""
        if self.owed < 0:
            return "refund due"
        if self.owed == 0:
            return "credited" if self.credited == self.invoiced else "paid"
        return "partly paid" if self.paid > self.refunded else "not paid"


def may_pay(account: Account, pence: int) -> Verdict:
    """Say whether a payment may be recorded: never more than is owed."""
    if pence > account.owed:
        return Verdict((f"Only {pounds(max(account.owed, 0))} is owed on this invoice.",))
    return Verdict()


def may_refund(account: Account, pence: int) -> Verdict:
    """Say whether money may be paid back: never more than is due back."""
    due = -account.owed
    if pence > due:
        return Verdict((f"{pounds(max(due, 0))} is due back on this invoice. Credit it first.",))
    return Verdict()


def may_credit(account: Account, pence: int) -> Verdict:
    """Say whether a credit may be given: never more than was invoiced and is not credited yet."""
    left = account.invoiced - account.credited
    if pence > left:
        return Verdict((f"Only {pounds(left)} of this invoice is not credited yet.",))
    return Verdict()


@dataclass(frozen=True, slots=True)
class Cost:
    """What something cost the service, in pence. `lacking` are inputs that nobody has entered: then it is not whole."""

    pence: int
    lines: tuple[tuple[str, int], ...]
    lacking: tuple[str, ...]


def session_cost(staff_minutes: Mapping[str, int], chair_minutes: int, inputs: Mapping[str, int]) -> Cost:
    """Return what a session costs the service: staff and chair by the protocol's minutes, and the drug.

    `inputs` are pence by item (`hour_nurse`, `hour_chair`, `drug_session`). What is not among them is named as lacking
    and never taken for nothing.
    """
    wanted = [(f"hour_{role}", minutes) for role, minutes in staff_minutes.items()]
    wanted.append(("hour_chair", chair_minutes))
    lines = [(item, _of_an_hour(inputs[item], minutes)) for item, minutes in wanted if item in inputs]
    if "drug_session" in inputs:
        lines.append(("drug_session", inputs["drug_session"]))
    names = [item for item, _ in wanted] + ["drug_session"]
    lacking = tuple(item for item in names if item not in inputs)
    return Cost(sum(pence for _, pence in lines), tuple(lines), lacking)


def _of_an_hour(pence: int, minutes: int) -> int:
    return int((Decimal(pence) * minutes / 60).quantize(Decimal(1), rounding=ROUND_HALF_UP))


def total_cost(costs: Sequence[Cost]) -> Cost:
    """Return the costs of several sessions together, by what they were for."""
    lines: dict[str, int] = {}
    for item, pence in (line for cost in costs for line in cost.lines):
        lines[item] = lines.get(item, 0) + pence
    lacking = tuple(dict.fromkeys(item for cost in costs for item in cost.lacking))
    return Cost(sum(lines.values()), tuple(lines.items()), lacking)


def pounds(pence: int) -> str:
    """Return an amount as it is printed, such as £1,234.50."""
    sign = "\N{MINUS SIGN}" if pence < 0 else ""
    whole, rest = divmod(abs(pence), 100)
    return f"{sign}£{whole:,}.{rest:02d}"


def pence_of(text: str, *, field: str = "") -> int:
    """Return the pence of an amount typed in pounds, such as 1,234.50, £60 or 0.5; raise BadInput for anything else."""
    typed = text.strip().removeprefix("£").replace(" ", "")
    if not re.fullmatch(r"[0-9]{1,3}(,[0-9]{3})*(\.[0-9]{1,2})?|[0-9]+(\.[0-9]{1,2})?", typed, flags=re.ASCII):
        raise BadInput("Enter an amount in pounds, such as 225 or 225.50.", field=field)
    pence = int(Decimal(typed.replace(",", "")) * 100)
    if pence > MOST_PENCE:
        raise BadInput(f"No amount above {pounds(MOST_PENCE)} is taken. Check it.", field=field)
    return pence
