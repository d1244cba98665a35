"""The people who use Glimmer."""

from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models

from glimmer.vocabulary.people import Person, Role


class StaffManager(BaseUserManager["Staff"]):
    """Makes members of staff with a hashed password."""

    def create_staff(self, username: str, name: str, role: Role, password: str, **more: Any) -> "Staff":
        """Store a new member of staff; `password` is kept only as its argon2 hash."""
        staff = self.model(username=username, name=name, role=role.value, **more)
        staff.set_password(password)
        staff.save(using=self._db)
        return staff


class Staff(AbstractBaseUser):
    """A member of staff with one role. `registration` is the GMC, NMC, GPhC or HCPC number."""

    username = models.CharField(max_length=60, unique=True)
    name = models.CharField(max_length=120)
    role = models.CharField(max_length=20, choices=[(role.value, role.label) for role in Role])
    registration = models.CharField(max_length=40, blank=True)
    is_active = models.BooleanField(default=True)

    objects = StaffManager()

    USERNAME_FIELD = "username"
    REQUIRED_FIELDS = ["name", "role"]

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(role__in=[role.value for role in Role]), name="staff_role_known"),
        ]

    def __str__(self) -> str:
        return f"{self.name}, {self.role}"

    @property
    def person(self) -> Person:
        """The frozen facts a pure rule takes."""
        return Person(id=self.pk, name=self.name, role=Role(self.role))
