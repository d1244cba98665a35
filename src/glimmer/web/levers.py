"""Levers as they were typed into a form: what each field shows, what is wrong with it, and what was moved."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.http import QueryDict

from glimmer.actions.levers import Lever, within


@dataclass(frozen=True, slots=True)
class Typed:
    """One lever as it was typed: what its field shows, and what is wrong with it."""

    lever: Lever
    text: str
    problem: str = ""

    @property
    def source(self) -> str:
        """Where the number in the field is from: one that was typed does not have the source of the figure."""
        value = self.lever.value
        if value is None or _number(self.text) == value:
            return self.lever.source
        return f"your number; {value:g} is {self.lever.stands_as}"


def read_levers(sent: QueryDict, levers: Iterable[Lever]) -> tuple[list[Typed], dict[str, float]]:
    """Return every lever as typed, and what was moved away from where it stands."""
    typed: list[Typed] = []
    moved: dict[str, float] = {}
    for lever in levers:
        start = "" if lever.value is None else f"{lever.value:g}"
        text = sent.get(lever.name, start).strip()[:20]
        number = _number(text)
        problem = ""
        if text and (number is None or not within(lever, number)):
            problem = f"{lever.title}: type a number from {lever.low:g} to {lever.high:g}."
        elif not text and lever.value is not None:
            problem = f"{lever.title}: type a number; {start} is {lever.stands_as}."
        elif number is not None and number != lever.value:
            moved[lever.name] = number
        typed.append(Typed(lever, text, problem))
    return typed, moved


def _number(text: str) -> float | None:
    try:
        return float(text.replace(",", "").removeprefix("£"))
    except ValueError:
        return None
