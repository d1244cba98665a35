"""The addresses of the pages."""

from django.urls import URLPattern, URLResolver, include, path

from glimmer.web import (
    care_identity,
    home,
    own_sign_in,
    safety,
    second_factor,
    security_keys,
    service,
    sign_in,
    training,
)

handler400 = "glimmer.web.errors.bad_request"
handler403 = "glimmer.web.errors.denied"
handler404 = "glimmer.web.errors.not_found"
handler500 = "glimmer.web.errors.broken"

urlpatterns: list[URLPattern | URLResolver] = [
    path("sign-in", sign_in.sign_in, name="sign_in"),
    path("sign-in/code", second_factor.code, name="sign_in_code"),
    path("sign-in/key", security_keys.use, name="sign_in_key"),
    path("sign-in/enrol/key", security_keys.enrol, name="sign_in_enrol_key"),
    path("sign-in/enrol", second_factor.enrol, name="sign_in_enrol"),
    path("sign-in/password", second_factor.own_password, name="sign_in_password"),
    path("sign-in/care-identity", care_identity.away, name="care_identity"),
    path("sign-in/care-identity/back", care_identity.back, name="care_identity_back"),
    path("sign-in/care-identity/keys", care_identity.keys, name="care_identity_keys"),
    path("sign-out", sign_in.sign_out, name="sign_out"),
    path("unlock", sign_in.unlock, name="unlock"),
    path("your-sign-in", own_sign_in.own_sign_in, name="own_sign_in"),
    path("your-sign-in/password", own_sign_in.password_post, name="own_password"),
    path("your-sign-in/key", security_keys.own_key, name="own_key"),
    path("your-sign-in/app", own_sign_in.new_app, name="own_app"),
    path("your-sign-in/factors/<int:factor_id>/remove", own_sign_in.remove_post, name="own_factor_remove"),
    path("your-sign-in/recovery-codes", own_sign_in.recovery_post, name="own_recovery"),
    path("your-sign-in/sign-out-everywhere", own_sign_in.everywhere_post, name="own_sign_out_everywhere"),
    path("health", sign_in.health, name="health"),
    path("service/status", service.status, name="service_status"),
    path("service/counts", service.counts, name="service_counts"),
    path("", home.home, name="home"),
    path("help", home.help_page, name="help"),
    path("safety", safety.safety, name="safety"),
    path("safety/hazards", safety.hazard_log, name="safety_hazards"),
    path("safety/documents/<slug:name>", safety.document, name="safety_document"),
    path("safety/sign/<slug:function>", safety.sign_post, name="safety_sign"),
    path("training", training.training, name="training"),
    path("training/<slug:case>/begin", training.training_begin, name="training_begin"),
    path("appointments/<int:appointment_id>/training", training.training_debrief, name="training_debrief"),
    path("", include("glimmer.web.journey_urls")),
    path("", include("glimmer.web.access_urls")),
    path("", include("glimmer.web.bedside_urls")),
    path("", include("glimmer.web.incident_urls")),
    path("", include("glimmer.web.selection_urls")),
    path("", include("glimmer.web.own_urls")),
    path("", include("glimmer.web.letter_urls")),
    path("", include("glimmer.web.funding_urls")),
    path("", include("glimmer.web.calendar_urls")),
]
