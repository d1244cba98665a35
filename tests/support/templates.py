"""Draw one macro of the product's templates."""

from typing import Any

from django.template import engines


def drawn(template: str, macro: str, *arguments: Any) -> str:
    """Return what a macro makes of its arguments."""
    env = engines.all()[0].env  # type: ignore[attr-defined]
    return str(getattr(env.get_template(template).module, macro)(*arguments))
