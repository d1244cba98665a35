"""The records app, as Django knows it."""

from django.apps import AppConfig


class RecordsConfig(AppConfig):
    """One app holds every model, so that no two clinical apps can import each other in a loop."""

    name = "glimmer.records"
    label = "records"
    verbose_name = "Records"

    def ready(self) -> None:
        """Let a session find the protocol that it pinned, where this clinic proposed it; keep the calendar's guards."""
        from django.db.models.signals import post_migrate

        from glimmer.guidance.protocol import use_source
        from glimmer.records.double_booking import guards_after_migrate
        from glimmer.records.protocols import proposed_documents

        use_source(proposed_documents)
        post_migrate.connect(guards_after_migrate, sender=self)
