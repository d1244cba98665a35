"""The addresses of the outbox."""

from django.urls import URLPattern, path

from glimmer.web import outbox

urlpatterns: list[URLPattern] = [
    path("outbox", outbox.outbox, name="outbox"),
    path("outbox/<int:outbox_id>", outbox.outbox_message, name="outbox_message"),
    path("outbox/<int:outbox_id>/retry", outbox.outbox_retry, name="outbox_retry"),
    path("outbox/<int:outbox_id>/withdraw", outbox.outbox_withdraw, name="outbox_withdraw"),
]
