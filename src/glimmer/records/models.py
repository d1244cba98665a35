"""Where Django looks for models: every record, by name."""

from glimmer.records.audit import AuditLine
from glimmer.records.baseline_tests import BaselineResult
from glimmer.records.calendar import (
    BayClosure,
    DateOverride,
    OpeningWeek,
    OtherDay,
    PatientLimits,
    Shift,
    StaffSkill,
)
from glimmer.records.claims import Claim
from glimmer.records.clinics import BrokenGlass, Clinic, ClinicMember, ClinicShare, GlassReview
from glimmer.records.consent import (
    ConsentRecord,
    ConsentSignature,
    InformationGiven,
    PatientQuestion,
    QuestionAnswer,
)
from glimmer.records.controlled import RegisterEntry, RegisterPage
from glimmer.records.correspondence import CareContact, LetterDispatch, SentInError
from glimmer.records.course import CourseDecision
from glimmer.records.devices import Association
from glimmer.records.episodes import (
    Episode,
    Referral,
    ReferralItem,
    SelectionAnswer,
    SelectionDecision,
    SelectionOverride,
    TriageDecision,
)
from glimmer.records.followup import FollowUpDecision, Letter
from glimmer.records.funding import (
    Charge,
    FundingRoute,
    Invoice,
    InvoiceLine,
    NumberSeries,
    Payment,
    PriceLine,
    PriceList,
)
from glimmer.records.guidance import GuidanceApproval, GuidanceVersion
from glimmer.records.inbox import InboundMessage
from glimmer.records.incidents import IncidentReport, IncidentStep
from glimmer.records.long_term import LongTermCheck, LongTermReview
from glimmer.records.maintenance import LimitAgreement, MaintenanceDecision
from glimmer.records.medicines import MedicineList, MedicineSettling
from glimmer.records.meeting import MeetingCase, MeetingConclusion, MeetingView
from glimmer.records.outbox import OutboxMessage, SendingTry
from glimmer.records.outcomes import Score, Task
from glimmer.records.own import OwnDevice, OwnEntry, OwnLanguage, OwnLink
from glimmer.records.patients import Patient
from glimmer.records.plans import Appointment, Bay, Plan
from glimmer.records.psychotherapy import (
    NoteOpening,
    TherapyAttendance,
    TherapyMember,
    TherapyNote,
    TherapySession,
)
from glimmer.records.quarantine import QuarantineDecision, QuarantineGroup
from glimmer.records.services import ServiceToken
from glimmer.records.sessions import Device, LogLine, TreatmentSession
from glimmer.records.sign_in import FailureCount, RecoveryCode, SecondFactor
from glimmer.records.staff import Staff
from glimmer.records.supplies import RegisterArrival, RegisterTransfer, TakeHomeEvent, TakeHomePrescription
from glimmer.records.switches import SwitchSigning
from glimmer.records.tasks import TaskStep
from glimmer.records.training import DatabasePurpose, TrainingRun
from glimmer.records.treatment_history import IllnessView, TreatmentTrial
from glimmer.records.urgent import SafetyPlan, UrgentAct, UrgentCall
from glimmer.records.value_sets import ValueSetPack
from glimmer.records.waiting import Absence, CalendarFeed, PlannedDate, PlanningRun, WaitingPriority
from glimmer.records.wishes import CommunicationNeeds, PurposeConsent
from glimmer.records.wording import WordingPack

__all__ = [
    "Absence",
    "Appointment",
    "Association",
    "AuditLine",
    "BaselineResult",
    "Bay",
    "BayClosure",
    "BrokenGlass",
    "CalendarFeed",
    "CareContact",
    "Charge",
    "Claim",
    "Clinic",
    "ClinicMember",
    "ClinicShare",
    "CommunicationNeeds",
    "ConsentRecord",
    "ConsentSignature",
    "CourseDecision",
    "DatabasePurpose",
    "DateOverride",
    "Device",
    "Episode",
    "FailureCount",
    "FollowUpDecision",
    "FundingRoute",
    "GlassReview",
    "GuidanceApproval",
    "GuidanceVersion",
    "IllnessView",
    "InboundMessage",
    "IncidentReport",
    "IncidentStep",
    "InformationGiven",
    "Invoice",
    "InvoiceLine",
    "Letter",
    "LetterDispatch",
    "LimitAgreement",
    "LogLine",
    "LongTermCheck",
    "LongTermReview",
    "MaintenanceDecision",
    "MedicineList",
    "MedicineSettling",
    "MeetingCase",
    "MeetingConclusion",
    "MeetingView",
    "NoteOpening",
    "NumberSeries",
    "OpeningWeek",
    "OtherDay",
    "OutboxMessage",
    "OwnDevice",
    "OwnEntry",
    "OwnLanguage",
    "OwnLink",
    "Patient",
    "PatientLimits",
    "PatientQuestion",
    "Payment",
    "Plan",
    "PlannedDate",
    "PlanningRun",
    "PriceLine",
    "PriceList",
    "PurposeConsent",
    "QuarantineDecision",
    "QuarantineGroup",
    "QuestionAnswer",
    "RecoveryCode",
    "Referral",
    "ReferralItem",
    "RegisterArrival",
    "RegisterEntry",
    "RegisterPage",
    "RegisterTransfer",
    "SafetyPlan",
    "Score",
    "SecondFactor",
    "SelectionAnswer",
    "SelectionDecision",
    "SelectionOverride",
    "SendingTry",
    "SentInError",
    "ServiceToken",
    "Shift",
    "Staff",
    "StaffSkill",
    "SwitchSigning",
    "TakeHomeEvent",
    "TakeHomePrescription",
    "Task",
    "TaskStep",
    "TherapyAttendance",
    "TherapyMember",
    "TherapyNote",
    "TherapySession",
    "TrainingRun",
    "TreatmentSession",
    "TreatmentTrial",
    "TriageDecision",
    "UrgentAct",
    "UrgentCall",
    "ValueSetPack",
    "WaitingPriority",
    "WordingPack",
]
