"""A FHIR R4 bundle, read with suspicion: what it is, whom it is about, and who points to whom."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, TypeVar

from pydantic import ValidationError

from glimmer.exchange.fhir.documents import read_json
from glimmer.exchange.fhir.resources import MODELS, FhirPatient, MessageHeader, Reference, Resource
from glimmer.vocabulary.problems import BadInput

LARGEST_BYTES = 6 * 1024 * 1024
"""More than this is refused before it is read. A referral with its letters listed takes a few hundred kilobytes."""

TOO_LARGE = "Ask the sender to leave scanned letters out and send them separately."

READABLE_TYPES = ("collection", "transaction", "batch", "message", "searchset", "document")

# Resources that only other releases of FHIR have: a sign that the sender speaks STU3 or DSTU2.
OLDER_RESOURCES = {"ReferralRequest", "ProcedureRequest", "MedicationOrder", "DiagnosticOrder", "ProcessRequest"}

Kind = TypeVar("Kind", bound=Resource)


@dataclass(frozen=True)
class Entry:
    """One resource of the bundle, the address it stands under, and its model where we have one."""

    address: str
    type: str
    id: str
    resource: Resource | None
    element_names: tuple[str, ...]

    @property
    def name(self) -> str:
        """The entry as messages call it, such as `Condition c1`."""
        return f"{self.type} {self.id}" if self.id else self.type


@dataclass
class Bundle:
    """The readable entries of one bundle. `used` collects those that the mapping has taken over."""

    bundle_type: str
    entries: tuple[Entry, ...]
    used: set[int] = field(default_factory=set)

    def all(self, kind: type[Kind]) -> Iterator[tuple[Entry, Kind]]:
        """Yield the entries of one kind with their models, in the order of the bundle."""
        for entry in self.entries:
            if isinstance(entry.resource, kind):
                yield entry, entry.resource

    def resolve(self, reference: Reference | None, inside: Resource | None = None) -> Entry | None:
        """Return the entry that a reference points to, or None; `inside` is the resource that holds it."""
        if reference is None or not reference.reference:
            return None
        target = reference.reference
        if target.startswith("#"):
            return _contained(target[1:], inside)
        target = target.split("/_history/")[0]
        for entry in self.entries:
            if entry.address == target:
                return entry
        relative = "/".join(target.split("/")[-2:])
        matches = [entry for entry in self.entries if entry.id and f"{entry.type}/{entry.id}" == relative]
        return matches[0] if len(matches) == 1 else None

    def find(self, kind: type[Kind], reference: Reference | None, inside: Resource | None = None) -> Kind | None:
        """Return the resource of one kind that a reference points to, and mark it as taken over."""
        entry = self.resolve(reference, inside)
        if entry is None or not isinstance(entry.resource, kind):
            return None
        self.use(entry)
        return entry.resource

    def use(self, entry: Entry) -> None:
        """Note that an entry was taken over."""
        self.used.add(id(entry))

    def unused(self) -> tuple[Entry, ...]:
        """Return the entries that nothing has taken over."""
        return tuple(entry for entry in self.entries if id(entry) not in self.used)


def parse_bundle(raw: bytes) -> Bundle:
    """Return the bundle in `raw`, or raise BadInput that says what the document is instead."""
    document = read_json(raw, largest_bytes=LARGEST_BYTES, too_large=TOO_LARGE)
    if not isinstance(document, dict):
        raise BadInput("This file holds JSON, but no FHIR bundle. Ask the sender for a FHIR R4 bundle.", field="file")
    kind = document.get("resourceType")
    if kind != "Bundle":
        raise BadInput(_not_a_bundle(kind), field="file")
    bundle_type = document.get("type")
    if bundle_type not in READABLE_TYPES:
        raise BadInput(
            f"This is a FHIR bundle of the type “{_short(bundle_type)}”, which cannot hold a referral. "
            f"A referral comes as one of: {', '.join(READABLE_TYPES)}.",
            field="file",
        )
    _refuse_rules_we_do_not_know(document, "The bundle")
    entries = document.get("entry") or []
    if not isinstance(entries, list):
        raise BadInput("The bundle's entries are not a list, so it cannot be read.", field="file")
    bundle = Bundle(bundle_type, tuple(_entry(number, entry) for number, entry in enumerate(entries, start=1)))
    _refuse_answers(bundle)
    return bundle


def _not_a_bundle(kind: object) -> str:
    if kind == "OperationOutcome":
        return "This is an error report of another system (OperationOutcome), not a referral. Ask the sender."
    if isinstance(kind, str):
        return (
            f"This is a single FHIR resource of the type {_short(kind)}, not a bundle. "
            "A referral needs the patient and the request together in one bundle."
        )
    return "This file holds JSON, but no FHIR bundle: it has no resourceType. Ask the sender for a FHIR R4 bundle."


def _entry(number: int, entry: object) -> Entry:
    if not isinstance(entry, dict) or not isinstance(entry.get("resource"), dict):
        raise BadInput(
            f"Entry {number} of the bundle holds no resource. Ask the sender for a complete one.", field="file"
        )
    request = entry.get("request")
    if isinstance(request, dict) and request.get("method") == "DELETE":
        raise BadInput(f"Entry {number} of the bundle asks to delete something. A referral only adds.", field="file")
    return _read(entry["resource"], str(entry.get("fullUrl") or ""), f"Entry {number}")


def _read(body: dict[str, Any], address: str, where: str) -> Entry:
    kind = body.get("resourceType")
    if not isinstance(kind, str) or not kind:
        raise BadInput(f"{where} of the bundle does not say what it is (no resourceType).", field="file")
    if kind in OLDER_RESOURCES:
        raise BadInput(
            f"{where} is a {kind}, which FHIR R4 no longer has: the bundle seems to be of an older release. "
            "Ask the sender for FHIR R4 (UK Core).",
            field="file",
        )
    if kind in {"MedicationStatement", "MedicationRequest"} and "medication" in body:
        raise BadInput(
            f"{where} ({kind}) names its medicine in the way of FHIR R5. Ask the sender for FHIR R4 (UK Core).",
            field="file",
        )
    model = MODELS.get(kind)
    if model is None:
        return Entry(address, _short(kind), str(body.get("id") or "")[:64], None, ())
    _refuse_rules_we_do_not_know(body, f"{where} ({kind})")
    try:
        resource = model.model_validate(body)
    except ValidationError as error:
        raise BadInput(_what_is_wrong(where, kind, error), field="file") from None
    return Entry(address, kind, resource.id, resource, tuple(resource.model_extra or ()))


def _what_is_wrong(where: str, kind: str, error: ValidationError) -> str:
    first = error.errors(include_url=False, include_context=False, include_input=False)[0]
    place = ".".join(str(part) for part in first["loc"]) or "the resource"
    return (
        f"{where} ({kind}) is not valid FHIR R4: {place} has the wrong form ({first['msg'].lower()}). "
        "Ask the sender to check it."
    )


def _refuse_rules_we_do_not_know(body: dict[str, Any], where: str) -> None:
    # FHIR R4, 2.5.1.1: whoever does not understand a modifier extension or implicit rules must not process.
    for name in ("implicitRules", "modifierExtension"):
        if body.get(name):
            raise BadInput(
                f"{where} carries {name}, which may change its meaning in a way we do not know. "
                "It cannot be imported safely; type the referral in.",
                field="file",
            )


def _refuse_answers(bundle: Bundle) -> None:
    for _, header in bundle.all(MessageHeader):
        if header.response:
            raise BadInput("This message is the answer to an earlier message, not a referral.", field="file")
        if header.reason is not None and any(coding.code == "delete" for coding in header.reason.coding):
            raise BadInput("This message takes back an earlier one. Nothing was imported.", field="file")


def the_patient(bundle: Bundle) -> tuple[Entry, FhirPatient]:
    """Return the bundle's only patient; raise BadInput when there is none, or more than one."""
    found = list(bundle.all(FhirPatient))
    if not found:
        raise BadInput(
            "This bundle holds no patient. A referral needs exactly one Patient and one ServiceRequest.", field="file"
        )
    if len(found) > 1:
        raise BadInput(
            f"This bundle holds {len(found)} patients, so it is not clear who is referred. "
            "Ask the sender for one bundle per patient.",
            field="file",
        )
    return found[0]


def _contained(target: str, inside: Resource | None) -> Entry | None:
    for body in inside.contained if inside is not None else ():
        if body.get("id") == target:
            return _read(body, "", "A contained resource")
    return None


def _short(text: object) -> str:
    return str(text)[:40]
