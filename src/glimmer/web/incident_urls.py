"""The addresses of incidents, long-term safety, take-home supply and stock between premises."""

from django.urls import URLPattern, path

from glimmer.web import incidents, long_term, take_home, transfers

urlpatterns: list[URLPattern] = [
    path("long-term", long_term.long_term_list, name="long_term_list"),
    path("episodes/<int:episode_id>/long-term", long_term.long_term, name="long_term"),
    path("episodes/<int:episode_id>/long-term/<slug:domain_id>", long_term.long_term_check, name="long_term_check"),
    path(
        "episodes/<int:episode_id>/long-term/<slug:domain_id>/review",
        long_term.long_term_review,
        name="long_term_review",
    ),
    path("episodes/<int:episode_id>/take-home", take_home.take_home, name="take_home"),
    path("episodes/<int:episode_id>/take-home/prescribe", take_home.take_home_new, name="take_home_new"),
    path("prescriptions/<int:prescription_id>", take_home.prescription, name="prescription"),
    path("prescriptions/<int:prescription_id>/print", take_home.prescription_print, name="prescription_print"),
    path("prescriptions/<int:prescription_id>/supply", take_home.prescription_supply, name="prescription_supply"),
    path("prescriptions/<int:prescription_id>/cancel", take_home.prescription_cancel, name="prescription_cancel"),
    path("prescriptions/<int:prescription_id>/back/<slug:what>", take_home.prescription_back, name="prescription_back"),
    path("stock-transfers/send/<int:page_id>", transfers.send_post, name="stock_send"),
    path("stock-transfers/<int:transfer_id>/receive", transfers.receive_post, name="stock_receive"),
    path("incidents", incidents.incidents, name="incidents"),
    path("incidents/new", incidents.incident_new, name="incident_new"),
    path("incidents/<int:report_id>", incidents.incident, name="incident"),
    path("incidents/<int:report_id>/assess", incidents.incident_assess, name="incident_assess"),
    path("incidents/<int:report_id>/close", incidents.incident_close, name="incident_close"),
    path("incidents/<int:report_id>/reopen", incidents.incident_reopen, name="incident_reopen"),
    path("incidents/<int:report_id>/yellow-card", incidents.incident_card, name="incident_card"),
    path("incidents/<int:report_id>/<slug:what>", incidents.incident_step, name="incident_step"),
]
