"""What each role may do: one table, read by pages, actions and the test that walks every route.

A permission is named `noun.verb`. A role that is not listed may not. There is no superuser
in the clinic: nobody holds every permission, and a change here is a reviewed change of the file.
"""

from glimmer.vocabulary.people import Role

NURSE, PSYCHIATRIST, THERAPIST, PHARMACIST = Role.NURSE, Role.PSYCHIATRIST, Role.THERAPIST, Role.PHARMACIST
ADMINISTRATOR, MANAGER, RESEARCHER = Role.ADMINISTRATOR, Role.MANAGER, Role.RESEARCHER

CLINICAL = frozenset({NURSE, PSYCHIATRIST, THERAPIST, PHARMACIST})
CARE_TEAM = CLINICAL | {ADMINISTRATOR}
EVERYONE = frozenset(Role)

PERMISSIONS: dict[str, frozenset[Role]] = {
    # Any signed-in person: their own start page, help, the protocols and the figures behind them.
    "home.view": EVERYONE,
    "guidance.view": EVERYONE,
    # Finding and reading about a patient.
    "patient.search": CARE_TEAM,
    "patient.view": CARE_TEAM,
    # The journey.
    "referral.record": frozenset({ADMINISTRATOR, NURSE, PSYCHIATRIST}),
    "referral.triage": frozenset({NURSE, PSYCHIATRIST}),
    "selection.record": frozenset({NURSE, PSYCHIATRIST}),
    "selection.override": frozenset({PSYCHIATRIST}),
    "selection.decide": frozenset({PSYCHIATRIST}),
    "consent.record": frozenset({NURSE, PSYCHIATRIST}),
    "plan.prescribe": frozenset({PSYCHIATRIST}),
    "calendar.view": CARE_TEAM | {MANAGER},
    "calendar.book": frozenset({ADMINISTRATOR, NURSE, PSYCHIATRIST}),
    "session.view": CLINICAL,
    "session.check": frozenset({NURSE, PSYCHIATRIST}),
    "session.override": frozenset({PSYCHIATRIST}),
    "session.prepare": frozenset({NURSE, PSYCHIATRIST, PHARMACIST}),
    "session.run": frozenset({NURSE, PSYCHIATRIST}),
    "session.note": CLINICAL,
    "session.discharge": frozenset({NURSE, PSYCHIATRIST}),
    "alarm.acknowledge": frozenset({NURSE, PSYCHIATRIST}),
    "board.view": CLINICAL | {MANAGER},
    "outcome.record": frozenset({NURSE, PSYCHIATRIST, THERAPIST}),
    "outcome.view": CLINICAL,
    "followup.decide": frozenset({PSYCHIATRIST}),
    "letter.view": CARE_TEAM,
    "letter.write": frozenset({PSYCHIATRIST, NURSE, ADMINISTRATOR}),
    "letter.sign": frozenset({PSYCHIATRIST}),
    # The bedside feed and its problems.
    "quarantine.view": frozenset({NURSE, PSYCHIATRIST, PHARMACIST}),
    # The service as a whole: counts, never names.
    "counts.view": frozenset({MANAGER, RESEARCHER, PSYCHIATRIST, ADMINISTRATOR}),
    "audit.view": frozenset({MANAGER}),
}


def roles_with(permission: str) -> frozenset[Role]:
    """Return the roles that hold `permission`; raise KeyError for a permission that does not exist."""
    return PERMISSIONS[permission]


def may(role: Role, permission: str) -> bool:
    """Say whether `role` holds `permission`."""
    return role in roles_with(permission)
