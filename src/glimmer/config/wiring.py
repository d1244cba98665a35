"""What rooms need from each other without importing each other: plugged in here, once, when Django starts."""

import logging
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from glimmer.actions.ports import PORTS

LOG = logging.getLogger("glimmer.gateway")


def read_dialects(data_dir: Path) -> None:
    """Let the gateway read messages by the clinic's own dialect files too; say in the log which were left out."""
    from glimmer.gateway.dialect_files import read_book, use

    book = read_book(data_dir / "dialects")
    for problem in book.problems:
        LOG.error("A dialect file was left out, so its devices may not be understood. %s", problem)
    use(book)


def mark_documents() -> None:
    """Have SIMULATED stand across every document of a database for training, also where a command makes it.

    By what the database says, and not by how the process was started.
    """
    from glimmer.exchange.typeset import Mark
    from glimmer.records.training import TRAINING, purpose
    from glimmer.web.simulated import MARK

    Mark.says = MARK if purpose() == TRAINING else ""


def plug() -> None:
    """Plug the reader of referral bundles and the renderers of letters and session records into the actions' ports.

    Both are fetched when first used: a command that renders no letter does not load a typesetter.
    """
    PORTS.read_referral_bundle = _read_referral_bundle
    PORTS.read_questionnaire = _read_questionnaire
    PORTS.render_letter = _render_letter
    PORTS.letter_document = _letter_document
    PORTS.render_invoice = _render_invoice
    PORTS.render_consent = _render_consent
    PORTS.render_record = _render_record
    PORTS.serve_gateway = _serve_gateway
    PORTS.bedside_sink = _bedside_sink
    PORTS.render_sheets = _render_sheets
    PORTS.render_access_list = _render_access_list
    PORTS.read_device_message = _read_device_message
    PORTS.begin_care_identity = _begin_care_identity
    PORTS.finish_care_identity = _finish_care_identity
    PORTS.care_identity_keys = _care_identity_keys
    PORTS.sender = _sender
    PORTS.predict = _predict
    PORTS.weigh = _weigh
    PORTS.plan_capacity = _plan_capacity
    PORTS.plan_sites = _plan_sites
    PORTS.make_training_patient = _make_training_patient


def _make_training_patient(now: datetime) -> Any:
    from glimmer.cli.demo.training import make_training_patient

    return make_training_patient(now)


def _read_referral_bundle(raw: bytes) -> Any:
    from glimmer.exchange.fhir.referral import read_referral_bundle

    return read_referral_bundle(raw)


def _read_questionnaire(raw: bytes) -> Any:
    from glimmer.exchange.fhir.questionnaire import read_questionnaire

    return read_questionnaire(raw)


def _render_letter(content: dict[str, Any]) -> bytes:
    from glimmer.exchange.letters import render_letter

    mark_documents()
    return render_letter(content)


def _letter_document(content: dict[str, Any], number: int) -> dict[str, Any]:
    from glimmer.exchange.fhir.letter import letter_document

    return letter_document(content, number)


def _render_invoice(content: dict[str, Any]) -> bytes:
    from glimmer.exchange.invoices import render_invoice

    mark_documents()
    return render_invoice(content)


def _render_consent(content: dict[str, Any]) -> bytes:
    from glimmer.exchange.consent import render_consent

    mark_documents()
    return render_consent(content)


def _read_device_message(raw: bytes, received_at: datetime) -> Any:
    from glimmer.config.bedside import facts_of
    from glimmer.gateway.message import read_message
    from glimmer.gateway.sink import Received

    return facts_of(Received(raw, read_message(raw, received_at), received_at, ""))


def _serve_gateway() -> None:
    from glimmer.config.gateway_process import NotStarted, serve_gateway

    try:
        serve_gateway()
    except NotStarted as problem:
        raise SystemExit(str(problem)) from None


def _bedside_sink() -> Any:
    from glimmer.config.bedside import BedsideSink

    return BedsideSink()


def _render_sheets(content: dict[str, Any]) -> bytes:
    from glimmer.exchange.downtime import render_sheets

    mark_documents()
    return render_sheets(content)


def _begin_care_identity(back: str) -> dict[str, str]:
    from glimmer.exchange.care_identity import begin

    return begin(back).kept()


def _finish_care_identity(answer: str, kept: dict[str, str]) -> Mapping[str, Any]:
    from glimmer.exchange.care_identity import Begun, finish

    return finish(answer, Begun(**kept))


def _care_identity_keys() -> dict[str, Any]:
    from glimmer.exchange.care_identity import public_keys

    return public_keys()


def _render_access_list(content: dict[str, Any]) -> bytes:
    from glimmer.exchange.access_list import render_access_list

    mark_documents()
    return render_access_list(content)


def _predict(asked: Mapping[str, Any]) -> Mapping[str, Any]:
    from glimmer.config.prediction_process import PROCESS

    return PROCESS.ask(asked)


def _weigh(asked: Mapping[str, Any]) -> Mapping[str, Any]:
    from glimmer.config.prediction_process import ECONOMICS

    return ECONOMICS.ask(asked)


def _plan_capacity(asked: Mapping[str, Any]) -> Mapping[str, Any]:
    from glimmer.config.prediction_process import CAPACITY

    # The roll-out works on tables as siting does.
    return CAPACITY.ask({**asked, "folder": _planning_folder()} if asked.get("question") == "rollout" else asked)


def _plan_sites(asked: Mapping[str, Any]) -> Mapping[str, Any]:
    from glimmer.config.prediction_process import SITING

    return SITING.ask({**asked, "folder": _planning_folder()})


def _planning_folder() -> str:
    """Return the folder of this machine's tables, "" for none: only the settings say which, never a page."""
    from django.conf import settings

    folder = settings.ENVIRONMENT.planning_dir
    return str(Path(folder).resolve()) if folder else ""


def _sender() -> Any:
    """Return the sender that the settings name."""
    from django.conf import settings
    from django.utils.module_loading import import_string

    known = {"outbox": "glimmer.actions.delivery.KeptHere", "smtp": "glimmer.exchange.mail.Smtp"}
    named = settings.ENVIRONMENT.sender
    return import_string(known.get(named, named))()


def _render_record(**facts: Any) -> bytes:
    from glimmer.exchange.record import render_record

    mark_documents()
    return render_record(**facts)
