"""Wording packs: the official text of questionnaires, as the clinic imported it from its owner. Never changed."""

from django.db import models

from glimmer.records.staff import Staff


class WordingPack(models.Model):
    """The text of one questionnaire in one language. The newest of a language is shown; older ones stay.

    `items` holds, for each item of the instrument in its order, {"text": …, "answers": [text of each answer in order]}.
    `permission` says, in the words of the person who imported it, why the clinic may show this text.
    """

    instrument = models.CharField(max_length=20)
    language = models.CharField(max_length=35)
    title = models.CharField(max_length=200)
    items = models.JSONField()
    permission = models.CharField(max_length=500)
    digest = models.CharField(max_length=64)
    imported_by = models.ForeignKey(Staff, on_delete=models.PROTECT, related_name="+")
    imported_at = models.DateTimeField()

    class Meta:
        ordering = ["instrument", "language", "-imported_at", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["instrument", "language", "digest"], name="wording_pack_imported_once"),
            models.CheckConstraint(condition=~models.Q(permission=""), name="wording_pack_says_why_it_may_be_shown"),
        ]
