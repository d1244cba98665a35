"""What devices, networks, clocks and disks do to a gateway: nothing acknowledged is lost, and the others do not notice.

The gateway is the product's, in a process of its own, on SQLite; its clock and its waiting times are shortened so that
they can be waited for (soak/fault_gateway.py). What happens to the database is in soak/faults_database.py.
"""

import asyncio
import os
import random
import shutil
import signal
import socket
import subprocess
import tempfile
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from soak.fault_parts import PYTHON, Clinic, Monitor, Played, gateway_running, hang_up_all, judged, monitors

CLAIM = "acknowledged = stored exactly once, on its own patient"
NOTHING = "0 lost, 0 twice, 0 astray"
HOUR = timedelta(hours=1)
UNDELAYED_SECONDS = 1.0
"""How long another device may wait for its answer while one misbehaves. A proposal: a monitor waits for seconds."""

FAULTS_OF_ONE_CLINIC = 5
HALF_OPEN = "half-open sockets"
HALF_OPEN_NOT_RUN = {
    "job": f"faults: {HALF_OPEN}",
    "claim": CLAIM,
    "aim": NOTHING,
    "measured": "not run",
    "met": None,
    "note": "needs root and the commands ip, nsenter and unshare",
}


def rows(*, short: bool = False) -> list[dict[str, Any]]:
    """Return a row for each fault."""
    with tempfile.TemporaryDirectory() as name:
        clinic = Clinic(Path(name) / "clinic")
        clinic.fill(4 if short else 8)
        small = Path(name) / "small"
        shutil.copytree(clinic.folder, Path(name) / "before")
        found = judged(clinic, asyncio.run(_all_faults(clinic, short)), CLAIM)
        if len(found) < FAULTS_OF_ONE_CLINIC:
            found.append(HALF_OPEN_NOT_RUN)
        return [*found, *_disk_full(clinic, Path(name) / "before", small, short)]


async def _all_faults(clinic: Clinic, short: bool) -> list[Played]:
    async with gateway_running(clinic):
        found = [
            await _duplicates(clinic, 20 if short else 2_000),
            await _crowd(clinic, 60 if short else 500, 2 if short else 60),
            await _slow_reader(clinic, 40 if short else 1_000, timed=not short),
            await _clocks(clinic, 5 if short else 300),
        ]
    half_open = await _half_open(clinic, 20 if short else 200)
    return [*found, half_open] if half_open else found


async def _duplicates(clinic: Clinic, count: int) -> Played:
    """Send each message two or three times, in any order, with times of measurement up to a minute back."""
    chance = random.Random(7)
    speaking = monitors(clinic, len(clinic.places), first=1000)

    async def one(monitor: Monitor) -> None:
        def at() -> datetime:
            return datetime.now(UTC) - timedelta(seconds=chance.uniform(0, 50))

        queue = [message for _ in range(count) for message in [monitor.message(at())] * chance.randint(2, 3)]
        # Late ones overtake early ones by up to twenty places, as they do when two lines are open.
        queue = [queue[place] for place in sorted(range(len(queue)), key=lambda place: place + chance.uniform(0, 20))]
        for control_id, message in queue:
            monitor.told.acknowledged.discard(control_id)
            await monitor.until_acknowledged(control_id, message)

    await asyncio.gather(*(one(monitor) for monitor in speaking))
    await hang_up_all(speaking)
    return Played("duplicate and out-of-order delivery", NOTHING, speaking)


async def _crowd(clinic: Clinic, connections: int, turns: int) -> Played:
    """Connect them all at once; each sends once a second."""
    speaking = monitors(clinic, connections, first=2000)
    await asyncio.gather(*(one.say(turns, pause=1.0) for one in speaking))
    connected = clinic.status()["counts"].get("connections", 0)
    refused = clinic.status()["counts"].get("refused_connections", 0)
    await hang_up_all(speaking)
    words = f"{connected} connected, {refused} turned away"
    return Played(
        f"{connections} connections", NOTHING, speaking, refused == 0, words, "connecting is in the answer time"
    )


async def _slow_reader(clinic: Clinic, turns: int, *, timed: bool) -> Played:
    """One client floods and never reads an answer, again and again, while the others speak."""
    speaking = monitors(clinic, len(clinic.places), first=5000)
    cut_off: list[int] = []
    flooding = asyncio.create_task(_flood(clinic, cut_off))
    before = clinic.look_at_memory()
    await asyncio.gather(*(one.say(turns, pause=0.02) for one in speaking))
    cut = await clinic.until(lambda _: bool(cut_off), 60)
    after = clinic.look_at_memory()
    flooding.cancel()
    with suppress(asyncio.CancelledError):
        await flooding
    await hang_up_all(speaking)
    slowest = max(one.told.slowest_seconds for one in speaking)
    counts = clinic.status()["counts"]
    words = (
        f"it was cut off {len(cut_off)} times and slowed {counts.get('slowed', 0)} times; memory "
        f"{before:.0f} to {after:.0f} MB"
    )
    # The short form runs with the tests, on a machine that may be busy with anything.
    in_time = slowest < UNDELAYED_SECONDS or not timed
    aim = f"{NOTHING}; it is cut off; others answered within {UNDELAYED_SECONDS:g} s"
    return Played("slow reader", aim, speaking, cut and in_time, words)


async def _flood(clinic: Clinic, cut_off: list[int]) -> None:
    """Send without end and never read; note each time that the gateway, or the system for it, has had enough."""
    loop, turn = asyncio.get_running_loop(), 0
    while True:
        line = socket.socket()
        line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        line.setblocking(False)
        try:
            await loop.sock_connect(line, (clinic.host, clinic.port))
            while True:
                turn += 1
                message = f"MSH|^~\\&|FLOOD|X|||20260101000000+0000||ORU^R01^ORU_R01|f{turn}|P|2.6\r"
                await loop.sock_sendall(line, b"\x0b" + message.encode() + b"\x1c\r")
        except OSError:
            cut_off.append(turn)
        finally:
            line.close()


async def _clocks(clinic: Clinic, count: int) -> Played:
    """Let the device's clock jump an hour to either side, and then the server's."""
    speaking = monitors(clinic, len(clinic.places), first=6000)
    for shift in (timedelta(0), HOUR, -HOUR):
        await asyncio.gather(*(one.say(count, at=lambda _, s=shift: datetime.now(UTC) + s) for one in speaking))  # type: ignore[misc]
    for seconds in (3600, -3600, 0):
        clinic.clock.write_text(str(seconds))
        await asyncio.gather(*(one.say(count) for one in speaking))
    await hang_up_all(speaking)
    note = "what an hour's doubt makes unsafe to chart waits in quarantine, with the reason"
    return Played("clocks jumping by an hour, device's and server's", NOTHING, speaking, note=note)


async def _half_open(clinic: Clinic, clients: int) -> Played | None:
    """Clients connect over a network of their own, which then vanishes without a word, as when power fails."""
    network = await asyncio.to_thread(_network_of_its_own)
    if network is None:
        return None
    clinic.host = clinic.environment["GLIMMER_GATEWAY_HOST"] = "0.0.0.0"
    try:
        async with gateway_running(clinic):
            clinic.host = "127.0.0.1"
            speaking = monitors(clinic, len(clinic.places), first=7000)
            held = _hold_lines(network, clinic.port, clients)
            opened = await clinic.until(lambda status: status["counts"].get("connections", 0) >= clients, 30)
            subprocess.run(["ip", "link", "delete", "glimsoak0"], check=True)
            await asyncio.gather(*(one.say(10, pause=0.05) for one in speaking))
            closed = await clinic.until(
                lambda status: status["counts"].get("connections", clients) <= len(speaking), 30
            )
            held.kill()
            held.wait()
            await hang_up_all(speaking)
    finally:
        network.kill()
        network.wait()
    words = f"{clients} lines vanished, {'all' if closed else 'NOT ALL'} noticed"
    note = "keep-alive after 1 s instead of 30 s"
    return Played(HALF_OPEN, f"{NOTHING}; all noticed and closed", speaking, opened and closed, words, note)


def _network_of_its_own() -> "subprocess.Popen[bytes] | None":
    """Return a process in a network of its own, joined to ours by one cable; None where that cannot be made."""
    if os.geteuid() != 0 or not shutil.which("ip") or not shutil.which("unshare"):
        return None
    process = subprocess.Popen(["unshare", "--net", "sleep", "600"])
    commands = [
        "ip link add glimsoak0 type veth peer name glimsoak1",
        f"ip link set glimsoak1 netns {process.pid}",
        "ip addr add 198.51.100.1/30 dev glimsoak0",
        "ip link set glimsoak0 up",
        f"nsenter --net=/proc/{process.pid}/ns/net ip addr add 198.51.100.2/30 dev glimsoak1",
        f"nsenter --net=/proc/{process.pid}/ns/net ip link set glimsoak1 up",
    ]
    _wait_for_own_network(process.pid)
    for command in commands:
        if subprocess.run(command.split(), capture_output=True).returncode:
            process.kill()
            process.wait()
            subprocess.run(["ip", "link", "delete", "glimsoak0"], capture_output=True)
            return None
    return process


def _wait_for_own_network(pid: int) -> None:
    """Wait until the process has left our network: it does so after it was started."""
    ours = os.readlink("/proc/self/ns/net")
    for _ in range(200):
        if os.readlink(f"/proc/{pid}/ns/net") != ours:
            return
        subprocess.run(["sleep", "0.02"])


HOLD = """
import socket, sys, time
lines = [socket.create_connection(("198.51.100.1", int(sys.argv[1]))) for _ in range(int(sys.argv[2]))]
for line in lines[::2]:
    line.sendall(b"\\x0bMSH|^~\\\\&|HALF")
time.sleep(600)
"""


def _hold_lines(network: "subprocess.Popen[bytes]", port: int, clients: int) -> "subprocess.Popen[bytes]":
    enter = ["nsenter", f"--net=/proc/{network.pid}/ns/net"]
    return subprocess.Popen([*enter, PYTHON[0], "-c", HOLD, str(port), str(clients)])


def _disk_full(clinic: Clinic, before: Path, folder: Path, short: bool) -> list[dict[str, Any]]:
    """Let the disk fill up under load, and then make room."""
    small = Clinic(folder)
    mounted = os.geteuid() == 0 and _mount(folder, "16m")
    try:
        shutil.copytree(before, folder, dirs_exist_ok=True)
        small.places = clinic.places
        return judged(small, [asyncio.run(_fill_the_disk(small, mounted, short))], CLAIM)
    finally:
        small.end()
        if mounted:
            subprocess.run(["umount", str(folder)], check=True)


def _mount(folder: Path, size: str) -> bool:
    command = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)]
    return subprocess.run(command, capture_output=True).returncode == 0


async def _fill_the_disk(clinic: Clinic, mounted: bool, short: bool) -> Played:
    ballast = clinic.folder / "ballast"
    database_bytes = (clinic.folder / "glimmer.sqlite3").stat().st_size
    if mounted:
        free = shutil.disk_usage(clinic.folder).free
        ballast.write_bytes(bytes(max(0, free - 1_000_000)))
    clinic.start(None if mounted else database_bytes + 1_000_000)
    await clinic.up()
    speaking = monitors(clinic, len(clinic.places), first=9000)
    talk = [asyncio.create_task(one.say(80 if short else 3_000)) for one in speaking]
    full = await _until_asked_again(speaking)
    kept = sum(len(one.told.acknowledged) for one in speaking)
    if mounted:
        ballast.unlink()
    else:
        clinic.end()
        clinic.start()
    await asyncio.gather(*talk)
    await clinic.until(lambda status: status["counts"].get("waiting_on_disk") == 0, 60)
    await hang_up_all(speaking)
    clinic.end(signal.SIGTERM)
    words = f"{kept} were acknowledged before it was full"
    note = "1 MB free on a disk in memory" if mounted else "files limited by the system (RLIMIT_FSIZE): not root"
    return Played("disk full", f"{NOTHING}; asked for again while full", speaking, full, words, note)


async def _until_asked_again(speaking: list[Monitor]) -> bool:
    for _ in range(1200):
        if sum(one.told.asked_again for one in speaking) >= 3:
            return True
        await asyncio.sleep(0.05)
    return False
