"""How soon a patient sees a page of their own on slow 3G: a telephone's window, an empty cache, 400 kbit/s, 400 ms.

Chromium's own network emulation, the real server on SQLite; from the address typed until the page is whole.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from tests.support.live_server import RunningClinic
from tests.support.migrated import begin_with

ROOT = Path(__file__).resolve().parents[1]
PAGES = {"start": "/own", "mood": "/own/mood", "questionnaire": "/own/questions/phq9", "help": "/own/help"}
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run"]
BYTES_A_SECOND = 400_000 / 8
ROUND_TRIP_MS = 400
TARGET_MS = 2_000.0


def rows(*, short: bool = False) -> list[dict[str, Any]]:
    """Return one row for each page: the median time until it is whole, and what it weighs."""
    with tempfile.TemporaryDirectory(prefix="glimmer-own-") as folder:
        clinic = RunningClinic(Path(folder))
        begin_with(Path(folder))
        clinic.glimmer("migrate")
        secrets = Path(folder) / "devices.json"
        subprocess.run(
            [sys.executable, "-m", "soak.own_parts", "fill", "1", str(secrets)],
            env={**clinic.environment, "DJANGO_SETTINGS_MODULE": "glimmer.config.settings"},
            cwd=ROOT,
            check=True,
            capture_output=True,
        )
        clinic.start()
        try:
            return _measured(clinic.url, next(iter(json.loads(secrets.read_text()).values())), 1 if short else 7)
        finally:
            clinic.stop()


def _measured(address: str, secret: str, times: int) -> list[dict[str, Any]]:
    from playwright.sync_api import sync_playwright

    from scripts.fetch_browser import WHAT_TO_TYPE, find_browser

    found = find_browser()
    if found is None:
        raise RuntimeError(WHAT_TO_TYPE)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found.path, args=ARGUMENTS)
        try:
            return [_row(browser, name, address, path, secret, times) for name, path in PAGES.items()]
        finally:
            browser.close()


def _row(browser: Any, name: str, address: str, path: str, secret: str, times: int) -> dict[str, Any]:
    seen = sorted(_once(browser, address, path, secret) for _ in range(times))
    milliseconds, weighs, requests = seen[len(seen) // 2]
    return {
        "job": f"own: {name} on slow 3G",
        "ours": round(milliseconds),
        "peer": "",
        "peer_value": None,
        "ratio": None,
        "unit": "ms",
        "target": f"below {TARGET_MS:,.0f} ms",
        "target_met": milliseconds < TARGET_MS,
        "note": f"{weighs / 1000:.0f} kB in {requests} requests, empty cache; median of {times}",
    }


def _once(browser: Any, address: str, path: str, secret: str) -> tuple[float, int, int]:
    context = browser.new_context(viewport={"width": 320, "height": 640}, locale="en-GB")
    try:
        context.add_cookies([{"name": "own", "value": secret, "url": address}])
        page = context.new_page()
        network = context.new_cdp_session(page)
        network.send("Network.enable")
        network.send(
            "Network.emulateNetworkConditions",
            {
                "offline": False,
                "latency": ROUND_TRIP_MS,
                "downloadThroughput": BYTES_A_SECOND,
                "uploadThroughput": BYTES_A_SECOND,
            },
        )
        weights: list[int] = []
        network.on("Network.loadingFinished", lambda event: weights.append(int(event["encodedDataLength"])))
        page.goto(address + path, wait_until="load")
        took = page.evaluate("() => performance.getEntriesByType('navigation')[0].loadEventStart")
        return float(took), sum(weights), len(weights)
    finally:
        context.close()
