"""The demo clinic's staff and patients. Everybody here is made up; NHS numbers are from the 999 test range."""

import random
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import islice

import nhs_number

from glimmer.vocabulary.people import Role

# One password for all: it protects nothing, and the demo says so on its sign-in page.
DEMO_PASSWORD = "glimmer-demo"

BY_HAND = (
    "To run a session by hand: sign in as maya.okafor and open today's session in Bay 4 on the start page.",
    "Make the syringe up to 50 mL: the pump is set for that. It needs a second person: sign in as jo.sparrow",
    "in another browser or a private window.",
)

STAFF: tuple[tuple[str, str, Role, str], ...] = (
    ("maya.okafor", "Maya Okafor", Role.NURSE, "NMC 00A0001E"),
    ("jo.sparrow", "Jo Sparrow", Role.NURSE, "NMC 00A0002E"),
    ("idris.penhallow", "Dr Idris Penhallow", Role.PSYCHIATRIST, "GMC 0000001"),
    ("una.marchbanks", "Dr Una Marchbanks", Role.PSYCHIATRIST, "GMC 0000002"),
    ("tomos.fairweather", "Tomos Fairweather", Role.THERAPIST, "HCPC PYL00001"),
    ("priya.quill", "Priya Quill", Role.PHARMACIST, "GPhC 2000001"),
    ("bea.larkspur", "Bea Larkspur", Role.ADMINISTRATOR, ""),
    ("gil.thackeray", "Gil Thackeray", Role.MANAGER, ""),
    ("ness.abernathy", "Ness Abernathy", Role.RESEARCHER, ""),
    ("wilf.tarrant", "Dr Wilf Tarrant", Role.SAFETY_OFFICER, "GMC 0000005"),
    ("orla.vanterpool", "Orla Vanterpool", Role.ACCOUNTABLE_OFFICER, "GPhC 2000006"),
    ("piers.hollowell", "Piers Hollowell", Role.PRIVACY_OFFICER, ""),
)

_FEMALE = [
    "Amina",
    "Beatrix",
    "Clementine",
    "Dilys",
    "Effie",
    "Farida",
    "Greta",
    "Hestia",
    "Imogen",
    "Juniper",
    "Kezia",
    "Lavinia",
    "Marigold",
    "Nerys",
    "Odette",
    "Philippa",
    "Rosalind",
    "Saffron",
    "Tabitha",
    "Ursula",
    "Winifred",
    "Zuleika",
]
_MALE = [
    "Alaric",
    "Barnaby",
    "Caspian",
    "Desmond",
    "Emrys",
    "Fitzroy",
    "Gulliver",
    "Horatio",
    "Ignatius",
    "Jolyon",
    "Kofi",
    "Leopold",
    "Mordecai",
    "Nathaniel",
    "Osbert",
    "Peregrine",
    "Rafiq",
    "Septimus",
    "Thaddeus",
    "Ulric",
    "Wilfred",
    "Zebedee",
]
_FAMILY = [
    "Applewhistle",
    "Bramblecote",
    "Candlewick",
    "Dewberry",
    "Elderbark",
    "Fernsby",
    "Gooseberry",
    "Hollowell",
    "Inkpenny",
    "Jigglesworth",
    "Kettlethorpe",
    "Lanternby",
    "Mossbottom",
    "Nettlebed",
    "Oatcake",
    "Puddlecombe",
    "Quillfeather",
    "Rumblelow",
    "Snapdragon",
    "Thistlewood",
    "Umberslade",
    "Vanebright",
    "Wobblecroft",
    "Yarrowby",
    "Zephyrine",
    "Butterstone",
    "Cobblepath",
    "Driftmarsh",
    "Eiderdown",
    "Fiddlehead",
    "Gingerbeck",
    "Hazelrigg",
    "Ivorytower",
    "Jamboree",
    "Kingfisher",
    "Larkrise",
    "Marmalade",
    "Nutbrown",
    "Otterburne",
    "Pennywhistle",
    "Quicksilver",
    "Rainbarrel",
    "Sundialer",
    "Teasel",
    "Underbough",
    "Velveteen",
    "Whimbrel",
]
_STREETS = ("Lantern Row", "Teacup Lane", "Upper Marmalade Street", "Beacon Walk", "Thimble Close", "Moonrise Avenue")


@dataclass(frozen=True, slots=True)
class DemoPatient:
    """A made-up patient, before the clinic knows of them."""

    nhs_number: str
    family_name: str
    given_name: str
    birth_date: date
    sex: str
    address: str
    postcode: str
    telephone: str
    email: str


def test_range_numbers(count: int) -> list[str]:
    """Return the first `count` valid NHS numbers of the 999 range, which is never issued to a real person."""
    tried = (str(number) for number in range(9_990_000_000, 10_000_000_000))
    return list(islice(filter(nhs_number.is_valid, tried), count))


def patients(count: int, *, seed: int, today: date) -> list[DemoPatient]:
    """Return `count` made-up patients, the same ones for the same seed and day. No two share a full name."""
    chance = random.Random(seed)
    families = chance.sample(_FAMILY, k=min(count, len(_FAMILY)))
    numbers = test_range_numbers(count)
    return [_patient(number, families[n % len(families)], chance, today) for n, number in enumerate(numbers)]


def _patient(number: str, family: str, chance: random.Random, today: date) -> DemoPatient:
    sex = chance.choice(("female", "female", "male"))
    given = chance.choice(_FEMALE if sex == "female" else _MALE)
    age_days = chance.randint(21 * 365, 68 * 365)
    return DemoPatient(
        nhs_number=number,
        family_name=family,
        given_name=given,
        birth_date=today - timedelta(days=age_days),
        sex=sex,
        address=f"{chance.randint(1, 98)} {chance.choice(_STREETS)}, Fairhaven",
        # The ZZ postcode area does not exist.
        postcode=f"ZZ{chance.randint(1, 9)} {chance.randint(1, 9)}ZZ",
        telephone=f"01632 960{chance.randint(100, 999)}",
        email=f"{given}.{family}@example.org".lower(),
    )


def sign_in_lines() -> list[str]:
    """Return the demo sign-ins, one line per member of staff, as `glimmer serve --demo` prints them."""
    lines = [f"Demo sign-ins (password for all: {DEMO_PASSWORD}); everybody in this clinic is made up:"]
    lines += [f"  {role.value:<14} {username:<20} {name}" for username, name, role, _ in STAFF]
    return [*lines, "", *BY_HAND]
