"""The addresses of the pages."""

from django.urls import URLPattern, URLResolver, include, path

from glimmer.web import home, sign_in

handler400 = "glimmer.web.errors.bad_request"
handler403 = "glimmer.web.errors.denied"
handler404 = "glimmer.web.errors.not_found"
handler500 = "glimmer.web.errors.broken"

urlpatterns: list[URLPattern | URLResolver] = [
    path("sign-in", sign_in.sign_in, name="sign_in"),
    path("sign-out", sign_in.sign_out, name="sign_out"),
    path("health", sign_in.health, name="health"),
    path("", home.home, name="home"),
    path("help", home.help_page, name="help"),
    path("", include("glimmer.web.journey_urls")),
    path("", include("glimmer.web.bedside_urls")),
]
