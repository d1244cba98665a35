"""Letters on their way: who else looks after the patient, what was sent to whom, and what went wrong."""

from datetime import datetime

from glimmer.actions.act import Act, acting
from glimmer.actions.endings import end_once, locked_episode
from glimmer.actions.incidents import Draft, report_incident
from glimmer.actions.letters import Recipient, recipients_of
from glimmer.actions.sending import Recipient as OutboxRecipient
from glimmer.actions.sending import post_message, to_patient, withdraw_posted
from glimmer.care.incidents import Kind
from glimmer.records.correspondence import WAYS, CareContact, LetterDispatch, SentInError
from glimmer.records.episodes import Episode
from glimmer.records.followup import Letter
from glimmer.records.incidents import IncidentReport
from glimmer.records.outbox import EMAIL
from glimmer.records.staff import Staff
from glimmer.vocabulary.problems import BadInput, RuleRefused

NOTICE = "notice"
CONTACT_KINDS = tuple(CareContact._meta.get_field("kind").choices or ())


def add_care_contact(
    episode: Episode,
    kind: str,
    name: str,
    organisation: str = "",
    telephone: str = "",
    email: str = "",
    *,
    by: Staff,
    seen: int | None = None,
    at: datetime | None = None,
) -> CareContact:
    """Note who else looks after the patient; letters for the team go to them from now on."""
    with acting(by, "letter.write", verb="add_care_contact", episode=episode, seen=seen, at=at) as act:
        if kind not in dict(CONTACT_KINDS):
            raise BadInput("Choose who this is.", field="kind")
        if not name.strip():
            raise BadInput("Enter the name of the person or team.", field="name")
        contact = CareContact.objects.create(
            episode=locked_episode(act),
            kind=kind,
            name=name.strip(),
            organisation=organisation.strip(),
            telephone=telephone.strip(),
            email=email.strip(),
            added_by=by,
            added_at=act.at,
        )
        act.about(contact)
        act.note(kind=kind)
    return contact


def end_care_contact(
    contact: CareContact, *, by: Staff, seen: int | None = None, at: datetime | None = None
) -> CareContact:
    """Note that somebody no longer looks after the patient; a mistake is put right by adding the right one."""
    with acting(by, "letter.write", verb="end_care_contact", episode=contact.episode, seen=seen, at=at) as act:
        fresh = end_once(act, contact, "ended", "This contact was taken off the list already.")
    return fresh


def set_letter_aside(
    letter: Letter, because: str, *, by: Staff, seen: int | None = None, at: datetime | None = None
) -> Letter:
    """Put away a draft that is not wanted, or a signed letter that goes to nobody. It stays to be read."""
    permission = "letter.write" if letter.signed_at is None else "letter.sign"
    with acting(by, permission, verb="set_letter_aside", episode=letter.episode, seen=seen, at=at) as act:
        fresh = _locked(letter)
        if not because.strip():
            raise BadInput("Say why the letter is set aside.", field="because")
        if fresh.set_aside_at is not None:
            raise RuleRefused("This letter was set aside already.")
        if (fresh.signed_at is None) is (permission == "letter.sign"):
            raise RuleRefused("The letter was signed meanwhile. Look at it again.")
        if fresh.dispatches.exists():
            raise RuleRefused(
                "The letter has gone out, so it cannot be set aside. If it went to the wrong place, report that below."
            )
        fresh.set_aside_by, fresh.set_aside_at, fresh.set_aside_because = by, act.at, because.strip()
        fresh.save(update_fields=["set_aside_by", "set_aside_at", "set_aside_because"])
        act.about(fresh)
        act.note(kind=fresh.kind, signed=fresh.signed_at is not None)
    return fresh


def send_letter(
    letter: Letter,
    recipient: int,
    way: str,
    to_address: str = "",
    *,
    by: Staff,
    digest: str,
    seen: int | None = None,
    at: datetime | None = None,
) -> LetterDispatch:
    """Record that a signed letter goes to one of its recipients (by place), and how; a notice is sent after commit.

    `digest` is that of the PDF which the page showed: another one is refused. So is a recipient whose name on record
    has changed since the letter was written, and one who is not named on it.
    """
    with acting(by, "letter.send", verb="send_letter", episode=letter.episode, seen=seen, at=at) as act:
        fresh = _locked(letter)
        whom = _checked(fresh, recipient, way, to_address, digest)
        stored = LetterDispatch.objects.create(
            letter=fresh,
            recipient=whom,
            way=way,
            to_address=_address(whom, way, to_address),
            digest=fresh.pdf_digest,
            sent_by=by,
            sent_at=act.at,
        )
        if way == NOTICE:
            _post_notice(act, stored)
        act.about(stored)
        act.note(letter=fresh.pk, to=whom["as"], way=way, digest=fresh.pdf_digest[:12])
    return stored


def _address(whom: Recipient, way: str, typed: str) -> str:
    """Return where it goes: a notice to the patient never anywhere but to the address on record."""
    if way != NOTICE:
        return typed.strip()
    return whom["email"].strip() if whom["as"] == "patient" else typed.strip() or whom["email"].strip()


def _post_notice(act: Act, stored: LetterDispatch) -> None:
    """Post the message that a letter is ready, and nothing of it; raise BadInput where there is no address."""
    patient, cause = locked_episode(act).patient, f"letter:{stored.pk}:"
    if stored.recipient["as"] == "patient":
        post_message(
            "letter_ready", to_patient(patient, EMAIL), {}, once=cause, at=act.at, asked_by=act.by, patient=patient
        )
        return
    if not stored.to_address:
        raise BadInput("No e-mail address of this recipient is known. Enter it.", field="to_address")
    to = OutboxRecipient(EMAIL, stored.to_address, stored.recipient["name"])
    says = {"reference": f"L{stored.letter_id}"}
    post_message("letter_for_recipient", to, says, once=cause, at=act.at, asked_by=act.by, patient=patient)


def _checked(letter: Letter, recipient: int, way: str, to_address: str, digest: str) -> Recipient:
    if letter.signed_at is None:
        raise RuleRefused("This letter has not been signed, so it goes to nobody yet.")
    if letter.set_aside_at is not None:
        raise RuleRefused("This letter was set aside, so it goes to nobody. Write a new one.")
    if letter.pdf_digest != digest:
        raise RuleRefused("This is not the letter that you looked at. Open it again before it is sent.")
    if not 0 <= recipient < len(letter.recipients):
        raise BadInput("Choose who the letter goes to.", field="recipient")
    if way not in dict(WAYS):
        raise BadInput("Choose how the letter goes.", field="way")
    whom: Recipient = letter.recipients[recipient]
    if way == "nhsmail" and not to_address.strip():
        raise BadInput("Enter the NHSmail address it was sent to.", field="to_address")
    on_record = {_identity(one): one for one in recipients_of(letter.episode, letter.kind)}
    if _identity(whom) not in on_record:
        raise RuleRefused(
            f"The {whom['as']} on record is no longer the one this letter names. "
            "Check who looks after the patient, and write the letter anew."
        )
    # An e-mail address may have been corrected since the letter was written.
    return {**whom, "email": on_record[_identity(whom)]["email"]}


def report_sent_in_error(
    dispatch: LetterDispatch,
    happened: str,
    did: str,
    *,
    by: Staff,
    seen: int | None = None,
    at: datetime | None = None,
) -> SentInError:
    """Say that a letter went where it should not: the sending stays, and an incident is opened with it."""
    letter = dispatch.letter
    with acting(by, "letter.send", verb="report_sent_in_error", episode=letter.episode, seen=seen, at=at) as act:
        if not happened.strip():
            raise BadInput("Say what happened.", field="happened")
        if not did.strip():
            raise BadInput("Say what was done about it.", field="did")
        _locked(letter)
        withdraw_posted(f"letter:{dispatch.pk}:", because="The letter was sent in error.", at=act.at)
        if SentInError.objects.filter(dispatch=dispatch).exists():
            raise RuleRefused("This was reported already. Open the incident to add to it.")
        stored = SentInError.objects.create(
            dispatch=dispatch,
            happened=happened.strip(),
            did=did.strip(),
            incident=_incident(act, dispatch, happened, did),
            reported_by=by,
            reported_at=act.at,
        )
        act.about(stored)
        act.note(letter=letter.pk, incident=stored.incident_id)
    return stored


def _incident(act: Act, dispatch: LetterDispatch, happened: str, did: str) -> IncidentReport:
    what = f"A letter was sent in error ({dispatch.get_way_display().lower()}). {happened.strip()}"
    draft = Draft(kind=Kind.SAFETY, what=what, did=did.strip(), episode=act.episode, happened_at=dispatch.sent_at)
    return report_incident(draft, by=act.by, at=act.at)


def _locked(letter: Letter) -> Letter:
    rows = Letter.objects.select_for_update(of=("self",)).select_related("episode__patient")
    return rows.get(pk=letter.pk)


def _identity(recipient: Recipient) -> tuple[str, str, str]:
    return recipient["as"], recipient["name"], recipient["organisation"]
