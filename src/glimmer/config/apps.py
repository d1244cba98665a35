"""The room that wires the others, as Django knows it."""

from django.apps import AppConfig


class ConfigConfig(AppConfig):
    """Has no models: it is here so that pages, commands and tests all start with the ports plugged in."""

    name = "glimmer.config"
    label = "config"
    verbose_name = "Wiring"

    def ready(self) -> None:
        """Plug the ports and the hours of each sign-in, and read the clinic's own words for its devices."""
        from django.conf import settings
        from django.contrib.auth.signals import user_logged_in

        from glimmer.config.wiring import plug, read_dialects
        from glimmer.web.hours import stamp

        user_logged_in.connect(stamp, dispatch_uid="hours of a sign-in")

        plug()
        read_dialects(settings.DATA_DIR)
