"""Who acts: the clinic's roles, and the person a pure rule is told about."""

from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """The roles of the clinic. One person has one role at a time."""

    NURSE = "nurse"
    PSYCHIATRIST = "psychiatrist"
    THERAPIST = "therapist"
    PHARMACIST = "pharmacist"
    ADMINISTRATOR = "administrator"
    MANAGER = "manager"
    RESEARCHER = "researcher"
    SAFETY_OFFICER = "safety officer"
    ACCOUNTABLE_OFFICER = "accountable officer"
    PRIVACY_OFFICER = "privacy officer"

    @property
    def label(self) -> str:
        """The role as a page shows it."""
        return LONGER_LABELS.get(self, self.value.capitalize())


LONGER_LABELS = {
    Role.SAFETY_OFFICER: "Clinical safety officer",
    Role.ACCOUNTABLE_OFFICER: "Controlled drugs accountable officer",
}


@dataclass(frozen=True, slots=True)
class Person:
    """A named member of staff, as rules and event logs know them."""

    id: int
    name: str
    role: Role
