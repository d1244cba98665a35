"""`glimmer gateway serve` beside the pages: one spool, one owner, its troubles on the board of the other process."""

import json
import signal
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import trustme

from glimmer.actions import gateway_status, live
from glimmer.actions.gateway_status import GatewayWatch, Status, read_status, write_status
from tests.config.test_crash import records
from tests.support.live_server import GLIMMER, ClinicBuilder, RunningClinic
from tests.support.monitor_line import MonitorLine, vitals


class GatewayAlone:
    """The gateway of a clinic as a process of its own."""

    def __init__(self, clinic: RunningClinic, **settings: str) -> None:
        self.clinic = clinic
        self.environment = {**clinic.environment, **settings}
        self.process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        with (self.clinic.data_dir / "gateway.log").open("ab") as log:
            self.process = subprocess.Popen(
                [*GLIMMER, "gateway", "serve"], env=self.environment, stdout=log, stderr=log, text=True
            )

    def end(self, how: signal.Signals) -> int:
        assert self.process is not None
        self.process.send_signal(how)
        return self.process.wait(20)

    def log(self) -> str:
        return (self.clinic.data_dir / "gateway.log").read_text()


def wait_for(condition: Callable[[], Any], seconds: float = 30) -> Any:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if found := condition():
            return found
        time.sleep(0.05)
    raise AssertionError("It did not come to pass.")


@pytest.fixture
def clinic(clinic_templates: ClinicBuilder) -> Iterator[RunningClinic]:
    built = clinic_templates.build()
    yield built
    built.stop()


@pytest.fixture
def alone(clinic: RunningClinic) -> Iterator[GatewayAlone]:
    gateway = GatewayAlone(clinic)
    yield gateway
    if gateway.process is not None and gateway.process.poll() is None:
        gateway.end(signal.SIGKILL)


@pytest.fixture
def no_trouble() -> Iterator[None]:
    yield
    for one in live.trouble():
        live.trouble_over(one.part)


def test_it_charts_alone_refuses_a_second_one_stops_cleanly_and_is_missed_when_killed(
    clinic: RunningClinic, alone: GatewayAlone, no_trouble: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    (place,) = records(clinic, "fill", "1")
    alone.start()
    line = MonitorLine(clinic.gateway_port)
    line.connect()
    line.send(vitals("a1", place["monitor"], place["local_number"], 131))
    assert line.answer() == "AA"
    second = subprocess.run(
        [*GLIMMER, "gateway", "serve"], env=clinic.environment, capture_output=True, text=True, timeout=30
    )
    assert second.returncode == 1
    assert "another gateway already runs" in second.stderr
    assert "Traceback" not in second.stderr
    status = wait_for(lambda: (s := read_status(clinic.data_dir)) and s.counts.get("stored") == 1 and s)
    assert (status.state, status.troubles) == ("running", {})
    shown = json.loads(clinic.glimmer("gateway", "status", "--json"))
    assert (shown["state"], shown["counts"]["stored"], shown["counts"]["connections"]) == ("running", 1, 1)
    assert alone.end(signal.SIGTERM) == 0
    assert read_status(clinic.data_dir).state == "stopped"
    assert "Traceback" not in alone.log()
    line.close()
    stored = records(clinic, "report")
    assert stored["messages"] == {"a1": 1}
    assert stored["sessions"][str(place["session"])]["readings"] == [["131", "76", "72", "98"]]

    monkeypatch.setattr(gateway_status, "SILENT_SECONDS", 2.0)
    watch = GatewayWatch(clinic.data_dir)
    alone.start()
    wait_for(lambda: watch.look() or read_status(clinic.data_dir).state == "running")
    watch.look()
    assert live.trouble() == ()
    alone.end(signal.SIGKILL)
    wait_for(lambda: watch.look() or live.trouble())
    assert [one.says for one in live.trouble()] == [gateway_status.SILENT]


def test_two_processes_pages_and_gateway_run_side_by_side(clinic: RunningClinic, alone: GatewayAlone) -> None:
    clinic.glimmer("migrate")
    environment = {**clinic.environment, "GLIMMER_GATEWAY": "false"}
    with clinic.log_path.open("ab") as log:
        clinic.process = subprocess.Popen(
            [*GLIMMER, "serve", "--port", str(clinic.port)], env=environment, stdout=log, stderr=log
        )
    alone.start()
    wait_for(lambda: _answers(f"{clinic.url}/health"))
    line = MonitorLine(clinic.gateway_port)
    line.connect()
    line.send(vitals("b1", "nobody", "A1", 131))
    assert line.answer() == "AA"
    line.close()
    clinic.kill()
    assert alone.end(signal.SIGINT) == 0


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """TLS files by what is wrong with them, and sound ones."""
    folder, authority, now = tmp_path_factory.mktemp("tls"), trustme.CA(), datetime.now(UTC)
    sound = authority.issue_cert("127.0.0.1")
    expired = authority.issue_cert("127.0.0.1", not_before=now - timedelta(days=9), not_after=now - timedelta(days=1))
    for name, issued in (("sound", sound), ("expired", expired)):
        issued.cert_chain_pems[0].write_to_path(str(folder / f"{name}.pem"))
        issued.private_key_pem.write_to_path(str(folder / f"{name}.key"))
    return {path.name: str(path) for path in folder.iterdir()} | {"missing.pem": str(folder / "missing.pem")}


@pytest.mark.parametrize(
    ("settings", "why"),
    [
        (("missing.pem", "sound.key"), "missing.pem cannot be read (No such file or directory)"),
        (("sound.pem", "expired.key"), "expired.key does not belong to the certificate"),
        (("expired.pem", "expired.key"), "expired.pem has expired"),
        (("", ""), "10.0.0.0/99 is not a network"),
    ],
    ids=lambda value: value[0] if isinstance(value, tuple) else "",
)
def test_wrong_file_or_allow_list_ends_it_at_once_in_one_sentence_and_the_pages_know_why(
    clinic: RunningClinic,
    certificate: dict[str, str],
    settings: tuple[str, str],
    why: str,
    no_trouble: None,
) -> None:
    names = ("GLIMMER_GATEWAY_TLS_CERTIFICATE", "GLIMMER_GATEWAY_TLS_KEY")
    wrong = {name: certificate[file] for name, file in zip(names, settings, strict=True) if file}
    wrong = wrong or {"GLIMMER_GATEWAY_ALLOWED_NETWORKS": "10.0.0.0/99"}
    ended = subprocess.run(
        [*GLIMMER, "gateway", "serve"], env={**clinic.environment, **wrong}, capture_output=True, text=True, timeout=30
    )
    assert ended.returncode == 1
    (said,) = ended.stderr.strip().splitlines()
    assert said.startswith("The gateway was not started: ")
    assert why in said
    assert said.endswith("start it again: glimmer gateway serve")
    watch = GatewayWatch(clinic.data_dir)
    watch.look()
    (shown,) = live.trouble()
    assert shown.says.startswith("The bedside gateway was not started: ")
    assert why in shown.says
    assert "write observations by hand" in shown.says


def test_gateway_that_cannot_start_leaves_the_status_of_the_one_that_runs_alone(
    clinic: RunningClinic, alone: GatewayAlone
) -> None:
    alone.start()
    wait_for(lambda: read_status(clinic.data_dir))
    wrong = {**clinic.environment, "GLIMMER_GATEWAY_TLS_CERTIFICATE": "nowhere.pem"}
    second = subprocess.run([*GLIMMER, "gateway", "serve"], env=wrong, capture_output=True, text=True, timeout=30)
    assert second.returncode == 1
    assert "another gateway already runs" in second.stderr
    assert read_status(clinic.data_dir).state == "running"


def test_in_one_process_the_pages_start_with_a_wrong_file_and_say_so(
    clinic: RunningClinic, certificate: dict[str, str]
) -> None:
    names = ("GLIMMER_GATEWAY_TLS_CERTIFICATE", "GLIMMER_GATEWAY_TLS_KEY")
    clinic.more_environment = dict(zip(names, (certificate["expired.pem"], certificate["expired.key"]), strict=True))
    clinic.start()
    assert _answers(f"{clinic.url}/health")
    status = wait_for(lambda: (s := read_status(clinic.data_dir)) and s.troubles and s)
    assert status.troubles["gateway"].startswith("The bedside gateway is not running: the TLS certificate")
    assert "has expired" in status.troubles["gateway"]
    assert "write observations by hand" in status.troubles["gateway"]


def test_status_counts_handshakes_by_their_reason_where_there_are_any(
    clinic: RunningClinic, alone: GatewayAlone, certificate: dict[str, str]
) -> None:
    names = ("GLIMMER_GATEWAY_TLS_CERTIFICATE", "GLIMMER_GATEWAY_TLS_KEY")
    files = dict(zip(names, (certificate["sound.pem"], certificate["sound.key"]), strict=True))
    alone.environment.update(files)
    alone.start()
    plain, silent = MonitorLine(clinic.gateway_port), MonitorLine(clinic.gateway_port)
    plain.connect()
    plain.send(b"MSH|no TLS at all")
    silent.connect()
    counts = wait_for(
        lambda: (
            (s := read_status(clinic.data_dir))
            and s.counts.get("open_handshakes") == 1
            and s.counts["handshakes_plain_text"]
            and s.counts
        )
    )
    assert (counts["failed_handshakes"], counts["open_handshakes"], counts["connections"]) == (1, 1, 0)
    shown = clinic.glimmer("gateway", "status")
    for line in ("failed handshakes        1", "handshakes plain text    1", "open handshakes          1"):
        assert line in shown
    for line in (plain, silent):
        line.close()
    assert alone.end(signal.SIGTERM) == 0
    for name in files:
        del alone.environment[name]
    alone.start()
    wait_for(lambda: read_status(clinic.data_dir).state == "running")
    assert "handshake" not in clinic.glimmer("gateway", "status")


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def test_what_troubles_the_gateway_is_on_the_board_of_the_pages_and_goes_with_it(
    tmp_path: Path, no_trouble: None
) -> None:
    watch = GatewayWatch(tmp_path)
    watch.look()
    assert live.trouble() == ()
    write_status(tmp_path, Status(1, "running", {"spool": "7 messages wait on disk.", "storage": "No database."}))
    watch.look()
    assert {one.says for one in live.trouble()} == {"7 messages wait on disk.", "No database."}
    write_status(tmp_path, Status(2, "running", {}))
    watch.look()
    assert live.trouble() == ()
    write_status(tmp_path, Status(3, "stopped", {"spool": "7 messages wait on disk."}))
    watch.look()
    assert [one.says for one in live.trouble()] == [gateway_status.STOPPED]


def test_silence_is_told_whatever_the_clocks_say(
    tmp_path: Path, no_trouble: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [1000.0]
    monkeypatch.setattr(gateway_status.time, "monotonic", lambda: now[0])
    write_status(tmp_path, Status(1, "running"))
    watch = GatewayWatch(tmp_path)
    for second in range(4):
        now[0] += 1
        monkeypatch.setattr(gateway_status.time, "time", lambda second=second: second * 3600.0)
        watch.look()
        assert live.trouble() == ()
    now[0] += 3
    watch.look()
    assert [one.says for one in live.trouble()] == [gateway_status.SILENT]
