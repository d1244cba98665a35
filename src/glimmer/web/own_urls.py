"""The addresses of the patients' own pages, of the team's view of them, and of the outbox."""

from django.urls import URLPattern, path

from glimmer.web import outbox, own_team
from glimmer.web.own import door, held, pages

urlpatterns: list[URLPattern] = [
    # For patients: no number of anybody in an address, only the secret of a link.
    path("own/in/<str:secret>", door.come_in, name="own_in"),
    path("own/again", door.again, name="own_again"),
    path("own/unlock", door.unlock, name="own_unlock"),
    path("own/language", door.language, name="own_language"),
    path("own/out", door.sign_out, name="own_out"),
    path("own", pages.home, name="own_home"),
    path("own/mood", pages.mood, name="own_mood"),
    path("own/sleep", pages.sleep, name="own_sleep"),
    path("own/effects", pages.effects, name="own_effects"),
    path("own/words", pages.words, name="own_words"),
    path("own/words/<int:entry_id>", pages.words_change, name="own_words_change"),
    path("own/next", pages.next_session, name="own_next"),
    path("own/questions/<slug:name>", pages.questionnaire, name="own_questionnaire"),
    path("own/how", pages.how, name="own_how"),
    path("own/after", pages.after, name="own_after"),
    path("own/chart", held.chart, name="own_chart"),
    path("own/consents", pages.consents, name="own_consents"),
    path("own/consents/<slug:purpose>/withdraw", pages.consent_withdraw, name="own_consent_withdraw"),
    path("own/letters", held.letters, name="own_letters"),
    path("own/letters/<int:own_letter_id>", held.letter, name="own_letter"),
    path("own/everything", held.everything, name="own_everything"),
    path("own/everything.json", held.everything_json, name="own_everything_json"),
    path("own/everything.html", held.everything_html, name="own_everything_html"),
    path("own/help", pages.help_now, name="own_help"),
    path("own/not-safe", pages.not_safe, name="own_not_safe"),
    path("own/by-mistake", pages.mistake, name="own_mistake"),
    # For staff.
    path("episodes/<int:episode_id>/own", own_team.own_team, name="own_team"),
    path("episodes/<int:episode_id>/own/invite", own_team.invite_post, name="own_invite"),
    path("episodes/<int:episode_id>/own/links/<int:link_id>/withdraw", own_team.withdraw_post, name="own_withdraw"),
    path("episodes/<int:episode_id>/own/end", own_team.end_post, name="own_end"),
    path("outbox", outbox.outbox, name="outbox"),
    path("outbox/<int:outbox_id>", outbox.outbox_message, name="outbox_message"),
    path("outbox/<int:outbox_id>/retry", outbox.outbox_retry, name="outbox_retry"),
    path("outbox/<int:outbox_id>/withdraw", outbox.outbox_withdraw, name="outbox_withdraw"),
]
