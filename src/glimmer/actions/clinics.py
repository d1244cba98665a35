"""Whose patients are whose: opening clinics, joining and leaving them, sharing a journey, breaking the glass.

The command line opens clinics and moves people between them; a clinician breaks the glass on a page.
"""

from datetime import date, datetime, timedelta

from glimmer.actions.act import acting
from glimmer.actions.entries import chosen, required_text
from glimmer.guidance import figure
from glimmer.records.access import access_glass, require
from glimmer.records.clinics import (
    FINDINGS,
    REASONS,
    BrokenGlass,
    Clinic,
    ClinicMember,
    ClinicShare,
    GlassReview,
    clinics_of,
    in_reach,
    own,
)
from glimmer.records.episodes import Episode
from glimmer.records.patients import Patient
from glimmer.records.sessions import TreatmentSession
from glimmer.records.staff import Staff
from glimmer.vocabulary.problems import BadInput, RuleRefused

LONGEST_REASON = 500
# One sentence for both, so that nobody learns which NHS numbers are known here.
NOBODY = "There is nobody with this NHS number and this date of birth. Check both with the patient or the referral."


def break_glass(
    nhs_number: str, birth_date: date, reason: str, words: str, *, by: Staff, at: datetime | None = None
) -> BrokenGlass:
    """Open the record of another clinic's patient for a few hours; both number and date of birth have to be known."""
    require(by, "glass.break")
    digits = "".join(character for character in nhs_number if character.isdigit())
    patient = Patient.objects.filter(nhs_number=digits, birth_date=birth_date).first()
    if patient is None:
        with acting(by, "glass.break", verb="break_glass", at=at):
            raise RuleRefused(NOBODY)
    return _break(patient, reason, words, by, at)


def break_glass_at_the_bedside(
    session_id: int, reason: str, words: str, *, by: Staff, at: datetime | None = None
) -> BrokenGlass:
    """Open the record of the patient in a running session, whom the person stands beside."""
    require(by, "glass.break")
    running = TreatmentSession.objects.filter(pk=session_id, ended_at__isnull=True).select_related("episode__patient")
    session = running.first()
    if session is None:
        raise BadInput("This session has ended. Go back to the chair board.")
    return _break(session.episode.patient, reason, words, by, at)


def _break(patient: Patient, reason: str, words: str, by: Staff, at: datetime | None) -> BrokenGlass:
    with acting(by, "glass.break", verb="break_glass", at=at) as act:
        act.patient_id = patient.pk
        if Episode.objects.filter(own(by), patient=patient).exists():
            raise RuleRefused("This is a patient of your own clinic. Find them under Patients; no reason is needed.")
        kind = chosen(reason, tuple(dict(REASONS)), "reason", "Choose why you need this record.")
        said = required_text(words, "words", "Say in a few words why you need this record.", LONGEST_REASON)
        hours = float(figure("access", "glass_open_for").value)
        made = BrokenGlass.objects.create(
            by=by, patient=patient, at=act.at, until=act.at + timedelta(hours=hours), reason=kind, words=said
        )
        act.about(made)
        act.note(reason=kind, until=made.until.isoformat())
    return made


def review_glass(glass: BrokenGlass, finding: str, words: str, *, by: Staff, at: datetime | None = None) -> GlassReview:
    """Record what the privacy officer found about one broken glass: once, for good."""
    with acting(by, "audit.review", verb="review_glass", at=at) as act:
        fresh = access_glass(by, glass.pk)
        if fresh.by_id == by.pk:
            raise RuleRefused("Nobody reviews glass that they broke themselves. Another privacy officer does.")
        found = chosen(finding, tuple(dict(FINDINGS)), "finding", "Choose what you found.")
        said = required_text(words, "words", "Say in a few words how you came to this.", LONGEST_REASON)
        made = GlassReview.objects.create(glass=fresh, by=by, at=act.at, finding=found, words=said)
        act.about(made)
        act.patient_id = fresh.patient_id
        act.note(finding=found)
    return made


def episode_to_open(glass: BrokenGlass, *, by: Staff) -> Episode | None:
    """Return the patient's newest journey, to which broken glass leads; None where there is none."""
    found = Episode.objects.filter(in_reach(by), patient_id=glass.patient_id)
    return found.order_by("-opened_at", "-pk").first()


def clinic_for_new(staff: Staff, wanted: int | None = None) -> Clinic:
    """Return the clinic that a journey recorded by this person belongs to; with several of their own they say which."""
    mine = list(clinics_of(staff))
    fitting = [clinic for clinic in mine if wanted is None or clinic.pk == wanted]
    if len(fitting) == 1:
        return fitting[0]
    if not mine:
        raise BadInput("You belong to no clinic, so nobody could see this patient. Ask the clinic's administrator.")
    raise BadInput("You belong to several clinics: choose which one this patient is referred to.", field="clinic")


def open_clinic(name: str, code: str = "", *, by: Staff, at: datetime | None = None) -> Clinic:
    """Open another clinic. Nobody belongs to it yet."""
    with acting(by, "clinic.manage", verb="open_clinic", at=at) as act:
        said = required_text(name, "name", "Give the clinic a name.", 120)
        if Clinic.objects.filter(name__iexact=said).exists():
            raise BadInput(f"There is a clinic with the name {said} already.", field="name")
        made = Clinic.objects.create(name=said, code=code.strip()[:10], opened_at=act.at)
        act.about(made)
    return made


def join_clinic(staff: Staff, clinic: Clinic, *, by: Staff, at: datetime | None = None) -> ClinicMember:
    """Let a person see the patients of a clinic from now on."""
    with acting(by, "clinic.manage", verb="join_clinic", at=at) as act:
        if staff.pk == by.pk:
            raise RuleRefused("Nobody lets themselves into a clinic. Another administrator or manager does.")
        if clinics_of(staff).filter(pk=clinic.pk).exists():
            raise RuleRefused(f"{staff.name} belongs to {clinic} already.")
        made = ClinicMember.objects.create(clinic=clinic, staff=staff, since=act.at, added_by=str(by))
        act.about(made)
        act.note(clinic=clinic.pk, staff=staff.pk)
    return made


def leave_clinic(staff: Staff, clinic: Clinic, *, by: Staff, at: datetime | None = None) -> None:
    """End a person's belonging to a clinic: they no longer see its patients."""
    with acting(by, "clinic.manage", verb="leave_clinic", at=at) as act:
        standing = ClinicMember.objects.select_for_update().filter(clinic=clinic, staff=staff, ended_at__isnull=True)
        member = standing.first()
        if member is None:
            raise RuleRefused(f"{staff.name} does not belong to {clinic}.")
        member.ended_at, member.ended_by = act.at, str(by)
        member.save(update_fields=["ended_at", "ended_by"])
        act.about(member)
        act.note(clinic=clinic.pk, staff=staff.pk)


def share_journey(
    episode: Episode, clinic: Clinic, because: str, *, by: Staff, at: datetime | None = None
) -> ClinicShare:
    """Let another clinic see a journey as well, such as one that treats the patient's side effects."""
    with acting(by, "clinic.manage", verb="share_journey", at=at) as act:
        said = required_text(because, "because", "Say why the other clinic sees this patient.", LONGEST_REASON)
        standing = ClinicShare.objects.filter(clinic=clinic, episode=episode, ended_at__isnull=True)
        if episode.clinic_id == clinic.pk or standing.exists():
            raise RuleRefused(f"{clinic} sees this journey already.")
        made = ClinicShare.objects.create(clinic=clinic, episode=episode, since=act.at, shared_by=str(by), because=said)
        act.about(made)
        act.patient_id = episode.patient_id
        act.note(clinic=clinic.pk, episode=episode.pk)
    return made


def stop_sharing(episode: Episode, clinic: Clinic, *, by: Staff, at: datetime | None = None) -> None:
    """End the sharing of a journey with another clinic."""
    with acting(by, "clinic.manage", verb="stop_sharing", at=at) as act:
        standing = ClinicShare.objects.select_for_update().filter(clinic=clinic, episode=episode, ended_at__isnull=True)
        share = standing.first()
        if share is None:
            raise RuleRefused(f"{clinic} does not share this journey.")
        share.ended_at, share.ended_by = act.at, str(by)
        share.save(update_fields=["ended_at", "ended_by"])
        act.about(share)
        act.patient_id = episode.patient_id
        act.note(clinic=clinic.pk, episode=episode.pk)
