"""The referral minimum set, from what a bundle holds.

An item is *present* only with data, *explicitly none* only where the bundle says so, else *missing*.
Three things say that data belongs to an item:

1. a List whose code is an item of `ITEM_SYSTEM`; its `emptyReason` nilknown means explicitly none (FHIR R4
   defines it as a clinician's positive statement, not as silence);
2. the kind of resource, where that leaves no doubt: a medicine that is being taken, a problem, a stay in
   hospital, a letter whose title says psychiatry, a form that the patient filled in;
3. nothing else. A medicine taken in the past, say, may or may not be a psychiatric one: it is listed in the
   warnings for a person to judge.
"""

from collections import defaultdict
from collections.abc import Iterable

from glimmer.exchange.fhir.bundle import Bundle, Entry, Kind
from glimmer.exchange.fhir.resources import (
    AllergyIntolerance,
    CodeableConcept,
    Condition,
    DocumentReference,
    Dosage,
    Encounter,
    FhirList,
    FormItem,
    Medication,
    MedicationRequest,
    MedicationStatement,
    Observation,
    QuestionnaireResponse,
    Reference,
)
from glimmer.guidance.instrument import instrument

ITEM_SYSTEM = "urn:glimmer:referral-item"
"""Code system of the items of the minimum set: the codes are the ids of `guidance.referral_items()`."""

EMPTY_REASON = "http://terminology.hl7.org/CodeSystem/list-empty-reason"
LOINC, SNOMED = "http://loinc.org", "http://snomed.info/sct"
SYSTEMS = {"loinc": LOINC, "snomed": SNOMED}

TAKEN_NOW = frozenset({"active", "intended", "recorded"})
NOT_MEANT = frozenset({"entered-in-error", "not-taken", "unknown", "draft", "cancelled"})


def items_of(bundle: Bundle, item_ids: Iterable[str], warnings: list[str]) -> dict[str, tuple[str, str]]:
    """Return item id to (state, text) for every item of the minimum set."""
    known = tuple(item_ids)
    found: dict[str, list[str]] = defaultdict(list)
    none_known = _from_lists(bundle, known, found, warnings)
    for item, lines in _from_kinds(bundle, warnings).items():
        if item in known:
            found[item].extend(lines)
    warnings.extend(_allergies(bundle))
    items = {}
    for item in known:
        if item in none_known and found[item]:
            warnings.append(
                f"The bundle says both that there is nothing for “{item}” and what there is. "
                "It was left as missing: ask the sender."
            )
            items[item] = ("missing", "")
        elif found[item]:
            items[item] = ("present", "\n".join(dict.fromkeys(found[item])))
        else:
            items[item] = ("none" if item in none_known else "missing", "")
    return items


def _from_lists(bundle: Bundle, known: tuple[str, ...], found: dict[str, list[str]], warnings: list[str]) -> set[str]:
    none_known = set()
    for entry, listed in bundle.all(FhirList):
        item = _item_of(listed, known)
        if item is None or listed.status != "current":
            continue
        bundle.use(entry)
        if listed.emptyReason is not None and listed.emptyReason.has(EMPTY_REASON, "nilknown"):
            none_known.add(item)
        for line in listed.entry:
            if not line.deleted:
                found[item].extend(_line_of_list(bundle, listed, line.item, warnings))
        found[item].extend(note.text.strip() for note in listed.note if note.text.strip())
    return none_known


def _item_of(listed: FhirList, known: tuple[str, ...]) -> str | None:
    if listed.code is None:
        return None
    return next((item for item in known if listed.code.has(ITEM_SYSTEM, item)), None)


def _line_of_list(bundle: Bundle, listed: FhirList, reference: Reference, warnings: list[str]) -> list[str]:
    entry = bundle.resolve(reference, listed)
    if entry is None:
        if reference.display.strip():
            return [reference.display.strip()]
        warnings.append(f"{listed.title or 'A list'} points to something that is not in the bundle.")
        return []
    bundle.use(entry)
    line = _words_of(bundle, entry)
    return [line] if line else []


def _words_of(bundle: Bundle, entry: Entry) -> str:
    resource = entry.resource
    if isinstance(resource, MedicationStatement | MedicationRequest):
        return _medicine(bundle, resource)
    if isinstance(resource, Condition):
        return _condition(resource)
    if isinstance(resource, Encounter):
        return _stay(resource)
    if isinstance(resource, DocumentReference):
        return _letter(resource)
    if isinstance(resource, QuestionnaireResponse):
        return _form(resource)
    if isinstance(resource, AllergyIntolerance) and resource.code is not None:
        return resource.code.words
    return ""


def _from_kinds(bundle: Bundle, warnings: list[str]) -> dict[str, list[str]]:
    return {
        "current_medicines": _medicines_taken_now(bundle, warnings),
        "illnesses": _illnesses(bundle),
        "admissions": _stays(bundle),
        "mental_health_letters": _letters(bundle),
        "patient_form": _forms(bundle),
    }


def _free(bundle: Bundle, kind: type[Kind]) -> list[tuple[Entry, Kind]]:
    """Return the resources of one kind that no List has claimed for an item."""
    return [(entry, resource) for entry, resource in bundle.all(kind) if id(entry) not in bundle.used]


def _medicines_taken_now(bundle: Bundle, warnings: list[str]) -> list[str]:
    lines: list[str] = []
    past: list[str] = []
    kinds: tuple[type[MedicationStatement] | type[MedicationRequest], ...] = (MedicationStatement, MedicationRequest)
    for kind in kinds:
        for entry, medicine in _free(bundle, kind):
            if medicine.status in NOT_MEANT or getattr(medicine, "doNotPerform", None):
                continue
            line = _medicine(bundle, medicine)
            if not line:
                continue
            bundle.use(entry)
            (lines if medicine.status in TAKEN_NOW else past).append(line)
    if past:
        warnings.append(
            "Medicines no longer taken, not filed under any item because the bundle does not say whether they are "
            f"psychiatric: {'; '.join(dict.fromkeys(past))}."
        )
    return lines


def _medicine(bundle: Bundle, medicine: MedicationStatement | MedicationRequest) -> str:
    concept = medicine.medicationCodeableConcept
    if concept is None:
        pointed = bundle.find(Medication, medicine.medicationReference, medicine)
        concept = pointed.code if pointed is not None else None
    name = concept.words if concept is not None else ""
    if not name and medicine.medicationReference is not None:
        name = medicine.medicationReference.display.strip()
    dosage = medicine.dosage if isinstance(medicine, MedicationStatement) else medicine.dosageInstruction
    parts = [name, _dosage(dosage), _times(medicine), *(note.text.strip() for note in medicine.note)]
    return ", ".join(part for part in parts if part) if name else ""


def _dosage(dosage: tuple[Dosage, ...]) -> str:
    return "; ".join(line.text.strip() or line.patientInstruction.strip() for line in dosage).strip("; ")


def _times(medicine: MedicationStatement | MedicationRequest) -> str:
    if isinstance(medicine, MedicationRequest):
        return f"prescribed {medicine.authoredOn[:10]}" if medicine.authoredOn else ""
    period = medicine.effectivePeriod
    if period is None:
        return f"on {medicine.effectiveDateTime[:10]}" if medicine.effectiveDateTime else ""
    start = f"from {period.start[:10]}" if period.start else ""
    end = f"until {period.end[:10]}" if period.end else ""
    return f"{start} {end}".strip()


def _illnesses(bundle: Bundle) -> list[str]:
    lines = []
    for entry, condition in _free(bundle, Condition):
        if not _holds(condition.verificationStatus):
            continue
        line = _condition(condition)
        if line:
            bundle.use(entry)
            lines.append(line)
    return lines


def _allergies(bundle: Bundle) -> list[str]:
    # Not an item of the minimum set, but the first hard rule of selection asks for them: said, never dropped.
    sentences = []
    for entry, allergy in bundle.all(AllergyIntolerance):
        if not _holds(allergy.verificationStatus) or allergy.code is None or not allergy.code.words:
            continue
        bundle.use(entry)
        details = [allergy.code.words, _code_of(allergy.clinicalStatus), _code_of(allergy.verificationStatus)]
        sentences.append(
            f"Allergy record: {', '.join(part for part in details if part)}. "
            "Use it when you answer the selection rules."
        )
    return sentences


def _holds(verification: CodeableConcept | None) -> bool:
    return _code_of(verification) not in {"entered-in-error", "refuted"}


def _code_of(concept: CodeableConcept | None) -> str:
    return concept.coding[0].code if concept is not None and concept.coding else ""


def _condition(condition: Condition) -> str:
    name = condition.code.words if condition.code is not None else ""
    if not name:
        return ""
    parts = [name]
    if status := _code_of(condition.clinicalStatus):
        parts.append(status)
    if begun := condition.onsetDateTime[:10]:
        parts.append(f"since {begun}")
    if ended := condition.abatementDateTime[:10]:
        parts.append(f"until {ended}")
    parts.extend(note.text.strip() for note in condition.note if note.text.strip())
    return ", ".join(parts)


def _stays(bundle: Bundle) -> list[str]:
    lines = []
    for entry, stay in _free(bundle, Encounter):
        # IMP is "inpatient encounter" of HL7's ActCode; a visit to a surgery is no admission.
        if stay.class_ is None or stay.class_.code not in {"IMP", "ACUTE"} or stay.status in {"cancelled", "planned"}:
            continue
        bundle.use(entry)
        lines.append(_stay(stay))
    return lines


def _stay(stay: Encounter) -> str:
    why = "; ".join(concept.words for concept in (*stay.reasonCode, *stay.type) if concept.words)
    period = stay.period
    when = f"{period.start[:10]} to {period.end[:10] or 'now'}" if period is not None and period.start else ""
    return ", ".join(part for part in ("Admission", when, why) if part)


def _letters(bundle: Bundle) -> list[str]:
    lines = []
    for entry, letter in _free(bundle, DocumentReference):
        if letter.status == "entered-in-error" or not _is_about_mental_health(letter):
            continue
        bundle.use(entry)
        lines.append(_letter(letter))
    return lines


def _is_about_mental_health(letter: DocumentReference) -> bool:
    concepts = [*letter.category, *([letter.type] if letter.type is not None else [])]
    words = " ".join([_letter(letter).casefold(), *(concept.all_words for concept in concepts)])
    return "psychiatr" in words or "mental health" in words


def _letter(letter: DocumentReference) -> str:
    attached = letter.content[0].attachment if letter.content else None
    title = letter.description.strip() or (attached.title.strip() if attached else "")
    if not title:
        title = letter.type.words if letter.type is not None else "Document"
    day = letter.date[:10] or (attached.creation[:10] if attached else "")
    return f"{title}, {day}" if day else title


def _forms(bundle: Bundle) -> list[str]:
    lines = []
    for entry, form in _free(bundle, QuestionnaireResponse):
        by_patient = bundle.resolve(form.source, form)
        if form.status not in {"completed", "amended"} or by_patient is None or by_patient.type != "Patient":
            continue
        bundle.use(entry)
        lines.append(_form(form))
    return lines


def _form(form: QuestionnaireResponse) -> str:
    day = f" of {form.authored[:10]}" if form.authored else ""
    return "\n".join([f"Form{day}", *_answers(form.item)])


def _answers(items: tuple[FormItem, ...]) -> list[str]:
    lines = []
    for item in items:
        given = ", ".join(answer.words or "an answer that cannot be shown as text" for answer in item.answer)
        if given:
            lines.append(f"{item.text or item.linkId}: {given}")
        lines.extend(_answers(item.item))
    return lines


def scores_sent(bundle: Bundle) -> list[str]:
    """Return a sentence for each PHQ-9 total in the bundle: shown, but never taken as our baseline."""
    phq9_total = instrument("phq9").codes_of("total")
    sentences = []
    for entry, observation in bundle.all(Observation):
        if not any(observation.code.has(SYSTEMS[system], code) for system, code in phq9_total.items()):
            continue
        total = observation.valueInteger
        if total is None and observation.valueQuantity is not None:
            total = int(observation.valueQuantity.value or 0)
        if total is None or observation.status == "entered-in-error":
            continue
        bundle.use(entry)
        day = observation.effectiveDateTime[:10] or "an unknown day"
        sentences.append(
            f"The sender recorded a PHQ-9 total of {total} on {day}. It is no baseline: the nine items are needed."
        )
    return sentences
