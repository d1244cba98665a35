"""The question of a scenario file, read back: each field as it must be, or a sentence that names the wrong one."""

from collections.abc import Callable, Mapping
from dataclasses import fields
from math import isfinite
from pathlib import Path
from typing import Any

from glimmer.evidence.access.need import ROUTES
from glimmer.evidence.access.problem import OBJECTIVES
from glimmer.evidence.access.report import Question

PATHS = ("areas", "sites", "travel", "without_car", "people")
LISTS = ("keep", "forbidden", "kinds")


class BadScenario(ValueError):
    """A scenario file cannot be used or does not hold any more. The message says what changed and what to do."""


def question_from(said: Mapping[str, Any], file: str) -> Question:
    """Return the question as it was saved; raise BadScenario naming the field that cannot be."""
    if unlike := sorted(set(said) ^ {one.name for one in fields(Question)}):
        raise BadScenario(f"{file}: the question lacks or has too much: {', '.join(unlike)}.")
    for name, (is_so, expected) in FIELDS.items():
        if not is_so(said[name]):
            raise BadScenario(
                f"{file}: the field {name} of the question is {_short(said[name])}. Expected {expected}. "
                "Take the file as it was saved, or ask anew and save the new answer."
            )
    paths = {name: None if said[name] is None else Path(said[name]) for name in PATHS}
    return Question(**{**said, **paths, **{name: tuple(said[name]) for name in LISTS}})


def _is_whole(least: int) -> Callable[[Any], bool]:
    return lambda said: isinstance(said, int) and not isinstance(said, bool) and said >= least


def _is_number(said: Any) -> bool:
    return isinstance(said, int | float) and not isinstance(said, bool) and isfinite(said)


def _is_positive(said: Any) -> bool:
    return _is_number(said) and said > 0


def _is_text(said: Any) -> bool:
    return isinstance(said, str)


def _is_texts(said: Any) -> bool:
    return isinstance(said, list) and all(map(_is_text, said))


def _is_path(said: Any) -> bool:
    return said is None or (_is_text(said) and said != "")


def _is_reasons(said: Any) -> bool:
    return isinstance(said, dict) and all(map(_is_text, said.values()))


_TEXTS = (_is_texts, "a list of texts")
FIELDS: Mapping[str, tuple[Callable[[Any], bool], str]] = {
    "clinics": (_is_whole(1), "a whole number of at least 1"),
    **dict.fromkeys(PATHS, (_is_path, "the path of a table, or null")),
    "mode": (_is_text, "a text"),
    "objective": (lambda said: said in OBJECTIVES, f"one of {', '.join(OBJECTIVES)}"),
    "within": (lambda said: said is None or _is_positive(said), "minutes above 0, or null"),
    **dict.fromkeys(LISTS, _TEXTS),
    "struck": (_is_reasons, "the reason, a text, by the code of each site"),
    "floor": (_is_whole(0), "a whole number of at least 0"),
    "equity": (_is_positive, "a number above 0"),
    "route": (lambda said: said in tuple(ROUTES), f"one of {', '.join(ROUTES)}"),
    "draws": (_is_whole(2), "a whole number of at least 2"),
    "seed": (_is_whole(0), "a whole number of at least 0"),
    "seconds": (_is_positive, "seconds above 0"),
}
"""What each field of a question must be, and how that is said."""


def _short(said: Any) -> str:
    shown = repr(said)
    return shown if len(shown) <= 60 else f"{shown[:60]}…"
