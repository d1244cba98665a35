"""The demo's letters in every state: drafted, signed, sent, sent in error, set aside; and the team they go to."""

from datetime import timedelta

from glimmer.actions.correspondence import add_care_contact, report_sent_in_error, send_letter, set_letter_aside
from glimmer.actions.followup import sign_letter, write_letter
from glimmer.cli.demo.clinic import DemoClinic
from glimmer.records.models import Episode, Letter

TEAM = ("team", "Fairhaven Community Team", "Fairhaven Community Mental Health (made up)", "01632 960 200")


def send_post(clinic: DemoClinic) -> None:
    """Write, sign and send letters about patients of several steps; nobody gets any of it."""
    by_step = {step: _first(step) for step in ("consent", "plan", "session", "outcomes")}
    worse = Episode.objects.filter(tasks__kind="relapse").order_by("pk").first()
    _referral_outcome(clinic, by_step["consent"])
    _consent_copy(clinic, by_step["plan"])
    write_letter(by_step["outcomes"], "session_summary", by=clinic.nurse, at=clinic.days_ago(1))
    _set_aside(clinic, by_step["session"])
    if worse is not None:
        kind, name, organisation, telephone = TEAM
        add_care_contact(
            worse, kind, name, organisation, telephone, "team@example.org", by=clinic.nurse, at=clinic.days_ago(90)
        )
        write_letter(worse, "relapse_warning", by=clinic.second_psychiatrist, at=clinic.now)
    _old_letters(clinic)


def _first(step: str) -> Episode:
    return Episode.objects.filter(closed_at__isnull=True, step=step).select_related("patient").order_by("pk")[0]


def _signed(clinic: DemoClinic, episode: Episode, kind: str, days_ago: int) -> Letter:
    doctor, at = clinic.psychiatrist, clinic.days_ago(days_ago, 16)
    letter = write_letter(episode, kind, by=doctor, at=at)
    return sign_letter(letter, by=doctor, at=at + timedelta(minutes=10))


def _sent(clinic: DemoClinic, letter: Letter, way: str, address: str = "", recipient: int = 0) -> None:
    at = clinic.days_ago(1, 12)
    send_letter(letter, recipient, way, address, by=clinic.administrator, digest=letter.pdf_digest, at=at)


def _referral_outcome(clinic: DemoClinic, episode: Episode) -> None:
    letter = _signed(clinic, episode, "referral_outcome", 2)
    _sent(clinic, letter, "nhsmail", "surgery@example.org")
    _sent(clinic, letter, "post", recipient=len(letter.recipients) - 1)


def _consent_copy(clinic: DemoClinic, episode: Episode) -> None:
    _sent(clinic, _signed(clinic, episode, "consent_copy", 2), "notice")


def _set_aside(clinic: DemoClinic, episode: Episode) -> None:
    letter = write_letter(episode, "referral_outcome", by=clinic.nurse, at=clinic.days_ago(2))
    set_letter_aside(letter, "The referrer was told by telephone.", by=clinic.nurse, at=clinic.days_ago(1))


def _old_letters(clinic: DemoClinic) -> None:
    """Send what the follow-up has signed: one discharge well, one summary to a surgery that the patient had left."""
    signed = Letter.objects.filter(signed_at__isnull=False)
    discharge = signed.filter(kind="discharge").order_by("pk").first()
    summary = signed.filter(kind="course_summary").order_by("-pk").first()
    if discharge is not None:
        _sent(clinic, discharge, "nhsmail", "surgery@example.org")
    if summary is not None:
        _sent(clinic, summary, "post")
        report_sent_in_error(
            summary.dispatches.get(),
            "It went to the surgery that the patient left in spring.",
            "The surgery was called and has destroyed it unread; the new surgery was written down.",
            by=clinic.administrator,
            at=clinic.now - timedelta(hours=3),
        )
