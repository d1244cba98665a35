"""Two signatures on one form: the author's and the witness's own passwords, there and then."""

from glimmer.actions.controlled import witnesses
from glimmer.records.staff import Staff
from glimmer.web.forms import Form
from glimmer.web.gate import StaffRequest
from glimmer.web.sign_in import check_own_password, check_password_of


def signed_by_two(request: StaffRequest, form: Form) -> Staff | None:
    """Check both signatures of a form and return the witness, or None for a form that one person signs."""
    data = form.cleaned_data
    check_own_password(request, data["password"])
    if "witness" not in data:
        return None
    witness = witnesses(request.staff).get(pk=int(data["witness"]))
    check_password_of(witness, data["witness_password"], "witness_password", by=request.staff)
    return witness
