"""What the tests of the registry share: one made-up registry and its update, compiled once for a file."""

import pytest

from glimmer.registry.posterior import Posterior
from glimmer.registry.rows import Registry
from glimmer.registry.simulated import simulate_registry, truth_by_evidence
from glimmer.registry.update import update


@pytest.fixture(scope="package")
def registry() -> Registry:
    return simulate_registry(1, truth_by_evidence(), sites=4, courses_a_site=60)


@pytest.fixture(scope="package")
def posterior(registry: Registry) -> Posterior:
    return update(registry, seed=1)
