"""What waits for the school's signature: one list, ticked and signed together."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from zhixing.agreements import signing, together, together_jobs
from zhixing.agreements.models import AgreementKind
from zhixing.kernel import progress
from zhixing.kernel.sheet import sheet_or_404
from zhixing.kernel.typed import wholes

_SHOWN = 500


@require_http_methods(["GET", "POST"])
def waiting_page(request: HttpRequest) -> HttpResponse:
    """Tick, type the name once, and every ticked paper is signed by itself with its evidence."""
    actor = request.actor  # type: ignore[attr-defined]
    if not actor.can(together.SCHOOL, "approve" if request.method == "POST" else "view"):
        raise PermissionDenied(_("Your role does not include this."))
    typed, errors = request.POST.get("typed", ""), []
    picked = set(wholes(request.POST.getlist("pk")))
    if request.method == "POST":
        try:
            if not request.POST.get("agree"):
                raise ValidationError(_("Tick that you have read the papers and agree."), code="consent")
            witness = signing.witness_of(request, together.consent())
            if len(picked) > together.AT_ONCE:
                together.refuse_name(typed, actor)
                row = together_jobs.sign_soon(sorted(picked), by=actor, typed=typed, witness=witness)
                return redirect(progress.next_page(row))
            found = together.sign_many(picked, by=actor, typed=typed, witness=witness)
            said = ngettext("%(number)s agreement is signed.", "%(number)s agreements are signed.", found.done)
            if found.done:
                messages.success(request, said % {"number": found.done})
            for name, reason in list(found.refused.items())[:10]:
                messages.error(request, f"{name}：{reason}")
            return redirect("signing-waiting")
        except ValidationError as refused:
            errors = refused.messages
    kind = request.GET.get("kind", "")
    waiting = together.waiting_for(actor)
    kinds = AgreementKind.objects.filter(pk__in=waiting.order_by().values("agreement__kind")).order_by("name")
    shown = waiting.filter(agreement__kind__code=kind) if kind else waiting
    rows = list(
        shown.select_related("agreement__kind", "agreement__unit", "agreement__counterparty", "agreement__student")[
            :_SHOWN
        ]
    )
    sheet = sheet_or_404("agreements.agreement")
    address = sheet.addresses("detail")
    context = {
        "rows": [
            {"ask": row, "url": address(row.agreement_id) if address else "", "ticked": not picked or row.pk in picked}
            for row in rows
        ],
        "total": shown.count(),
        "kinds": kinds,
        "kind": kind,
        "typed": typed,
        "name": actor.name,
        "errors": errors,
        "may": actor.can(together.SCHOOL, "approve"),
        "consent": together.consent(),
        "crumbs": [
            {"label": sheet.label_plural, "url": sheet.url("list")},
            {"label": _("For the school to sign"), "url": ""},
        ],
    }
    return render(request, "agreements/signing_waiting.html", context, status=422 if errors else 200)
