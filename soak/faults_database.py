"""PostgreSQL goes away under load: stopped for a minute, and the gateway killed while messages wait on disk."""

import asyncio
import random
import tempfile
from pathlib import Path
from typing import Any

from soak.fault_parts import Clinic, Monitor, Played, charted_in_order, gateway_running, hang_up_all, judged, monitors
from tests.support.postgres import PostgresServer

CLAIM = "acknowledged = stored exactly once, on its own patient"
NOTHING = "0 lost, 0 twice, 0 astray"


def rows(*, short: bool = False) -> list[dict[str, Any]]:
    """Return a row for the database gone, and one for the gateway killed meanwhile."""
    postgres = PostgresServer().start()
    try:
        with tempfile.TemporaryDirectory() as name:
            clinic = Clinic(Path(name) / "clinic", postgres.url())
            clinic.fill(4 if short else 8)
            gone = asyncio.run(_gone(clinic, postgres, 2.0 if short else 60.0))
            killed = asyncio.run(_killed(clinic, postgres, 2 if short else 40))
            return judged(clinic, [gone, killed], CLAIM)
    finally:
        postgres.stop()


async def _gone(clinic: Clinic, postgres: PostgresServer, seconds: float) -> Played:
    """Stop PostgreSQL while every monitor speaks five times a second; start it again."""
    speaking = monitors(clinic, len(clinic.places))
    turns = int((seconds + 4) * 5)
    async with gateway_running(clinic):
        talk = [asyncio.create_task(one.say(turns, pause=0.2)) for one in speaking]
        await clinic.until(lambda status: status["counts"].get("stored", 0) > 10)
        await asyncio.to_thread(postgres.halt)
        told = await clinic.until(lambda status: "spool" in status["troubles"])
        await asyncio.sleep(seconds)
        waited = clinic.status()["counts"].get("waiting_on_disk", 0)
        await asyncio.to_thread(postgres.resume)
        await asyncio.gather(*talk)
        drained = await clinic.until(
            lambda status: status["counts"].get("waiting_on_disk") == 0 and not status["troubles"]
        )
        await hang_up_all(speaking)
    in_order = charted_in_order(clinic, speaking)
    words = (
        f"{waited} waited on disk; {'in order' if in_order else 'NOT IN ORDER'}; "
        f"{'said' if told else 'NOT SAID'} on the board"
    )
    good = in_order and told and drained and waited > 0
    return Played(f"PostgreSQL gone for {seconds:.0f} s", f"{NOTHING}, in order", speaking, good, words)


async def _killed(clinic: Clinic, postgres: PostgresServer, kills: int) -> Played:
    """Kill the gateway again and again while it fills the spool, and while it empties it."""
    chance = random.Random(20261126)
    speaking = monitors(clinic, len(clinic.places), first=100)
    stop = asyncio.Event()
    clinic.start()
    talk = [asyncio.create_task(_until(stop, one)) for one in speaking]
    for turn in range(kills):
        if turn % 2 == 0:
            await asyncio.to_thread(postgres.halt)
            await clinic.until(lambda status: status["counts"].get("waiting_on_disk", 0) > 20)
        else:
            await asyncio.to_thread(postgres.resume)
        await asyncio.sleep(chance.uniform(0.0, 1.2))
        clinic.end()
        clinic.start()
        await clinic.up()
    stop.set()
    await asyncio.gather(*talk)
    drained = await clinic.until(lambda status: status["counts"].get("waiting_on_disk") == 0)
    await hang_up_all(speaking)
    clinic.end()
    fault = f"gateway killed {kills} times (kill -9), half of them with messages on disk"
    return Played(fault, NOTHING, speaking, drained)


async def _until(stop: asyncio.Event, monitor: Monitor) -> None:
    while not stop.is_set():
        await monitor.say(1, pause=0.01)
