"""Look into, or fill, the database of a clinic that runs in another process.

python -m tests.support.ward_records fill 3      three running sessions; prints their devices and patients
python -m tests.support.ward_records report      what is stored, as JSON
python -m tests.support.ward_records logs        the same without folding the logs, which a long one makes slow
python -m tests.support.ward_records count       only how many messages are stored, by status
"""

import json
import sys
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import django

django.setup()

from glimmer.actions.live import live_view  # noqa: E402
from glimmer.care.session.events import DeviceReadings, NoteWritten  # noqa: E402
from glimmer.records.logbook import events_of  # noqa: E402
from glimmer.records.models import InboundMessage, TreatmentSession  # noqa: E402
from tests.support.bedside import a_ward  # noqa: E402


def fill(count: int, password: str = "") -> list[dict[str, Any]]:
    """Make sessions that started a minute ago; return what a monitor at each bedside knows."""
    told = []
    for _ in range(count):
        now = datetime.now(UTC)
        ward = a_ward(now - timedelta(minutes=1))
        session = ward.running()
        for person in (ward.nurse, ward.pharmacist) if password else ():
            person.set_password(password)
            person.save()
        told.append(
            {
                "session": session.pk,
                "monitor": ward.monitor.identifier,
                "local_number": ward.patient.local_number,
                "nhs_number": ward.patient.nhs_number,
                "nurse": ward.nurse.username,
                "pharmacist": ward.pharmacist.username,
                "psychiatrist": ward.psychiatrist.username,
            }
        )
    return told


def report(*, folded: bool = True) -> dict[str, Any]:
    """Return how often each control id is stored, and what each session's log and fold hold."""
    messages = Counter(InboundMessage.objects.values_list("control_id", flat=True))
    statuses = Counter(InboundMessage.objects.values_list("status", flat=True))
    sessions = {session.pk: _session(session, folded=folded) for session in TreatmentSession.objects.all()}
    reasons = sorted(set(InboundMessage.objects.exclude(reason="").values_list("reason", flat=True)))
    return {"messages": messages, "statuses": statuses, "sessions": sessions, "reasons": reasons}


def _session(session: TreatmentSession, *, folded: bool) -> dict[str, Any]:
    events = events_of(session.pk)
    charted = [event for event in events if isinstance(event.what, DeviceReadings)]
    return {
        "phase": session.phase,
        "folded_phase": str(live_view(session.pk, events[-1].received_at).state.phase) if folded else None,
        "last_seq": session.last_seq,
        "seqs": [event.seq for event in events],
        "arrivals": [[event.seq, event.received_at.timestamp()] for event in events],
        "readings": [[f"{reading.value:g}" for reading in event.what.readings] for event in charted],
        "notes": Counter(event.what.text for event in events if isinstance(event.what, NoteWritten)),
    }


if __name__ == "__main__":
    if sys.argv[1] == "fill":
        print(json.dumps(fill(int(sys.argv[2]), *sys.argv[3:])))
    elif sys.argv[1] == "count":
        print(json.dumps(Counter(InboundMessage.objects.values_list("status", flat=True))))
    else:
        print(json.dumps(report(folded=sys.argv[1] != "logs")))
