"""Signing in by NHS Care Identity or another OpenID provider: away to it, back from it, and our public key for it.

The provider says who somebody is; whether that person works here, and as what, stays the clinic's own: a member of
staff is linked to their identity by an administrator (`glimmer staff link`), and nobody else gets in.
"""

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.urls import reverse
from django.utils import timezone

from glimmer.actions.ports import port
from glimmer.records.access_sign_in import person_identified
from glimmer.vocabulary.problems import Problem
from glimmer.web import errors
from glimmer.web.gate import page
from glimmer.web.pending import begin, go_on

KEPT_AS = "care_identity"
LASTS_SECONDS = 600
TITLE = "This sign-in did not work"
PROVED = "care identity"


@page(None)
def away(request: HttpRequest) -> HttpResponse:
    """Send the browser to the provider."""
    if not settings.ENVIRONMENT.oidc_issuer:
        return _refused(request, "This clinic signs in with user name and password only.")
    back = request.build_absolute_uri(reverse("care_identity_back"))
    try:
        begun = port("begin_care_identity")(back)
    except Problem as problem:
        return _refused(request, str(problem))
    request.session.cycle_key()
    kept = {"begun": begun, "began": timezone.now().timestamp(), "wanted": request.GET.get("next", "")}
    request.session[KEPT_AS] = kept
    return HttpResponseRedirect(begun["address"])


@page(None)
def back(request: HttpRequest) -> HttpResponse:
    """Take what the provider sent the browser back with, once, and go on to what is lacking."""
    kept = request.session.pop(KEPT_AS, None)
    if not kept or not 0 <= timezone.now().timestamp() - kept["began"] <= LASTS_SECONDS:
        return _refused(request, "This sign-in took too long, or began in another window. Begin again.")
    try:
        claims = port("finish_care_identity")(request.build_absolute_uri(), kept["begun"])
    except Problem as problem:
        return _refused(request, str(problem))
    staff = person_identified(claims["iss"], str(claims.get(settings.ENVIRONMENT.oidc_subject) or ""))
    if staff is None:
        return _refused(
            request,
            "The provider knows you, but nobody of this clinic is linked to your identity. "
            "Ask the clinic's administrator to link it: glimmer staff link.",
        )
    begin(request, staff, kept["wanted"], proved=PROVED)
    return go_on(request)


@page(None)
def keys(request: HttpRequest) -> HttpResponse:
    """Show our public key, by which the provider knows that it is us who asks."""
    return JsonResponse(port("care_identity_keys")())


def _refused(request: HttpRequest, why: str) -> HttpResponse:
    return errors.error_page(request, 422, TITLE, why)
