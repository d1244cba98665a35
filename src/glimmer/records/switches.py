"""Who signed which function on or off, when, and on what they had read."""

from django.db import models
from django.db.models import Q

from glimmer.records.staff import Staff
from glimmer.vocabulary.functions import Function, Functions


class SwitchSigning(models.Model):
    """One signature. The newest of each function counts; a function that nobody signed is off.

    `statement` holds what was confirmed, in words, and the versions of the documents that were read. The table can
    only be added to: triggers in the database refuse anything else.
    """

    function = models.CharField(max_length=20)
    is_on = models.BooleanField()
    signed_by = models.ForeignKey(Staff, on_delete=models.PROTECT, related_name="+")
    signed_at = models.DateTimeField()
    statement = models.JSONField()
    reason = models.TextField()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(function__in=[function.value for function in Function]), name="switch_function_known"
            ),
            models.CheckConstraint(condition=~Q(reason=""), name="switch_signed_with_a_reason"),
        ]

    @property
    def documents(self) -> dict[str, str]:
        """The versions of the documents that were read, by name."""
        return dict(self.statement.get("documents", {}))

    @property
    def confirmed(self) -> list[str]:
        """The sentences that were ticked."""
        return list(self.statement.get("confirmed", []))


def newest_signings() -> dict[Function, SwitchSigning]:
    """Return the signature that counts for each function that was ever signed."""
    signings = SwitchSigning.objects.select_related("signed_by").order_by("pk")
    return {Function(signing.function): signing for signing in signings}


def newest_signing() -> SwitchSigning | None:
    """Return the last signature of all, or None in a clinic where nobody has signed yet."""
    return SwitchSigning.objects.select_related("signed_by").order_by("pk").last()


def functions_now() -> Functions:
    """Return what is on in this clinic now; what nobody signed is off."""
    switched = dict(SwitchSigning.objects.order_by("pk").values_list("function", "is_on"))
    return Functions.of(name for name, is_on in switched.items() if is_on)
