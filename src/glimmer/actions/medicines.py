"""The list of medicines, written anew when it changes, and the interactions that somebody settles."""

from datetime import datetime

from glimmer.actions.act import acting
from glimmer.actions.endings import open_episode
from glimmer.records.episodes import Episode
from glimmer.records.medicines import MedicineList, MedicineSettling, listed_medicines, medicine_cautions
from glimmer.records.staff import Staff
from glimmer.vocabulary.problems import BadInput, RuleRefused


def record_medicines(
    episode: Episode,
    text: str,
    asked: str,
    *,
    takes_none: bool = False,
    by: Staff,
    seen: int | None = None,
    at: datetime | None = None,
) -> MedicineList:
    """Write the whole list as it is now; `asked` says who was asked, or where it was read. None has to be said."""
    with acting(by, "medicine.record", verb="record_medicines", episode=episode, seen=seen, at=at) as act:
        locked = open_episode(act)
        if takes_none is bool(text.strip()):
            raise BadInput("Enter the medicines, or say that the patient takes none; not both.", field="text")
        if not asked.strip():
            raise BadInput("Say who was asked, or where it was read.", field="asked")
        if "\x00" in text or "\x00" in asked:
            raise BadInput("This text holds a character that cannot be stored. Type it again.", field="text")
        if not takes_none and text.strip() == listed_medicines(locked) and locked.medicine_lists.exists():
            raise RuleRefused("This is the list that is on record already. Nothing was stored again.")
        stored = MedicineList.objects.create(
            episode=locked,
            text=text.strip(),
            takes_none=takes_none,
            asked=asked.strip(),
            recorded_by=by,
            recorded_at=act.at,
        )
        act.about(stored)
        act.note(interactions=len(medicine_cautions(locked)))
    return stored


def settle_interaction(
    episode: Episode,
    interaction: str,
    says: str,
    *,
    by: Staff,
    seen: int | None = None,
    at: datetime | None = None,
) -> MedicineSettling:
    """Say how an interaction that was found is dealt with, for the names that it is found by now."""
    with acting(by, "medicine.settle", verb="settle_interaction", episode=episode, seen=seen, at=at) as act:
        locked = open_episode(act)
        found = {one.interaction.id: one for one in medicine_cautions(locked)}
        if interaction not in found:
            raise BadInput("This interaction is not found in the list of medicines. Open the page again.", field="")
        if not says.strip():
            raise BadInput("Say what was settled, and with whom.", field="says")
        stored = MedicineSettling.objects.create(
            episode=locked,
            interaction=interaction,
            names=list(found[interaction].found),
            says=says.strip(),
            settled_by=by,
            settled_at=act.at,
        )
        act.about(stored)
        act.note(interaction=interaction)
    return stored
