"""The people who use Glimmer."""

from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.utils.crypto import salted_hmac

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
    """A member of staff with one role. `registration` is the GMC, NMC, GPhC or HCPC number.

    Who has left is retired (when, by whom, why) and cannot sign in (`is_active`); the row stays, as the author of all
    that they wrote. `password_until` is set while the password is a temporary one, which must be changed at the first
    sign-in and works until then. `sign_outs` counts how often all open sign-ins were ended at once.
    """

    username = models.CharField(max_length=60, unique=True)
    name = models.CharField(max_length=120)
    role = models.CharField(max_length=20, choices=[(role.value, role.label) for role in Role])
    registration = models.CharField(max_length=40, blank=True)
    is_active = models.BooleanField(default=True)
    retired_at = models.DateTimeField(null=True, blank=True)
    retired_by = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    retired_because = models.CharField(max_length=500, blank=True)
    password_until = models.DateTimeField(null=True, blank=True)
    sign_outs = models.IntegerField(default=0)
    # Who this is at an OpenID provider: its issuer and the person's lasting name there.
    identity_issuer = models.CharField(max_length=255, blank=True)
    identity_subject = models.CharField(max_length=255, blank=True)

    objects = StaffManager()

    USERNAME_FIELD = "username"
    REQUIRED_FIELDS = ["name", "role"]

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["identity_issuer", "identity_subject"],
                condition=~models.Q(identity_subject=""),
                name="staff_one_person_for_an_identity",
            ),
            models.CheckConstraint(
                condition=models.Q(identity_issuer="", identity_subject="")
                | ~models.Q(identity_issuer="") & ~models.Q(identity_subject=""),
                name="staff_identity_has_issuer_and_subject",
            ),
            models.CheckConstraint(condition=models.Q(role__in=[role.value for role in Role]), name="staff_role_known"),
            models.CheckConstraint(
                condition=models.Q(retired_at__isnull=True, retired_by__isnull=True, retired_because="")
                | models.Q(retired_at__isnull=False, retired_by__isnull=False, is_active=False)
                & ~models.Q(retired_because=""),
                name="staff_retired_when_by_whom_and_why",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name}, {self.role}"

    def get_session_auth_hash(self) -> str:
        """Return what an open sign-in rests on: another password, or signing out everywhere, ends all of them."""
        return self._sign_in_hash(None)

    def get_session_auth_fallback_hash(self) -> Iterator[str]:
        """Yield the same under keys that were in use before."""
        for key in map(str, settings.SECRET_KEY_FALLBACKS):
            yield self._sign_in_hash(key)

    def _sign_in_hash(self, secret: str | None) -> str:
        rests_on = f"{self.password}:{self.sign_outs}"
        return salted_hmac("glimmer.records.staff", rests_on, secret=secret, algorithm="sha256").hexdigest()

    @property
    def person(self) -> Person:
        """The frozen facts a pure rule takes."""
        return Person(id=self.pk, name=self.name, role=Role(self.role))
