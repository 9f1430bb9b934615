"""Who is asked to sign, by which channel and in which order; what was signed; and the codes that were asked for."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from zhixing.agreements.papers import AgreementDocument
from zhixing.kernel.fields import EncryptedTextField
from zhixing.kernel.models import OutsideLink, Record, tracked
from zhixing.kernel.scope import Scope

_PEOPLE = ("agreement__owner", "agreement__major_group__leader", "agreement__student__person")


@tracked
class SignatureRequest(Record):
    """签署请求: one signer asked for one signature on one document; with whom the ball is, and since when."""

    class Channel(models.TextChoices):
        LINK = "link", _("by link")
        PAPER = "paper", _("on paper")
        INSIDE = "inside", _("inside the system")

    class State(models.TextChoices):
        WAITING = "waiting", pgettext_lazy("signature request", "waiting for others")
        OPEN = "open", pgettext_lazy("signature request", "asked")
        SIGNED = "signed", _("signed")
        REFUSED = "refused", _("refused")
        DELEGATED = "delegated", _("handed on")
        VOID = "void", _("void")

    agreement = models.ForeignKey(
        "agreements.Agreement", models.CASCADE, related_name="signature_requests", verbose_name=_("agreement")
    )
    document = models.ForeignKey(
        AgreementDocument, models.PROTECT, related_name="signature_requests", verbose_name=_("document")
    )
    party = models.ForeignKey(
        "agreements.AgreementParty", models.PROTECT, related_name="signature_requests", verbose_name=_("party")
    )
    order = models.PositiveSmallIntegerField(_("order"), default=1)
    channel = models.CharField(_("channel"), max_length=6, choices=Channel, default=Channel.LINK)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.WAITING)
    signer_name = models.CharField(_("signer"), max_length=80, blank=True)
    signer_email = models.EmailField(_("e-mail"), blank=True)
    signer_phone = EncryptedTextField(_("phone"), blank=True, default="")
    opened_at = models.DateTimeField(_("asked at"), null=True, blank=True)
    due = models.DateField(_("due"), null=True, blank=True)
    reminders_sent = models.PositiveSmallIntegerField(_("reminders sent"), default=0)
    last_reminded_at = models.DateTimeField(_("last reminded"), null=True, blank=True)
    closed_at = models.DateTimeField(_("closed at"), null=True, blank=True)
    reason = models.TextField(_("reason"), blank=True)
    delegated_from = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="delegated_to", verbose_name=_("handed on by")
    )
    scope = Scope(units=("agreement__unit",), people=_PEOPLE)
    lookup = ("signer_name",)
    title_needs = ("party",)

    class Meta:
        verbose_name = _("signature request")
        verbose_name_plural = _("signature requests")
        ordering = ["agreement_id", "order", "id"]
        indexes = [models.Index(fields=["state", "opened_at"], name="signature_request_open")]
        constraints = [
            models.UniqueConstraint(
                fields=["document", "party"],
                condition=Q(state__in=["waiting", "open", "signed"]),
                name="signature_request_one_live",
                violation_error_message=_("This party is already asked to sign this document."),
            ),
            models.CheckConstraint(
                name="signature_request_open_since",
                condition=~Q(state="open") | Q(opened_at__isnull=False),
                violation_error_message=_("A request that was sent has the time at which it was sent."),
            ),
            models.CheckConstraint(
                name="signature_request_refused_has_reason",
                condition=~Q(state="refused") | ~Q(reason=""),
                violation_error_message=_("A refusal needs a reason."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.signer_name or self.party} · {self.get_state_display()}"


@tracked
class Signature(Record):
    """签名: what one signer put under one document, with the evidence of it. One request has one signature, ever."""

    class Method(models.TextChoices):
        DRAWN = "drawn", _("drawn")
        TYPED = "typed", _("typed")
        PAPER = "paper", pgettext_lazy("signature", "on paper")
        CERTIFICATE = "certificate", _("by certificate")

    request = models.OneToOneField(
        SignatureRequest, models.PROTECT, related_name="signature", verbose_name=_("signature request")
    )
    method = models.CharField(_("method"), max_length=12, choices=Method)
    name = models.CharField(pgettext_lazy("of a person", "name"), max_length=80)
    image = models.FileField(
        _("signature image"), upload_to="signatures/%Y/%m/", max_length=255, blank=True, editable=False
    )
    at = models.DateTimeField(_("signed at"))
    ip = models.GenericIPAddressField(_("network address"), null=True, blank=True)
    user_agent = models.CharField(_("browser"), max_length=300, blank=True)
    document_sha256 = models.CharField(_("SHA-256 of the document"), max_length=64)
    evidence = models.JSONField(_("evidence"), default=dict, editable=False)
    scope = Scope(
        units=("request__agreement__unit",),
        people=(
            "request__agreement__owner",
            "request__agreement__major_group__leader",
            "request__agreement__student__person",
        ),
    )
    lookup = ("name",)

    class Meta:
        verbose_name = _("signature")
        verbose_name_plural = _("signatures")
        ordering = ["at", "id"]

    def __str__(self) -> str:
        return f"{self.name} · {self.get_method_display()}"


class SigningCode(models.Model):
    """A one-time code that shows that the holder of a link also holds the address it was made out to. Only its digest is kept."""

    link = models.ForeignKey(OutsideLink, models.CASCADE, related_name="codes", verbose_name=_("link"))
    digest = models.CharField(max_length=64)
    channel = models.CharField(_("sent by"), max_length=8)
    # Masked: enough to say where it went.
    sent_to = models.CharField(_("sent to"), max_length=120)
    sent_at = models.DateTimeField(_("sent"))
    expires_at = models.DateTimeField(_("valid until"))
    tries = models.PositiveSmallIntegerField(_("tries"), default=0)
    verified_at = models.DateTimeField(_("entered"), null=True, blank=True)

    class Meta:
        verbose_name = _("one-time code")
        verbose_name_plural = _("one-time codes")
        ordering = ["-sent_at", "-id"]

    def __str__(self) -> str:
        return f"{self.sent_to} · {self.sent_at:%Y-%m-%d %H:%M}"
