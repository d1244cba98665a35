"""What each role may do: one table, read by pages, actions and the test that walks every route.

A permission is named `noun.verb`. A role that is not listed may not. There is no superuser
in the clinic: nobody holds every permission, and a change here is a reviewed change of the file.
"""

from glimmer.vocabulary.people import Role

NURSE, PSYCHIATRIST, THERAPIST, PHARMACIST = Role.NURSE, Role.PSYCHIATRIST, Role.THERAPIST, Role.PHARMACIST
ADMINISTRATOR, MANAGER, RESEARCHER = Role.ADMINISTRATOR, Role.MANAGER, Role.RESEARCHER
SAFETY_OFFICER, ACCOUNTABLE_OFFICER = Role.SAFETY_OFFICER, Role.ACCOUNTABLE_OFFICER
PRIVACY_OFFICER = Role.PRIVACY_OFFICER

CLINICAL = frozenset({NURSE, PSYCHIATRIST, THERAPIST, PHARMACIST})
CARE_TEAM = CLINICAL | {ADMINISTRATOR}
EVERYONE = frozenset(Role)

PERMISSIONS: dict[str, frozenset[Role]] = {
    # Any signed-in person: their own start page, help, the protocols and the figures behind them.
    "home.view": EVERYONE,
    "guidance.view": EVERYONE,
    # One's own password, second factor and open sign-ins.
    "sign_in.own": EVERYONE,
    # A new version of the selection rules: proposed by those who know them, in force once a psychiatrist approves it.
    "guidance.propose": frozenset({PSYCHIATRIST, PHARMACIST}),
    "guidance.approve": frozenset({PSYCHIATRIST}),
    # A treatment protocol is approved by two, of whom one decides on treatment.
    "protocol.approve": frozenset({PSYCHIATRIST, PHARMACIST}),
    # Which functions are on, the hazard log, who signed; only the clinical safety officer signs.
    "safety.view": EVERYONE,
    "safety.sign": frozenset({SAFETY_OFFICER}),
    # Finding and reading about a patient.
    "patient.search": CARE_TEAM,
    "patient.view": CARE_TEAM,
    # Opening the record of another clinic's patient, with a reason, for a few hours.
    "glass.break": CLINICAL,
    # Opening clinics, letting people in and out, sharing a journey: on the command line.
    "clinic.manage": frozenset({ADMINISTRATOR, MANAGER}),
    # The journey.
    "referral.record": frozenset({ADMINISTRATOR, NURSE, PSYCHIATRIST}),
    "referral.triage": frozenset({NURSE, PSYCHIATRIST}),
    "selection.record": frozenset({NURSE, PSYCHIATRIST}),
    # What the patient takes is written by whoever asked; an interaction is settled by who knows medicines.
    "medicine.record": frozenset({NURSE, PSYCHIATRIST, PHARMACIST}),
    "medicine.settle": frozenset({PSYCHIATRIST, PHARMACIST}),
    # Acute danger: whoever hears of it says so; clinicians act; a psychiatrist closes.
    "urgent.raise": CARE_TEAM,
    "urgent.act": frozenset({NURSE, PSYCHIATRIST}),
    "urgent.close": frozenset({PSYCHIATRIST}),
    "safety_plan.record": frozenset({NURSE, PSYCHIATRIST, THERAPIST}),
    # The multidisciplinary meeting: every clinician has a view; it advises, and a psychiatrist decides.
    "meeting.read": CARE_TEAM,
    "meeting.put": frozenset({NURSE, PSYCHIATRIST, ADMINISTRATOR}),
    "meeting.view_give": CLINICAL,
    "meeting.conclude": frozenset({PSYCHIATRIST}),
    "selection.override": frozenset({PSYCHIATRIST}),
    "selection.decide": frozenset({PSYCHIATRIST}),
    "consent.record": frozenset({NURSE, PSYCHIATRIST}),
    # Whoever is in the room writes down what the patient asks; who may record consent answers.
    "consent.question": CLINICAL,
    # Not waiting out the patient's time to think is a doctor's decision.
    "consent.sooner": frozenset({PSYCHIATRIST}),
    # Whoever hears it writes it down at once: what the patient needs to be informed, and that they withdraw.
    "patient.needs": CARE_TEAM,
    "purpose.withdraw": CARE_TEAM,
    "plan.prescribe": frozenset({PSYCHIATRIST}),
    "calendar.view": CARE_TEAM | {MANAGER},
    "calendar.book": frozenset({ADMINISTRATOR, NURSE, PSYCHIATRIST}),
    # Hours, closed days, bays out of use, rota and skills. Patients' names are on none of these pages.
    "calendar.arrange": frozenset({ADMINISTRATOR, MANAGER}),
    # How urgently somebody waits is a clinician's view; the desk sees the list.
    "waiting.prioritise": frozenset({NURSE, PSYCHIATRIST}),
    # Sessions nearer to each other than the protocol wants are a doctor's decision.
    "calendar.override_spacing": frozenset({PSYCHIATRIST}),
    "session.view": CLINICAL,
    "session.check": frozenset({NURSE, PSYCHIATRIST}),
    "session.override": frozenset({PSYCHIATRIST}),
    # Attributing a score to the drug takes back a call for review, so a doctor does it.
    "session.attribute": frozenset({PSYCHIATRIST}),
    "session.prepare": frozenset({NURSE, PSYCHIATRIST, PHARMACIST}),
    "session.run": frozenset({NURSE, PSYCHIATRIST}),
    "session.note": CLINICAL,
    # A whole record with name and number leaves the clinic's system.
    "session.export": frozenset({PSYCHIATRIST}),
    "device.connect": frozenset({NURSE, PSYCHIATRIST}),
    "session.discharge": frozenset({NURSE, PSYCHIATRIST}),
    # What was written on paper while Glimmer was away: printing the sheets, entering them afterwards.
    "downtime.print": frozenset({NURSE, PSYCHIATRIST, ADMINISTRATOR}),
    "downtime.enter": frozenset({NURSE, PSYCHIATRIST}),
    # Calls on every page: alarms for those who take charge of them, a patient who is not safe for the whole care team.
    "call.hear": CARE_TEAM,
    "alarm.acknowledge": frozenset({NURSE, PSYCHIATRIST}),
    "board.view": CLINICAL | {MANAGER},
    "outcome.record": frozenset({NURSE, PSYCHIATRIST, THERAPIST}),
    "outcome.view": CLINICAL,
    # Whether a course that changes little goes on: a psychiatrist decides, with the patient.
    "course.decide": frozenset({PSYCHIATRIST}),
    # Keeping well after a course: everybody who treats sees when the next session is due.
    "maintenance.view": CLINICAL,
    "maintenance.decide": frozenset({PSYCHIATRIST}),
    # Psychotherapy: the desk plans, the team sees that there was a session and its summary; the notes in full are for
    # the therapists of the clinic, and for others behind a reason (`care.psychotherapy.may_read_note`).
    "therapy.view": CARE_TEAM,
    "therapy.plan": frozenset({THERAPIST, NURSE, PSYCHIATRIST, ADMINISTRATOR}),
    "therapy.attend": frozenset({THERAPIST, NURSE, PSYCHIATRIST}),
    "therapy.summary": CLINICAL,
    "therapy.note": frozenset({THERAPIST, NURSE, PSYCHIATRIST}),
    "therapy.open_notes": CLINICAL,
    # The official text of a questionnaire, as its owner gives it out.
    "wording.import": CARE_TEAM,
    "followup.decide": frozenset({PSYCHIATRIST}),
    "letter.view": CARE_TEAM,
    "letter.write": frozenset({PSYCHIATRIST, NURSE, ADMINISTRATOR}),
    "letter.sign": frozenset({PSYCHIATRIST}),
    # Patients' own pages: inviting them, and seeing whether they came; what they sent is read with the outcomes.
    "own.view": CARE_TEAM,
    "own.invite": frozenset({ADMINISTRATOR, NURSE, PSYCHIATRIST}),
    # What goes out by e-mail or text message: reading it, trying it again, letting it go nowhere.
    "outbox.view": frozenset({ADMINISTRATOR, NURSE, PSYCHIATRIST}),
    "outbox.send": frozenset({ADMINISTRATOR, NURSE, PSYCHIATRIST}),
    # A signed letter goes out by whoever keeps the post; the words that letters are made of, a psychiatrist approves.
    "letter.send": frozenset({PSYCHIATRIST, NURSE, ADMINISTRATOR}),
    "letter.template": frozenset({PSYCHIATRIST, NURSE, ADMINISTRATOR}),
    "letter.approve": frozenset({PSYCHIATRIST}),
    # Tasks: adding one by hand, taking one, handing one over. Who may finish one is the task's own rule.
    "task.handle": CARE_TEAM,
    # Taking a device, or a person who has left, out of use.
    "device.retire": frozenset({NURSE, PSYCHIATRIST, ADMINISTRATOR, MANAGER}),
    "staff.retire": frozenset({ADMINISTRATOR, MANAGER}),
    # Letting another system read something with a token, and taking it back.
    "service.manage": frozenset({ADMINISTRATOR, MANAGER}),
    # Handing a colleague, whom they have recognised, a temporary password; their apps and keys are void with it.
    "staff.reset": frozenset({ADMINISTRATOR, MANAGER}),
    # The bedside feed and its problems.
    "quarantine.view": frozenset({NURSE, PSYCHIATRIST, PHARMACIST}),
    "quarantine.decide": frozenset({NURSE, PSYCHIATRIST}),
    # The controlled drugs register: two of those who may write sign each entry.
    # The accountable officer looks at everything and writes nothing: whoever checks the book does not keep it.
    "controlled.view": frozenset({NURSE, PSYCHIATRIST, PHARMACIST, ACCOUNTABLE_OFFICER}),
    "controlled.enter": frozenset({NURSE, PSYCHIATRIST, PHARMACIST}),
    "controlled.open": frozenset({NURSE, PHARMACIST}),
    # Adverse events and incidents. Who closes one is not who reported it, and for a controlled drug the officer alone.
    "incident.report": CARE_TEAM | {ACCOUNTABLE_OFFICER},
    "incident.view": CLINICAL | {ACCOUNTABLE_OFFICER},
    "incident.add": frozenset({NURSE, PSYCHIATRIST, PHARMACIST, ACCOUNTABLE_OFFICER}),
    "incident.assess": frozenset({PSYCHIATRIST, PHARMACIST}),
    "incident.close": frozenset({PSYCHIATRIST, PHARMACIST, ACCOUNTABLE_OFFICER}),
    "incident.export": frozenset({NURSE, PSYCHIATRIST, PHARMACIST}),
    # Long-term safety: a finding holds the next session until a psychiatrist has decided.
    "long_term.view": CLINICAL,
    "long_term.record": frozenset({NURSE, PSYCHIATRIST}),
    "long_term.review": frozenset({PSYCHIATRIST}),
    # Ketamine to take at home: prescribed by a psychiatrist, supplied by two of those who may write in the register.
    "take_home.view": frozenset({NURSE, PSYCHIATRIST, PHARMACIST}),
    "take_home.prescribe": frozenset({PSYCHIATRIST}),
    # Signs of diversion: numbers for those who keep the register, names for the accountable officer alone.
    "controlled.signals": frozenset({PHARMACIST, ACCOUNTABLE_OFFICER}),
    "controlled.names": frozenset({ACCOUNTABLE_OFFICER}),
    # The service as a whole: counts, never names.
    "counts.view": frozenset({MANAGER, RESEARCHER, PSYCHIATRIST, ADMINISTRATOR, SAFETY_OFFICER}),
    # Whether the service is worth its cost: a model without patients, for those who plan it and those who treat in it.
    "economics.view": frozenset({MANAGER, RESEARCHER, PSYCHIATRIST, NURSE, PHARMACIST}),
    # How many chairs and clinics, and where: models without patients, for the same people.
    "planner.view": frozenset({MANAGER, RESEARCHER, PSYCHIATRIST, NURSE, PHARMACIST}),
    # The team's lists without names: for planning, and for nobody who sees names anyway.
    "worklist.export": frozenset({MANAGER}),
    # Money is the office's: no clinician, who decides on treatment, sees who pays or what anything costs.
    "funding.view": frozenset({ADMINISTRATOR}),
    "funding.record": frozenset({ADMINISTRATOR}),
    "prices.view": frozenset({ADMINISTRATOR, MANAGER}),
    "prices.manage": frozenset({MANAGER}),
    # Who looked at whom: the privacy officer alone, who sees no record. The desk prints one patient's list as well.
    "audit.view": frozenset({PRIVACY_OFFICER}),
    "audit.review": frozenset({PRIVACY_OFFICER}),
    "access_list.view": frozenset({PRIVACY_OFFICER, ADMINISTRATOR}),
}


def roles_with(permission: str) -> frozenset[Role]:
    """Return the roles that hold `permission`; raise KeyError for a permission that does not exist."""
    return PERMISSIONS[permission]


def may(role: Role, permission: str) -> bool:
    """Say whether `role` holds `permission`."""
    return role in roles_with(permission)
