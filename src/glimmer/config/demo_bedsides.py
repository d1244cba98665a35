"""The demo's monitors and pumps: one bedside for each session that has not ended, on the gateway's own port.

They read from the records what a nurse would have typed into the monitor (the patient's numbers) and dialled
into the pump. What they send takes the same way as every device's message: there is no back door.
"""

import json
import logging
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from glimmer.actions.live import log_now
from glimmer.care.session.course import Course, Phase
from glimmer.gateway.virtual import Pause, VirtualBedside
from glimmer.records.sessions import Device, TreatmentSession

LOG = logging.getLogger("glimmer.demo")
CALM, DRAMA = "calm", "hypertensive"
USUAL_SYRINGE_ML = 50


@dataclass(frozen=True, slots=True)
class Story:
    """What happens in a bed: a script, from when, and to whom (by default whom the patient's number draws)."""

    script: str
    begins: datetime | None
    seed: int | None = None


class DemoBedsides:
    """Knows which virtual bedsides there are. `refresh` reads the records; `current` is quick and may be asked always.

    One session of those that run when the demo is first served turns hypertensive, so that a visitor sees an
    alarm. When its story began is kept in a file: after a restart it goes on where it was.
    """

    def __init__(self, data_dir: Path) -> None:
        self._file = data_dir / "demo-stories.json"
        self._stories: dict[str, dict[str, str]] = _read(self._file)
        self._current: tuple[VirtualBedside, ...] = ()

    def current(self) -> tuple[VirtualBedside, ...]:
        """Return the bedsides as of the last refresh."""
        return self._current

    def refresh(self, now: datetime) -> None:
        """Look at the records for sessions that began, moved on or ended."""
        sessions = list(
            TreatmentSession.objects.filter(ended_at__isnull=True)
            .select_related("episode__patient", "bay", "plan")
            .order_by("pk")
        )
        devices: dict[int, dict[str, str]] = {}
        for bay_id, kind, identifier in Device.objects.filter(bay__isnull=False).values_list(
            "bay_id", "kind", "identifier"
        ):
            devices.setdefault(bay_id, {})[kind] = identifier
        courses = {session.pk: log_now(session.pk).course for session in sessions}
        self._tell_stories(sessions, courses, now)
        self._current = tuple(
            self._bedside(session, courses[session.pk], devices.get(session.bay_id, {})) for session in sessions
        )

    def _tell_stories(self, sessions: list[TreatmentSession], courses: Mapping[int, Course], now: datetime) -> None:
        new = [session for session in sessions if _key(session) not in self._stories]
        if not new:
            return
        running = [session for session in new if courses[session.pk].phase is Phase.RUNNING]
        seen_drama = any(story["script"] == DRAMA for story in self._stories.values())
        chosen = None
        if running and not seen_drama:
            chosen = max(running, key=lambda session: courses[session.pk].minutes_left(now))
        for session in new:
            script = DRAMA if chosen is not None and session.pk == chosen.pk else CALM
            self._stories[_key(session)] = {"script": script, "since": now.isoformat()}
        _write(self._file, self._stories)

    def _bedside(self, session: TreatmentSession, course: Course, devices: Mapping[str, str]) -> VirtualBedside:
        patient, story = session.episode.patient, self._story(session, course)
        return VirtualBedside(
            identifiers=((patient.local_number, "GLIMMER", "MR"), (patient.nhs_number, "NHS", "NH")),
            patient_name=(patient.family_name, patient.given_name),
            bay=session.bay.name,
            monitor_id=devices.get("monitor", ""),
            pump_id=devices.get("pump", ""),
            script=story.script,
            seed=zlib.crc32(patient.nhs_number.encode()) if story.seed is None else story.seed,
            started_at=course.started_at,
            script_from=story.begins,
            pauses=tuple(Pause(pause.since, pause.until) for pause in course.pauses),
            stopped_at=course.ended_at if course.was_stopped_early else None,
            weight_kg=float(session.plan.weight_kg),
            **_syringe(course, session),
        )

    def _story(self, session: TreatmentSession, course: Course) -> "Story":
        told = self._stories[_key(session)]
        return Story(told["script"], datetime.fromisoformat(told["since"]))


def _syringe(course: Course, session: TreatmentSession) -> dict[str, Any]:
    prepared = course.preparation
    if prepared is None:
        # Set for the usual syringe beforehand: a pump that still held another strength would be alarmed.
        return {"concentration_mg_per_ml": float(session.plan.dose_mg) / USUAL_SYRINGE_ML}
    return {
        "drug": prepared.drug,
        "rate_ml_per_hour": prepared.rate_ml_per_hour,
        "volume_ml": prepared.total_volume_ml,
        "concentration_mg_per_ml": prepared.final_concentration_mg_per_ml,
    }


def _key(session: TreatmentSession) -> str:
    # With the time, because a demo that is loaded afresh counts its sessions from 1 again.
    return f"{session.pk} {session.opened_at.isoformat()}"


def _read(path: Path) -> dict[str, dict[str, str]]:
    try:
        return dict(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError):
        return {}


def _write(path: Path, stories: Mapping[str, Any]) -> None:
    try:
        path.write_text(json.dumps(stories, indent=1), encoding="utf-8")
    except OSError:
        LOG.warning("The demo's stories could not be kept; after a restart they begin again.")
