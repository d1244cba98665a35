"""The addresses of working with others: letters, those they go to, the words they are made of, the team's lists."""

from django.urls import URLPattern, path

from glimmer.web import followup, letter_templates, letters, team_lists

urlpatterns: list[URLPattern] = [
    path("worklists", team_lists.team_lists, name="team_lists"),
    path("worklists.csv", team_lists.team_lists_file, name="team_lists_file"),
    path("episodes/<int:episode_id>/letters", followup.letter_post, name="letter_new"),
    path("episodes/<int:episode_id>/contacts", letters.contacts, name="contacts"),
    path("episodes/<int:episode_id>/contacts/new", letters.contact_post, name="contact_new"),
    path("contacts/<int:contact_id>/end", letters.contact_end, name="contact_end"),
    path("letters/<int:letter_id>", letters.letter, name="letter"),
    path("letters/<int:letter_id>/sign", letters.letter_sign, name="letter_sign"),
    path("letters/<int:letter_id>/send", letters.letter_send, name="letter_send"),
    path("letters/<int:letter_id>/set-aside", letters.letter_aside, name="letter_aside"),
    path("letters/<int:letter_id>.pdf", letters.letter_file, name="letter_pdf"),
    path("letters/<int:letter_id>.json", letters.letter_data, name="letter_data"),
    path("letter-dispatches/<int:dispatch_id>/sent-in-error", letters.dispatch_error, name="dispatch_error"),
    path("letter-templates", letter_templates.templates, name="letter_templates"),
    path("letter-templates/<slug:kind>", letter_templates.template, name="letter_template"),
    path("letter-templates/<slug:kind>/change", letter_templates.template_post, name="letter_template_change"),
    path("letter-templates/<slug:kind>/<str:version>", letter_templates.version, name="letter_template_version"),
    path("letter-templates/<slug:kind>/<str:version>/pdf", letter_templates.version_pdf, name="letter_template_pdf"),
    path(
        "letter-templates/<slug:kind>/<str:version>/approve",
        letter_templates.approve_post,
        name="letter_template_approve",
    ),
]
