"""The monitors and the pages of the live benchmarks, in a process of their own.

python -m bench.live_parts PAGES_PORT GATEWAY_PORT FILE SECONDS [PAGES] [MESSAGES_PER_SECOND]
"""

import asyncio
import http.client
import json
import os
import re
import sys
import time
import urllib.parse
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson

from glimmer.gateway.clock import hl7_time
from glimmer.gateway.virtual import VirtualBedside

SETTLE_SECONDS = 3.0
READY_SECONDS = 120.0
PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


class Scene:
    """When each message was sent, and when a page first showed it; keyed by session and time of measurement."""

    def __init__(self) -> None:
        self.sent: dict[tuple[int, float], float] = {}
        self.heard: dict[tuple[int, float], float] = {}
        self.counting = False
        self.watched: set[int] = set()
        self.spoken = 0
        self.acknowledged = 0


def sign_in(port: int, username: str) -> str:
    """Sign in as a nurse and return the cookies."""
    connection = http.client.HTTPConnection("127.0.0.1", port)
    connection.request("GET", "/sign-in")
    page = connection.getresponse()
    text = page.read().decode()
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', text)
    assert token, "The sign-in page has no form."
    cookies = _cookies(page)
    form = {"username": username, "password": "bench", "csrfmiddlewaretoken": token[1]}
    headers = {"Cookie": cookies, "Content-Type": "application/x-www-form-urlencoded"}
    connection.request("POST", "/sign-in", urllib.parse.urlencode(form), headers)
    answer = connection.getresponse()
    answer.read()
    assert answer.status == 302, f"Nobody could sign in: {answer.status}."
    return f"{cookies}; {_cookies(answer)}"


def _cookies(answer: http.client.HTTPResponse) -> str:
    return "; ".join(value.split(";")[0] for name, value in answer.getheaders() if name.lower() == "set-cookie")


async def lines_of(reader: asyncio.StreamReader) -> AsyncIterator[bytes]:
    """Yield the lines of an answer that comes in chunks: the first frame of a long session is cut into several."""
    rest = b""
    while size := int(await reader.readline(), 16):
        *lines, rest = (rest + (await reader.readexactly(size + 2))[:-2]).split(b"\n")
        for line in lines:
            yield line


async def page(port: int, cookies: str, session: int, scene: Scene, ready: asyncio.Semaphore) -> None:
    """Be one open page: read its stream, note when each measurement arrives."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1 << 22)
    request = f"GET /live/sessions/{session} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nCookie: {cookies}\r\n\r\n"
    writer.write(request.encode())
    status = await reader.readuntil(b"\r\n\r\n")
    assert b" 200 " in status, status
    first = True
    async for line in lines_of(reader):
        if not line.startswith(b"data:"):
            continue
        now = time.perf_counter()
        if first:
            first = False
            ready.release()
        for _, at, _ in orjson.loads(line[5:]).get("points", ()):
            scene.heard.setdefault((session, at), now)


async def monitor(
    port: int, place: dict[str, Any], offset: float, until: float, scene: Scene, per_second: float
) -> None:
    """Be one monitor: `per_second` messages a second, each measured at its own moment."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    who = ((place["local_number"], "CLINIC", "MR"),)
    started = datetime.now(UTC)
    bedside = VirtualBedside(who, ("Bench", "Zed"), "Bay", place["monitor"], "", started_at=started, seed=1)
    bedside = replace(bedside, sender="BENCH")
    loop = asyncio.get_running_loop()
    due = loop.time() + offset
    while due < until:
        await asyncio.sleep(due - loop.time())
        due += 1 / per_second
        now = datetime.now(UTC)
        # To a tenth of a second, as the chart keeps it: so each message is known by when it measured.
        exact = now.strftime("%Y%m%d%H%M%S.%f")[:-5].encode() + b"+0000"
        message = bedside.monitor_message(now).replace(hl7_time(now).encode(), exact)
        measured_at = int(now.timestamp() * 10) / 10
        if scene.counting and place["session"] in scene.watched:
            scene.sent[(place["session"], measured_at)] = time.perf_counter()
        writer.write(b"\x0b" + message + b"\x1c\r")
        scene.spoken += 1
        answer = await reader.readuntil(b"\x1c\r")
        scene.acknowledged += b"MSA|AA" in answer or b"MSA|CA" in answer
    writer.close()


def used_by(pages_port: int) -> tuple[float, float]:
    """Return the processor seconds used so far, and the memory in MiB, of the process that listens on the port."""
    for process in Path("/proc").glob("[0-9]*"):
        try:
            command = (process / "cmdline").read_bytes().split(b"\0")
            if b"serve" in command and str(pages_port).encode() in command:
                fields = (process / "stat").read_text().rsplit(")", 1)[1].split()
                return (int(fields[11]) + int(fields[12])) / 100, int(fields[21]) * PAGE_BYTES / 2**20
        except OSError:
            continue
    return 0.0, 0.0


async def _all_ready(ready: asyncio.Semaphore, pages: int) -> None:
    for _ in range(pages):
        await ready.acquire()


async def play(
    pages_port: int,
    gateway_port: int,
    places: list[dict[str, Any]],
    seconds: float,
    open_pages: int,
    per_second: float,
) -> dict[str, Any]:
    """Let every place's monitor speak for `seconds` while `open_pages` session pages are open.

    Monitors speak one after the other, evenly through the second, and the pages are evenly spread among them.
    """
    scene, ready = Scene(), asyncio.Semaphore(0)
    cookies = sign_in(pages_port, places[0]["nurse"])
    watched = [places[n * len(places) // open_pages] for n in range(open_pages)]
    scene.watched = {place["session"] for place in watched}
    pages = [asyncio.create_task(page(pages_port, cookies, place["session"], scene, ready)) for place in watched]
    try:
        await asyncio.wait_for(_all_ready(ready, len(watched)), READY_SECONDS)
    except TimeoutError:
        for each in [task for task in pages if task.done()]:
            each.result()
        raise
    until = asyncio.get_running_loop().time() + SETTLE_SECONDS + seconds
    monitors = [
        asyncio.create_task(monitor(gateway_port, place, n / len(places) / per_second, until, scene, per_second))
        for n, place in enumerate(places)
    ]
    await asyncio.sleep(SETTLE_SECONDS)
    scene.counting = True
    before, memory_before = used_by(pages_port)
    await asyncio.gather(*monitors)
    after, memory_after = used_by(pages_port)
    await asyncio.sleep(1)
    for each in [task for task in pages if task.done()]:
        each.result()
    for task in pages:
        task.cancel()
    delays = sorted((scene.heard[key] - sent) * 1000 for key, sent in scene.sent.items() if key in scene.heard)
    return {
        "spoken": scene.spoken,
        "acknowledged": scene.acknowledged,
        "sent": len(scene.sent),
        "heard": len(delays),
        "p50_ms": delays[len(delays) // 2] if delays else float("nan"),
        "p99_ms": delays[min(int(len(delays) * 0.99), len(delays) - 1)] if delays else float("nan"),
        "max_ms": delays[-1] if delays else float("nan"),
        "server_cpu_percent": 100 * (after - before) / seconds,
        "memory_before_mib": memory_before,
        "memory_after_mib": memory_after,
    }


if __name__ == "__main__":
    pages_port, gateway_port, file, seconds, *more = sys.argv[1:]
    known = json.loads(Path(file).read_text())
    open_pages, per_second = int(more[0]) if more else len(known), float(more[1]) if len(more) > 1 else 1.0
    told = asyncio.run(play(int(pages_port), int(gateway_port), known, float(seconds), open_pages, per_second))
    print(json.dumps(told))
