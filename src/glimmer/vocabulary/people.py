"""Who acts: the clinic's roles, and the person a pure rule is told about."""

from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """The seven roles of the clinic. One person has one role at a time."""

    NURSE = "nurse"
    PSYCHIATRIST = "psychiatrist"
    THERAPIST = "therapist"
    PHARMACIST = "pharmacist"
    ADMINISTRATOR = "administrator"
    MANAGER = "manager"
    RESEARCHER = "researcher"

    @property
    def label(self) -> str:
        """The role as a page shows it."""
        return self.value.capitalize()


@dataclass(frozen=True, slots=True)
class Person:
    """A named member of staff, as rules and event logs know them."""

    id: int
    name: str
    role: Role
