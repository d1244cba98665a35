"""What a patient can send from their own pages, and what there is for them to do: pure rules, words are keys.

A key such as `errors.mood` is looked up in the language of the patient (`guidance.own_words`).
"""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any

from glimmer.guidance import figure


class Kind(StrEnum):
    """What an entry is about."""

    MOOD = "mood"
    SLEEP = "sleep"
    EFFECTS = "effects"
    GOAL = "goal"
    WORDS = "words"
    ESCORT = "escort"
    QUESTION = "question"
    QUESTIONNAIRE = "questionnaire"
    DANGER = "danger_answer"
    NOT_SAFE = "not_safe"
    MISTAKE = "mistake"


EFFECTS = (
    "nausea", "headache", "dizziness", "tiredness", "unreal", "anxiety", "memory", "bladder", "craving", "other",
)  # fmt: skip
HOW_BAD = ("mild", "moderate", "severe")
RESTED = ("no", "somewhat", "yes")
ESCORT = ("escort_yes", "escort_alone", "escort_no")
GOAL_STATES = ("open", "reached", "dropped")
WORDS_STATES = ("open", "taken_back")
# How a patient in danger is called out: who presses the button asks for help now; an answer may be one of weeks.
PRESSED, ANSWERED = "high", "medium"
# What a patient may still say once the journey has ended: danger is never sent away.
ALWAYS_TAKEN = frozenset({Kind.NOT_SAFE, Kind.MISTAKE, Kind.DANGER})


class Wrong(Exception):
    """What was sent cannot be stored: a field, and the key of what to say there, with what it holds."""

    def __init__(self, field_name: str, key: str, **holds: Any) -> None:
        super().__init__(key)
        self.field, self.key, self.holds = field_name, key, holds


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that a patient sends: the day it is about, and its content by kind, checked."""

    kind: Kind
    day: date
    content: Mapping[str, Any] = field(default_factory=dict)


def checked(kind: Kind, typed: Mapping[str, Any], today: date) -> Entry:
    """Return what was typed as an entry; raise Wrong for what cannot be right. `typed` holds text and lists of text."""
    check = _CHECKS[kind]
    return Entry(kind, _day(typed, today), check(typed))


def _day(typed: Mapping[str, Any], today: date) -> date:
    text = str(typed.get("day") or "").strip()
    if not text:
        return today
    most = int(figure("own", "back_dated_most").value)
    if not re.fullmatch(r"[0-9]{1,2}", text) or int(text) > most:
        raise Wrong("day", "errors.day")
    return today - timedelta(days=int(text))


def text_of(typed: Mapping[str, Any], name: str, *, needed: bool = False) -> str:
    """Return a text as typed, without blank space around it; raise Wrong for one too long or with unseen signs."""
    text = str(typed.get(name) or "").replace("\r\n", "\n").strip()
    most = int(figure("own", "words_most").value)
    if len(text) > most:
        raise Wrong(name, "errors.words", most=most)
    if any(unicodedata.category(sign) in {"Cc", "Cs"} and sign not in "\n\t" for sign in text):
        raise Wrong(name, "errors.signs")
    if needed and not text:
        raise Wrong(name, "errors.empty")
    return text


def _one_of(typed: Mapping[str, Any], name: str, allowed: Sequence[str], key: str) -> str:
    value = str(typed.get(name) or "")
    if value not in allowed:
        raise Wrong(name, key)
    return value


def _mood(typed: Mapping[str, Any]) -> dict[str, Any]:
    scale = figure("own", "mood_scale").value
    allowed = [str(value) for value in range(scale["lowest"], scale["highest"] + 1)]
    return {"value": int(_one_of(typed, "value", allowed, "errors.mood")), "words": text_of(typed, "words")}


def _sleep(typed: Mapping[str, Any]) -> dict[str, Any]:
    text, most = str(typed.get("hours") or "").strip().replace(",", "."), figure("own", "sleep_most").value
    if not re.fullmatch(r"[0-9]{1,2}(\.[0-9]{1,2})?", text) or float(text) > most:
        raise Wrong("hours", "errors.hours", most=most)
    rested = _one_of(typed, "rested", RESTED, "errors.rested")
    return {"hours": float(text), "rested": rested, "words": text_of(typed, "words")}


def _effects(typed: Mapping[str, Any]) -> dict[str, Any]:
    which = [one for one in EFFECTS if one in list(typed.get("which") or [])]
    if not which:
        raise Wrong("which", "errors.which")
    how_bad = _one_of(typed, "how_bad", HOW_BAD, "errors.how_bad")
    return {"which": which, "how_bad": how_bad, "words": text_of(typed, "words")}


def _goal(typed: Mapping[str, Any]) -> dict[str, Any]:
    return {"text": text_of(typed, "goal", needed=True), "state": "open"}


def _words(typed: Mapping[str, Any]) -> dict[str, Any]:
    return {"text": text_of(typed, "words", needed=True), "state": "open"}


def _escort(typed: Mapping[str, Any]) -> dict[str, Any]:
    return {"way": _one_of(typed, "way", ESCORT, "errors.escort"), "words": text_of(typed, "words")}


def _question(typed: Mapping[str, Any]) -> dict[str, Any]:
    return {"text": text_of(typed, "question", needed=True)}


def _nothing(typed: Mapping[str, Any]) -> dict[str, Any]:
    return {}


_CHECKS = {
    Kind.MOOD: _mood,
    Kind.SLEEP: _sleep,
    Kind.EFFECTS: _effects,
    Kind.GOAL: _goal,
    Kind.WORDS: _words,
    Kind.ESCORT: _escort,
    Kind.QUESTION: _question,
    Kind.NOT_SAFE: _nothing,
    Kind.MISTAKE: _nothing,
}


@dataclass(frozen=True, slots=True)
class Concerned:
    """A task that an entry raises: its kind, the role that owns it, the hours until it is due, what it says.

    `calls` is the priority with which the team is called on every page until somebody takes it, "" where it waits.
    """

    kind: str
    owner: str
    within_hours: int
    says: str
    calls: str = ""


def concern_of(entry: Entry) -> Concerned | None:
    """Return the task that an entry raises, if any; a questionnaire's own alerts are the instrument's."""
    content = entry.content
    if entry.kind is Kind.NOT_SAFE:
        hours = int(figure("own", "not_safe_seen_within").value)
        says = "The patient pressed “I am not safe” on their own pages. See or call them now."
        return Concerned("suicidality", "psychiatrist", hours, says, PRESSED)
    if entry.kind is Kind.EFFECTS and content["how_bad"] == "severe":
        hours = int(figure("own", "severe_effect_seen_within").value)
        says = f"The patient calls a side effect severe: {', '.join(content['which'])}. Call them."
        return Concerned("side_effect", "nurse", hours, says)
    if entry.kind is Kind.QUESTION:
        hours = int(figure("own", "question_answered_within").value)
        return Concerned("own_question", "nurse", hours, "The patient has a question: see what they sent.")
    if entry.kind is Kind.ESCORT and content["way"] == "escort_no":
        hours = int(figure("own", "no_escort_answered_within").value)
        return Concerned(
            "no_escort", "nurse", hours, "The patient has no way home from the next session yet. Call them."
        )
    return None


def is_late(day: date, sent_on: date) -> bool:
    """Say whether an entry was made after the day it is about."""
    return sent_on > day


@dataclass(frozen=True, slots=True)
class LinkFacts:
    """What is known of a one-time link. `is_newest` is False where a newer one was made for the same patient."""

    expires_at: datetime
    used_at: datetime | None
    withdrawn_at: datetime | None
    is_newest: bool


def link_state(link: LinkFacts, now: datetime) -> str:
    """Return where a link stands: open, used, withdrawn, replaced or expired."""
    if link.used_at is not None:
        return "used"
    if link.withdrawn_at is not None:
        return "withdrawn"
    if not link.is_newest:
        return "replaced"
    return "expired" if link.expires_at <= now else "open"


@dataclass(frozen=True, slots=True)
class DeviceFacts:
    """What is known of a device that a patient opened their pages on."""

    began_at: datetime
    pressed_at: datetime
    ended_at: datetime | None


def device_state(device: DeviceFacts, now: datetime) -> str:
    """Return `open`, `asks` (the date of birth again) or `ended` (a fresh link is needed).

    A clock that was put back makes nothing last longer: a press that lies ahead asks as well.
    """
    lasts = timedelta(days=figure("own", "device_known_for").value)
    if device.ended_at is not None or not timedelta(days=-1) <= now - device.began_at < lasts:
        return "ended"
    quiet = timedelta(minutes=figure("own", "asked_again_after").value)
    return "open" if timedelta(minutes=-1) <= now - device.pressed_at < quiet else "asks"


def is_due(last: date | None, every_days: int, today: date) -> bool:
    """Say whether something that is asked every so many days is due; at once where it was never answered."""
    return last is None or (today - last).days >= every_days
