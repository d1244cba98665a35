"""What a page sounds like, in words for the screen and in numbers for the browser's tone generator."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

import orjson
from markupsafe import Markup

from glimmer.actions.sound import longest_pause_seconds
from glimmer.guidance.figures import figure
from glimmer.monitoring.episodes import PRIORITIES
from glimmer.monitoring.sound import Sound

PATTERNS = (*PRIORITIES, "dead_feed")


@dataclass(frozen=True, slots=True)
class SoundRow:
    """The sound of one session. `priority` is what sounds now ("" for nothing), `held_back` what a pause silences."""

    priority: str
    held_back: str
    paused_by: str
    paused_until: datetime | None

    @property
    def can_pause(self) -> bool:
        """True while something sounds that a pause would silence."""
        return bool(self.priority)

    @property
    def pause_seconds(self) -> int:
        """How long one press silences the session."""
        return longest_pause_seconds()


def sound_row(sound: Sound) -> SoundRow:
    """Return the sound of a session as a row of the page."""
    return SoundRow(sound.priority, sound.held_back, sound.paused_by, sound.paused_until)


@dataclass(frozen=True, slots=True)
class RoomSound:
    """The sound of the chair board: that of the most urgent bay. `where` names the bays that sound at that priority."""

    priority: str
    where: str


def room_sound(bays: Iterable[tuple[str, SoundRow | None]]) -> RoomSound:
    """Return the most urgent sound of bays given as (name, sound)."""
    sounding = [(name, row.priority) for name, row in bays if row is not None and row.priority]
    worst = next((priority for priority in PRIORITIES if any(one == priority for _, one in sounding)), "")
    return RoomSound(worst, ", ".join(name for name, priority in sounding if priority == worst and worst))


@lru_cache(maxsize=1)
def tones_json() -> Markup:
    """Return the patterns for the browser as JSON: times in seconds, pitches in Hz."""
    data: dict[str, Any] = {name: _pattern(name) for name in PATTERNS}
    return Markup(orjson.dumps({"patterns": data, "dead_after": _value("dead_feed_after")}).decode())  # nosec B704


def _pattern(name: str) -> dict[str, Any]:
    return {
        "starts": [start / 1000 for start in _value(f"{name}_starts")],
        "pulse": _value(f"{name}_pulse") / 1000,
        "pitches": list(_value(f"{name}_pitches")),
        "every": _value(f"{name}_every"),
    }


def _value(name: str) -> Any:
    return figure("tones", name).value
