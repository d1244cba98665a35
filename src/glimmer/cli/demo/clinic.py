"""The demo clinic under construction: its staff, bays, devices, dice and the moment it is built for."""

import random
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta

from django.contrib.auth.hashers import make_password
from django.utils import timezone

from glimmer.cli.demo.people import DEMO_PASSWORD, STAFF, DemoPatient
from glimmer.records.models import Bay, Device, Staff

BAYS = ("Bay 1", "Bay 2", "Bay 3")


@dataclass
class DemoClinic:
    """Who works here, where, and when "now" is. `staff` is keyed by user name."""

    now: datetime
    chance: random.Random
    staff: dict[str, Staff] = field(default_factory=dict)
    bays: list[Bay] = field(default_factory=list)

    @property
    def nurse(self) -> Staff:
        """The nurse who does most of it."""
        return self.staff["maya.okafor"]

    @property
    def second_nurse(self) -> Staff:
        """The nurse who checks what the first prepared."""
        return self.staff["jo.sparrow"]

    @property
    def psychiatrist(self) -> Staff:
        """The psychiatrist who decides and prescribes."""
        return self.staff["idris.penhallow"]

    @property
    def second_psychiatrist(self) -> Staff:
        """The psychiatrist who agrees to overrides."""
        return self.staff["una.marchbanks"]

    @property
    def administrator(self) -> Staff:
        """The administrator who takes referrals in."""
        return self.staff["bea.larkspur"]

    def days_ago(self, days: float, hour: int = 10, minute: int = 0) -> datetime:
        """Return an aware time of the working day nearest before `days` ago."""
        day = timezone.localtime(self.now).date() - timedelta(days=int(days))
        while day.weekday() > 4:
            day -= timedelta(days=1)
        return timezone.make_aware(datetime.combine(day, time(hour, minute)))


def open_clinic(now: datetime, seed: int) -> DemoClinic:
    """Store the staff, three bays, and a monitor and a pump in each."""
    clinic = DemoClinic(now=now, chance=random.Random(seed))
    # Hashed once: a good hash is slow, and all share the one password anyway.
    password = make_password(DEMO_PASSWORD)
    for username, name, role, registration in STAFF:
        clinic.staff[username] = Staff.objects.create(
            username=username, name=name, role=role.value, registration=registration, password=password
        )
    for position, name in enumerate(BAYS, start=1):
        bay = Bay.objects.create(name=name, position=position)
        clinic.bays.append(bay)
        for kind in ("monitor", "pump"):
            Device.objects.create(identifier=f"bay-{position}-{kind}", kind=kind, bay=bay)
    return clinic


def gp_of(person: DemoPatient) -> tuple[str, str, str]:
    """Return a made-up GP, practice and practice code; the same patient always has the same one."""
    number = int(person.nhs_number[-3:])
    names = ("Dr Fenella Oatway", "Dr Basil Thornycroft", "Dr Rupa Marchmont")
    practices = (
        ("Lantern Row Surgery", "Z99901"),
        ("Beacon Walk Practice", "Z99902"),
        ("Thimble Health Centre", "Z99903"),
    )
    practice, code = practices[number % len(practices)]
    return names[number % len(names)], practice, code
