"""The forms of the outcomes page, made from the instrument's file and, where the clinic has it, its own wording."""

from typing import Any

from glimmer.actions.outcomes import Form as Completed
from glimmer.guidance.instrument import Instrument, Item
from glimmer.records.outcomes import Score
from glimmer.records.wording import WordingPack
from glimmer.vocabulary.problems import Problem
from glimmer.web.forms import Choice, Day, Form, LongText, Number

OCCASIONS = (
    ("baseline", "Baseline, before treatment is decided"),
    ("before_session", "Before a session"),
    ("after_course", "After the course"),
    ("follow_up", "Follow-up"),
)
NOT_ANSWERED = ("none", "Not answered")


class _Items(Form):
    """A form with an instrument's items, none of them answered beforehand."""

    def __init__(self, data: Any = None, *, of: Instrument, wording: WordingPack | None = None, **more: Any) -> None:
        super().__init__(data, **more)
        self.of, self.wording = of, wording
        # With a total the items may stay empty.
        self.by_total = of.scoring.total_alone and bool(data and str(data.get("total", "")).strip())
        for number, item in enumerate(of.items):
            self.fields[f"item_{item.id}"] = self._question(number, item)
        if of.scale is not None:
            self.fields["scale"] = self._scale(of.scale)
        if of.scoring.total_alone:
            lowest, highest = of.scoring.lowest, of.scoring.highest
            hint = "Only where the answers themselves are not at hand: what they would have warned of is then not known"
            self.fields["total"] = Number("Total alone", decimals=0, least=lowest, most=highest, width="3", hint=hint)

    def _scale(self, scale: Item) -> Choice | Number:
        if not scale.words:
            return Number(scale.label, decimals=0, least=scale.lowest, most=scale.highest, width="3")
        missing = f"{scale.label}: choose {_range(scale)}, or not answered."
        return Choice(
            scale.label, [*_answers(scale), NOT_ANSWERED], missing=missing, inline=True, small=True, size="xs"
        )

    def _question(self, number: int, item: Item) -> Choice:
        answers, hint = _answers(item), ""
        if self.wording is not None:
            worded = self.wording.items[number]
            hint = worded["text"]
            answers = [(value, f"{value}: {says}") for (value, _), says in zip(answers, worded["answers"], strict=True)]
        missing = "" if self.by_total else f"{item.label}: choose {_range(item)}, or not answered."
        return Choice(
            item.label, [*answers, NOT_ANSWERED], missing=missing, hint=hint, inline=True, small=True, size="xs"
        )

    def completed(self) -> Completed:
        """Return the completed form; None for an item left open."""
        answers = [self.cleaned_data[f"item_{item.id}"] for item in self.of.items]
        scale, total = self.cleaned_data.get("scale"), self.cleaned_data.get("total")
        return Completed(self.of.id, [_whole(answer) for answer in answers], _whole(scale), _whole(total))

    def item_fields(self) -> list[Any]:
        """Return the fields of the items, for the page."""
        return [self[f"item_{item.id}"] for item in self.of.items]

    def number_fields(self) -> list[Any]:
        """Return the fields of the scale and of the total alone, where the instrument has them."""
        return [self[name] for name in ("scale", "total") if name in self.fields]

    def complain(self, problem: Problem) -> None:
        """Put a complaint about all items at the first of them."""
        if getattr(problem, "field", "") == "items":
            problem.field = f"item_{self.of.items[0].id}"  # type: ignore[attr-defined]
        super().complain(problem)


class ScoreForm(_Items):
    """A completed questionnaire: when, on what occasion, and the answers."""

    name = "score"
    occasion = Choice("What is it for?", OCCASIONS, missing="Choose what it is for.")
    session_number = Number(
        "Number of the session", decimals=0, least=1, most=99, width="2", hint="For one before a session"
    )
    completed_on = Day("Completed on", missing="Enter the day on which it was completed.")

    def __init__(self, data: Any = None, *, of: Instrument, wording: WordingPack | None = None, **more: Any) -> None:
        super().__init__(data, of=of, wording=wording, **more)
        occasion = self.fields["occasion"]
        occasion.label = f"What is this {of.title} for?"
        occasion.error_messages["required"] = f"Choose what this {of.title} is for."


class CorrectionForm(_Items):
    """The right answers, and what was wrong."""

    name = "correction"
    reason = LongText("What was wrong?", missing="Say what was wrong with the score.", rows=2)


def initial_of(score: Score, of: Instrument) -> dict[str, str]:
    """Return the stored answers of a score that is being corrected."""
    stored = zip(of.items, score.items or [None] * len(of.items), strict=True)
    known = {f"item_{item.id}": "none" if answer is None else str(answer) for item, answer in stored}
    if not score.items:
        known = {"total": str(score.total)}
    if of.scale is not None and (score.scale is not None or of.scale.words):
        known["scale"] = NOT_ANSWERED[0] if score.scale is None else str(score.scale)
    return known


def _answers(item: Item) -> list[tuple[str, str]]:
    words = item.words or tuple(str(value) for value in item.answers)
    return [(str(value), says) for value, says in zip(item.answers, words, strict=True)]


def _range(item: Item) -> str:
    if item.words:
        return ", ".join(item.words[:-1]) + f" or {item.words[-1]}"
    if item.values:
        return f"one of {', '.join(map(str, item.values))}"
    return f"{item.lowest} to {item.highest}"


def _whole(typed: Any) -> int | None:
    return None if typed in (None, "", NOT_ANSWERED[0]) else int(typed)
