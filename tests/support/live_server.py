"""The whole clinic as a visitor runs it: one process with pages and bedside gateway, on a database of its own.

    def test_something(demo_clinic): demo_clinic.url, demo_clinic.gateway_port
    def test_crash(new_clinic):      clinic = new_clinic(); clinic.kill(); clinic.start()

The engine is that of the run (`--database`). A process that is killed and started again keeps its ports and data.
"""

import fcntl
import itertools
import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.postgres import RunningPostgres, free_port

GLIMMER = [sys.executable, "-c", "from glimmer.cli.main import run; run()"]
_numbers = itertools.count(1)


class ClinicFailed(RuntimeError):
    """The clinic's process did not start or failed; the message holds the end of its log."""


class RunningClinic:
    """One clinic: a data folder, a database and a process that can be stopped, killed and started again."""

    def __init__(self, data_dir: Path, database_url: str = "", *, demo: bool = False) -> None:
        self.data_dir = data_dir
        self.database_url = database_url
        self.demo = demo
        self.port = free_port()
        self.gateway_port = free_port()
        self.log_path = data_dir / "serve.log"
        self.process: subprocess.Popen[bytes] | None = None
        self.more_environment: dict[str, str] = {}

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def environment(self) -> dict[str, str]:
        """Return the environment of this clinic's processes: ours without the tests' own settings."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("GLIMMER_", "DJANGO_"))}
        return kept | {
            "GLIMMER_DATA_DIR": str(self.data_dir),
            "GLIMMER_DATABASE_URL": self.database_url,
            "GLIMMER_GATEWAY_PORT": str(self.gateway_port),
            "GLIMMER_SECOND_FACTOR": "none",
            "PYTHONWARNINGS": "default",
            **self.more_environment,
        }

    def glimmer(self, *arguments: str) -> str:
        """Run a `glimmer` command on this clinic's database and return what it printed."""
        done = subprocess.run([*GLIMMER, *arguments], env=self.environment, capture_output=True, text=True)
        if done.returncode:
            raise ClinicFailed(f"glimmer {' '.join(arguments)} failed: {done.stderr[-2000:]}{done.stdout[-500:]}")
        return done.stdout

    def start(self) -> "RunningClinic":
        """Start the process and return when its pages answer."""
        options = ["--port", str(self.port), *(["--demo"] if self.demo else [])]
        with self.log_path.open("ab") as log:
            self.process = subprocess.Popen([*GLIMMER, "serve", *options], env=self.environment, stdout=log, stderr=log)
        for _ in range(1200):
            if self.process.poll() is not None:
                break
            if self._answers():
                return self
            time.sleep(0.05)
        self.kill()
        raise ClinicFailed(f"The clinic did not start: {self.log()[-3000:]}")

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/health", timeout=5) as answer:
                return bool(answer.status == 200)
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            return False

    def log(self) -> str:
        """Return everything the process printed."""
        return self.log_path.read_text() if self.log_path.exists() else ""

    def kill(self) -> None:
        """End the process at once, as a power cut does (kill -9)."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """End the process as an operator does; kill it if it does not obey within 20 s."""
        self._end(signal.SIGTERM)

    def _end(self, how: signal.Signals) -> None:
        if self.process is None or self.process.poll() is not None:
            return
        self.process.send_signal(how)
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


class ClinicBuilder:
    """Makes clinics from a database that was migrated, or filled with the demo, only once per run.

    `shared` is a folder of the whole run: whichever worker needs a template first makes it there, and the other waits.
    """

    def __init__(self, folder: Path, shared: Path, postgres: RunningPostgres | None) -> None:
        self.folder = folder
        self.shared = shared
        self.postgres = postgres
        self.made: list[RunningClinic] = []

    def template(self, kind: str) -> RunningClinic:
        """Return the clinic that others are copied from, never started itself: `plain`, only migrated, or `demo`."""
        found = RunningClinic(self.shared / kind, self.postgres.url(kind) if self.postgres else "")
        with (self.shared / f"{kind}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            ready = self.shared / f"{kind}.ready"
            if not ready.exists():
                self._make(kind, found)
                ready.touch()
        return found

    def _make(self, kind: str, template: RunningClinic) -> None:
        if template.data_dir.exists():
            raise ClinicFailed(f"The {kind} clinic to copy from was not made; the first error of this run says why.")
        if kind == "demo":
            self._copy(self.template("plain"), template)
            template.glimmer("demo", "--reset")
        else:
            self._empty(template)
            template.glimmer("migrate")

    def _empty(self, clinic: RunningClinic) -> None:
        clinic.data_dir.mkdir()
        if self.postgres:
            self.postgres.create_database(clinic.data_dir.name)

    def _copy(self, source: RunningClinic, clinic: RunningClinic) -> None:
        shutil.copytree(source.data_dir, clinic.data_dir)
        if self.postgres:
            self.postgres.create_database(clinic.data_dir.name, template=source.data_dir.name)

    def build(self, *, demo: bool = False, fresh: bool = False) -> RunningClinic:
        """Return a clinic that is not started yet; `fresh` leaves even the migration to its first start."""
        name = f"clinic_{os.getpid()}_{next(_numbers)}"
        clinic = RunningClinic(self.folder / name, self.postgres.url(name) if self.postgres else "")
        if fresh:
            self._empty(clinic)
        else:
            self._copy(self.template("demo" if demo else "plain"), clinic)
        clinic.demo = demo
        self.made.append(clinic)
        return clinic

    def stop_all(self) -> None:
        while self.made:
            self.made.pop().stop()


@pytest.fixture(scope="session")
def clinic_templates(
    tmp_path_factory: pytest.TempPathFactory, folder_of_the_run: Path, postgres_of_the_run: RunningPostgres | None
) -> ClinicBuilder:
    return ClinicBuilder(tmp_path_factory.mktemp("clinics"), folder_of_the_run, postgres_of_the_run)


@pytest.fixture
def new_clinic(clinic_templates: ClinicBuilder) -> Iterator[Callable[..., RunningClinic]]:
    """Return a function that builds and starts a clinic of this test's own: `new_clinic(demo=True)`."""
    builder = ClinicBuilder(clinic_templates.folder, clinic_templates.shared, clinic_templates.postgres)
    yield lambda **options: builder.build(**options).start()
    builder.stop_all()


@pytest.fixture(scope="session")
def demo_clinic(clinic_templates: ClinicBuilder) -> Iterator[RunningClinic]:
    """One running demo clinic, shared by the tests that only look or that work with a patient of their own."""
    clinic = clinic_templates.build(demo=True).start()
    yield clinic
    clinic.stop()
