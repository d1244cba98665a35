"""Cases for the multidisciplinary meeting, with views, conclusion and actions: added, never changed."""

from django.db import models
from django.db.models import Q

from glimmer.care.meeting import Advice, MemberView, View
from glimmer.records.episodes import Episode
from glimmer.records.staff import Staff


class MeetingCase(models.Model):
    """A patient put on the list of a meeting, with the question."""

    episode = models.ForeignKey(Episode, on_delete=models.PROTECT, related_name="meeting_cases")
    held_on = models.DateField()
    question = models.TextField()
    put_by = models.ForeignKey(Staff, on_delete=models.PROTECT, related_name="+")
    put_at = models.DateTimeField()

    class Meta:
        ordering = ["held_on", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["episode", "held_on"], name="meeting_case_once_a_day"),
            models.CheckConstraint(condition=~Q(question=""), name="meeting_case_has_a_question"),
        ]


class MeetingView(models.Model):
    """What a member thinks, in their own sign-in. The newest of each member counts."""

    case = models.ForeignKey(MeetingCase, on_delete=models.PROTECT, related_name="views")
    view = models.CharField(max_length=10, choices=[(one.value, one.label) for one in View])
    says = models.TextField()
    member = models.ForeignKey(Staff, on_delete=models.PROTECT, related_name="+")
    role = models.CharField(max_length=20)
    at = models.DateTimeField()

    class Meta:
        ordering = ["at", "pk"]
        constraints = [models.CheckConstraint(condition=~Q(says=""), name="meeting_view_says_why")]


class MeetingConclusion(models.Model):
    """What the meeting advises, with the dissent in words. One for each case."""

    case = models.OneToOneField(MeetingCase, on_delete=models.PROTECT, related_name="conclusion")
    advice = models.CharField(max_length=20, choices=[(one.value, one.label) for one in Advice])
    says = models.TextField()
    dissent = models.TextField(blank=True)
    concluded_by = models.ForeignKey(Staff, on_delete=models.PROTECT, related_name="+")
    concluded_at = models.DateTimeField()

    class Meta:
        constraints = [models.CheckConstraint(condition=~Q(says=""), name="meeting_conclusion_says_why")]


def views_of(case: MeetingCase) -> list[MeetingView]:
    """Return the newest view of each member, in the order in which they were given."""
    newest = {row.member_id: row for row in case.views.select_related("member").order_by("at", "pk")}
    return sorted(newest.values(), key=lambda row: (row.at, row.pk))


def view_facts(rows: list[MeetingView]) -> list[MemberView]:
    """Return the frozen facts of views."""
    return [MemberView(row.member_id, row.role, View(row.view)) for row in rows]


def newest_conclusion(episode: Episode) -> MeetingConclusion | None:
    """Return what a meeting advised last about a patient, or None."""
    found = MeetingConclusion.objects.filter(case__episode=episode).select_related("case")
    return found.order_by("-concluded_at", "-pk").first()


def open_cases() -> list[MeetingCase]:
    """Return the cases that no meeting has concluded, the earliest meeting first."""
    waiting = MeetingCase.objects.filter(conclusion__isnull=True).select_related("episode__patient", "put_by")
    return list(waiting.order_by("held_on", "pk"))
