"""Value sets of the EQ-5D-5L, each with its date and source, as the clinic imported them. Never changed."""

from django.db import models

from glimmer.records.staff import Staff


class ValueSetPack(models.Model):
    """One value set. `values` holds each of the 3,125 states with its value as a decimal in text, such as "-0.285"."""

    title = models.CharField(max_length=500)
    country = models.CharField(max_length=500)
    method = models.CharField(max_length=500)
    source = models.CharField(max_length=500)
    permission = models.CharField(max_length=500)
    in_force_from = models.DateField()
    values = models.JSONField()
    digest = models.CharField(max_length=64, unique=True)
    imported_by = models.ForeignKey(Staff, on_delete=models.PROTECT, related_name="+")
    imported_at = models.DateTimeField()

    class Meta:
        ordering = ["-in_force_from", "-pk"]
        constraints = [
            models.CheckConstraint(condition=~models.Q(permission=""), name="value_set_says_why_it_may_be_used"),
            models.CheckConstraint(condition=~models.Q(source=""), name="value_set_has_a_source"),
        ]
