"""The records app, as Django knows it."""

from django.apps import AppConfig


class RecordsConfig(AppConfig):
    """One app holds every model, so that no two clinical apps can import each other in a loop."""

    name = "glimmer.records"
    label = "records"
    verbose_name = "Records"
