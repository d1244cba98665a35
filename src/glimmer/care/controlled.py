"""The controlled drugs register: what may be written on a page, what it must say, and whether it adds up.

A page is one drug in one strength and one form at one premises, counted in whole containers (vials, ampoules). An
entry is never changed: what was wrong is said in a footnote, and a count that did not agree is settled by an entry
of its own. Source of the columns: Misuse of Drugs Regulations 2001, regulation 19 and schedule 6.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum

from glimmer.guidance import figure
from glimmer.vocabulary.verdict import Verdict


class Kind(StrEnum):
    """What an entry records. The comment beside each says what it does to the balance."""

    OPENING = "opening"  # + what the last book held
    RECEIPT = "receipt"  # + from a supplier
    TRANSFER_IN = "transfer_in"  # + from other premises
    PUT_BACK = "put_back"  # + taken for a patient and not opened
    ADMINISTRATION = "administration"  # - taken for a patient's session
    SUPPLY = "supply"  # - handed out on a prescription, to take at home
    TRANSFER_OUT = "transfer_out"  # - to other premises
    SENT_BACK = "sent_back"  # - to the supplier
    DESTRUCTION = "destruction"  # - expired or damaged stock
    CHECK = "check"  # 0 counted by two people
    SETTLEMENT = "settlement"  # + or - after a count that did not agree
    FOOTNOTE = "footnote"  # 0 says what was wrong with an earlier entry

    @property
    def label(self) -> str:
        """The entry's kind as a page shows it."""
        return LABELS[self]


LABELS = {
    Kind.OPENING: "Brought over from the last book",
    Kind.RECEIPT: "Received from a supplier",
    Kind.TRANSFER_IN: "Received from other premises",
    Kind.PUT_BACK: "Put back unopened",
    Kind.ADMINISTRATION: "Taken for a patient",
    Kind.SUPPLY: "Supplied on a prescription",
    Kind.TRANSFER_OUT: "Sent to other premises",
    Kind.SENT_BACK: "Sent back to the supplier",
    Kind.DESTRUCTION: "Destroyed",
    Kind.CHECK: "Counted",
    Kind.SETTLEMENT: "Settled after a count",
    Kind.FOOTNOTE: "Footnote",
}
ADDS = frozenset({Kind.OPENING, Kind.RECEIPT, Kind.TRANSFER_IN, Kind.PUT_BACK})
TO_PATIENTS = frozenset({Kind.ADMINISTRATION, Kind.SUPPLY})
TAKES = TO_PATIENTS | {Kind.TRANSFER_OUT, Kind.SENT_BACK, Kind.DESTRUCTION}
MOVES = ADDS | TAKES | {Kind.SETTLEMENT}
Batch = tuple[str, date | None]
"""A batch number and its expiry date: the same number with another date is another batch."""
ALONE = frozenset({Kind.FOOTNOTE})
"""What one person may write; everything else needs a second one who was there."""
REFERS = frozenset({Kind.PUT_BACK, Kind.SETTLEMENT, Kind.FOOTNOTE})
"""What is about an earlier entry of the same page, by its number."""


@dataclass(frozen=True, slots=True)
class Line:
    """One entry. `change` and `balance` are whole containers; `about` is the number of the entry it refers to.

    `party` is the name and address of whom it came from or went to, `authority` the prescriber or authorised
    witness, `counted` what two people counted. `happened_at` and `entered_at` are aware times on the clinic's wall
    clock: the law counts in its days.
    """

    number: int
    kind: Kind
    happened_at: datetime
    entered_at: datetime
    change: int = 0
    balance: int = 0
    batch: str = ""
    expires_on: date | None = None
    party: str = ""
    authority: str = ""
    counted: int | None = None
    about: int | None = None
    note: str = ""

    @property
    def is_late(self) -> bool:
        """True where it was entered later than the law allows."""
        days = int(figure("controlled", "entered_within").value)
        return (self.entered_at.date() - self.happened_at.date()).days > days


@dataclass(frozen=True, slots=True)
class Page:
    """A page as it stands: its entries in order, by number."""

    lines: Sequence[Line] = ()

    @property
    def balance(self) -> int:
        """How many containers the book says there are."""
        return self.lines[-1].balance if self.lines else 0

    def line(self, number: int | None) -> Line | None:
        """Return the entry with this number, or None."""
        return next((one for one in self.lines if one.number == number), None)

    def batches(self) -> dict[Batch, int]:
        """Return how many containers of each batch there are; batches that are used up are left out."""
        return {key: count for key, count in self.all_batches().items() if count}

    def all_batches(self) -> dict[Batch, int]:
        """Return how many containers there are of each batch that the page ever held."""
        held: dict[Batch, int] = {}
        for one in self.lines:
            if one.kind in MOVES:
                key = (one.batch, one.expires_on)
                held[key] = held.get(key, 0) + one.change
        return held

    def taken_and_not_put_back(self, number: int) -> int:
        """Return how many containers of a taking are still out."""
        taken = self.line(number)
        if taken is None or taken.kind is not Kind.ADMINISTRATION:
            return 0
        return -taken.change - sum(
            one.change for one in self.lines if one.kind is Kind.PUT_BACK and one.about == number
        )

    def open_discrepancy(self) -> Line | None:
        """Return the count that did not agree and that no settlement and no later count has put right, or None."""
        found = None
        for one in self.lines:
            if one.kind is Kind.CHECK:
                found = one if one.counted != one.balance else None
            elif one.kind is Kind.SETTLEMENT and found is not None and one.about == found.number:
                found = None
        return found

    def last_check(self) -> Line | None:
        """Return the newest count, or None."""
        return next((one for one in reversed(self.lines) if one.kind is Kind.CHECK), None)

    def check_due_at(self, every_days: int) -> datetime | None:
        """Return by when the stock must be counted again; None while the page is empty and was never used."""
        last = self.last_check()
        since = last.happened_at if last else (self.lines[0].happened_at if self.lines else None)
        return since + timedelta(days=every_days) if since else None


def judge_entry(page: Page, line: Line) -> Verdict:
    """Say whether this entry may be written next. `change` is judged; number and balance are the writer's to fill."""
    reasons = [*_of_amount(page, line), *_of_words(line), *_of_reference(page, line)]
    return Verdict(tuple(reasons), tuple(_cautions(page, line)))


def _of_amount(page: Page, line: Line) -> Iterable[str]:
    kind, change = line.kind, line.change
    if kind in ADDS and change <= 0:
        yield "Enter how many containers came in: one or more."
    if kind in TAKES and change >= 0:
        yield "Enter how many containers went out: one or more."
    if kind not in MOVES and change:
        yield f"“{kind.label}” does not change the balance."
    if kind is Kind.OPENING and page.lines:
        yield "Only the first entry of a page brings over what the last book held."
    if kind is Kind.CHECK and (line.counted is None or line.counted < 0):
        yield "Enter how many containers were counted: 0 or more."
    if page.balance + change < 0:
        yield (
            f"The book holds {page.balance}, so {-change} cannot have gone out. Count the stock with a second person; "
            "if the book is wrong, the count says so and is settled."
        )
    elif kind in MOVES and change < 0:
        yield from _of_batch(page, line)


def _of_batch(page: Page, line: Line) -> Iterable[str]:
    held = page.batches().get((line.batch, line.expires_on), 0)
    if held < -line.change:
        yield f"The book holds {held} of batch {line.batch}. Choose the batch that is printed on what you hold."
    if line.kind in TO_PATIENTS and line.expires_on and line.expires_on < line.happened_at.date():
        yield f"Batch {line.batch} has passed its expiry date. Set it apart for destruction and use another."


def _of_words(line: Line) -> Iterable[str]:
    if line.kind in MOVES and not line.batch:
        yield "Enter the batch number that is printed on the container."
    if line.kind in MOVES and line.expires_on is None:
        yield "Enter the expiry date that is printed on the container."
    if line.kind in NEEDS_PARTY and not line.party:
        yield NEEDS_PARTY[line.kind]
    if line.kind in NEEDS_AUTHORITY and not line.authority:
        yield NEEDS_AUTHORITY[line.kind]
    if line.kind in REFERS and not line.note:
        yield "Say in a sentence what happened. It stays in the book for good."


NEEDS_PARTY = {
    Kind.OPENING: "Enter which book or page this was brought over from.",
    Kind.RECEIPT: "Enter the name and address of the supplier.",
    Kind.TRANSFER_IN: "Enter the name and address of the premises it came from.",
    Kind.ADMINISTRATION: "Enter for whom it was taken.",
    Kind.SUPPLY: "Enter the name and address of the patient.",
    Kind.TRANSFER_OUT: "Enter the name and address of the premises it went to.",
    Kind.SENT_BACK: "Enter the name and address of the supplier it went back to.",
}
NEEDS_AUTHORITY = {
    Kind.ADMINISTRATION: "Enter who prescribed it.",
    Kind.SUPPLY: "Enter who prescribed it.",
    Kind.TRANSFER_OUT: "Enter by whose authority it was sent: the person who signed for it.",
    Kind.DESTRUCTION: "Enter the authorised witness: stock is destroyed only before one.",
}


def _of_reference(page: Page, line: Line) -> Iterable[str]:
    if line.kind not in REFERS:
        return
    about = page.line(line.about)
    if about is None:
        yield "Choose the entry that this is about. It must be on the same page."
        return
    if line.kind is Kind.PUT_BACK:
        out = page.taken_and_not_put_back(about.number)
        if line.change > out:
            yield f"Of entry {about.number}, {out} can still be put back."
        elif (line.batch, line.expires_on) != (about.batch, about.expires_on):
            yield f"Entry {about.number} took batch {about.batch}. Only that can be put back for it."
    if line.kind is Kind.SETTLEMENT:
        yield from _of_settlement(page, about, line)


def _of_settlement(page: Page, about: Line, line: Line) -> Iterable[str]:
    standing = page.open_discrepancy()
    if standing is None or standing.number != about.number:
        yield "There is no open difference to settle by this entry. Count the stock first."
        return
    assert standing.counted is not None  # a count always has one
    missing = standing.counted - standing.balance
    if line.change != missing:
        yield f"The count differed by {missing:+d}, so the settlement is {missing:+d}. Count again if that is not so."


def _cautions(page: Page, line: Line) -> Iterable[str]:
    if line.is_late:
        yield "This is entered later than the day after it happened. The book shows it as late."
    if line.kind is Kind.CHECK and line.counted is not None and line.counted != page.balance:
        yield (
            f"Counted {line.counted}, the book says {page.balance}. Tell the pharmacist and the manager now; "
            "an incident for the accountable officer is open, and its clock is running."
        )


@dataclass(frozen=True, slots=True)
class Used:
    """What became of the drug of one session, in mL: taken (all containers), given and discarded."""

    taken_ml: float
    given_ml: float
    discarded_ml: float


def missing_ml(used: Used) -> Decimal:
    """Return what nobody has accounted for, in mL; below 0 where more is accounted for than was taken."""
    taken, given, discarded = (Decimal(str(ml)) for ml in (used.taken_ml, used.given_ml, used.discarded_ml))
    return taken - given - discarded


def adds_up(used: Used) -> Verdict:
    """Say whether given and discarded are together what was taken, as exactly as a syringe shows it."""
    missing = missing_ml(used)
    if abs(missing) <= Decimal(str(figure("controlled", "adds_up_within").value)):
        return Verdict()
    words = "are not accounted for" if missing > 0 else "more than were taken are accounted for"
    return Verdict(
        (
            f"{abs(missing):.2f} mL {words}: taken {used.taken_ml:g} mL, given {used.given_ml:g} mL, "
            f"discarded {used.discarded_ml:g} mL. Check the three amounts. If both of you have, and it is so, say what "
            "happened: it is written as it is and becomes an incident for the accountable officer.",
        )
    )
