"""The medicines that the referral lists, as text for the rule that looks for interactions."""

from glimmer.records.episodes import Episode, ReferralItem

LISTS = ("current_medicines", "psychiatric_medicines")


def listed_medicines(episode: Episode) -> str:
    """Return what the referral says of medicines, one list after the other; "" where nothing is listed."""
    texts = ReferralItem.objects.filter(referral__episode=episode, item__in=LISTS, state="present")
    return "\n".join(texts.order_by("pk").values_list("text", flat=True))
