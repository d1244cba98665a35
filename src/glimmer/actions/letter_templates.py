"""A clinic's own words for its letters: proposed as a version, looked at, approved by a named clinician, taken back."""

from datetime import datetime

from glimmer.actions.act import acting
from glimmer.guidance import GuidanceError
from glimmer.guidance.letter_templates import LetterTemplate, Words, letter_kinds, parse_template, read_words
from glimmer.records.correspondence import LETTER, newest_template_approval, template_versions
from glimmer.records.guidance import GuidanceApproval, GuidanceVersion, take_turns_approving
from glimmer.records.staff import Staff
from glimmer.vocabulary.problems import BadInput, RuleRefused


def read_template(kind: str, title: str, greeting: str, body: str, version: str = "draft") -> LetterTemplate:
    """Return the template that a person typed; raise BadInput that names the line and what would be right there."""
    if kind not in letter_kinds():
        raise BadInput("There is no such letter.")
    try:
        return parse_template(kind, version, read_words(title, greeting, body))
    except GuidanceError as problem:
        raise BadInput(str(problem), field=_field(str(problem))) from problem


def propose_template(
    kind: str, title: str, greeting: str, body: str, reason: str, *, by: Staff, at: datetime | None = None
) -> GuidanceVersion:
    """Store new words for a kind of letter as a proposal. Letters are made by it only once it is approved."""
    with acting(by, "letter.template", verb="propose_template", at=at) as act:
        take_turns_approving()
        if not reason.strip():
            raise BadInput("Say what is changed and why.", field="reason")
        words = read_template(kind, title, greeting, body).words
        known = template_versions(kind)
        same = next((one for one in known if one.template.words == words), None)
        if same is not None:
            raise RuleRefused(f"These are the words of version {same.template.version}. Approve that one instead.")
        stored = _store(kind, str(sum(one.row is not None for one in known) + 1), words, reason.strip(), by, act.at)
        act.about(stored)
        act.note(kind=kind, version=stored.version, digest=stored.digest[:12])
    return stored


def approve_template(
    kind: str, version: str, digest: str, reason: str, *, by: Staff, at: datetime | None = None
) -> GuidanceApproval:
    """Put a version in force with the words that were looked at, a shipped or an older one too. Letters keep theirs."""
    with acting(by, "letter.approve", verb="approve_template", at=at) as act:
        take_turns_approving()
        if not reason.strip():
            raise BadInput("Say why letters are to be made by this version.", field="reason")
        if not by.registration.strip():
            raise RuleRefused(
                "Your sign-in holds no professional registration number, which an approval must show. "
                "Ask the clinic's administrator to add it."
            )
        found = next((one for one in template_versions(kind) if one.template.version == version), None)
        if found is None or found.template.words.digest != digest:
            raise BadInput("These are not the words that you looked at. Open the page again.")
        newest = newest_template_approval(kind)
        if newest is not None and (newest.version, newest.digest) == (version, digest):
            raise RuleRefused("This version is in force already.")
        if found.row is None:
            _keep_shipped(kind, version, found.template.words, by, act.at)
        stored = GuidanceApproval.objects.create(
            kind=LETTER,
            guidance_id=kind,
            version=version,
            digest=digest,
            reason=reason.strip(),
            approved_by=by,
            approved_at=act.at,
        )
        act.about(stored)
        act.note(kind=kind, version=version, digest=digest[:12])
    return stored


def _keep_shipped(kind: str, version: str, words: Words, by: Staff, at: datetime) -> None:
    """Keep what Glimmer brings as it was approved: another release may bring other words."""
    if not GuidanceVersion.objects.filter(kind=LETTER, guidance_id=kind, version=version).exists():
        _store(kind, version, words, "As Glimmer brings it.", by, at)


def _store(kind: str, version: str, words: Words, reason: str, by: Staff, at: datetime) -> GuidanceVersion:
    return GuidanceVersion.objects.create(
        kind=LETTER,
        guidance_id=kind,
        version=version,
        digest=words.digest,
        document=words.document,
        reason=reason,
        proposed_by=by,
        proposed_at=at,
    )


def _field(problem: str) -> str:
    """Return the form field that a complaint about a template belongs to."""
    if "the greeting" in problem:
        return "greeting"
    return "title" if "title" in problem else "body"
