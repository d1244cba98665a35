"""Every address of the product."""

from glimmer.web.urls import urlpatterns

__all__ = ["urlpatterns"]
