"""What other systems read, each with a token of its own: no session, no cookie, no patient.

curl -H "Authorization: Bearer glimmer_service_..." https://clinic.example/service/status
"""

from collections.abc import Callable
from functools import wraps

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone

from glimmer.actions.live import trouble
from glimmer.actions.services import NotAdmitted, admit
from glimmer.actions.worklist import open_journeys
from glimmer.records.switches import functions_now
from glimmer.vocabulary.functions import Function
from glimmer.vocabulary.problems import NotAllowed
from glimmer.web.gate import page

View = Callable[[HttpRequest], HttpResponse]


def service(scope: str) -> Callable[[View], View]:
    """Mark a view as one that a machine reads with a token for `scope`. Nobody's cookie opens it."""

    def mark(view: View) -> View:
        @page(None, machine=True, looks="")
        @wraps(view)
        def guarded(request: HttpRequest) -> HttpResponse:
            kind, _, token = request.headers.get("Authorization", "").partition(" ")
            try:
                admit(token if kind.lower() == "bearer" else "", scope)
            except NotAdmitted as problem:
                return _refused(401, problem)
            except NotAllowed as problem:
                return _refused(403, problem)
            answer = view(request)
            answer.headers["Cache-Control"] = "no-store"
            return answer

        return guarded

    return mark


def _refused(status: int, problem: Exception) -> JsonResponse:
    answer = JsonResponse({"problem": str(problem)}, status=status)
    if status == 401:
        answer.headers["WWW-Authenticate"] = 'Bearer realm="Glimmer"'
    return answer


@service("status.read")
def status(request: HttpRequest) -> HttpResponse:
    """Say whether this clinic's parts work, and which functions are on."""
    now = functions_now()
    said = {"at": timezone.now().isoformat(), "troubles": [one.says for one in trouble()]}
    return JsonResponse({**said, "functions_on": [one.value for one in Function if now.is_on(one)]})


@service("counts.read")
def counts(request: HttpRequest) -> HttpResponse:
    """Say how many open journeys stand where."""
    rows = [{"step": one.step, "state": one.state, "count": one.count} for one in open_journeys()]
    return JsonResponse({"at": timezone.now().isoformat(), "open_journeys": rows})
