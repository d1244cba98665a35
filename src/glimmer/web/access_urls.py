"""The addresses of broken glass, of the privacy officer's page and of the list for the patient."""

from django.urls import URLPattern, path

from glimmer.web import glass, privacy

urlpatterns: list[URLPattern] = [
    path("break-glass", glass.break_glass, name="break_glass"),
    path("privacy", privacy.privacy, name="privacy"),
    path("privacy/glass/<int:glass_id>/review", privacy.glass_review, name="glass_review"),
    path("patients/<int:patient_id>/looks", privacy.access_list, name="access_list"),
    path("patients/<int:patient_id>/looks.pdf", privacy.access_list_pdf, name="access_list_pdf"),
]
