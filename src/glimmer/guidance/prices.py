"""What can be charged or costed, and an example of a price list with its source. A clinic's own prices are records."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from glimmer.guidance.figures import Figure, check_sourced, parse_figures, read_toml

FILE = Path(__file__).parent / "prices.toml"


@dataclass(frozen=True, slots=True)
class Item:
    """One thing that has a price. `example_pence` is the example's, None where its source names none.

    `groups` are the kinds of psychotherapy of which a place in a group is this item.
    """

    id: str
    title: str
    example_pence: int | None = None
    groups: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Prices:
    """The items that a payer is charged, those that the service pays for, where the example is from, and the rules."""

    items: tuple[Item, ...]
    costs: tuple[Item, ...]
    source: str
    edition: str
    evidence: str
    rules: Mapping[str, Figure]

    def title_of(self, item: str) -> str:
        """Return what an item is called; raise KeyError for one that does not exist."""
        return next((one.title for one in (*self.items, *self.costs) if one.id == item), "") or _unknown(item)

    def item_of_group(self, kind: str) -> str:
        """Return the item that a place in a group of a kind of psychotherapy is, "" where it is none."""
        return next((one.id for one in self.items if kind in one.groups), "")


def _unknown(item: str) -> str:
    raise KeyError(f"There is no item {item!r} in prices.toml.")


@lru_cache
def prices() -> Prices:
    """Return the items and the example."""
    table = read_toml(FILE)
    check_sourced(table, where=FILE.name)
    items = tuple(
        Item(row["id"], row["title"], row["example"] or None, tuple(row.get("groups", ()))) for row in table["items"]
    )
    costs = tuple(Item(row["id"], row["title"]) for row in table["costs"])
    of = {key: table[key] for key in ("source", "edition", "evidence")}
    rules = parse_figures({**of, **table["rules"]}, where=FILE.name)
    return Prices(items, costs, **of, rules=rules)
