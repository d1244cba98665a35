"""The records app, as Django knows it."""

from django.apps import AppConfig


class RecordsConfig(AppConfig):
    """One app holds every model, so that no two clinical apps can import each other in a loop."""

    name = "glimmer.records"
    label = "records"
    verbose_name = "Records"

    def ready(self) -> None:
        """Let a session find the protocol that it pinned, where this clinic proposed it."""
        from glimmer.guidance.protocol import use_source
        from glimmer.records.protocols import proposed_documents

        use_source(proposed_documents)
