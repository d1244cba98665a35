"""“Your sign-in”: one's own password, apps and keys, recovery codes, and signing out everywhere.

Whatever changes how somebody signs in asks for the password once more: a screen that was left open is not enough.
"""

from typing import Any

from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse

from glimmer.actions.passwords import change_password
from glimmer.actions.second_factor import (
    must_have_second_factor,
    remove_factor,
    renew_recovery_codes,
    sign_out_everywhere,
)
from glimmer.records.access_sign_in import access_own_factor, person_signing_in
from glimmer.records.sign_in import factors_of, recovery_codes_of
from glimmer.web.forms import Form, Secret, Text, attempt
from glimmer.web.gate import StaffRequest, page
from glimmer.web.pages import done, show
from glimmer.web.second_factor import AppForm, NewPasswordForm, add_new_app, new_app_shown, shown_recovery_codes
from glimmer.web.sign_in import check_own_password


class ConfirmForm(Form):
    """The password once more."""

    password = Secret("Your password again", missing="Enter your password once more: this changes how you sign in.")


class ChangeForm(ConfirmForm, NewPasswordForm):
    """The old password and a new one."""

    name = "change"
    field_order = ("password", "new")


class NewAppForm(ConfirmForm, AppForm):
    """A new app, with the password once more."""

    name = "app"
    field_order = ("label", "code", "password")


class RemoveForm(ConfirmForm):
    """Why an app or a key is removed."""

    reason = Text(
        "Why is it removed?", missing="Say why, such as: lost.", max_length=500, hint="Such as: lost, replaced"
    )
    field_order = ("reason", "password")


class RenewForm(ConfirmForm):
    """New recovery codes."""

    name = "renew"


class EverywhereForm(ConfirmForm):
    """Signing out everywhere."""

    name = "everywhere"


@page("sign_in.own")
def own_sign_in(request: StaffRequest) -> HttpResponse:
    """Show how the person signs in, and let them change it."""
    return _shown(request)


@page("sign_in.own", methods=("POST",))
def password_post(request: StaffRequest) -> HttpResponse:
    """Change the password; sign-ins elsewhere end, this one goes on."""
    form = ChangeForm(request.POST)

    def change(data: dict[str, Any]) -> None:
        check_own_password(request, data["password"])
        update_session_auth_hash(request, change_password(data["new"], by=request.staff))

    if attempt(form, change):
        return done(request, "Your password is changed. Whatever you had open elsewhere is signed out.", "own_sign_in")
    return _shown(request, form)


@page("sign_in.own", methods=("GET", "POST"))
def new_app(request: StaffRequest) -> HttpResponse:
    """Add an app that shows codes."""
    form = NewAppForm(request.POST if request.method == "POST" else None)
    codes: list[str] = []

    def add(data: dict[str, Any]) -> None:
        check_own_password(request, data["password"])
        codes.extend(add_new_app(request, request.staff, data))

    if request.method == "POST" and attempt(form, add):
        if codes:
            return shown_recovery_codes(request, codes)
        return done(request, "The app is added. Its codes work from now on.", "own_sign_in")
    return show(
        request,
        "own_app.html",
        title="Add an app for codes",
        forms=[form] if form.is_bound else [],
        form=form,
        trail=[("Your sign-in", "own_sign_in")],
        **new_app_shown(request, request.staff),
    )


@page("sign_in.own", methods=("POST",))
def remove_post(request: StaffRequest, factor_id: int) -> HttpResponse:
    """Remove an app or a key."""
    factor = access_own_factor(request.staff, factor_id)
    form = RemoveForm(request.POST, name=f"remove-{factor_id}")

    def remove(data: dict[str, Any]) -> None:
        check_own_password(request, data["password"])
        remove_factor(factor, data["reason"], by=request.staff)

    if attempt(form, remove):
        return done(request, f"“{factor.name}” is removed and can no longer be used.", "own_sign_in")
    return _shown(request, form)


@page("sign_in.own", methods=("POST",))
def recovery_post(request: StaffRequest) -> HttpResponse:
    """Make new recovery codes; the old ones are void."""
    form = RenewForm(request.POST)
    codes: list[str] = []

    def renew(data: dict[str, Any]) -> None:
        check_own_password(request, data["password"])
        codes.extend(renew_recovery_codes(by=request.staff))

    return shown_recovery_codes(request, codes) if attempt(form, renew) else _shown(request, form)


@page("sign_in.own", methods=("POST",))
def everywhere_post(request: StaffRequest) -> HttpResponse:
    """End every sign-in of the person, this one included."""
    form = EverywhereForm(request.POST)

    def end(data: dict[str, Any]) -> None:
        check_own_password(request, data["password"])
        sign_out_everywhere(by=request.staff)

    if not attempt(form, end):
        return _shown(request, form)
    request.session.flush()
    messages.success(request, "You are signed out everywhere.")
    return HttpResponseRedirect(reverse("sign_in"))


def _shown(request: StaffRequest, posted: Form | None = None) -> HttpResponse:
    # Read anew: what another window just did is shown as well.
    staff = person_signing_in(request.staff.pk) or request.staff
    factors = [(one, RemoveForm(name=f"remove-{one.pk}")) for one in factors_of(staff)]
    made: dict[str, Form] = {"change": ChangeForm(), "renew": RenewForm(), "everywhere": EverywhereForm()}
    if posted is not None:
        name = str(posted.auto_id).removesuffix("-%s")
        made[name] = posted
        factors = [(one, posted if name == f"remove-{one.pk}" else form) for one, form in factors]  # type: ignore[misc]
    return show(
        request,
        "own_sign_in.html",
        title="Your sign-in",
        forms=[posted] if posted is not None else [],
        factors=factors,
        made=made,
        codes_left=recovery_codes_of(staff).count(),
        is_required=must_have_second_factor(staff),
        has_password=staff.has_usable_password(),
    )
