"""Choose the database, then name the settings; block the network; mark what touches the database."""

import importlib.util
import os
import tempfile

import pytest

from tests.support.network import block_network

DATABASE_FIXTURES = {"db", "transactional_db", "django_db_setup", "clinic"}


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--database",
        choices=["sqlite", "postgres"],
        default=os.environ.get("GLIMMER_TEST_DATABASE", "sqlite"),
        help="the database engine of the tests that touch one (default: sqlite)",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Runs before pytest-django's own hook, which sets Django up once settings are named."""
    block_network()
    if importlib.util.find_spec("glimmer.config.settings") is None:
        return
    if not hasattr(config, "workerinput"):
        os.environ["GLIMMER_DATA_DIR"] = tempfile.mkdtemp(prefix="glimmer-tests-")
        os.environ.setdefault("GLIMMER_SECRET_KEY", "only-for-tests")
    os.environ["DJANGO_SETTINGS_MODULE"] = "glimmer.config.settings"
    from django.conf import settings

    settings.DEBUG  # noqa: B018 - reading any setting loads them all


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        fixtures = set(getattr(item, "fixturenames", ()))
        if item.get_closest_marker("django_db") or fixtures & DATABASE_FIXTURES:
            item.add_marker("database")
