"""The inbox in the browser: who has what, and a task from hand to hand."""

from datetime import UTC, datetime, timedelta

from glimmer.records.models import Letter, Task
from tests.support.cast import an_episode
from tests.support.reading import text_of


def test_task_goes_from_the_journey_through_the_inbox_to_done(as_, cast):
    episode = an_episode(cast, at="selection")
    due = datetime.now(UTC) + timedelta(days=3)
    typed = {
        "says": "Ring about the escort",
        "owner_role": "nurse",
        "due_on": due.date().isoformat(),
        "due_time": "17:00",
        "seen": episode.revision,
    }
    wrong = as_("bea").post(f"/episodes/{episode.pk}/tasks/new", {**typed, "owner_role": ""})
    assert "Choose who has to do it." in text_of(wrong)
    assert as_("bea").post(f"/episodes/{episode.pk}/tasks/new", typed).status_code == 302
    task = Task.objects.get()
    assert "1 open" in text_of(as_("maya").get("/"))
    shown = text_of(as_("maya").get("/tasks"))
    assert "Ring about the escort" in shown
    assert "Nobody" in shown
    assert "There is no task here." in text_of(as_("maya").get("/tasks?show=done"))

    def press(name, path, **more):
        episode.refresh_from_db()
        return as_(name).post(f"/tasks/{task.pk}/{path}", {"seen": episode.revision, **more})

    assert press("maya", "take").status_code == 302
    second = press("jo", "take")
    assert second.status_code == 422
    assert "Maya Okafor took this task before you." in text_of(second)
    page = as_("maya").get(f"/tasks/{task.pk}").content.decode()
    assert f"person-{cast.tomos.pk}" in page
    assert press("maya", "hand-over", to=f"person-{cast.tomos.pk}", note="You know her").status_code == 302
    told = text_of(as_("tomos").get(f"/tasks/{task.pk}"))
    assert "You know her" in told
    assert press("tomos", "put-back").status_code == 302
    assert as_("tomos").post(f"/tasks/{task.pk}", {"did": "Rang; her sister comes."}).status_code == 302
    assert "Done by Tomos Fairweather" in text_of(as_("tomos").get("/tasks?show=done"))


def test_relapse_task_offers_its_letter(as_, cast):
    episode = an_episode(cast, at="selection")
    now = datetime.now(UTC)
    task = episode.tasks.create(
        kind="relapse", says="Scores rose", owner_role="psychiatrist", raised_at=now, due_at=now + timedelta(hours=48)
    )
    assert "Draft the letter about the relapse warning" in text_of(as_("idris").get(f"/tasks/{task.pk}"))
    # There is no warning that stands in the record, so the letter says what it lacks.
    answer = as_("idris").post(f"/episodes/{episode.pk}/letters", {"kind": "relapse_warning", "seen": episode.revision})
    assert "There is no relapse warning that stands." in text_of(answer)
    assert not Letter.objects.exists()


def test_lists_of_the_team_show_why_and_lead_on_and_the_file_names_nobody(as_, cast):
    episode = an_episode(cast, at="referral")
    page = as_("maya").get("/worklists?list=waiting")
    assert "SAMPLE, Amina" in text_of(page)
    assert "Waits for the" in text_of(page)
    assert f'href="/episodes/{episode.pk}"' in page.content.decode()
    assert "Nobody is on this list." in text_of(as_("maya").get("/worklists"))
    assert as_("maya").get("/worklists?list=nonsense&step=%00&page=-1&for=x").status_code == 200
    file = as_("gil").get("/worklists.csv")
    assert file["Content-Type"].startswith("text/csv")
    assert "SAMPLE" not in file.content.decode()
    assert "waiting,referral" in file.content.decode()
    assert "/worklists.csv" in as_("gil").get("/counts").content.decode()
