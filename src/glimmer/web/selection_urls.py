"""The addresses around selection that are not a step of one journey."""

from django.urls import URLPattern, path

from glimmer.web import clearance, meeting, risk, selection_rules

urlpatterns: list[URLPattern] = [
    path("selection-rules", selection_rules.rules, name="selection_rules"),
    path("selection-rules/propose", selection_rules.propose_post, name="selection_rules_propose"),
    path("selection-rules/<int:version_id>", selection_rules.version, name="selection_rules_version"),
    path("selection-rules/<int:version_id>/document", selection_rules.document, name="selection_rules_document"),
    path("selection-rules/<int:version_id>/approve", selection_rules.approve_post, name="selection_rules_approve"),
    path("selection-rules/built-in/approve", selection_rules.approve_built_in, name="selection_rules_approve_built_in"),
    path("selection-rules/in-force/document", selection_rules.document_in_force, name="selection_rules_in_force"),
    path("episodes/<int:episode_id>/medicines-and-tests", clearance.clearance, name="clearance"),
    path("episodes/<int:episode_id>/medicines", clearance.medicines_post, name="medicines"),
    path("episodes/<int:episode_id>/medicines/settle", clearance.settle_post, name="medicine_settle"),
    path("episodes/<int:episode_id>/baseline-tests", clearance.result_post, name="baseline_result"),
    path("baseline-results/<int:result_id>/withdraw", clearance.result_withdraw, name="baseline_withdraw"),
    path("episodes/<int:episode_id>/risk", risk.risk, name="risk"),
    path("episodes/<int:episode_id>/urgent", risk.urgent_post, name="urgent_new"),
    path("urgent-calls/<int:call_id>/steps", risk.urgent_step_post, name="urgent_step"),
    path("episodes/<int:episode_id>/safety-plan", risk.safety_plan_post, name="safety_plan"),
    path("episodes/<int:episode_id>/safety-plan/print", risk.safety_plan_print, name="safety_plan_print"),
    path("meetings", meeting.meetings, name="meetings"),
    path("episodes/<int:episode_id>/meeting", meeting.meeting, name="meeting"),
    path("episodes/<int:episode_id>/meeting/put", meeting.put_post, name="meeting_put"),
    path("meeting-cases/<int:case_id>/views", meeting.view_post, name="meeting_view"),
    path("meeting-cases/<int:case_id>/conclude", meeting.conclude_post, name="meeting_conclude"),
]
