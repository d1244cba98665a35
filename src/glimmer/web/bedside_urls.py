"""The addresses of the live part: chair board, session page and their event streams."""

from django.urls import URLPattern, path

from glimmer.web import board, calls, controlled, live, predicted, replay, session, session_drug

urlpatterns: list[URLPattern] = [
    path("board", board.board, name="board"),
    path("sessions/<int:session_id>", session.session, name="session"),
    path("sessions/<int:session_id>/predicted", predicted.session_predicted, name="session_predicted"),
    path("live/sessions/<int:session_id>/predicted", predicted.session_predicted_part, name="session_predicted_part"),
    path("sessions/<int:session_id>/replay", replay.replay, name="replay"),
    path("sessions/<int:session_id>/replay/frame", replay.replay_frame, name="replay_frame"),
    path("sessions/<int:session_id>/export", replay.session_export, name="session_export"),
    path("sessions/<int:session_id>/drug", session_drug.session_drug, name="session_drug"),
    path("sessions/<int:session_id>/drug/take", session_drug.take_post, name="session_drug_take"),
    path(
        "sessions/<int:session_id>/drug/<int:page_id>/<int:entry>/put-back",
        session_drug.put_back_post,
        name="session_drug_back",
    ),
    path("sessions/<int:session_id>/drug/account", session_drug.account_post, name="session_drug_account"),
    path("controlled-drugs", controlled.register, name="register"),
    path("controlled-drugs/signals", controlled.register_signals, name="register_signals"),
    path("controlled-drugs/open", controlled.open_page_post, name="register_open"),
    path("controlled-drugs/<int:page_id>", controlled.register_page, name="register_page"),
    path("controlled-drugs/<int:page_id>/print", controlled.register_print, name="register_print"),
    path("controlled-drugs/<int:page_id>/<slug:what>", controlled.register_post, name="register_post"),
    *session.press_patterns(),
    path("live/board", live.live_board, name="live_board"),
    path("live/calls", calls.calls, name="calls"),
    path("live/sessions/<int:session_id>", live.live_session, name="live_session"),
]
