"""Tones and calls in a real browser: there when they should be, never off in silence, and a lost line says so."""

import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.support.accessibility import assert_accessible
from tests.support.browser import Visitors
from tests.support.live_server import ClinicBuilder
from tests.support.phased_clinic import ROOT, PhasedClinic, phased_clinic

pytestmark = [pytest.mark.browser, pytest.mark.database]

# Every pulse that the page gives to the browser's audio clock, and every one it takes back before its time.
LISTEN = """() => {
  window.heard = [];
  const start = OscillatorNode.prototype.start;
  OscillatorNode.prototype.start = function (at) {
    window.heard.push({ at, hertz: Math.round(this.frequency.value), clock: this.context.currentTime });
    return start.call(this, at);
  };
}"""
LONGER_THAN_ALLOWED_MS = 16_000
LOW_HERTZ = {659, 523}
# What the patient of the newest session presses on their own pages, in a process of its own.
PRESS_NOT_SAFE = """
import django
django.setup()
from glimmer.actions.own_entries import send_entry
from glimmer.care.own import Kind
from glimmer.records.models import TreatmentSession
send_entry(TreatmentSession.objects.order_by("-pk")[0].episode.patient, Kind.NOT_SAFE, {}, "pressed")
"""


@pytest.fixture(scope="module")
def clinic(clinic_templates: ClinicBuilder) -> Iterator[PhasedClinic]:
    yield from phased_clinic(clinic_templates)


def heard(page: Page) -> list[dict[str, float]]:
    return page.evaluate("() => window.heard")  # type: ignore[no-any-return]


def call_from_the_bay(page: Page, clinic: PhasedClinic) -> Locator:
    """The call that stands all the time; another bay's alarm becomes one too when nobody takes it for long."""
    return page.locator(f".glimmer-call[data-call='{urlsplit(clinic.address('called')).path}']")


def listening(page: Page) -> Page:
    page.add_init_script(f"({LISTEN})()")
    return page


def test_page_says_that_sound_is_off_until_somebody_switches_it_on(clinic: PhasedClinic, page: Page) -> None:
    clinic.sign_in(listening(page)).goto(clinic.address("recovering"))
    here = page.locator("[data-sound-here]")
    expect(here).to_contain_text(re.compile("sound is off", re.IGNORECASE))
    assert heard(page) == []
    assert_accessible(page)
    here.get_by_role("button", name="Switch sound on").press("Enter")
    expect(here).to_contain_text("Sound is on in this browser.")
    page.wait_for_function("() => window.heard.length >= 2")
    assert [pulse["hertz"] for pulse in heard(page)[:2]] == [659, 523]
    assert_accessible(page)
    here.get_by_role("button", name="Switch sound off").press("Enter")
    expect(here).to_contain_text(re.compile("sound is off", re.IGNORECASE))


def test_high_alarm_sounds_ten_pulses_is_paused_by_name_and_a_dead_feed_is_not_silent(
    clinic: PhasedClinic, page: Page
) -> None:
    page.clock.install()
    # In this clinic another bay calls for help all the time; here only the session's own sound is listened to.
    page.route("**/live/calls", lambda route: route.fulfill(json={"html": ""}))
    clinic.sign_in(listening(page)).goto(clinic.address("running"))
    page.get_by_role("button", name="Switch sound on").click()
    clinic.measure("running", 214)
    expect(page.locator("[data-sound='high']")).to_be_visible()
    page.wait_for_function("() => window.heard.filter(one => one.hertz === 784).length >= 2")
    last = heard(page)[-10:]
    offsets = [round(pulse["at"] - last[0]["at"], 2) for pulse in last]
    # Five pulses twice, three and two, as IEC 60601-1-8 has them.
    assert offsets == [0, 0.25, 0.5, 1.0, 1.25, 1.9, 2.15, 2.4, 2.9, 3.15]
    page.get_by_role("button", name=re.compile("Pause sound for")).click()
    expect(page.locator("[data-part='sound']")).to_contain_text(
        re.compile(r"Sound paused by Maya Okafor, nurse until \d\d:\d\d:\d\d \((1:00|0:5\d) left\)")
    )
    assert_accessible(page)
    # The page is a new one after the press, and sound is still on in this tab.
    expect(page.locator("[data-sound-here]")).to_contain_text("Sound is on in this browser.")
    # On a slow machine a low alarm, which nobody paused, may have come up by now and is heard; nothing else is.
    assert {pulse["hertz"] for pulse in heard(page)} <= LOW_HERTZ
    process = clinic.running.process
    assert process is not None
    process.send_signal(signal.SIGSTOP)
    try:
        page.clock.fast_forward(LONGER_THAN_ALLOWED_MS)
        page.wait_for_function("() => window.heard.some(one => one.hertz === 330)")
    finally:
        process.send_signal(signal.SIGCONT)
    page.get_by_role("button", name="Switch sound on again").click()
    page.wait_for_function("() => window.heard.some(one => one.hertz === 784)")


def test_pattern_as_rendered_has_its_pulses_and_its_gaps(clinic: PhasedClinic, page: Page) -> None:
    clinic.sign_in(page).goto(f"{clinic.running.url}/board")
    # Rendered without a loudspeaker and measured: where is it loud, in steps of 10 ms?
    loud = page.evaluate(
        """async () => {
          const tones = await import(document.querySelector("script[src*='glimmer/tones']").src);
          const pattern = JSON.parse(document.getElementById("tones").textContent).patterns.medium;
          const audio = new OfflineAudioContext(1, 44100 * 1.5, 44100);
          tones.schedule(audio, pattern, 0.1);
          const samples = (await audio.startRendering()).getChannelData(0);
          const loud = [];
          for (let at = 0; at < samples.length; at += 441) {
            loud.push(samples.slice(at, at + 441).some((one) => Math.abs(one) > 0.02) ? 1 : 0);
          }
          return loud;
        }"""
    )
    runs = [len(run) for run in re.findall("1+", "".join(map(str, loud)))]
    gaps = [len(gap) for gap in re.findall("(?<=1)0+(?=1)", "".join(map(str, loud)))]
    assert len(runs) == 3
    assert all(12 <= run <= 25 for run in runs)
    assert all(12 <= gap <= 25 for gap in gaps)


def test_whoever_was_called_sees_and_hears_it_on_every_page(clinic: PhasedClinic, page: Page) -> None:
    clinic.sign_in(listening(page)).goto(f"{clinic.running.url}/patients")
    call = call_from_the_bay(page, clinic)
    expect(call).to_contain_text("Extremely high blood pressure")
    expect(call).to_contain_text(re.compile("Nobody has taken charge. Escalated to everybody on site"))
    expect(page.locator("[data-sound-here]")).to_contain_text("SOUND IS OFF in this browser")
    assert_accessible(page)
    page.get_by_role("button", name="Switch sound on").click()
    page.wait_for_function("() => window.heard.some(one => one.hertz === 784)")
    call.get_by_role("link").click()
    page.wait_for_url(clinic.address("called"))
    # The session's own page shows the alarm itself, not a second time as a call.
    expect(page.locator(".glimmer-alarm.is-high").first).to_be_visible()
    expect(call).to_have_count(0)


def test_call_about_a_patient_comes_without_reloading_stays_when_the_line_is_lost_and_ends_when_taken(
    clinic: PhasedClinic, page: Page, visitors: Visitors
) -> None:
    page.clock.install()
    clinic.sign_in(page).goto(f"{clinic.running.url}/patients")
    alarm = call_from_the_bay(page, clinic)
    expect(alarm).to_be_visible()
    environment = {**clinic.running.environment, "DJANGO_SETTINGS_MODULE": "glimmer.config.settings"}
    subprocess.run([sys.executable, "-c", PRESS_NOT_SAFE], env=environment, cwd=ROOT, check=True)
    page.clock.fast_forward(5_000)
    call = page.locator(".glimmer-call", has_text="I am not safe")
    expect(call).to_be_visible()
    page.route("**/live/calls", lambda route: route.abort())
    page.clock.fast_forward(LONGER_THAN_ALLOWED_MS)
    page.clock.fast_forward(5_000)
    lost = page.locator(".glimmer-call", has_text="cannot hear of alarms and calls")
    expect(lost).to_contain_text("nothing is heard from the server")
    expect(lost).to_contain_text(re.compile(r"below was heard last at \d\d:\d\d"))
    expect(call).to_be_visible()
    expect(alarm).to_have_attribute("data-sound", "high")
    assert_accessible(page)
    page.unroute("**/live/calls")
    page.route("**/live/calls", lambda route: route.fulfill(status=401, body="Sign in first."))
    page.clock.fast_forward(5_000)
    expect(lost).to_contain_text("You are signed out here")
    expect(lost.get_by_role("link", name="Open this page again")).to_be_visible()
    page.unroute("**/live/calls")
    page.clock.fast_forward(5_000)
    expect(lost).to_have_count(0)
    call.get_by_role("link").click()
    page.wait_for_url("**/tasks/*")
    # The page of a task shows who had it when it was opened: the call stands there until it ends.
    expect(call).to_be_visible()
    page.get_by_role("button", name="Take this task").click()
    expect(page.get_by_text("You have this task now.")).to_be_visible()
    expect(alarm).to_be_visible()
    expect(call).to_have_count(0)
    visitors.faults[:] = [one for one in visitors.faults if "net::ERR_" not in one and "status of 401" not in one]
