"""Does a value meet a condition of the protocol? The one place where a limit is compared."""

from glimmer.guidance.alarm_rules import Condition


def meets(condition: Condition, measure: float) -> bool:
    """Say whether `measure` (in the condition's own unit) is on the wrong side of the condition's limit."""
    if condition.above is not None:
        return measure > condition.above
    if condition.at_least is not None:
        return measure >= condition.at_least
    if condition.below is not None:
        return measure < condition.below
    if condition.at_most is not None:
        return measure <= condition.at_most
    raise ValueError(f"The condition on {condition.parameter!r} states no limit.")


def limit_of(condition: Condition) -> float:
    """Return the number that the condition compares with."""
    for limit in (condition.above, condition.at_least, condition.below, condition.at_most):
        if limit is not None:
            return limit
    raise ValueError(f"The condition on {condition.parameter!r} states no limit.")


def limit_in_words(condition: Condition) -> str:
    """Return the limit as a nurse says it, such as "above 180" or "8 or less"."""
    limit = f"{limit_of(condition):g}"
    if condition.above is not None:
        return f"above {limit}"
    if condition.at_least is not None:
        return f"{limit} or more"
    return f"below {limit}" if condition.below is not None else f"{limit} or less"
