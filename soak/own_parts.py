"""The patients of the soak job `own`, in processes of their own.

python -m soak.own_parts fill PATIENTS FILE | send ADDRESS FILE SECONDS PER_MINUTE | count
"""

import json
import random
import re
import statistics
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

SEED = 20261127
THREADS = 24
TWICE = 0.1
TOKEN = re.compile(r'name="token" value="(\w+)"')


def fill(patients: int, file: Path) -> dict[str, Any]:
    """Store patients, each with a device that was let in, and write the secrets of their cookies to `file`."""
    import django

    django.setup()
    from datetime import timedelta

    from django.utils import timezone

    from bench.crowd import add_crowd
    from glimmer.actions.own_link import digest_of
    from glimmer.records.models import Episode, OwnDevice, OwnLink, Patient, Staff
    from glimmer.vocabulary.people import Role

    nurse = Staff.objects.create_staff("soak.nurse", "Soak Nurse", Role.NURSE, "a long enough test phrase")
    add_crowd(patients, by=nurse)
    Episode.objects.update(closed_at=None)
    now, secrets = timezone.now(), {}
    for patient in Patient.objects.order_by("pk"):
        secret = f"soak-{patient.pk}"
        link = OwnLink.objects.create(
            patient=patient,
            digest=digest_of(f"link-{patient.pk}"),
            channel="email",
            made_by=nurse,
            made_at=now,
            expires_at=now + timedelta(hours=1),
            used_at=now,
        )
        OwnDevice.objects.create(patient=patient, link=link, digest=digest_of(secret), began_at=now, pressed_at=now)
        secrets[patient.pk] = secret
    file.write_text(json.dumps(secrets))
    return {"patients": len(secrets)}


class Senders:
    """Browsers that send one form each at its moment, and some of them twice at once."""

    def __init__(self, address: str, secrets: dict[str, str]) -> None:
        self.address, self.cookies = address, list(secrets.values())
        self.lock = threading.Lock()
        self.milliseconds: list[float] = []
        self.presses = self.answered = self.refused = 0

    def send(self, number: int) -> None:
        """Fetch a form, send it, and count it as answered where every press was told that it is noted."""
        import requests

        chance = random.Random(f"{SEED}-{number}")
        browser = requests.Session()
        browser.cookies.set("own", self.cookies[number % len(self.cookies)])
        path, typed = self._form(chance)
        shown = browser.get(self.address + path, timeout=60)
        token = TOKEN.search(shown.text)
        if token is None:
            with self.lock:
                self.refused += 1
            return
        data = {**typed, "token": token[1], "csrfmiddlewaretoken": browser.cookies["csrftoken"]}
        presses = 2 if chance.random() < TWICE else 1
        answers: list[int] = []

        def press() -> None:
            began = time.monotonic()
            answer = requests.post(
                self.address + path, data=data, cookies=browser.cookies, allow_redirects=False, timeout=60
            )
            with self.lock:
                self.milliseconds.append((time.monotonic() - began) * 1000)
            answers.append(answer.status_code)

        threads = [threading.Thread(target=press) for _ in range(presses)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        with self.lock:
            self.presses += presses
            self.answered += answers == [302] * presses
            self.refused += answers != [302] * presses

    @staticmethod
    def _form(chance: random.Random) -> tuple[str, dict[str, str]]:
        kind = chance.random()
        if kind < 0.7:
            return "/own/mood", {"value": str(chance.randint(0, 10)), "words": "As it is today"}
        if kind < 0.9:
            return "/own/words", {"words": f"Words {chance.random()}"}
        items = {f"item_{number}": str(chance.randint(0, 3)) for number in range(1, 10)}
        return "/own/questions/phq9", items


def send(address: str, file: Path, seconds: float, per_minute: int) -> dict[str, Any]:
    """Send at an even pace for so long; return what was answered, and how fast."""
    senders = Senders(address, json.loads(file.read_text()))
    forms, pause = int(seconds * per_minute / 60), 60 / per_minute
    began = time.monotonic()
    with ThreadPoolExecutor(THREADS) as pool:
        for number in range(forms):
            # At its moment, not after the one before: whoever is slow does not make the others wait.
            time.sleep(max(0.0, began + number * pause - time.monotonic()))
            pool.submit(senders.send, number)
    took = time.monotonic() - began
    ordered = sorted(senders.milliseconds)
    return {
        "forms": forms,
        "presses": senders.presses,
        "answered": senders.answered,
        "refused": senders.refused,
        "per_minute": senders.answered * 60 / took,
        "p50_ms": statistics.median(ordered),
        "p99_ms": ordered[int(len(ordered) * 0.99)],
    }


def count() -> dict[str, Any]:
    """Return what the records hold afterwards."""
    import django

    django.setup()
    from glimmer.records.audit import AuditLine, broken_at
    from glimmer.records.models import OwnEntry, Score, Task

    scores = Score.objects.filter(from_patient=True)
    return {
        "entries": OwnEntry.objects.count(),
        "distinct": OwnEntry.objects.values("patient", "token").distinct().count(),
        "lines": AuditLine.objects.filter(action__startswith="send_", actor_name="the patient").count(),
        "dangers": sum(1 for row in scores if row.items[8]),
        "tasks": Task.objects.filter(kind="suicidality").count(),
        "broken_at": broken_at(),
    }


if __name__ == "__main__":
    what, *given = sys.argv[1:]
    if what == "fill":
        told = fill(int(given[0]), Path(given[1]))
    elif what == "send":
        told = send(given[0], Path(given[1]), float(given[2]), int(given[3]))
    else:
        told = count()
    print(json.dumps(told))
