"""`glimmer gateway aside` on a real database that refuses, with operators who are killed or come in twos."""

import json
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection
from typer.testing import CliRunner

from glimmer.cli.main import app
from glimmer.cli.serving_lock import only_one_delivery
from glimmer.config.bedside import BedsideSink
from glimmer.gateway.aside import name_of
from glimmer.gateway.forward import StoreAndForward
from glimmer.gateway.kept import arrival
from glimmer.gateway.message import read_message
from glimmer.gateway.sink import Received
from glimmer.gateway.spool import Spool
from glimmer.records.audit import AuditLine
from glimmer.records.logbook import events_of
from glimmer.records.models import InboundMessage
from tests.config.test_crash import records
from tests.support.bedside import NOON, Ward, a_ward
from tests.support.live_server import GLIMMER, ClinicBuilder, RunningClinic
from tests.support.monitor_line import vitals

LATER = NOON + timedelta(minutes=3)
REFUSE = {
    "sqlite": [
        "CREATE TRIGGER refuses BEFORE INSERT ON records_inboundmessage WHEN NEW.control_id LIKE 'bad%' "
        "BEGIN SELECT RAISE(ABORT, 'patient 9990000018'); END"
    ],
    "postgresql": [
        "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        "RAISE EXCEPTION 'patient 9990000018' USING ERRCODE = '23514'; END $$",
        "CREATE TRIGGER refuses BEFORE INSERT ON records_inboundmessage FOR EACH ROW "
        "WHEN (NEW.control_id LIKE 'bad%') EXECUTE FUNCTION refuse()",
    ],
}


def glimmer(*words: str) -> tuple[int, str]:
    answer = CliRunner().invoke(app, ["gateway", "aside", *words])
    assert answer.exception is None or isinstance(answer.exception, SystemExit), answer.exception
    return answer.exit_code, answer.output


def arrived(raw: bytes, at: datetime) -> Received:
    message = read_message(raw, at)
    return Received(raw, message, at, "127.0.0.1:5000", message.fingerprint)


@pytest.fixture
def ward(db: None) -> Ward:
    return a_ward()


@pytest.fixture
def refusing(db: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], None]]:
    """A database that refuses what is called bad, and a data folder of its own; calling it mends the database."""
    monkeypatch.setattr(settings, "DATA_DIR", tmp_path)
    with connection.cursor() as cursor:
        for statement in REFUSE[connection.vendor]:
            cursor.execute(statement)

    def mend() -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                "DROP TRIGGER refuses" + ("" if connection.vendor == "sqlite" else " ON records_inboundmessage")
            )

    return mend


def test_a_message_that_the_database_refused_is_listed_and_charted_once_it_takes_it(
    ward: Ward, refusing: Callable[[], None], tmp_path: Path
) -> None:
    session = ward.open()
    raw = vitals("bad-1", ward.monitor.identifier, ward.patient.local_number, 131, LATER)
    forward = StoreAndForward(BedsideSink, Spool(tmp_path / "spool", most_bytes=100_000))
    assert forward.store([arrived(raw, LATER)])[0].status == "refused"

    code, listed = glimmer()
    assert code == 0
    for words in ("2026-11-23 12:03:00+0000", ward.monitor.identifier, "bad-1", f"{len(raw)} bytes"):
        assert words in listed
    assert "It breaks a rule that the database holds." in listed
    (row,) = json.loads(glimmer("--json")[1])
    assert (row["control_id"], row["size"]) == ("bad-1", len(raw))

    code, says = glimmer("--deliver", "all")
    assert (code, InboundMessage.objects.count()) == (1, 0)
    assert "stays aside. It breaks a rule" in says
    refusing()
    code, says = glimmer("--deliver", row["name"])
    assert (code, says) == (0, f"{row['name']}: charted in session {session.pk}\n")
    kept = InboundMessage.objects.get()
    assert (kept.status, kept.received_at, bytes(kept.raw)) == ("charted", LATER, raw)
    assert events_of(session.pk)[-1].received_at > LATER
    assert glimmer() == (0, "Nothing is set aside.\n")
    assert glimmer("--deliver", "all") == (0, "Nothing is set aside.\n")
    for told in (listed, says, json.dumps(row)):
        for words in (ward.patient.local_number, ward.patient.nhs_number, "Applewhistle", "9990000018"):
            assert words not in told
    asked = AuditLine.objects.filter(action="deliver_aside").order_by("pk")
    assert [(line.actor_name, line.details) for line in asked] == [("command line", {"names": [row["name"]]})] * 2


def test_a_name_that_nothing_has_is_said_and_nothing_is_delivered(refusing: Callable[[], None]) -> None:
    code, says = glimmer("--deliver", "refused-nothing")
    assert (code, AuditLine.objects.filter(action="deliver_aside").count()) == (1, 0)
    assert "Nothing named refused-nothing is set aside" in says


def test_two_who_deliver_at_once_do_not_work_on_one_file(refusing: Callable[[], None], tmp_path: Path) -> None:
    with only_one_delivery(tmp_path):
        code, says = glimmer("--deliver", "all")
    assert code == 1
    assert "Somebody else delivers what was set aside at this moment" in says


# Real processes

COUNT = 150


@pytest.fixture
def clinic(clinic_templates: ClinicBuilder) -> Iterator[RunningClinic]:
    built = clinic_templates.build()
    yield built
    built.stop()


def set_aside(clinic: RunningClinic, count: int) -> dict[str, int]:
    """Lay messages of a running session aside in this clinic's folder; return its place."""
    (place,) = records(clinic, "fill", "1")
    spool, now = Spool(clinic.data_dir / "spool", most_bytes=1), datetime.now(UTC)
    for number in range(count):
        one = arrived(vitals(f"a{number}", place["monitor"], place["local_number"], 100 + number % 50, now), now)
        spool.put_aside(name_of(one), one.raw, json.dumps({**arrival(one), "why": "DataError"}).encode())
    return place


def delivering(clinic: RunningClinic) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [*GLIMMER, "gateway", "aside", "--deliver", "all"],
        env=clinic.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def lying(clinic: RunningClinic) -> int:
    return len(list((clinic.data_dir / "spool" / "aside").glob("*.hl7")))


@pytest.mark.database
def test_killed_and_started_again_beside_another_it_stores_each_message_once(clinic: RunningClinic) -> None:
    place = set_aside(clinic, COUNT)
    first = delivering(clinic)
    until = time.monotonic() + 60
    while lying(clinic) > COUNT - 10 and time.monotonic() < until:
        time.sleep(0.002)
    first.send_signal(signal.SIGKILL)
    first.communicate(timeout=60)
    assert 0 < lying(clinic) < COUNT
    both = [delivering(clinic) for _ in range(2)]
    ends = [(one.communicate(timeout=120), one.returncode) for one in both]
    codes = sorted(code for _, code in ends)
    # Whoever came second was told so, or found nothing more to do.
    assert codes in ([0, 0], [0, 1]), ends
    assert not any("Traceback" in error for (_, error), _ in ends)
    assert lying(clinic) == 0
    stored = records(clinic, "report")
    assert stored["messages"] == {f"a{number}": 1 for number in range(COUNT)}
    assert len(stored["sessions"][str(place["session"])]["readings"]) == COUNT
    assert clinic.glimmer("gateway", "aside") == "Nothing is set aside.\n"
