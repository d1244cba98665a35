"""The demo clinic under construction: its staff, bays, devices, dice and the moment it is built for."""

import random
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta

from django.contrib.auth.hashers import make_password
from django.utils import timezone

from glimmer.actions.protocols import approve_protocol
from glimmer.actions.switches import (
    STATEMENTS,
    is_for_other_documents,
    newest_signings,
    sign_function,
)
from glimmer.cli.demo.people import DEMO_PASSWORD, STAFF, DemoPatient
from glimmer.guidance import protocol
from glimmer.records.models import Bay, Device, Staff
from glimmer.vocabulary.functions import Function

BAYS = ("Bay 1", "Bay 2", "Bay 3", "Bay 4")
# What the demo's patients are treated by, and a nasal one to try; the others wait for the visitor's own two.
APPROVED = ("iv-racemic-standard", "iv-racemic-oxford-weekly", "iv-racemic-maintenance", "intranasal-esketamine")
SIGNED_FOR_SHOW = "Demonstration: nobody here is real."


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
    def pharmacist(self) -> Staff:
        """The pharmacist, who keeps the controlled drugs register."""
        return self.staff["priya.quill"]

    @property
    def administrator(self) -> Staff:
        """The administrator who takes referrals in."""
        return self.staff["bea.larkspur"]

    @property
    def busy_bays(self) -> list[Bay]:
        """The bays that the demo's own histories and running sessions fill."""
        return self.bays[:-1]

    @property
    def visitors_bay(self) -> Bay:
        """The bay that is kept free, so that a visitor can run a session in it by hand."""
        return self.bays[-1]

    @property
    def safety_officer(self) -> Staff:
        """The clinical safety officer, who signs which functions are on."""
        return self.staff["wilf.tarrant"]

    def days_ago(self, days: float, hour: int = 10, minute: int = 0) -> datetime:
        """Return an aware time of the working day nearest before `days` ago."""
        day = timezone.localtime(self.now).date() - timedelta(days=int(days))
        while day.weekday() > 4:
            day -= timedelta(days=1)
        return timezone.make_aware(datetime.combine(day, time(hour, minute)))


def open_clinic(now: datetime, seed: int) -> DemoClinic:
    """Store the staff, four bays, and a monitor and a pump in each."""
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
    _sign_functions(clinic)
    _approve_protocols(clinic)
    return clinic


def _approve_protocols(clinic: DemoClinic) -> None:
    """Have two of the demo's clinicians approve what its patients are treated by."""
    for protocol_id in APPROVED:
        found = protocol(protocol_id)
        for person in (clinic.second_psychiatrist, clinic.pharmacist):
            approve_protocol(found.id, found.version, found.digest, SIGNED_FOR_SHOW, by=person, at=clinic.days_ago(400))


def _sign_functions(clinic: DemoClinic) -> None:
    """Have the safety officer sign on what is built, before the first patient of the demo came."""
    for function in Function:
        sign_function(
            function, True, SIGNED_FOR_SHOW, confirmed=STATEMENTS, by=clinic.safety_officer, at=clinic.days_ago(400)
        )


def sign_for_these_documents() -> None:
    """Sign a demo's functions for the documents of this version, where the demo itself signed them for other ones.

    What a visitor signed by hand stays as it is, and so does what is off.
    """
    for function, signing in newest_signings().items():
        if signing.reason == SIGNED_FOR_SHOW and is_for_other_documents(signing):
            sign_function(function, True, SIGNED_FOR_SHOW, confirmed=STATEMENTS, by=signing.signed_by)


def due_now(now: datetime) -> datetime:
    """Return the quarter of an hour that has begun at `now`: never in the future, and always of the same local day.

    A date a few minutes ahead would be tomorrow's in a demo that is loaded late in the evening, and a session can
    only be opened on its day.
    """
    local = timezone.localtime(now)
    return local.replace(minute=local.minute // 15 * 15, second=0, microsecond=0)


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
