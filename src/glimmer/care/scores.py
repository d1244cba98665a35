"""Scoring of questionnaires and rating scales by the rules of their guidance files. Nothing is filled in silently.

    score(instrument("phq9"), (2, 2, 1, 1, 0, 1, 1, 0, 0))     -> a Scored with total 8, "mild"

An instrument's rule has a version; a score keeps the version it was made by, and is never made anew by another.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from glimmer.guidance.instrument import Alert, Instrument, Item
from glimmer.vocabulary.problems import BadInput

Answers = tuple[int | None, ...]


@dataclass(frozen=True, slots=True)
class Concern:
    """An answer after which somebody has to act: the answer (None: left open), by when in hours, and in words."""

    item: str
    answer: int | None
    within_hours: int
    says: str


@dataclass(frozen=True, slots=True)
class Scored:
    """A scored form. `total` is None for a profile; `missing` are the numbers of items left open.

    `answers` is empty where only a total was entered. `parts` are the domains with their values; `scale` is the
    further number of the form, if it has one. `concerns` are what somebody has to act on.
    """

    instrument: str
    version: str
    answers: Answers
    scale: int | None
    total: int | None
    band: str
    missing: tuple[int, ...]
    parts: tuple[tuple[str, int], ...]
    concerns: tuple[Concern, ...]

    @property
    def prorated(self) -> bool:
        """True when the total was worked out from fewer than all items."""
        return bool(self.missing) and self.total is not None


def score(form: Instrument, answers: Sequence[int | None], scale: int | None = None) -> Scored:
    """Return the score of a form's answers in their order, None for an item that was left open.

    Raises BadInput, field `items`, for a wrong number of answers, one that cannot be given, or more open items than
    the form's rule makes up for; field `scale` for a scale out of range.
    """
    given = _checked(form, answers)
    _check_scale(form, scale)
    missing = _missing(form, given)
    _check_missing(form, missing)
    parts = _parts(form, given)
    total = _total(form, given, parts)
    band = form.band_of(total, scale) if total is not None else ""
    return Scored(form.id, form.version, given, scale, total, band, missing, parts, _concerns(form, given, scale))


def score_of_total(form: Instrument, total: int, scale: int | None = None) -> Scored:
    """Return the score of a form of which only the total is known. What its items would have warned of is not known."""
    if not form.scoring.total_alone:
        raise BadInput(f"The total of a {form.title} is worked out from its answers. Enter those.", field="total")
    lowest, highest = form.scoring.lowest, form.scoring.highest
    if not lowest <= total <= highest:
        raise BadInput(f"A {form.title} has a total from {lowest} to {highest}, not {total}.", field="total")
    _check_scale(form, scale)
    unknown = tuple(None for _ in form.items)
    return Scored(
        form.id, form.version, (), scale, total, form.band_of(total, scale), (), (), _concerns(form, unknown, scale)
    )


def _checked(form: Instrument, answers: Sequence[int | None]) -> Answers:
    if len(answers) != len(form.items):
        raise BadInput(
            f"A {form.title} has {len(form.items)} items, but {len(answers)} were entered. Enter all of them.",
            field="items",
        )
    for item, answer in zip(form.items, answers, strict=True):
        if answer is not None and (isinstance(answer, bool) or answer not in item.answers):
            raise BadInput(
                f"{item.label}: the answer is {answer}, but must be {_allowed(item)}. Check it against the form.",
                field="items",
            )
    return tuple(answers)


def _allowed(item: Item) -> str:
    if item.values:
        return f"one of {', '.join(map(str, item.values))}"
    return f"a whole number from {item.lowest} to {item.highest}"


def _check_scale(form: Instrument, scale: int | None) -> None:
    if scale is None:
        return
    if form.scale is None:
        raise BadInput(f"A {form.title} has no scale beside its items.", field="scale")
    if isinstance(scale, bool) or scale not in form.scale.answers:
        raise BadInput(f"{form.scale.label}: the answer is {scale}, but must be {_allowed(form.scale)}.", field="scale")


def _missing(form: Instrument, answers: Answers) -> tuple[int, ...]:
    """Return the numbers of the items that were asked and left open."""
    by_id = {item.id: answer for item, answer in zip(form.items, answers, strict=True)}
    return tuple(
        number
        for number, item in enumerate(form.items, start=1)
        if by_id[item.id] is None and not (item.asked_if and by_id[item.asked_if] == form.item(item.asked_if).lowest)
    )


def _check_missing(form: Instrument, missing: tuple[int, ...]) -> None:
    allowed = form.scoring.missing_allowed
    if not form.has_total or len(missing) <= allowed:
        return
    count = "1 item was" if len(missing) == 1 else f"{len(missing)} items were"
    most = f"at most {allowed} may be" if allowed else "none may be"
    raise BadInput(
        f"{count} left open, and {most}. Ask the patient to answer; otherwise this {form.title} has no total.",
        field="items",
    )


def _parts(form: Instrument, answers: Answers) -> tuple[tuple[str, int], ...]:
    by_id = {item.id: answer for item, answer in zip(form.items, answers, strict=True)}
    return tuple(
        (part.title, max(answer for item in part.items if (answer := by_id[item]) is not None))
        for part in form.scoring.parts
    )


def _total(form: Instrument, answers: Answers, parts: tuple[tuple[str, int], ...]) -> int | None:
    kind = form.scoring.kind
    if kind == "profile":
        return None
    if kind == "domains":
        return sum(value for _, value in parts)
    if kind == "ladder":
        return max((number for number, answer in enumerate(answers, start=1) if answer), default=0)
    given = [answer for answer in answers if answer is not None]
    exact = Fraction(sum(given) * len(answers), len(given))
    return int(exact + Fraction(1, 2))


def _concerns(form: Instrument, answers: Answers, scale: int | None) -> tuple[Concern, ...]:
    said: dict[str, int | None] = {item.id: answer for item, answer in zip(form.items, answers, strict=True)}
    if form.scale is not None:
        said[form.scale.id] = scale
    return tuple(_concern(form, alert, said[alert.item]) for alert in form.alerts if _warns(alert, said[alert.item]))


def _warns(alert: Alert, answer: int | None) -> bool:
    return alert.when_open if answer is None else answer >= alert.at_least


def _concern(form: Instrument, alert: Alert, answer: int | None) -> Concern:
    about = f"{_place(form, alert.item)} of the {form.title} ({alert.about})"
    if answer is None:
        says = f"{about} was left open. Ask the patient today, assess the risk, and record what was found and done."
    else:
        says = (
            f"{about} was answered {answer}. "
            "Speak with the patient today, assess the risk, and record what was found and done."
        )
    return Concern(alert.item, answer, alert.within_hours, says)


def _place(form: Instrument, item_id: str) -> str:
    if form.scale is not None and item_id == form.scale.id:
        return "The last part"
    return f"Item {form.number_of(item_id)}"
