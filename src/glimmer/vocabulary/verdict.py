"""What a rule answers: yes or no, always with its reasons."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Verdict:
    """The answer of a rule. `reasons` say why not; `cautions` are shown but do not stop anything."""

    reasons: tuple[str, ...] = ()
    cautions: tuple[str, ...] = ()

    @property
    def allowed(self) -> bool:
        """True when nothing speaks against it."""
        return not self.reasons

    def __bool__(self) -> bool:
        raise TypeError("Ask a Verdict for .allowed: a bare truth test hides the reasons.")
