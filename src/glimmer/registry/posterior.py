"""What a registry update leaves: joint draws by name, where they come from, and the tables that say how far to trust.

A draw is one possible world: what stands at one position of every name belongs together, and a model takes it so.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glimmer.registry.chance import generator
from glimmer.registry.parameters import PARAMETERS
from glimmer.registry.rows import SIMULATED

Draws = dict[str, NDArray[np.float64]]
Rows = list[dict[str, Any]]
FORMAT = "glimmer registry posterior 1"
SITE_SPREADS = {
    "response_logit": "response_site_sd",
    "session_cost": "session_cost_site_sd",
    "relapse_scale_days": "relapse_site_sd",
}


class BadPosterior(ValueError):
    """A file does not hold a posterior as this version writes it. The message says what is wrong."""


@dataclass(frozen=True, slots=True)
class Posterior:
    """Joint draws of a registry update, each an array of the shape (draws,), by the names in `parameters`.

    `provenance` says from what they came: digest of the registry, whether it was SIMULATED, seed, weights of the
    evidence, versions. `tables` holds what the update says of itself, each a list of rows: `seen`, `diagnostics`,
    `information`, `checks`, `missing`, `sites`, `readable`.
    """

    draws: Mapping[str, NDArray[np.float64]]
    provenance: Mapping[str, Any]
    tables: Mapping[str, Rows] = field(default_factory=dict)

    @property
    def simulated(self) -> bool:
        """True when the registry was made up, so that nothing here is evidence about people."""
        return bool(self.provenance["simulated"])

    @property
    def count(self) -> int:
        """How many draws there are."""
        return len(next(iter(self.draws.values())))

    def for_a_new_clinic(self, seed: int) -> Draws:
        """Return the draws for a clinic that is not in the registry: it differs as the others do among themselves.

        What does not differ between clinics in the model stays as it is.
        """
        found = {name: np.array(values) for name, values in self.draws.items()}
        for name, spread in SITE_SPREADS.items():
            away = self.draws[spread] * generator(seed, f"new clinic {name}").standard_normal(self.count)
            if name == "response_logit":
                found[name] = found[name] + away
            elif name == "session_cost":
                found[name] = found[name] * np.exp(away)
            else:
                # A log hazard that is higher by `away` is a scale that is shorter by that over the shape.
                found[name] = found[name] * np.exp(-away / found["relapse_shape"])
        return found

    def as_json(self) -> dict[str, Any]:
        """Return everything as plain data, each parameter with its meaning."""
        return {
            "format": FORMAT,
            "says": SIMULATED if self.simulated else "",
            "provenance": dict(self.provenance),
            "parameters": [asdict(one) for one in PARAMETERS if one.name in self.draws],
            "tables": dict(self.tables),
            "draws": {name: values.tolist() for name, values in self.draws.items()},
        }


def save_posterior(posterior: Posterior, path: Path) -> None:
    """Write a posterior to a `.json` or `.npz` file; raise BadPosterior for any other name."""
    whole = posterior.as_json()
    if path.suffix == ".json":
        path.write_text(json.dumps(whole, indent=1, ensure_ascii=False, allow_nan=False), encoding="utf-8")
    elif path.suffix == ".npz":
        arrays: dict[str, Any] = {name: np.asarray(values) for name, values in posterior.draws.items()}
        arrays["about"] = np.array(json.dumps({**whole, "draws": {}}, allow_nan=False))
        np.savez_compressed(path, **arrays)
    else:
        raise BadPosterior(f"{path.name} is neither .json nor .npz. Name the file with one of the two endings.")


def load_posterior(path: Path) -> Posterior:
    """Return the posterior of a file that `save_posterior` wrote; raise BadPosterior saying what is wrong."""
    try:
        whole, draws = _read(path)
    except FileNotFoundError as problem:
        raise BadPosterior(f"There is no file {path}. Check the name and the folder.") from problem
    except (OSError, ValueError, KeyError) as problem:
        raise BadPosterior(f"{path.name} holds no posterior. Write one with: glimmer evidence update.") from problem
    if not isinstance(whole, dict) or whole.get("format") != FORMAT:
        raise BadPosterior(f"{path.name} is not in the format {FORMAT!r}. Write it anew with this version.")
    lengths = {len(values) for values in draws.values()}
    if len(lengths) != 1:
        raise BadPosterior(f"{path.name} holds draws of different lengths, so they do not belong together.")
    return Posterior(draws, whole["provenance"], whole["tables"])


def _read(path: Path) -> tuple[Any, Draws]:
    if path.suffix == ".json":
        whole = json.loads(path.read_text(encoding="utf-8"))
        return whole, {name: np.array(values, dtype=np.float64) for name, values in whole["draws"].items()}
    with np.load(path, allow_pickle=False) as file:
        return json.loads(str(file["about"])), {name: file[name] for name in file.files if name != "about"}
