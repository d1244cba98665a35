"""Choose the database, then name the settings; block the network; mark what touches the database; add up the runs."""

import json
import os
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import hypothesis
import pytest
import pytest_django
from xdist.scheduler import LoadScopeScheduling

from tests.support.network import block_network
from tests.support.postgres import PostgresServer, RunningPostgres

pytest_plugins = ["tests.support.browser", "tests.support.kept", "tests.support.live_server"]

DATABASE_FIXTURES = {"db", "transactional_db", "new_clinic", "demo_clinic"}
WEB = Path(__file__).resolve().parent / "web"
# What a page says and looks like is the same on both engines. That every page works on each is shown by those that walk
# all of them, with every role, with nonsense in every form, and by those whose queries or streams differ.
PAGES_ON_BOTH = {
    "test_audit_of_pages.py",
    "test_board.py",
    "test_live.py",
    "test_lock.py",
    "test_nonsense.py",
    "test_nonsense_beside.py",
    "test_other_routes.py",
    "test_own_danger.py",
    "test_queries.py",
    "test_routes_clinics.py",
    "test_routes_roles.py",
    "test_second_factor.py",
    "test_session.py",
    "test_sign_in.py",
}
COMPILED = Path(__file__).resolve().parents[1] / "build" / "compiled"
POSTGRES = pytest.StashKey[PostgresServer]()
DATA_DIR = pytest.StashKey[str]()
# Where the workers of a parallel run find the folder that they share.
FOLDER_OF_THE_RUN = "FOLDER_OF_THIS_TEST_RUN"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--database",
        choices=["sqlite", "postgres"],
        default=os.environ.get("GLIMMER_TEST_DATABASE", "sqlite"),
        help="the database engine of the tests that touch one (default: sqlite)",
    )
    parser.addoption("--counts-to", metavar="FILE", help="write the numbers of this run here, for a later run to show")
    parser.addoption("--counts-from", metavar="FILE", help="show the numbers of an earlier run before the closing line")


def pytest_configure(config: pytest.Config) -> None:
    """Start the database and name the settings, before pytest-django's own hook sets Django up."""
    block_network()
    # How long an example takes says more about the machine than about the code.
    hypothesis.settings.register_profile("house", deadline=None)
    hypothesis.settings.load_profile("house")
    # Playwright keeps an event loop in the main thread, where tests also use the database.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    if not hasattr(config, "workerinput"):
        _choose_database(config)
    os.environ["DJANGO_SETTINGS_MODULE"] = "glimmer.config.settings"
    from django.conf import settings

    # Real passwords are hashed slowly on purpose; in-process tests sign in hundreds of times.
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


def _choose_database(config: pytest.Config) -> None:
    for name in [name for name in os.environ if name.startswith("GLIMMER_") and name != "GLIMMER_BROWSER"]:
        del os.environ[name]
    config.stash[DATA_DIR] = tempfile.mkdtemp(prefix="glimmer-tests-")
    os.environ["GLIMMER_DATA_DIR"] = config.stash[DATA_DIR]
    os.environ[FOLDER_OF_THE_RUN] = tempfile.mkdtemp(dir=config.stash[DATA_DIR])
    os.environ["GLIMMER_SECRET_KEY"] = "only-for-tests"
    # Tests of the clinic's work sign in by password; those of the second factor ask for it themselves.
    os.environ["GLIMMER_SECOND_FACTOR"] = "none"
    # The registry's sampler takes longer to compile than to run: what one process compiled, the others take over.
    os.environ["JAX_COMPILATION_CACHE_DIR"] = str(COMPILED)
    if config.getoption("--database") == "postgres" and not config.option.collectonly:
        config.stash[POSTGRES] = PostgresServer().start()
        os.environ["GLIMMER_DATABASE_URL"] = config.stash[POSTGRES].url()


# Files of the journey's folder that have clinics of their own, and nothing to do with the story.
NOT_OF_THE_STORY = ("tests/journey/test_demo_clinic.py", "tests/journey/test_killed.py")


class OneWorkerPerFile(LoadScopeScheduling):
    """Gives a file to one worker, and the journey, which is one story that goes on from file to file, to one as well.

    xdist's own groups do not work with pytest 9.2: it no longer lets them into a test's name.
    """

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        is_story = file.startswith("tests/journey/") and file not in NOT_OF_THE_STORY
        return "tests/journey" if is_story else file


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> OneWorkerPerFile:
    # In the order of the collection, not the largest file first.
    config.option.loadscopereorder = False
    return OneWorkerPerFile(config, log)


def pytest_unconfigure(config: pytest.Config) -> None:
    if POSTGRES in config.stash:
        config.stash[POSTGRES].stop()
    if DATA_DIR in config.stash:
        shutil.rmtree(config.stash[DATA_DIR], ignore_errors=True)


@pytest.fixture(scope="session")
def folder_of_the_run() -> Path:
    """A folder that every worker of this run sees, for what is made once."""
    return Path(os.environ[FOLDER_OF_THE_RUN])


@pytest.fixture(scope="session")
def postgres_of_the_run() -> RunningPostgres | None:
    """The server that this run's databases live on, or None on SQLite."""
    # By the address, since a worker process of a parallel run did not start the server itself.
    port = urlsplit(os.environ.get("GLIMMER_DATABASE_URL", "")).port
    return RunningPostgres(port) if port else None


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    django_db_modify_db_settings_parallel_suffix: None, request: pytest.FixtureRequest
) -> Iterator[None]:
    """Copy the database of the tests from one that `glimmer migrate` made once for the run.

    Django still asks afterwards whether a migration is missing, and finds none.
    """
    from django.db import connection

    template = request.getfixturevalue("clinic_templates").template("plain")
    if connection.vendor == "postgresql":
        connection.settings_dict["TEST"]["TEMPLATE"] = template.database_url.rsplit("/", 1)[1]
        yield
        return
    # The database in memory lasts as long as one connection to it is open: this one, for the run.
    memory = sqlite3.connect(connection.creation._get_test_db_name(), uri=True)
    with closing(memory), closing(sqlite3.connect(template.data_dir / "glimmer.sqlite3")) as migrated:
        migrated.backup(memory)
        yield


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: pytest_django.DjangoDbBlocker) -> Iterator[None]:
    """Django's own, with nobody left in PostgreSQL's test database when it comes to be dropped.

    A thread that answered an asynchronous view keeps its connection until Python collects it, and PostgreSQL drops no
    database that anybody is connected to.
    """
    from django.db import connection

    yield
    if connection.vendor == "postgresql":
        others = "datname = current_database() AND pid <> pg_backend_pid()"
        with django_db_blocker.unblock(), connection.cursor() as cursor:
            cursor.execute(f"SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE {others}")


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """A PostgreSQL server for a test that needs one whatever the engine of the run."""
    server = PostgresServer().start()
    yield server
    server.stop()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        fixtures = set(getattr(item, "fixturenames", ()))
        if item.get_closest_marker("django_db") or fixtures & DATABASE_FIXTURES:
            item.add_marker("database")
        if "chromium" in fixtures:
            item.add_marker("browser")
        if WEB in item.path.parents and (item.get_closest_marker("browser") or item.path.name not in PAGES_ON_BOTH):
            item.add_marker("page")
    with_browser = {item.path for item in items if item.get_closest_marker("browser")}
    items.sort(key=lambda item: _turn(item, item.path in with_browser))


def _turn(item: pytest.Item, drives_a_browser: bool) -> int:
    """Return when a file's turn comes, so that no worker is left alone with a long one and each can run where it is.

    Files that drive a browser come late: Playwright leaves an event loop in the worker, and asyncio.run() wants none.
    The journey is the longest of them and belongs to one worker: while that one tells it, the other has the actions,
    of which only the bus asks for an event loop of its own.
    """
    if drives_a_browser:
        return 1 if item.path.parent.name == "journey" else 3
    return 2 if item.path.parent.name == "actions" and item.path.name != "test_bus.py" else 0


@pytest.hookimpl(trylast=True)
def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    outcomes = ("passed", "failed", "error", "skipped")
    counts = {outcome: len(terminalreporter.stats.get(outcome, [])) for outcome in outcomes}
    counts_to, counts_from = config.getoption("--counts-to"), config.getoption("--counts-from")
    if counts_to:
        Path(counts_to).write_text(json.dumps(counts))
    if counts_from and Path(counts_from).exists():
        earlier = json.loads(Path(counts_from).read_text())
        shown = ", ".join(f"{number} {outcome}" for outcome, number in earlier.items())
        terminalreporter.write_line(f"Before this run, on SQLite with everything else: {shown}.")
        both = ", ".join(f"{earlier[outcome] + counts[outcome]} {outcome}" for outcome in outcomes)
        terminalreporter.write_line(f"Together with this run on PostgreSQL: {both}.")
