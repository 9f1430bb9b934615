"""The verification page: anybody may ask whether a paper is ours and unchanged; no account, no personal data."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_protect
from django.views.decorators.http import require_GET, require_http_methods

from zhixing.agreements import keys, pdf, verification
from zhixing.agreements.models import Agreement, AgreementDocument, AgreementKind
from zhixing.kernel import filing

# A look at a file costs a second of work, a look at a code none; both are counted by network address, in ten minutes.
WINDOW = 600
FILES, LOOKS = 20, 120
_ACCEPTED = ("application/pdf", "image/jpeg", "image/png", "image/webp")
_MOST_BYTES = 20 * 1024 * 1024


def _too_often(request: HttpRequest, what: str, limit: int) -> bool:
    key = f"verify:{what}:{request.META.get('REMOTE_ADDR', '')}"
    cache.add(key, 0, WINDOW)
    try:
        return cache.incr(key) > limit
    except ValueError:  # The window ended between the two lines.
        return False


def _shown(answer: verification.Answer) -> dict[str, Any]:
    kind = AgreementKind.objects.filter(code=answer.kind).first() if answer.kind else None
    return {
        "answer": answer,
        "kind": str(kind or verification.label_of(answer.kind) or answer.kind),
        "status": Agreement.Status(answer.status).label if answer.status else "",
        "paper": AgreementDocument.Kind(answer.paper).label if answer.paper else "",
    }


def _content(file: UploadedFile) -> bytes:
    mime, _digest = filing.check(file)
    if mime not in _ACCEPTED:
        raise ValidationError(_("Upload a PDF, or a photograph of the page with the QR."))
    if (file.size or 0) > _MOST_BYTES:
        raise ValidationError(_("The file is larger than %(mb)s MB.") % {"mb": _MOST_BYTES // 1024 // 1024})
    return file.read()


@login_not_required
@csrf_protect
@require_http_methods(["GET", "HEAD", "POST"])
def verify_page(request: HttpRequest, text: str = "", page: int = 0) -> HttpResponse:
    """Upload a paper, or paste what its QR says; from a phone's camera the address brings the text along."""
    error, context = "", {}
    asked = text or request.POST.get("text", "").strip()[:1000]
    file = request.FILES.get("file")
    if request.method == "POST" or text:
        if _too_often(request, "file" if file else "look", FILES if file else LOOKS):
            return _page(request, {"error": _("Too many questions from your network. Please wait ten minutes.")}, 429)
        try:
            if file is not None:
                context = _shown(verification.of_file(_content(file)))
            elif asked:
                context = _shown(verification.of_text(asked))
            else:
                error = _("Choose a file, or enter what stands in the QR.")
        except ValidationError as refused:
            error = "；".join(refused.messages)
    return _page(request, {**context, "error": error, "asked": asked}, 422 if error else 200)


def _page(request: HttpRequest, context: dict[str, Any], status: int) -> HttpResponse:
    defaults = {"answer": None, "error": "", "asked": "", "kind": "", "status": "", "paper": ""}
    response = render(request, "agreements/verify.html", {**defaults, **context}, status=status)
    response.headers["Cache-Control"] = "no-store, private"
    response.headers["X-Robots-Tag"] = "noindex"
    return response


@login_not_required
@require_GET
def public_key_page(request: HttpRequest) -> HttpResponse:
    """The public key on a page that can be printed and hung up, with what it is good for."""
    text = keys.public_key_text()
    context = {"key": text, "pem": keys.public_key_pem()}
    return render(request, "agreements/verify_key.html", context)


@login_not_required
@require_GET
def public_key_file(request: HttpRequest) -> HttpResponse:
    """The public key for programs: PEM."""
    response = HttpResponse(keys.public_key_pem(), content_type="application/x-pem-file")
    response.headers["Content-Disposition"] = 'attachment; filename="zhixing-verify.pem"'
    return response


@login_not_required
@require_GET
def public_key_qr(request: HttpRequest) -> HttpResponse:
    """The public key as a QR."""
    return HttpResponse(pdf.qr_svg(keys.public_key_text()), content_type="image/svg+xml")
