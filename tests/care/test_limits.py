"""What a second prescriber's agreement covers: the limits of that day, a little further, and no others."""

from glimmer.care.limits import Kind, Over, uncovered


def over(kind: Kind, amount: float) -> Over:
    return Over(kind, f"{kind}: {amount}", amount)


def test_nothing_agreed_covers_nothing():
    now = (over(Kind.SESSIONS, 37),)
    assert uncovered(now, ()) == now
    assert uncovered((), ()) == ()


def test_agreement_covers_its_own_kind_only():
    agreed = (over(Kind.OFTEN, 1),)
    sessions = over(Kind.SESSIONS, 37)
    assert uncovered((over(Kind.OFTEN, 1), sessions), agreed) == (sessions,)


def test_agreement_reaches_six_sessions_and_four_mg_per_kg_further_and_no_closer_interval():
    # The figures of guidance/figures/maintenance.toml, written down here anew.
    agreed = (over(Kind.SESSIONS, 37), over(Kind.DOSE, 20.5), over(Kind.OFTEN, 1))
    assert uncovered((over(Kind.SESSIONS, 43), over(Kind.DOSE, 24.5), over(Kind.OFTEN, 1)), agreed) == ()
    beyond = (over(Kind.SESSIONS, 44), over(Kind.DOSE, 24.6), over(Kind.OFTEN, 2))
    assert uncovered(beyond, agreed) == beyond


def test_each_agreement_adds_to_those_before():
    agreed = (over(Kind.SESSIONS, 37), over(Kind.DOSE, 20.5))
    assert uncovered((over(Kind.DOSE, 21), over(Kind.SESSIONS, 40)), agreed) == ()
