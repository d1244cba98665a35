"""The addresses of opening, rota, slot search and the waiting list."""

from django.urls import URLPattern, path

from glimmer.web import calendar, feeds, opening, planning, rota, slots, waiting

urlpatterns: list[URLPattern] = [
    path("calendar/opening", opening.opening, name="opening"),
    path("calendar/opening/hours", opening.opening_hours, name="opening_hours"),
    path("calendar/opening/days", opening.opening_day, name="opening_day"),
    path("calendar/opening/days/<int:day_id>/withdraw", opening.opening_day_withdraw, name="opening_day_withdraw"),
    path("calendar/opening/bays", opening.bay_close, name="bay_close"),
    path("calendar/opening/bays/<int:closure_id>/reopen", opening.bay_reopen, name="bay_reopen"),
    path("calendar/rota", rota.rota, name="rota"),
    path("calendar/rota/add", rota.rota_add, name="rota_add"),
    path("calendar/shifts/<int:shift_id>", rota.shift, name="shift"),
    path("calendar/shifts/<int:shift_id>/move", rota.shift_move, name="shift_move"),
    path("calendar/shifts/<int:shift_id>/cancel", rota.shift_cancel, name="shift_cancel"),
    path("calendar/skills", rota.skill_give, name="skill_give"),
    path("calendar/skills/<int:skill_id>/end", rota.skill_end, name="skill_end"),
    path("plans/<int:plan_id>/dates", slots.slots, name="slots"),
    path("plans/<int:plan_id>/dates/book", slots.slots_book, name="slots_book"),
    path("plans/<int:plan_id>/dates/limits", slots.limits_post, name="limits"),
    path("calendar/waiting", waiting.waiting, name="waiting"),
    path("calendar/refill/<int:appointment_id>", waiting.refill, name="refill"),
    path("episodes/<int:episode_id>/priority", waiting.priority, name="priority"),
    path("episodes/<int:episode_id>/priority/set", waiting.priority_post, name="priority_set"),
    path("appointments/<int:appointment_id>/absence", calendar.appointment_absence, name="appointment_absence"),
    path("appointments/<int:appointment_id>/absence/withdraw", calendar.absence_withdraw, name="absence_withdraw"),
    path("calendar/planning", planning.planning, name="planning"),
    path("calendar/planning/make", planning.planning_make, name="planning_make"),
    path("calendar/planning/accept", planning.planning_accept, name="planning_accept"),
    path("calendar/feeds", feeds.feeds, name="feeds"),
    path("calendar/feeds/make", feeds.feed_make, name="feed_make"),
    path("calendar/feeds/<int:feed_id>/revoke", feeds.feed_revoke, name="feed_revoke"),
    path("calendar/feeds/<slug:secret>.ics", feeds.feed, name="feed"),
]
