"""What can be pressed about devices on the session page: connect one, connect the bay's, disconnect one."""

from typing import Any, ClassVar

from glimmer.actions import devices as do
from glimmer.vocabulary.problems import BadInput
from glimmer.web.session_forms import Hidden, PressForm
from glimmer.web.session_presses import Bedside, Press


class ConnectForm(PressForm):
    """One device to connect; `elsewhere` is the association that the page showed to be open, where it was."""

    name: ClassVar[str] = "connect"
    device = Hidden()
    elsewhere = Hidden()
    may_be_unnamed = Hidden()
    reason = Hidden(max_length=500)


class DisconnectForm(PressForm):
    """One device to take off this session, and why."""

    name: ClassVar[str] = "disconnect"
    device = Hidden()
    reason = Hidden(max_length=500)


class ConnectBayForm(PressForm):
    """All devices of the bay."""

    name: ClassVar[str] = "connect-bay"


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise BadInput("The page did not say which device is meant. Load it again and choose again.")
    return int(text)


def _connect(at: Bedside, form: Any, by: dict[str, Any]) -> object:
    data = form.cleaned_data
    return do.connect_device(
        at.session,
        _number(data["device"]),
        may_be_unnamed=data["may_be_unnamed"] == "yes",
        seen_elsewhere=_number(data["elsewhere"] or "0"),
        reason=data["reason"],
        **by,
    )


def _by(form: PressForm, request: Any) -> dict[str, Any]:
    return {"by": request.staff, "form_token": form.cleaned_data["form_token"]}


DEVICE_PRESSES: tuple[Press, ...] = (
    Press(
        "connect",
        "device.connect",
        lambda at, form, request: _connect(at, form, _by(form, request)),
        "The device is connected to this session.",
        "devices",
        lambda bedside, data: ConnectForm(data),
    ),
    Press(
        "connect_bay",
        "device.connect",
        lambda at, form, request: do.connect_bay(at.session, **_by(form, request)),
        "The devices of this bay are connected to this session.",
        "devices",
        lambda bedside, data: ConnectBayForm(data),
    ),
    Press(
        "disconnect",
        "device.connect",
        lambda at, form, request: do.disconnect_device(
            at.session, _number(form.cleaned_data["device"]), form.cleaned_data["reason"], **_by(form, request)
        ),
        "The device is disconnected from this session.",
        "devices",
        lambda bedside, data: DisconnectForm(data),
    ),
)
