"""The FHIR R4 resources a referral may hold, as small models.

Only the elements that the mapping reads are fields. All others stay in `model_extra`: the mapping
lists their names for the person who imports. Source of the shapes: HL7 FHIR R4 (4.0.1).
"""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field


class Element(BaseModel):
    """Anything in FHIR. Unknown elements are kept by name, never refused."""

    model_config = ConfigDict(extra="allow", frozen=True, strict=True)


class Coding(Element):
    """One code of a code system."""

    system: str = ""
    code: str = ""
    display: str = ""


class CodeableConcept(Element):
    """A concept by codes, by text or both."""

    coding: tuple[Coding, ...] = Field(default=(), strict=False)
    text: str = ""

    @property
    def words(self) -> str:
        """The concept as a person wrote it, else the first display, else the bare code."""
        if self.text.strip():
            return self.text.strip()
        for coding in self.coding:
            if coding.display.strip():
                return coding.display.strip()
        return next((coding.code for coding in self.coding if coding.code), "")

    @property
    def all_words(self) -> str:
        """Text and every display in one string, lower case, for looking something up."""
        return " ".join([self.text, *(coding.display for coding in self.coding)]).casefold()

    def has(self, system: str, *codes: str) -> bool:
        """Say whether one of the codings is one of `codes` of `system`."""
        return any(coding.system == system and coding.code in codes for coding in self.coding)


class Extension(Element):
    """An extension by its address."""

    url: str = ""
    valueCodeableConcept: CodeableConcept | None = None


class Identifier(Element):
    """A number somebody gave, with the system it belongs to."""

    system: str = ""
    value: str = ""
    extension: tuple[Extension, ...] = Field(default=(), strict=False)


class Reference(Element):
    """A pointer to another resource."""

    reference: str = ""
    display: str = ""
    identifier: Identifier | None = None


class Period(Element):
    """A stretch of time; both ends as FHIR dateTime text."""

    start: str = ""
    end: str = ""


class HumanName(Element):
    """A person's name."""

    use: str = ""
    text: str = ""
    family: str = ""
    given: tuple[str, ...] = Field(default=(), strict=False)
    prefix: tuple[str, ...] = Field(default=(), strict=False)
    period: Period | None = None


class ContactPoint(Element):
    """A telephone number, an email address or the like."""

    system: str = ""
    value: str = ""
    use: str = ""


class Address(Element):
    """A postal address."""

    use: str = ""
    text: str = ""
    line: tuple[str, ...] = Field(default=(), strict=False)
    city: str = ""
    district: str = ""
    postalCode: str = ""


class Annotation(Element):
    """A note."""

    text: str = ""


class Dosage(Element):
    """How a medicine is taken, in words."""

    text: str = ""
    patientInstruction: str = ""


class Resource(Element):
    """What every resource has."""

    resourceType: str
    id: str = ""
    contained: tuple[dict[str, Any], ...] = Field(default=(), strict=False)


class Communication(Element):
    """A language of the patient."""

    language: CodeableConcept = CodeableConcept()
    preferred: bool | None = None


class FhirPatient(Resource):
    """The person who is referred."""

    active: bool | None = None
    identifier: tuple[Identifier, ...] = Field(default=(), strict=False)
    name: tuple[HumanName, ...] = Field(default=(), strict=False)
    telecom: tuple[ContactPoint, ...] = Field(default=(), strict=False)
    gender: str = ""
    birthDate: str = ""
    deceasedBoolean: bool | None = None
    deceasedDateTime: str = ""
    address: tuple[Address, ...] = Field(default=(), strict=False)
    communication: tuple[Communication, ...] = Field(default=(), strict=False)
    generalPractitioner: tuple[Reference, ...] = Field(default=(), strict=False)


class Practitioner(Resource):
    """A clinician."""

    identifier: tuple[Identifier, ...] = Field(default=(), strict=False)
    name: tuple[HumanName, ...] = Field(default=(), strict=False)


class PractitionerRole(Resource):
    """A clinician in a post at an organisation."""

    practitioner: Reference | None = None
    organization: Reference | None = None
    code: tuple[CodeableConcept, ...] = Field(default=(), strict=False)
    specialty: tuple[CodeableConcept, ...] = Field(default=(), strict=False)


class Organization(Resource):
    """A practice, a trust."""

    identifier: tuple[Identifier, ...] = Field(default=(), strict=False)
    name: str = ""
    type: tuple[CodeableConcept, ...] = Field(default=(), strict=False)


class ServiceRequest(Resource):
    """The referral itself."""

    status: str = ""
    intent: str = ""
    priority: str = ""
    doNotPerform: bool | None = None
    category: tuple[CodeableConcept, ...] = Field(default=(), strict=False)
    code: CodeableConcept | None = None
    subject: Reference | None = None
    authoredOn: str = ""
    requester: Reference | None = None
    reasonCode: tuple[CodeableConcept, ...] = Field(default=(), strict=False)
    reasonReference: tuple[Reference, ...] = Field(default=(), strict=False)
    supportingInfo: tuple[Reference, ...] = Field(default=(), strict=False)
    note: tuple[Annotation, ...] = Field(default=(), strict=False)


class Condition(Resource):
    """An illness or problem."""

    clinicalStatus: CodeableConcept | None = None
    verificationStatus: CodeableConcept | None = None
    category: tuple[CodeableConcept, ...] = Field(default=(), strict=False)
    code: CodeableConcept | None = None
    subject: Reference | None = None
    onsetDateTime: str = ""
    abatementDateTime: str = ""
    recordedDate: str = ""
    note: tuple[Annotation, ...] = Field(default=(), strict=False)


class Medication(Resource):
    """A medicine that a statement or request points to."""

    code: CodeableConcept | None = None


class MedicationStatement(Resource):
    """A medicine that the patient takes or took."""

    status: str = ""
    medicationCodeableConcept: CodeableConcept | None = None
    medicationReference: Reference | None = None
    subject: Reference | None = None
    effectiveDateTime: str = ""
    effectivePeriod: Period | None = None
    dosage: tuple[Dosage, ...] = Field(default=(), strict=False)
    note: tuple[Annotation, ...] = Field(default=(), strict=False)


class MedicationRequest(Resource):
    """A medicine that was prescribed."""

    status: str = ""
    intent: str = ""
    doNotPerform: bool | None = None
    medicationCodeableConcept: CodeableConcept | None = None
    medicationReference: Reference | None = None
    subject: Reference | None = None
    authoredOn: str = ""
    dosageInstruction: tuple[Dosage, ...] = Field(default=(), strict=False)
    note: tuple[Annotation, ...] = Field(default=(), strict=False)


class AllergyIntolerance(Resource):
    """An allergy, or the statement that there is none."""

    clinicalStatus: CodeableConcept | None = None
    verificationStatus: CodeableConcept | None = None
    code: CodeableConcept | None = None
    patient: Reference | None = None


class Encounter(Resource):
    """A visit or a stay. `class` is a word of Python's own."""

    status: str = ""
    class_: Coding | None = Field(default=None, alias="class")
    type: tuple[CodeableConcept, ...] = Field(default=(), strict=False)
    subject: Reference | None = None
    period: Period | None = None
    reasonCode: tuple[CodeableConcept, ...] = Field(default=(), strict=False)


class Attachment(Element):
    """A document's own title and date."""

    title: str = ""
    creation: str = ""


class DocumentContent(Element):
    """One form of a document."""

    attachment: Attachment = Attachment()


class DocumentReference(Resource):
    """A letter or another document."""

    status: str = ""
    type: CodeableConcept | None = None
    category: tuple[CodeableConcept, ...] = Field(default=(), strict=False)
    subject: Reference | None = None
    date: str = ""
    description: str = ""
    content: tuple[DocumentContent, ...] = Field(default=(), strict=False)


class Quantity(Element):
    """A number with a unit."""

    value: float | None = Field(default=None, strict=False)
    unit: str = ""


class Answer(Element):
    """One answer of a form, in the forms of it that we can read."""

    valueString: str | None = None
    valueBoolean: bool | None = None
    valueInteger: int | None = None
    valueDecimal: float | None = Field(default=None, strict=False)
    valueDate: str | None = None
    valueDateTime: str | None = None
    valueCoding: Coding | None = None

    @property
    def words(self) -> str:
        """The answer as text; empty when its form is one we cannot read."""
        if self.valueCoding is not None:
            return self.valueCoding.display or self.valueCoding.code
        if self.valueBoolean is not None:
            return "yes" if self.valueBoolean else "no"
        for value in (self.valueString, self.valueInteger, self.valueDecimal, self.valueDate, self.valueDateTime):
            if value is not None:
                return str(value)
        return ""


class FormItem(Element):
    """One question of a form with its answers."""

    linkId: str = ""
    text: str = ""
    answer: tuple[Answer, ...] = Field(default=(), strict=False)
    item: tuple["FormItem", ...] = Field(default=(), strict=False)


class QuestionnaireResponse(Resource):
    """A form that somebody filled in."""

    questionnaire: str = ""
    status: str = ""
    subject: Reference | None = None
    source: Reference | None = None
    authored: str = ""
    item: tuple[FormItem, ...] = Field(default=(), strict=False)


class Observation(Resource):
    """A measurement or a score."""

    status: str = ""
    code: CodeableConcept = CodeableConcept()
    subject: Reference | None = None
    effectiveDateTime: str = ""
    valueInteger: int | None = None
    valueQuantity: Quantity | None = None


class ListEntry(Element):
    """One line of a list."""

    deleted: bool | None = None
    item: Reference = Reference()


class FhirList(Resource):
    """A list that says which item of the minimum set its entries answer, or that there are none."""

    status: str = ""
    title: str = ""
    code: CodeableConcept | None = None
    subject: Reference | None = None
    entry: tuple[ListEntry, ...] = Field(default=(), strict=False)
    emptyReason: CodeableConcept | None = None
    note: tuple[Annotation, ...] = Field(default=(), strict=False)


class MessageHeader(Resource):
    """The envelope of a message bundle."""

    eventCoding: Coding | None = None
    response: dict[str, Any] | None = None
    reason: CodeableConcept | None = None
    focus: tuple[Reference, ...] = Field(default=(), strict=False)


MODELS: dict[str, type[Resource]] = {
    "Patient": FhirPatient,
    "Practitioner": Practitioner,
    "PractitionerRole": PractitionerRole,
    "Organization": Organization,
    "ServiceRequest": ServiceRequest,
    "Condition": Condition,
    "Medication": Medication,
    "MedicationStatement": MedicationStatement,
    "MedicationRequest": MedicationRequest,
    "AllergyIntolerance": AllergyIntolerance,
    "Encounter": Encounter,
    "DocumentReference": DocumentReference,
    "QuestionnaireResponse": QuestionnaireResponse,
    "Observation": Observation,
    "List": FhirList,
    "MessageHeader": MessageHeader,
}
"""The resource types that we read, and their models."""
