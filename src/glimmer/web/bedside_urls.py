"""The addresses of the live part: chair board, session page and their event streams."""

from django.urls import URLPattern, path

from glimmer.web import board, live, session

urlpatterns: list[URLPattern] = [
    path("board", board.board, name="board"),
    path("sessions/<int:session_id>", session.session, name="session"),
    *session.press_patterns(),
    path("live/board", live.live_board, name="live_board"),
    path("live/sessions/<int:session_id>", live.live_session, name="live_session"),
]
