"""The clinic in which Amina's story happens, and its people, each signed in at a computer of their own.

The chapters `test_01` to `test_07` are one story: each begins where the one before ended, and they run in their
order. One clinic, one process, one SQLite file; nothing is put into it but what people do on its pages, and at the
beginning its staff, bays and devices.
"""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser

from tests.journey.bedside import Bedside
from tests.journey.people import Inspector, Patient, Person, amina_sample, pages_are_inspected
from tests.journey.setting import in_clinic
from tests.support.browser import Visitors
from tests.support.live_server import ClinicBuilder, RunningClinic


@pytest.fixture(scope="session")
def inspect(request: pytest.FixtureRequest) -> Inspector:
    """What looks at every page that is come to. It looks the same on both engines, and is looked at on one."""
    if request.config.getoption("--database") != "sqlite":
        return lambda _page: None
    return pages_are_inspected()


@pytest.fixture(scope="session")
def story_visitors(chromium: Browser) -> Iterator[Visitors]:
    everyone = Visitors(chromium)
    yield everyone
    everyone.close()


@pytest.fixture(autouse=True)
def no_page_of_the_story_breaks(request: pytest.FixtureRequest) -> Iterator[None]:
    yield
    if "story_visitors" in request.fixturenames:
        visitors: Visitors = request.getfixturevalue("story_visitors")
        faults, visitors.faults[:] = list(visitors.faults), []
        assert faults == []


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    report = yield
    visitors = getattr(item, "funcargs", {}).get("story_visitors")
    if call.when == "call" and report.failed and visitors is not None:
        visitors.photograph(f"story-{item.name}")
    return report


@pytest.fixture(scope="session")
def clinic(clinic_templates: ClinicBuilder) -> Iterator[RunningClinic]:
    found = clinic_templates.build()
    in_clinic(found, "open")
    found.start()
    yield found
    found.stop()
    assert "Traceback" not in found.log(), found.log()[-3000:]


@pytest.fixture(scope="session")
def hire(clinic: RunningClinic, story_visitors: Visitors, inspect: Inspector) -> Callable[[str], Person]:
    """Return a function that seats one of the cast at a computer of their own."""
    return lambda username: Person(story_visitors.open(), clinic, username, inspect).signs_in()


@pytest.fixture(scope="session")
def bea(hire: Callable[[str], Person]) -> Person:
    """Bea Larkspur, administrator."""
    return hire("bea")


@pytest.fixture(scope="session")
def maya(hire: Callable[[str], Person]) -> Person:
    """Maya Okafor, nurse."""
    return hire("maya")


@pytest.fixture(scope="session")
def jo(hire: Callable[[str], Person]) -> Person:
    """Jo Sparrow, the second nurse."""
    return hire("jo")


@pytest.fixture(scope="session")
def idris(hire: Callable[[str], Person]) -> Person:
    """Dr Idris Penhallow, psychiatrist."""
    return hire("idris")


@pytest.fixture(scope="session")
def una(hire: Callable[[str], Person]) -> Person:
    """Dr Una Marchbanks, the second psychiatrist."""
    return hire("una")


@pytest.fixture(scope="session")
def amina() -> Patient:
    """Amina Sample, who has been depressed for four years."""
    return amina_sample()


@pytest.fixture(scope="module", autouse=True)
def story_so_far(request: pytest.FixtureRequest) -> None:
    """When a chapter is run by itself, what went before it is made by the product's own actions."""
    begins_at = getattr(request.module, "BEGINS_AT", "")
    if begins_at:
        patient: Patient = request.getfixturevalue("amina")
        if not patient.places:
            patient.places.update(in_clinic(request.getfixturevalue("clinic"), "amina", begins_at))


@pytest.fixture(scope="session")
def bedside(clinic: RunningClinic, amina: Patient) -> Iterator[Bedside]:
    """The monitor and the pump of bay 1, where Amina sits. A nurse has typed her NHS number into them."""
    found = Bedside(clinic.gateway_port, 1, (amina.family_name, amina.given_name), amina.nhs_number)
    yield found.is_switched_on()
    found.is_switched_off()
