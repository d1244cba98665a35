"""The room that wires the others, as Django knows it."""

from django.apps import AppConfig


class ConfigConfig(AppConfig):
    """Has no models: it is here so that pages, commands and tests all start with the ports plugged in."""

    name = "glimmer.config"
    label = "config"
    verbose_name = "Wiring"

    def ready(self) -> None:
        """Plug the ports."""
        from glimmer.config.wiring import plug

        plug()
