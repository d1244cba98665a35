"""The wording of a questionnaire, as read from what its owner gave out."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class WordedItem:
    """One question with the texts of its answers, in the order in which they are scored."""

    text: str
    answers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Wording:
    """A questionnaire's text: its title, its language ("" where the file does not say), and its questions in order.

    `values` of an item are not kept: a file whose order is not that of its values is refused when it is read.
    """

    title: str
    language: str
    items: tuple[WordedItem, ...]
