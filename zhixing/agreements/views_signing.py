"""Pages of signing: a signer's own page by link, the same inside, new links, and the pile of scans."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.cache import cache
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from zhixing.agreements import codes, invitations, rendering, scans, signing
from zhixing.agreements.forms_signing import DelegateForm, ScanForm
from zhixing.agreements.models import AgreementDocument, Signature, SignatureRequest, SigningCode
from zhixing.kernel import gateways, links, timeline
from zhixing.kernel.models import OutsideLink
from zhixing.kernel.scope import Actor
from zhixing.kernel.sheet import sheet_or_404
from zhixing.kernel.typed import whole

State, Channel, Method = SignatureRequest.State, SignatureRequest.Channel, Signature.Method
# For so long after the code was entered may one sign in the same browser.
_CODE_SECONDS = 45 * 60


# The paper ----------------------------------------------------------------------------------------------------------


def _paper(document: AgreementDocument) -> HttpResponse:
    try:
        stored = document.file.open("rb")
    except FileNotFoundError as error:
        raise Http404 from error
    response = FileResponse(stored, as_attachment=True, filename=document.name, content_type="application/pdf")
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


def _picture(document: AgreementDocument, number: str) -> HttpResponse:
    """One page of the paper as a picture: phones do not show a PDF inside a page."""
    index = (whole(number) or 0) - 1
    key = f"agreement-page:{document.sha256}:{index}"
    content = cache.get(key)
    if content is None:
        try:
            content = rendering.page_png(document.bytes(), index)
        except (rendering.Unreadable, FileNotFoundError) as error:
            raise Http404 from error
        if content is None:
            raise Http404
        cache.set(key, content, 600)
    response = HttpResponse(content, content_type="image/png")
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


def _file_of(request: HttpRequest, document: AgreementDocument) -> HttpResponse | None:
    if request.method not in ("GET", "HEAD"):
        return None
    if "page" in request.GET:
        return _picture(document, request.GET["page"])
    return _paper(document) if "file" in request.GET else None


# By link ------------------------------------------------------------------------------------------------------------


def _entered(request: HttpRequest, link: OutsideLink) -> SigningCode | None:
    """The code that was entered in this very browser, not too long ago."""
    kept = request.session.get("signing_codes", {}).get(str(link.pk))
    since = timezone.now() - timedelta(seconds=_CODE_SECONDS)
    return SigningCode.objects.filter(pk=kept, link=link, verified_at__gt=since).first() if kept else None


def _remember(request: HttpRequest, link: OutsideLink, code: SigningCode) -> None:
    kept = dict(request.session.get("signing_codes", {}))
    kept[str(link.pk)] = code.pk
    request.session["signing_codes"] = kept


def _others(ask: SignatureRequest) -> list[dict[str, Any]]:
    """Everybody's turn under this document, as the ball runs: who, as what, and since when."""
    rows = ask.document.signature_requests.filter(archived_at=None).exclude(state__in=(State.DELEGATED, State.VOID))
    shown = []
    for row in rows.select_related("party").order_by("order", "id"):
        since = row.closed_at if row.state == State.SIGNED else row.opened_at if row.state == State.OPEN else None
        step = {"signed": "done", "open": "now"}.get(row.state, "todo")
        sub = str(row.get_state_display())
        if since:
            sub += " · " + date_format(timezone.localtime(since), "Y-m-d H:i")
        shown.append({"label": row.party.name, "sub": sub, "state": step})
    return shown


def _context(ask: SignatureRequest) -> dict[str, Any]:
    agreement, document = ask.agreement, ask.document
    opened = timezone.localtime(ask.opened_at) if ask.opened_at else None
    return {
        "ask": ask,
        "agreement": agreement,
        "document": document,
        "party": ask.party,
        "asker": agreement.owner.name if agreement.owner else str(agreement.unit),
        "pages": range(1, document.pages + 1),
        "steps": _others(ask),
        "since": opened,
        "days": (timezone.now() - ask.opened_at).days if ask.opened_at else None,
        "consent": signing.consent(ask),
        "reason": "",
        "typed": "",
    }


def _closed(request: HttpRequest, why: str, ask: SignatureRequest, message: str = "") -> HttpResponse:
    context = {**_context(ask), "why": why, "message": message}
    return render(request, "agreements/signing_closed.html", context, status=409 if message else 410)


def sign_page(request: HttpRequest, link: OutsideLink, ask: SignatureRequest) -> HttpResponse:
    """What a link to sign leads to: the paper, the signer's data, a code, and then sign, refuse or hand on."""
    if ask.state not in signing.LIVE:
        return _closed(request, ask.state, ask)
    file = _file_of(request, ask.document)
    if file is not None:
        return file
    code = _entered(request, link)
    error: ValidationError | None = None
    delegate = DelegateForm()
    if request.method == "POST":
        try:
            return _act(request, link, ask, code)
        except ValidationError as refused:
            error = refused
            if getattr(refused, "code", "") in ("used", "revoked", "signed", "delegated", "withdrawn"):
                ask.refresh_from_db()
                return _closed(request, ask.state, ask, "；".join(refused.messages))
        if request.POST.get("act") == "delegate":
            delegate = DelegateForm(request.POST)
            delegate.is_valid()
    context = {
        **_context(ask),
        "code": code,
        "sent": link.codes.order_by("-sent_at").first(),  # type: ignore[attr-defined]
        "ways": [(channel, codes.masked(channel, address)) for channel, address in codes.ways(ask)],
        "errors": error.messages if error else [],
        "delegate": delegate,
        "act": request.POST.get("act", ""),
        "reason": request.POST.get("reason", ""),
        "typed": request.POST.get("typed", ""),
        "by_link": True,
    }
    return render(request, "agreements/signing.html", context, status=422 if error else 200)


def _act(request: HttpRequest, link: OutsideLink, ask: SignatureRequest, code: SigningCode | None) -> HttpResponse:
    act = request.POST.get("act", "")
    if act == "code":
        _sent, digits = codes.send(link, ask, request.POST.get("channel", ""))
        if gateways.is_silent(_sent.channel) and settings.ZHIXING["demo"]:
            # Nobody receives anything here: a demonstration shows what would have been sent.
            messages.info(request, _("Demonstration: the code is %(code)s.") % {"code": digits})
        return redirect(f"{request.path}#code")
    if act == "check":
        entered = codes.check(link, request.POST.get("code", ""))
        _remember(request, link, entered)
        return redirect(f"{request.path}#sign")
    if code is None:
        raise ValidationError(_("Enter the code first."), code="no_code")
    by, witness = links.actor_of(link), signing.witness_of(request, signing.consent(ask), code)
    if act == "refuse":
        signing.refuse(ask, by=by, reason=request.POST.get("reason", ""), link=link, witness=witness)
        return _done(request, _("Your reason went to the college. Nothing was signed."))
    if act == "delegate":
        form = DelegateForm(request.POST)
        if not form.is_valid():
            raise ValidationError(_("Please correct what is marked."), code="form")
        following = signing.delegate(ask, by=by, link=link, **form.cleaned_data)
        return _done(
            request, _("%(name)s was sent a link of their own. This one is closed.") % {"name": following.signer_name}
        )
    _sign(request, ask, by=by, link=link, witness=witness)
    return _done(
        request,
        _("“%(title)s” is signed. When all have signed, you will be sent the sealed paper.")
        % {"title": ask.agreement.title},
    )


def _sign(request: HttpRequest, ask: SignatureRequest, **given: Any) -> None:
    if not request.POST.get("agree"):
        raise ValidationError(_("Tick that you have read the paper and agree."), code="consent")
    method = request.POST.get("method", Method.DRAWN)
    if method not in (Method.DRAWN, Method.TYPED):
        raise ValidationError(_("Draw your signature or type your name."), code="method")
    image = signing.ink(request.POST.get("ink", "")) if method == Method.DRAWN else b""
    typed = request.POST.get("typed", "").strip()
    signing.sign(ask, method=method, image=image, name=typed if method == Method.TYPED else "", **given)


def _done(request: HttpRequest, text: str) -> HttpResponse:
    return render(request, "kernel/outside_done.html", {"done_text": text})


def copy_page(request: HttpRequest, link: OutsideLink, ask: SignatureRequest) -> HttpResponse:
    """Where a signer fetches the signed paper for as long as the link is good."""
    signed = ask.document.derived.filter(kind=AgreementDocument.Kind.SIGNED, archived_at=None).order_by("-pk").first()
    if signed is None:
        return _closed(request, ask.state, ask)
    file = _file_of(request, signed)
    if file is not None:
        return file
    context = {**_context(ask), "document": signed, "pages": range(1, signed.pages + 1), "link": link}
    return render(request, "agreements/signing_copy.html", context)


# Inside -------------------------------------------------------------------------------------------------------------


def _asked(request: HttpRequest, pk: int) -> SignatureRequest:
    """A request that is the reader's to answer, or one they may see."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    rows = SignatureRequest.objects.select_related("agreement__kind", "agreement__owner", "party__student", "document")
    ask = get_object_or_404(rows, pk=pk, archived_at=None)
    if not signing.may_sign_inside(ask, actor) and not actor.can_on(ask, "view"):
        raise Http404
    return ask


@require_http_methods(["GET", "POST"])
def inside_page(request: HttpRequest, pk: int) -> HttpResponse:
    """Where somebody of the college signs after signing in, or refuses with a reason."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    ask = _asked(request, pk)
    file = _file_of(request, ask.document)
    if file is not None:
        return file
    if not signing.may_sign_inside(ask, actor):
        raise PermissionDenied(_("This signature is not yours to give."))
    back = sheet_or_404("agreements.agreement").url("detail", ask.agreement_id)
    errors: list[str] = []
    if request.method == "POST":
        try:
            witness = signing.witness_of(request, signing.consent(ask))
            if request.POST.get("act") == "refuse":
                signing.refuse(ask, by=actor, reason=request.POST.get("reason", ""), witness=witness)
                messages.success(request, _("Not signed: the agreement is back with its editor."))
            else:
                _sign(request, ask, by=actor, witness=witness)
                messages.success(request, _("Signed."))
            return redirect(back if actor.can_on(ask.agreement, "view") else "home")
        except ValidationError as refused:
            errors = refused.messages
    if ask.state != State.OPEN:
        messages.info(
            request,
            _("There is nothing to sign here any more.")
            if ask.state != State.WAITING
            else _("It is not your turn yet."),
        )
        return redirect(back if actor.can_on(ask.agreement, "view") else "home")
    sheet = sheet_or_404("agreements.agreement")
    context = {
        **_context(ask),
        "errors": errors,
        "act": request.POST.get("act", ""),
        "reason": request.POST.get("reason", ""),
        "typed": request.POST.get("typed", ""),
        "by_link": False,
        "crumbs": [
            {"label": sheet.label_plural, "url": sheet.url("list")},
            {"label": str(ask.agreement), "url": back},
            {"label": _("Sign"), "url": ""},
        ],
    }
    return render(request, "agreements/signing_inside.html", context, status=422 if errors else 200)


# On paper -----------------------------------------------------------------------------------------------------------


@require_http_methods(["GET", "POST"])
def scans_page(request: HttpRequest) -> HttpResponse:
    """A pile of scans or photographs finds its agreements by itself."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    sheet = sheet_or_404("agreements.agreement")
    if not actor.can(sheet.model, "change"):
        raise PermissionDenied(_("Your role does not include this."))
    form = ScanForm(request.POST or None, request.FILES or None)
    pile = None
    if request.method == "POST" and form.is_valid():
        try:
            pile = scans.take_in(form.cleaned_data["scans"], by=actor, signed_on=form.cleaned_data["signed_on"])
        except ValidationError as refused:
            form.add_error("scans", refused.messages)
    waiting = (
        SignatureRequest.objects.visible_to(actor)
        .filter(channel=Channel.PAPER, state=State.OPEN, archived_at=None)
        .select_related("agreement", "party", "document")
        .order_by("opened_at", "pk")
    )
    crumbs = [{"label": sheet.label_plural, "url": sheet.url("list")}, {"label": _("Scans"), "url": ""}]
    context = {
        "form": form,
        "pile": pile,
        "waiting": waiting[:50],
        "agreement_url": sheet.addresses("detail"),
        "crumbs": crumbs,
    }
    return render(request, "agreements/signing_scans.html", context, status=422 if form.errors else 200)


# The words of events that signing writes on an agreement.
VERBS = {
    "signature_given": ("signature", gettext_lazy("Signature given")),
    "signing_refused": ("ban", gettext_lazy("Signature refused")),
    "signing_delegated": ("send", gettext_lazy("Signing handed on")),
    "signing_channel": ("refresh", gettext_lazy("Way of signing changed")),
}


def register() -> None:
    """Tell the kernel which pages links of signing lead to, and what its events are called."""
    timeline.name_verbs(VERBS)
    links.register(invitations.SIGN, sign_page)
    links.register(invitations.COPY, copy_page)
