"""Taking in the official wording of questionnaires, and finding it for a form."""

import hashlib
import re
from datetime import datetime

from glimmer.actions.act import acting
from glimmer.actions.ports import port
from glimmer.guidance.instrument import Instrument, instrument, instruments
from glimmer.records.staff import Staff
from glimmer.records.wording import WordingPack
from glimmer.vocabulary.problems import BadInput, RuleRefused
from glimmer.vocabulary.wording import Wording

LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")


def import_wording(
    raw: bytes, instrument_id: str, language: str, permission: str, *, by: Staff, at: datetime | None = None
) -> WordingPack:
    """Store the wording of an instrument from a FHIR Questionnaire; scoring stays with the instrument's own file.

    Raises BadInput where the text does not fit the instrument item by item, RuleRefused where it may not be shown or
    is here already.
    """
    of = _instrument(instrument_id)
    wording: Wording = port("read_questionnaire")(raw)
    spoken = (language or wording.language).strip()
    if not LANGUAGE.fullmatch(spoken):
        raise BadInput("Say the language of the text, such as en or cy.", field="language")
    if not permission.strip():
        raise BadInput("Say why this clinic may show the text: the licence or who gave permission.", field="permission")
    items = _fitting(of, wording)
    digest = hashlib.sha256(raw).hexdigest()
    with acting(by, "wording.import", verb="import_wording", at=at) as act:
        if WordingPack.objects.filter(instrument=of.id, language=spoken, digest=digest).exists():
            raise RuleRefused("This text was imported before. Nothing was stored again.")
        pack = WordingPack.objects.create(
            instrument=of.id,
            language=spoken,
            title=wording.title[:200] or of.title,
            items=items,
            permission=permission.strip()[:500],
            digest=digest,
            imported_by=act.by,
            imported_at=act.at,
        )
        act.about(pack)
        act.note(instrument=of.id, language=spoken, digest=digest[:12])
    return pack


def wording_of(of: Instrument, language: str = "en") -> WordingPack | None:
    """Return the newest wording of an instrument in a language, None where the clinic has none."""
    return WordingPack.objects.filter(instrument=of.id, language=language).order_by("-imported_at", "-pk").first()


def _instrument(instrument_id: str) -> Instrument:
    if instrument_id not in instruments():
        raise BadInput(
            f"There is no instrument {instrument_id!r}. There is: {', '.join(instruments())}.", field="instrument"
        )
    of = instrument(instrument_id)
    if of.wording != "pack":
        raise RuleRefused(f"The wording of the {of.title} may not be held here. {of.licence}.")
    return of


def _fitting(of: Instrument, wording: Wording) -> list[dict[str, object]]:
    """Return the texts of the instrument's items; what the file asks after them is left out."""
    if len(wording.items) < len(of.items):
        raise BadInput(
            f"The {of.title} has {len(of.items)} items, and the file has {len(wording.items)} questions with answers.",
            field="file",
        )
    for number, (item, worded) in enumerate(zip(of.items, wording.items, strict=False), start=1):
        if len(worded.answers) != len(item.answers):
            raise BadInput(
                f"Question {number} of the file has {len(worded.answers)} answers, and item {number} of the {of.title} "
                f"has {len(item.answers)}. This is another form.",
                field="file",
            )
    return [{"text": one.text, "answers": list(one.answers)} for one in wording.items[: len(of.items)]]
