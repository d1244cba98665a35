"""The replay in a real browser: played, steered by keys and links, accessible, and readable without a script."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, Route, expect

from glimmer.monitoring.recording.examine import examine
from tests.journey.people import assert_fits_a_narrow_screen
from tests.support.accessibility import assert_accessible
from tests.support.live_server import RunningClinic
from tests.web.test_accessible_pages import sign_in

pytestmark = [pytest.mark.browser, pytest.mark.database]


def open_replay(page: Page, clinic: RunningClinic) -> None:
    """Open the replay of a session that has ended, at its beginning."""
    sign_in(page, clinic, "maya.okafor")
    page.goto(f"{clinic.url}/sessions/1/replay")
    expect(page.get_by_text("REPLAY, not live")).to_be_visible()


def clock(page: Page) -> int:
    """Return the moment that the page shows, in seconds of its day."""
    hours, minutes, seconds = page.locator("[data-clock-words]").inner_text().split(":")
    return int(hours) * 3600 + int(minutes) * 60 + int(seconds)


def words_of(seconds: int) -> str:
    """Return a moment of the day as the page writes it."""
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"


def test_session_is_played_paused_and_steered_by_keys(demo_clinic: RunningClinic, page: Page) -> None:
    open_replay(page, demo_clinic)
    begun = clock(page)
    page.get_by_label("Speed").select_option("60")
    page.locator("[data-player]").press("Space")
    expect(page.get_by_role("button", name="Pause")).to_be_visible()
    page.wait_for_function(
        "start => Number(document.querySelector('[data-replay]').dataset.at) > start + 120000",
        arg=int(page.locator("[data-replay]").get_attribute("data-at") or 0),
    )
    page.locator("[data-player]").press("Space")
    expect(page.locator("[data-says]")).to_contain_text("Paused at")
    assert clock(page) >= begun + 120
    for key, moves in ((".", 1), (",", -1), ("ArrowRight", 10), ("ArrowLeft", -10)):
        before, words = clock(page), page.locator("[data-clock-words]").inner_text()
        page.locator("[data-player]").press(key)
        expect(page.locator("[data-clock-words]")).not_to_have_text(words)
        assert clock(page) - before == moves
    assert "?at=" in page.url
    assert_accessible(page)


def test_frame_that_comes_after_the_pause_does_not_move_the_clock(demo_clinic: RunningClinic, page: Page) -> None:
    open_replay(page, demo_clinic)
    page.get_by_label("Speed").select_option("60")
    held: list[Route] = []
    page.route("**/replay**at=**", lambda route: held.append(route))
    with page.expect_request("**/replay**at=**"):
        page.locator("[data-player]").press("Space")
    paused_at = clock(page)
    page.locator("[data-player]").press("Space")
    for route in held:
        route.continue_()
    page.unroute("**/replay**at=**")
    page.wait_for_timeout(1000)
    assert clock(page) == paused_at
    for _ in range(3):
        page.locator("[data-player]").press(".")
    expect(page.locator("[data-clock-words]")).to_have_text(words_of(paused_at + 3))


def test_jump_to_the_start_of_the_infusion_shows_it_running(demo_clinic: RunningClinic, page: Page) -> None:
    open_replay(page, demo_clinic)
    page.get_by_text(re.compile("All .* entries of the session")).click()
    started = page.get_by_role("listitem").filter(has_text="Infusion started").locator("a[data-to]")
    started.click()
    expect(page.get_by_text("Infusion running.")).to_be_visible()
    expect(page.locator("[data-part=infusion]")).to_contain_text("0 of 40 minutes")
    expect(page.locator(".glimmer-alarm__form")).to_have_count(0)
    page.get_by_role("link", name="Previous entry").click()
    expect(page.get_by_text("Infusion running.")).to_be_hidden()
    assert_accessible(page)


def test_replay_fits_a_phone(demo_clinic: RunningClinic, page: Page) -> None:
    open_replay(page, demo_clinic)
    assert_fits_a_narrow_screen(page)


def test_replay_is_a_page_at_a_moment_without_a_script(
    demo_clinic: RunningClinic, new_page: Callable[..., Page]
) -> None:
    page = new_page(java_script_enabled=False)
    open_replay(page, demo_clinic)
    begun = clock(page)
    expect(page.get_by_role("button", name="Play")).to_be_hidden()
    page.get_by_role("link", name="+1 min").click()
    assert clock(page) == begun + 60
    page.get_by_role("link", name="Next entry").click()
    page.get_by_label("Go to the time").fill("nonsense")
    page.get_by_role("button", name="Go").click()
    expect(page.get_by_text("That is no time of this session")).to_be_visible()


def test_psychiatrist_saves_a_session_as_one_file_that_holds(demo_clinic: RunningClinic, page: Page) -> None:
    sign_in(page, demo_clinic, "idris.penhallow")
    page.goto(f"{demo_clinic.url}/sessions/1")
    page.get_by_text("Export this session as one file").click()
    expect(page.get_by_text("nobody can call it back")).to_be_visible()
    assert_accessible(page)
    page.get_by_label("With the raw messages").check()
    with page.expect_download(timeout=60_000) as download:
        page.get_by_role("button", name="Make the file and save it").click()
    assert download.value.suggested_filename == "session-1.glimmer.zip"
    examined = examine(Path(download.value.path()).read_bytes())
    assert [finding.says for finding in examined.findings if not finding.holds] == []
